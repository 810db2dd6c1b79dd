"""What is judged of every feed: collected, fresh, quick, sound.

Each bound is tried from both sides and on it, for a feed of each rhythm, on what the feed's own
runs wrote into the ledger of use.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import dagster as dg
import pyarrow as pa
import pytest

from stock_assets.checks.feeds import (
    BLOCKING_ERROR_RATE,
    CHECKS,
    FRESH_WITHIN,
    LOOK_BACK,
    MAX_ERROR_RATE,
    MAX_RESPONSE_S,
    MIN_SUCCESS_RATE,
    OPEN_FOR,
    collected,
    feed_checks,
    fresh,
    newest_rows,
    open_failures,
    quick,
    sound,
)
from stock_assets.ingest.feeds import BY_KEY, Feed
from stock_assets.ingest.report import FeedReport
from stock_assets.ingest.usage import Usage, record_usage, usage_of
from stock_assets.lake import Lake, LoadSource
from stock_assets.market import Clock
from stock_assets.suppliers import BY_SUBJECT
from stock_assets.tables import FUNDAMENTALS, GAPS
from stock_assets.vendors.meter import Meter
from stock_assets_tests.lake.bars import open_lake

NOW = datetime(2025, 3, 10, 15, tzinfo=UTC)
NEWS = BY_KEY["raw/finnhub_news"]
WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR
RHYTHMS: Final = {
    "hourly": NEWS,
    "daily": BY_KEY["raw/yahoo_indices"],
    "macro": BY_KEY["raw/fred_macro"],
    "policy": BY_KEY["raw/treasury_policy"],
}
NOTHING: Final = Usage(0, 0, 0, 0, 0, 0, 0, None, None, None, None)
A_MOMENT: Final = timedelta(seconds=1)
each_rhythm = pytest.mark.parametrize("feed", RHYTHMS.values(), ids=RHYTHMS)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return open_lake(tmp_path / "lake")


def ran(
    lake: Lake,
    feed: Feed,
    *,
    ago: timedelta = timedelta(hours=1),
    answers: int = 1,
    errors: int = 0,
    seconds: float = 0.4,
    received: int = 0,
    aside: int = 0,
    gave_up: str | None = None,
) -> None:
    """A run of a feed, as it is written down."""
    meter = Meter()
    for _ in range(answers):
        meter.sent()
        meter.received(1_000, seconds)
    for _ in range(errors):
        meter.sent()
        meter.failed()
    report = FeedReport(feed.key, feed.vendor, rows_received=received, rows_quarantined=aside)
    record_usage(lake, report, meter, started_at=NOW - ago, left_today=None, gave_up=gave_up)


def used(lake: Lake, feed: Feed) -> Usage:
    return usage_of(lake, feed.key, NOW, LOOK_BACK)


def test_the_bounds_are_those_that_were_asked_for() -> None:
    assert (MIN_SUCCESS_RATE, MAX_RESPONSE_S) == (0.95, 5.0)
    assert (MAX_ERROR_RATE, BLOCKING_ERROR_RATE) == (0.01, 0.05)
    assert FRESH_WITHIN["hourly"] == timedelta(hours=2)
    assert all(
        FRESH_WITHIN[rhythm] > timedelta(hours=2) for rhythm in RHYTHMS if rhythm != "hourly"
    )
    assert {feed.cadence for feed in BY_SUBJECT} == set(RHYTHMS) == set(FRESH_WITHIN)


@each_rhythm
@pytest.mark.parametrize(
    ("errors", "passed"), [(0, True), (49, True), (50, False), (51, False), (1_000, False)]
)
def test_more_than_ninety_five_requests_in_a_hundred_are_answered(
    lake: Lake, feed: Feed, errors: int, passed: bool
) -> None:
    ran(lake, feed, answers=1_000 - errors, errors=errors)
    said = collected(used(lake, feed), 0)
    assert (said.passed, said.severity) == (passed, WARN)
    assert said.metadata["success_rate"].value == pytest.approx(1 - errors / 1_000)


@pytest.mark.parametrize("requests", [20, 40, 60, 140, 180, 220, 1_180, 99_980])
def test_exactly_ninety_five_in_a_hundred_are_not_enough_however_many_were_asked(
    requests: int,
) -> None:
    said = collected(replace(NOTHING, requests=requests, errors=requests // 20), 0)
    assert not said.passed
    assert collected(replace(NOTHING, requests=requests, errors=requests // 20 - 1), 0).passed


def test_a_gap_that_is_open_is_told_even_where_all_was_answered(lake: Lake) -> None:
    ran(lake, NEWS)
    said = collected(used(lake, NEWS), 3)
    assert not said.passed
    assert "3 gaps open" in (said.description or "")
    assert collected(used(lake, NEWS), 0).passed


def test_requests_that_failed_more_than_a_day_ago_do_not_count(lake: Lake) -> None:
    ran(lake, NEWS, ago=LOOK_BACK, errors=100)
    ran(lake, NEWS)
    assert collected(used(lake, NEWS), 0).passed
    ran(lake, NEWS, ago=LOOK_BACK - A_MOMENT, errors=100)
    assert not collected(used(lake, NEWS), 0).passed


@each_rhythm
@pytest.mark.parametrize(
    ("beside", "passed"), [(-A_MOMENT, True), (timedelta(0), False), (A_MOMENT, False)]
)
def test_a_feed_is_fresh_within_the_span_of_its_rhythm(
    lake: Lake, feed: Feed, beside: timedelta, passed: bool
) -> None:
    allowed = FRESH_WITHIN[feed.cadence]
    ran(lake, feed, ago=allowed + beside)
    said = fresh(lake, feed, NOW)
    assert (said.passed, said.severity) == (passed, WARN)
    assert said.metadata["allowed_hours"].value == allowed.total_seconds() / 3600
    assert f"{NOW - allowed - beside:%Y-%m-%d %H:%M} UTC" in (said.description or "")


@each_rhythm
def test_a_run_that_brought_nothing_does_not_make_a_feed_fresh(lake: Lake, feed: Feed) -> None:
    ran(lake, feed, ago=FRESH_WITHIN[feed.cadence] + A_MOMENT)
    ran(lake, feed, ago=A_MOMENT, answers=0, errors=3)
    assert not fresh(lake, feed, NOW).passed
    ran(lake, feed, ago=A_MOMENT / 2, errors=3)
    assert fresh(lake, feed, NOW).passed


@each_rhythm
def test_a_run_that_our_own_budget_refused_has_collected_nothing(lake: Lake, feed: Feed) -> None:
    ran(lake, feed, ago=max(FRESH_WITHIN[feed.cadence], LOOK_BACK) + A_MOMENT)
    ran(lake, feed, ago=A_MOMENT, answers=0, gave_up="RateLimited: our own budget is spent")
    assert not fresh(lake, feed, NOW).passed
    said = collected(used(lake, feed), 0)
    assert not said.passed
    assert said.description == (
        "no request was sent, 0 gaps open, "
        "the last run gave up: RateLimited: our own budget is spent"
    )
    ran(lake, feed, ago=A_MOMENT / 2, answers=0)
    assert fresh(lake, feed, NOW).passed
    assert collected(used(lake, feed), 0).passed


@each_rhythm
def test_a_feed_that_was_never_collected_is_not_fresh(lake: Lake, feed: Feed) -> None:
    said = fresh(lake, feed, NOW)
    assert (said.passed, said.description) == (False, "not collected lately")


@each_rhythm
def test_one_feed_does_not_make_another_fresh(lake: Lake, feed: Feed) -> None:
    ran(lake, BY_KEY["raw/polygon_news"])
    assert not fresh(lake, feed, NOW).passed


@each_rhythm
@pytest.mark.parametrize(
    ("seconds", "passed"), [(0.1, True), (4.999, True), (5.0, False), (5.001, False)]
)
def test_a_vendor_answers_in_less_than_five_seconds_on_average(
    lake: Lake, feed: Feed, seconds: float, passed: bool
) -> None:
    ran(lake, feed, answers=4, seconds=seconds)
    said = quick(used(lake, feed))
    assert (said.passed, said.severity) == (passed, WARN)
    assert said.metadata["mean_s"].value == pytest.approx(seconds)


def test_one_slow_answer_among_many_is_forgiven(lake: Lake) -> None:
    ran(lake, NEWS, answers=99, seconds=0.4)
    ran(lake, NEWS, ago=2 * A_MOMENT, seconds=59.0)
    said = quick(used(lake, NEWS))
    assert said.passed
    assert said.metadata["slowest_s"].value == 59.0


def test_runs_that_got_no_answer_do_not_hide_a_slow_vendor(lake: Lake) -> None:
    ran(lake, NEWS, answers=10, seconds=8.0)
    ran(lake, NEWS, ago=2 * A_MOMENT, answers=0, errors=500)
    assert not quick(used(lake, NEWS)).passed


def test_a_feed_that_asked_for_nothing_is_quick(lake: Lake) -> None:
    ran(lake, NEWS, answers=0)
    said = quick(used(lake, NEWS))
    assert (said.passed, said.description) == (True, "no request was needed")


@each_rhythm
@pytest.mark.parametrize(
    ("aside", "passed", "severity"),
    [
        (0, True, WARN),
        (99, True, WARN),
        (100, False, WARN),
        (101, False, WARN),
        (499, False, WARN),
        (500, False, ERROR),
        (501, False, ERROR),
        (10_000, False, ERROR),
    ],
)
def test_one_row_in_a_hundred_put_aside_warns_and_five_block(
    lake: Lake, feed: Feed, aside: int, passed: bool, severity: dg.AssetCheckSeverity
) -> None:
    ran(lake, feed, received=10_000, aside=aside)
    said = sound(used(lake, feed))
    assert said.passed is passed
    assert passed or said.severity is severity
    assert said.metadata["error_rate"].value == aside / 10_000


@pytest.mark.parametrize("rows", [20, 60, 140, 180, 1_180, 99_980])
def test_exactly_one_row_in_twenty_blocks_however_many_came(rows: int) -> None:
    said = sound(replace(NOTHING, rows_received=rows, rows_quarantined=rows // 20))
    assert said.severity is ERROR
    less = sound(replace(NOTHING, rows_received=rows, rows_quarantined=rows // 20 - 1))
    assert less.severity is WARN


def test_a_feed_without_rows_is_sound(lake: Lake) -> None:
    ran(lake, NEWS)
    assert sound(used(lake, NEWS)).passed


@each_rhythm
@pytest.mark.parametrize(("aside", "follows"), [(0, True), (49, True), (50, False)])
def test_what_follows_a_feed_is_built_below_one_row_in_twenty_and_not_from_there_on(
    lake: Lake, feed: Feed, aside: int, follows: bool
) -> None:
    key = dg.AssetKey(feed.key.split("/"))

    @dg.asset(key=key)
    def collects() -> None:
        ran(lake, feed, received=1_000, aside=aside)

    built = []

    @dg.asset(deps=[key])
    def what_follows() -> None:
        built.append(1)

    done = dg.materialize(
        [collects, what_follows, feed_checks(feed)],
        resources={"lake": lake, "clock": Clock(NOW)},
        raise_on_error=False,
    )
    said = {check.check_name: check.passed for check in done.get_asset_check_evaluations()}
    assert {name: said[name] for name in CHECKS} == {
        "collected": True,
        "fresh": True,
        "quick": True,
        "sound": aside < 10,
    }
    assert bool(built) is follows


def test_only_failures_that_are_still_open_count_as_gaps(lake: Lake) -> None:
    rows = [
        {
            "feed": NEWS.key,
            "vendor": "finnhub",
            "symbol": symbol,
            "session": NOW.date(),
            "cause": cause,
            "detail": None,
            "known_at": NOW - ago,
        }
        for symbol, cause, ago in (
            ("AAPL", "failed", timedelta(0)),
            ("GE", "failed", OPEN_FOR),
            ("IBM", "failed", OPEN_FOR + A_MOMENT),
            ("META", "failed", timedelta(days=400)),
            ("MSFT", "filled", timedelta(0)),
            ("NKE", "not_found", timedelta(0)),
        )
    ]
    source = LoadSource(feed=NEWS.key, vendor="finnhub")
    lake.append(GAPS, pa.Table.from_pylist(rows, schema=GAPS.row_schema), source)
    assert open_failures(lake, NEWS.key, NOW) == (2, 2)
    assert open_failures(lake, "raw/polygon_news", NOW) == (0, 0)


def test_what_failed_long_ago_is_told_and_does_not_keep_a_feed_red(lake: Lake) -> None:
    ran(lake, NEWS)
    said = collected(used(lake, NEWS), 0, 7)
    assert said.passed
    assert "0 gaps open, 7 older than 30 days" in (said.description or "")
    assert said.metadata["older_gaps"].value == 7


def listed(*symbols: str) -> pa.Table:
    """Companies of a feed that brings whole rows, one per symbol."""
    rows = [
        dict.fromkeys(FUNDAMENTALS.row_schema.names)
        | {"vendor": "finnhub", "symbol": symbol, "observed_hour": NOW, "known_at": NOW}
        | {"price_usd": 100.0}
        for symbol in symbols
    ]
    return pa.Table.from_pylist(rows, schema=FUNDAMENTALS.row_schema)


def test_all_loads_of_a_run_are_judged_and_not_those_before_it(tmp_path: Path) -> None:
    feed = BY_KEY["raw/finnhub_fundamentals"]
    at = NOW - timedelta(hours=2)
    lake = open_lake(tmp_path / "lake", now=lambda: at)
    source = LoadSource(feed=feed.key, vendor=feed.vendor)
    lake.append(FUNDAMENTALS, listed("OLD"), source)
    at = NOW
    for symbols in (("AAPL", "MSFT"), ("NKE",), ("NKE",)):
        lake.append(FUNDAMENTALS, listed(*symbols), source)

    def judged(since: datetime | None) -> set[str]:
        return set(newest_rows(lake, FUNDAMENTALS, feed, since)["symbol"])

    assert judged(NOW) == {"AAPL", "MSFT", "NKE"}
    assert judged(None) == judged(NOW + A_MOMENT) == {"NKE"}
    assert newest_rows(lake, FUNDAMENTALS, NEWS, NOW).empty


def test_a_feed_can_be_watched_without_collecting(lake: Lake) -> None:
    watched = [*RHYTHMS.values()]
    for feed in watched[1:]:
        ran(lake, feed, ago=FRESH_WITHIN[feed.cadence] / 2)
    keys = [dg.AssetCheckKey(dg.AssetKey(feed.key.split("/")), "fresh") for feed in watched]
    done = dg.materialize(
        [feed_checks(feed) for feed in watched],
        selection=dg.AssetSelection.checks(*keys),
        resources={"lake": lake, "clock": Clock(NOW)},
    )
    said = {
        (check.asset_key.to_user_string(), check.check_name): check.passed
        for check in done.get_asset_check_evaluations()
    }
    assert said == {(feed.key, "fresh"): feed is not watched[0] for feed in watched}
