"""Owed is what nobody asked for while the machine was off, and what failed and may yet come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from stock_assets.ingest.feeds import BY_KEY
from stock_assets.ingest.owed import owed_days
from stock_assets.lake import Lake, LoadSource
from stock_assets.tables import COVERAGE, GAPS

NOW = datetime(2025, 3, 10, 6, tzinfo=UTC)
WEEK = tuple(date(2025, 3, 3) + timedelta(days=step) for step in range(7))
FINNHUB, POLYGON = BY_KEY["raw/finnhub_news"], BY_KEY["raw/polygon_news"]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), environment="sandbox", now=lambda: NOW)


def answered(lake: Lake, feed: str, *days: date, subjects: tuple[str, ...] = ("AAPL",)) -> None:
    rows = [
        {"feed": feed, "vendor": "v", "subject": subject, "day": day, "known_at": NOW}
        for subject in subjects
        for day in days
    ]
    table = pa.Table.from_pylist(rows, schema=COVERAGE.row_schema)
    lake.append(COVERAGE, table, LoadSource(feed, "v"))


def gap(lake: Lake, feed: str, day: date, cause: str) -> None:
    row = {
        "feed": feed,
        "vendor": "v",
        "symbol": "AAPL",
        "session": day,
        "cause": cause,
        "detail": None,
        "known_at": NOW,
    }
    lake.append(GAPS, pa.Table.from_pylist([row], schema=GAPS.row_schema), LoadSource(feed, "v"))


def test_days_that_nobody_asked_for_are_owed_oldest_first(lake: Lake) -> None:
    answered(lake, FINNHUB.key, WEEK[0], WEEK[4])
    assert owed_days(lake, [FINNHUB], WEEK[::-1]) == (*WEEK[1:4], *WEEK[5:])


def test_what_one_feed_has_another_may_owe(lake: Lake) -> None:
    answered(lake, FINNHUB.key, *WEEK)
    assert owed_days(lake, [FINNHUB], WEEK) == ()
    answered(lake, POLYGON.key, *WEEK[:6])
    assert owed_days(lake, [FINNHUB, POLYGON], WEEK) == WEEK[6:]


def test_a_day_whose_run_was_killed_half_way_is_owed(lake: Lake) -> None:
    answered(lake, FINNHUB.key, *WEEK)
    answered(lake, FINNHUB.key, *WEEK[:3], *WEEK[4:], subjects=("MSFT", "NKE"))
    assert owed_days(lake, [FINNHUB], WEEK) == (WEEK[3],)


@pytest.mark.parametrize("cause", ["failed", "reopened"])
def test_an_open_gap_is_owed_until_it_is_filled(lake: Lake, cause: str) -> None:
    answered(lake, FINNHUB.key, *WEEK)
    gap(lake, FINNHUB.key, WEEK[2], cause)
    gap(lake, POLYGON.key, WEEK[3], cause)
    gap(lake, FINNHUB.key, WEEK[4], "not_found")
    assert owed_days(lake, [FINNHUB], WEEK) == (WEEK[2],)
    gap(lake, FINNHUB.key, WEEK[2], "filled")
    assert owed_days(lake, [FINNHUB], WEEK) == ()


def test_what_the_plan_leaves_out_has_been_answered(lake: Lake) -> None:
    answered(lake, FINNHUB.key, *WEEK[:5])
    gap(lake, FINNHUB.key, WEEK[5], "not_on_plan")
    assert owed_days(lake, [FINNHUB], WEEK) == (WEEK[6],)


def test_without_feeds_or_days_nothing_is_owed(lake: Lake) -> None:
    assert owed_days(lake, [], WEEK) == owed_days(lake, [FINNHUB], ()) == ()
    assert owed_days(lake, [FINNHUB], WEEK) == WEEK
