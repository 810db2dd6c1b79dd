"""What is judged of every feed: collected, fresh, quick, sound."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest

from stock_assets.checks.feeds import (
    FRESH_WITHIN,
    collected,
    fresh,
    open_failures,
    quick,
    sound,
)
from stock_assets.ingest.feeds import BY_KEY
from stock_assets.ingest.report import FeedReport
from stock_assets.ingest.usage import Usage, record_usage
from stock_assets.lake import Lake, LoadSource
from stock_assets.tables import GAPS
from stock_assets.vendors.meter import Meter
from stock_assets_tests.lake.bars import open_lake

NOW = datetime(2025, 3, 10, 15, tzinfo=UTC)
NEWS = BY_KEY["raw/finnhub_news"]
WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR
DAY = Usage(
    runs=24,
    requests=1_000,
    errors=0,
    rows_received=10_000,
    rows_appended=9_000,
    rows_quarantined=0,
    bytes_received=1_000_000,
    slowest_s=3.0,
    mean_s=0.4,
    left_today=None,
    last_started_at=NOW,
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return open_lake(tmp_path / "lake")


@pytest.mark.parametrize(("errors", "passed"), [(0, True), (50, True), (51, False), (1_000, False)])
def test_at_least_ninety_five_requests_in_a_hundred_are_answered(errors: int, passed: bool) -> None:
    said = collected(replace(DAY, errors=errors), 0)
    assert (said.passed, said.severity) == (passed, WARN)
    assert said.metadata["success_rate"].value == pytest.approx(1 - errors / 1_000)


def test_a_gap_that_is_open_is_told_even_where_most_was_answered() -> None:
    said = collected(DAY, 3)
    assert not said.passed
    assert "3 gaps open" in (said.description or "")


@pytest.mark.parametrize(
    ("cadence", "hours", "passed"),
    [
        ("hourly", 2.0, True),
        ("hourly", 2.1, False),
        ("macro", 47, True),
        ("macro", 49, False),
        ("policy", 8 * 24, True),
        ("policy", 8 * 24 + 1, False),
    ],
)
def test_a_feed_is_fresh_within_the_span_of_its_rhythm(
    lake: Lake, cadence: str, hours: float, passed: bool
) -> None:
    feed = next(feed for feed in BY_KEY.values() if feed.cadence == cadence)
    report = FeedReport(feed.key, feed.vendor)
    at = NOW - timedelta(hours=hours)
    record_usage(lake, report, Meter(), started_at=at, left_today=None)
    said = fresh(lake, feed, NOW)
    assert said.passed is passed
    assert said.metadata["allowed_hours"].value == FRESH_WITHIN[cadence].total_seconds() / 3600


def test_a_feed_that_was_never_collected_is_not_fresh(lake: Lake) -> None:
    said = fresh(lake, NEWS, NOW)
    assert (said.passed, said.description) == (False, "not collected lately")


@pytest.mark.parametrize(
    ("mean_s", "passed"), [(None, True), (0.1, True), (4.99, True), (5.0, False), (30.0, False)]
)
def test_a_vendor_answers_in_less_than_five_seconds_on_average(
    mean_s: float | None, passed: bool
) -> None:
    assert quick(replace(DAY, mean_s=mean_s)).passed is passed


@pytest.mark.parametrize(
    ("aside", "passed", "severity"),
    [
        (0, True, WARN),
        (99, True, WARN),
        (100, False, WARN),
        (499, False, WARN),
        (500, False, ERROR),
    ],
)
def test_one_row_in_a_hundred_put_aside_warns_and_five_block(
    aside: int, passed: bool, severity: dg.AssetCheckSeverity
) -> None:
    said = sound(replace(DAY, rows_quarantined=aside))
    assert (said.passed, said.severity) == (passed, severity)
    assert said.metadata["error_rate"].value == aside / 10_000


def test_only_failures_that_are_still_open_count_as_gaps(lake: Lake) -> None:
    rows = [
        {
            "feed": NEWS.key,
            "vendor": "finnhub",
            "symbol": symbol,
            "session": NOW.date(),
            "cause": cause,
            "detail": None,
            "known_at": NOW,
        }
        for symbol, cause in (("AAPL", "failed"), ("MSFT", "filled"), ("NKE", "not_found"))
    ]
    source = LoadSource(feed=NEWS.key, vendor="finnhub")
    lake.append(GAPS, pa.Table.from_pylist(rows, schema=GAPS.row_schema), source)
    assert open_failures(lake, NEWS.key) == 1
    assert open_failures(lake, "raw/polygon_news") == 0
