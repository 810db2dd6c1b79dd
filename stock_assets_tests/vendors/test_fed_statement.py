"""Pages of announcements: their hour, their words, and the target range in them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from stock_assets.errors import ContractError, NotFound, SecurityError
from stock_assets.sandbox.server import RunningTwin
from stock_assets.sandbox.truth.fomc import meetings
from stock_assets.vendors.fed import FED, Fed
from stock_assets.vendors.fed_statement import parse_statement, released_at, target_range
from stock_assets_tests.vendors.conftest import NOW, Workshop

SITE = "https://www.federalreserve.gov"


@pytest.fixture
def fed(workshop: Workshop, twin: RunningTwin) -> Fed:
    return Fed(workshop.transport(twin.url, FED), now=lambda: NOW)


def test_each_statement_names_the_range_that_was_decided(fed: Fed, twin: RunningTwin) -> None:
    urls = {
        row["published_at"]: row["url"]
        for row in fed.releases().rows.to_pylist()
        if "FOMC statement" in row["title"]
    }
    for meeting in meetings(twin.twin.truth.seed, date(2018, 1, 1), NOW.date()):
        statement, _ = fed.statement(urls[meeting.decision_at])
        assert statement.target == (meeting.lower, meeting.upper)
        assert statement.released_at == meeting.decision_at
        assert statement.day == meeting.decided_on
        assert "For release" not in statement.text


@pytest.mark.parametrize(
    ("words", "target"),
    [
        (
            "raise the target range for the federal funds rate to 5-1/4 to 5-1/2 percent.",
            (5.25, 5.5),
        ),
        (
            "target range for the federal funds rate of 1 to 1\N{NON-BREAKING HYPHEN}1/2 percent.",
            (1.0, 1.5),
        ),
        ("a target range for the federal funds rate of 0 to 1/4 percent.", (0.0, 0.25)),
        ("the current 0 to 1/4 percent target range for the federal funds rate", (0.0, 0.25)),
        (
            "the target range for the federal funds rate by 1/2 of a point, to 1 to 2 percent.",
            (1.0, 2.0),
        ),
        (
            "keep its target for the federal funds rate at 5-1/4 percent.",
            (5.25, 5.25),
        ),
        (
            "lower its target for the federal funds rate 50 basis points to\n3 percent.",
            (3.0, 3.0),
        ),
        ("the target range for the federal funds rate remains appropriate.", None),
        ("inflation at the rate of 2 percent", None),
    ],
)
def test_rates_are_read_as_the_committee_writes_them(
    words: str, target: tuple[float, float] | None
) -> None:
    assert target_range(f"The Committee decided to {words}") == target


@pytest.mark.parametrize(
    ("day", "line", "instant"),
    [
        (date(2025, 7, 30), "For release at 2:00 p.m. EDT", datetime(2025, 7, 30, 18, tzinfo=UTC)),
        (
            date(2025, 12, 10),
            "For release at 2:00 p.m. EST",
            datetime(2025, 12, 10, 19, tzinfo=UTC),
        ),
        # Written EST in summer: the clock is Washington's all the same.
        (date(2025, 7, 30), "For release at 2:00 p.m. EST", datetime(2025, 7, 30, 18, tzinfo=UTC)),
        (date(2008, 10, 8), "For release at 7:00 a.m. EDT", datetime(2008, 10, 8, 11, tzinfo=UTC)),
        (date(2006, 1, 31), "For immediate release", datetime(2006, 2, 1, 5, tzinfo=UTC)),
        (date(2012, 1, 24), None, datetime(2012, 1, 25, 5, tzinfo=UTC)),
    ],
)
def test_the_hour_is_washingtons_and_unknown_ones_are_the_end_of_the_day(
    day: date, line: str | None, instant: datetime
) -> None:
    assert released_at(day, line) == instant


def test_a_page_that_is_no_announcement_is_refused() -> None:
    for page in (b"", b"<html><body>busy</body></html>", b"%PDF-1.4"):
        with pytest.raises(ContractError):
            parse_statement("GET", page)
    undated = b'<div id="article"><p class="article__time">soon</p><h3 class="title">T</h3><p>x</p>'
    with pytest.raises(ContractError, match="not a day"):
        parse_statement("GET", undated)


def test_only_the_feds_own_pages_are_asked_for(fed: Fed) -> None:
    with pytest.raises(SecurityError):
        fed.statement("https://evil.example/newsevents/pressreleases/monetary20260729a.htm")
    with pytest.raises(NotFound):
        fed.statement(f"{SITE}/newsevents/pressreleases/monetary19000101a.htm")
