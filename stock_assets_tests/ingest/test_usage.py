"""The ledger of what collecting costs: each run a row, sums over a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stock_assets.ingest.report import FeedReport
from stock_assets.ingest.usage import Usage, record_usage, usage_of
from stock_assets.lake import Lake
from stock_assets.tables import API_USAGE
from stock_assets.vendors.meter import Meter

NOW = datetime(2025, 3, 10, 15, tzinfo=UTC)
FEED = "raw/finnhub_news"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), environment="sandbox", now=lambda: NOW)


def run(lake: Lake, hours_ago: float, answers: list[float], errors: int = 0, **counts: int) -> None:
    meter = Meter()
    for seconds in answers:
        meter.sent()
        meter.received(1_000, seconds)
    for _ in range(errors):
        meter.sent()
        meter.failed()
    report = FeedReport(FEED, "finnhub", seconds=9.0)
    for name, count in counts.items():
        setattr(report, name, count)
    record_usage(lake, report, meter, started_at=NOW - timedelta(hours=hours_ago), left_today=100)


def day(lake: Lake) -> Usage:
    return usage_of(lake, FEED, NOW, timedelta(days=1))


def test_a_feed_that_never_ran_has_cost_nothing(lake: Lake) -> None:
    said = day(lake)
    assert (said.runs, said.requests, said.success_rate, said.error_rate) == (0, 0, 1.0, 0.0)
    assert (said.mean_s, said.slowest_s, said.last_started_at) == (None, None, None)
    assert said.last_collected_at is None


def test_the_runs_of_a_day_are_added_up_and_older_ones_are_not(lake: Lake) -> None:
    run(lake, 30, [9.0] * 50)
    run(lake, 2, [1.0, 3.0], errors=2, rows_received=90, rows_appended=80, rows_quarantined=1)
    run(lake, 1, [2.0] * 4, rows_received=10, rows_appended=10)
    said = day(lake)
    assert (said.runs, said.requests, said.errors) == (2, 8, 2)
    assert (said.rows_received, said.rows_appended, said.rows_quarantined) == (100, 90, 1)
    assert said.success_rate == 0.75
    assert said.error_rate == 0.01
    assert said.slowest_s == 3.0
    assert said.mean_s == pytest.approx(2.0)
    assert said.left_today == 100
    assert said.last_started_at == NOW - timedelta(hours=1)


def test_other_feeds_do_not_count(lake: Lake) -> None:
    run(lake, 1, [1.0])
    assert usage_of(lake, "raw/polygon_news", NOW, timedelta(days=1)).runs == 0
    assert lake.count(API_USAGE) == 1


def test_a_run_without_any_answer_does_not_make_the_vendor_look_quick(lake: Lake) -> None:
    run(lake, 2, [8.0] * 10)
    run(lake, 1, [], errors=100)
    assert day(lake).mean_s == pytest.approx(8.0)


@pytest.mark.parametrize(
    ("answers", "errors", "collected_hours_ago"),
    [([], 3, 5), ([0.1], 3, 1), ([0.1], 0, 1), ([], 0, 1)],
    ids=["all failed", "one came in the end", "all came", "nothing was needed"],
)
def test_a_run_all_of_whose_requests_failed_has_collected_nothing(
    lake: Lake, answers: list[float], errors: int, collected_hours_ago: float
) -> None:
    run(lake, 5, [0.1])
    run(lake, 1, answers, errors=errors)
    said = day(lake)
    assert said.last_started_at == NOW - timedelta(hours=1)
    assert said.last_collected_at == NOW - timedelta(hours=collected_hours_ago)
