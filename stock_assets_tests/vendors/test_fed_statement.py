"""Pages of announcements: their hour, their words, and the target range in them."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from stock_assets.errors import ContractError, NotFound, SecurityError
from stock_assets.lake.screen import screen
from stock_assets.sandbox.server import RunningTwin
from stock_assets.sandbox.truth.fomc import meetings
from stock_assets.tables import FED_RELEASES, FOMC_STATEMENTS
from stock_assets.vendors.fed import FED, Fed
from stock_assets.vendors.fed_statement import (
    Statement,
    parse_statement,
    released_at,
    statement_row,
    target_range,
)
from stock_assets_tests.vendors.conftest import NOW, Workshop
from stock_assets_tests.vendors.stub import reply, serving

SITE = "https://www.federalreserve.gov"


SPAN = (date(2026, 7, 29), date(2026, 7, 29))


def releases(*names: str, site: str = SITE) -> pa.Table:
    """Statements of one day in the list of announcements."""
    at = datetime(2026, 7, 29, 18, tzinfo=UTC)
    rows = [
        {
            "url": f"{site}/newsevents/pressreleases/monetary{name}.htm",
            "title": "Federal Reserve issues FOMC statement",
            "published_at": at,
            "known_at": at,
        }
        for name in names
    ]
    return pa.Table.from_pylist(rows, schema=FED_RELEASES.row_schema)


@pytest.fixture
def fed(workshop: Workshop, twin: RunningTwin) -> Fed:
    return Fed(workshop.transport(twin.url, FED), now=lambda: NOW)


def test_each_statement_names_the_range_that_was_decided(fed: Fed, twin: RunningTwin) -> None:
    first = date(2018, 1, 1)
    found = fed.statements(fed.releases().rows, first, NOW.date())
    assert found.rejected is None
    assert found.rows.schema == FOMC_STATEMENTS.row_schema
    said = {row["decided_on"]: row for row in found.rows.to_pylist()}
    held = meetings(twin.twin.truth.seed, first, NOW.date())
    assert len(said) == len(held) == len(found.answers)
    for meeting in held:
        row = said[meeting.decided_on]
        target = (row["target_low_percent"], row["target_high_percent"])
        assert target == (meeting.lower, meeting.upper)
        assert row["known_at"] == meeting.decision_at
        assert "For release" not in row["text"]


def test_only_statements_of_the_days_asked_for_are_read(fed: Fed) -> None:
    listed = fed.releases().rows
    assert fed.statements(listed, date(2025, 6, 18), date(2025, 6, 18)).rows.num_rows == 1
    empty = fed.statements(listed, date(2025, 6, 19), date(2025, 7, 28))
    assert (empty.rows.num_rows, empty.answers) == (0, ())


def test_a_page_of_another_form_is_put_aside_and_no_page_that_can_be_read_is_an_error(
    workshop: Workshop,
) -> None:
    """A busy server's page must not pass for a month without a statement."""
    page = (
        b'<div id="article"><p class="article__time">July 29, 2026</p>'
        b'<h3 class="title">FOMC statement</h3><p>%s</p></div>' % b"The Committee decided."
    )
    with serving(reply(page), reply(b"<p>built differently</p>"), reply(b"<p>busy</p>")) as server:
        fed = Fed(workshop.transport(server.url, FED), now=lambda: NOW)
        found = fed.statements(releases("a", "b"), *SPAN)
        assert found.rows["text"].to_pylist() == ["The Committee decided."]
        assert found.rejected is not None
        assert found.rejected["reason"].to_pylist() == [
            "the page has no article with a title and a text"
        ]
        with pytest.raises(ContractError, match="no article"):
            fed.statements(releases("c"), *SPAN)


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
        fed.statements(releases("x", site="https://evil.example"), *SPAN)
    with pytest.raises(NotFound):
        fed.statements(releases("19000101a"), *SPAN)


@pytest.mark.realdata
def test_twenty_years_of_statements_are_rows_that_keep_their_rules(shared_data: Path) -> None:
    """Seven of 167 documents of meetings name no target: their bounds are missing."""
    with gzip.open(shared_data / "policy/fomc_statements_2006_2025.jsonl.gz", "rt") as lines:
        documents = [json.loads(line) for line in lines]
    rows = []
    for one in documents:
        day = date.fromisoformat(one["date"].strip())
        at = released_at(day, one["release_line"])
        said = Statement(one["title"], day, at, one["text"], target_range(one["text"]))
        rows.append(statement_row(one["url"], said, NOW))
    table = pa.Table.from_pylist(rows, schema=FOMC_STATEMENTS.row_schema)
    screened = screen(duckdb.connect(), FOMC_STATEMENTS, table)
    assert (screened.broken_rows, screened.rows.num_rows) == (0, 181)
    meetings_held = [one["url"] for one in documents if one["type"] == "meeting"]
    unnamed = [r["url"] for r in rows if r["target_low_percent"] is None]
    assert len(set(meetings_held) & set(unnamed)) == 7
