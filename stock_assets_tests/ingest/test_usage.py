"""The ledger of what collecting costs: each run a row, sums over a day."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pyarrow as pa
import pytest

from stock_assets.errors import RateLimited
from stock_assets.ingest.report import FeedReport
from stock_assets.ingest.usage import Usage, counted, record_usage, usage_of
from stock_assets.lake import Lake, LoadSource
from stock_assets.tables import API_USAGE
from stock_assets.vendors.budget import Budget
from stock_assets.vendors.meter import Meter
from stock_assets.vendors.transport import Transport

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


@dataclass
class Door:
    """As much of a transport as is looked at: what is left, and what requests have cost."""

    budget: Budget
    meter: Meter = field(default_factory=Meter)


def test_a_run_that_our_own_budget_refuses_says_so_and_has_collected_nothing(
    lake: Lake, tmp_path: Path
) -> None:
    door = Door(Budget(tmp_path, "finnhub", "k", 1, max_wait_s=0.0))
    door.budget.take()
    report = FeedReport(FEED, "finnhub")

    def fetch() -> FeedReport:
        door.budget.take()
        return report

    run(lake, 5, [0.1])
    transport = cast("Transport", door)
    with pytest.raises(RateLimited):
        counted(lake, transport, lambda: NOW, fetch, lambda: report)
    said = day(lake)
    assert (said.runs, said.requests, said.last_started_at) == (2, 1, NOW)
    assert said.gave_up == "RateLimited: our own budget of 1 requests per 60 s is spent"
    assert said.last_collected_at == NOW - timedelta(hours=5)


def test_the_words_of_errors_that_are_not_ours_are_not_kept(lake: Lake, tmp_path: Path) -> None:
    door = cast("Transport", Door(Budget(tmp_path, "finnhub", "k", 1)))
    report = FeedReport(FEED, "finnhub")

    def fetch() -> FeedReport:
        raise OSError("token=canary")

    with pytest.raises(OSError, match="canary"):
        counted(lake, door, lambda: NOW, fetch, lambda: report)
    assert day(lake).gave_up == "OSError"


def test_rows_from_before_a_reason_was_kept_are_read(lake: Lake) -> None:
    columns = tuple(column for column in API_USAGE.columns if column.name != "gave_up")
    before = replace(API_USAGE, columns=columns, version=1)
    report = {"feed": FEED, "vendor": "finnhub", "started_at": NOW, "known_at": NOW}
    counts = dict.fromkeys((c.name for c in columns if c.kind == "integer"), 0)
    rows = pa.Table.from_pylist([report | counts | {"seconds": 1.0}], schema=before.row_schema)
    lake.append(before, rows, LoadSource(feed=FEED, vendor="finnhub"))
    assert (day(lake).last_collected_at, day(lake).gave_up) == (NOW, None)
    run(lake, 1, [0.1])
    assert day(lake).runs == 2
