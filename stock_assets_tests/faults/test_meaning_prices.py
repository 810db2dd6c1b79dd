"""Bars that can be read and are wrong: not yet over, of other days, in other units, repeated."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import dagster as dg
import pytest

from stock_assets.checks.bars import agreement_result, moving_result, plausible_result
from stock_assets.checks.raw import completeness_result
from stock_assets.ingest.disagreements import record_disagreements
from stock_assets.ingest.gaps import CONFIRMED_AFTER
from stock_assets.ingest.restatements import restatements_since
from stock_assets.market import calendar, decision_time
from stock_assets.tables import DISAGREEMENTS, GAPS, PRICES
from stock_assets_tests.faults import invariants
from stock_assets_tests.faults.cases import (
    ALPHA_VANTAGE,
    DAYS,
    FINNHUB,
    POLYGON,
    YAHOO,
    Case,
    assert_mended,
    run,
)
from stock_assets_tests.faults.changes import QUOTE, change
from stock_assets_tests.faults.conftest import NOW, SYMBOLS, World
from stock_assets_tests.faults.found import bars, closes, put_aside
from stock_assets_tests.twin_home import sessions

WEEK: Final = sessions(date(2025, 7, 24), date(2025, 7, 30))
STAMPS: Final = "$.chart.result[0].timestamp"
PRICE_FIELDS: Final = {
    "raw/yahoo_prices": ("open", "high", "low", "close"),
    "raw/polygon_prices": ("o", "h", "l", "c"),
}
WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR


def milliseconds(day: date) -> int:
    """Polygon's time of a day: midnight in New York, in summer."""
    return int(datetime(day.year, day.month, day.day, 4, tzinfo=UTC).timestamp() * 1000)


def restated(case: Case, factor: float, since: date) -> list[dict[str, Any]]:
    """All four prices times a factor from a day on."""
    return [
        case.rule({"kind": "restated", "field": f, "factor": factor, "from_date": str(since)})
        for f in PRICE_FIELDS[case.key]
    ]


def gaps_of_aapl(world: World, case: Case) -> dict[date, str]:
    """Its gaps in one feed, filled ones too: session to cause."""
    rows = world.lake().read(GAPS, where=f"feed = '{case.key}' and symbol = 'AAPL'")
    return {row["session"]: row["cause"] for row in rows.to_pylist()}


def test_b12_a_symbol_that_a_vendor_denies_is_not_excused_while_another_has_its_bars(
    world: World,
) -> None:
    unknown = YAHOO.rule({"kind": "status", "body_preset": "yahoo.404"})
    world.set_faults(unknown)
    run(world, YAHOO)
    assert gaps_of_aapl(world, YAHOO) == dict.fromkeys(DAYS, "not_found")
    world.at(NOW + CONFIRMED_AFTER + timedelta(days=1))
    world.forget()
    run(world, YAHOO)
    assert world.requests("yahoo") == []
    run(world, POLYGON, days=DAYS[:2])
    run(world, YAHOO)
    assert sum("/chart/AAPL" in one["path"] for one in world.requests("yahoo")) == 1
    traded = dict.fromkeys(DAYS[:2], "no_bar")
    assert gaps_of_aapl(world, YAHOO) == dict.fromkeys(DAYS, "not_found") | traded
    said = completeness_result(world.lake(), YAHOO.key, "yahoo", ("AAPL",), DAYS)
    assert (said.passed, said.metadata["missing"].value) == (False, 2)
    world.heal()
    run(world, YAHOO)
    healed = gaps_of_aapl(world, YAHOO)
    assert {healed[day] for day in DAYS[:2]} == {"filled"}
    assert completeness_result(world.lake(), YAHOO.key, "yahoo", ("AAPL",), DAYS).passed


def test_d01_a_last_row_without_values_is_no_bar_and_overwrites_nothing(world: World) -> None:
    world.at(decision_time(WEEK[-2]))
    world.fetch(YAHOO.key, WEEK[:-1], YAHOO.subjects)
    before = bars(world, "yahoo", "AAPL")
    world.at(NOW)
    blank = [
        YAHOO.rule(change(f"{QUOTE}.{name}[{place}]", "null"))
        for name in ("open", "high", "low", "close", "volume")
        for place in (-1, -2)
    ]
    world.set_faults(*blank)
    report, _ = run(world, YAHOO, days=WEEK)
    assert report is not None
    assert report.gaps == {"no_bar": 1}
    assert bars(world, "yahoo", "AAPL") == before
    assert put_aside(world) == {}
    assert_mended(world, YAHOO, days=WEEK)


@pytest.mark.parametrize("case", [YAHOO, POLYGON, ALPHA_VANTAGE], ids=str)
def test_d02_a_bar_of_a_session_in_progress_is_never_stored(world: World, case: Case) -> None:
    world.at(datetime(2025, 7, 30, 15, tzinfo=UTC))
    run(world, case, days=WEEK[:-1])
    report = world.fetch(case.key, WEEK, case.subjects)
    vendor = case.key.partition("/")[2].removesuffix("_prices")
    assert [row["session"] for row in bars(world, vendor, "AAPL")] == list(WEEK[:-1])
    assert report.expected == len(SYMBOLS) * (len(WEEK) - 1)
    world.at(NOW)
    assert_mended(world, case, days=WEEK)


def test_d02_a_live_bar_beside_the_proper_one_is_left_out_and_counted(world: World) -> None:
    world.set_faults(YAHOO.rule({"kind": "future", "days": 0.1}))
    report, _ = run(world, YAHOO, days=WEEK)
    assert report is not None
    assert report.left_out == {"bars that are not final": 1}
    assert put_aside(world) == {}
    assert_mended(world, YAHOO, days=WEEK)


@pytest.mark.parametrize("case", [YAHOO, POLYGON, ALPHA_VANTAGE], ids=str)
def test_d03_a_bar_from_the_future_is_cut_off_and_counted(world: World, case: Case) -> None:
    count = [case.rule(change("$.resultsCount", "shift", 1))] if case is POLYGON else []
    world.set_faults(case.rule({"kind": "future", "days": 1}), *count)
    report, _ = run(world, case, days=WEEK)
    assert world.hits()
    assert report is not None
    assert report.left_out == {"bars that are not final": 1}
    invariants.assert_healed(world.lake(), world.calm_after(case.key, WEEK, case.subjects))


@pytest.mark.parametrize("day", [date(2025, 7, 4), date(2025, 7, 5)], ids=["holiday", "weekend"])
def test_d04_a_bar_on_a_day_without_a_session_is_put_aside(world: World, day: date) -> None:
    days = sessions(date(2025, 6, 27), date(2025, 7, 11))
    extra = change("$.results[4]", "duplicate", {"t": milliseconds(day)})
    world.set_faults(POLYGON.rule(extra), POLYGON.rule(change("$.resultsCount", "shift", 1)))
    report, _ = run(world, POLYGON, days=days)
    assert report is not None
    assert put_aside(world) == {"bar_on_a_session": 1}
    assert report.gaps == {}
    assert_mended(world, POLYGON, days=days)


def test_d04_a_session_that_is_missing_is_a_recorded_gap(world: World) -> None:
    world.set_faults(
        POLYGON.rule(change("$.results[4]", "drop")),
        POLYGON.rule(change("$.resultsCount", "shift", -1)),
    )
    report, _ = run(world, POLYGON)
    assert report is not None
    assert report.gaps == {"no_bar": 1}
    assert_mended(world, POLYGON)


def test_d04_a_half_day_is_over_at_its_own_close(world: World) -> None:
    half = date(2024, 11, 29)
    world.at(datetime(2024, 11, 29, 18, 20, tzinfo=UTC))
    world.fetch(POLYGON.key, [half])
    (bar,) = bars(world, "polygon", "AAPL")
    assert bar["known_at"] == datetime(2024, 11, 29, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("case", "place", "factor", "words"),
    [
        (POLYGON, "$.results[*].t", 0.001, "not a midnight in New York"),
        (POLYGON, "$.results[2].t", 1000, "not a midnight in New York"),
        (YAHOO, f"{STAMPS}[*]", 1000, "outside the calendar"),
    ],
)
def test_d05_times_in_another_unit_refuse_the_answer(
    world: World, case: Case, place: str, factor: float, words: str
) -> None:
    world.set_faults(case.rule(change(place, "scale", factor)))
    report, _ = run(world, case)
    assert report is not None
    assert report.failed.keys() == {"AAPL"}
    assert words in report.failed["AAPL"]
    assert_mended(world, case)


def test_d05_an_article_whose_time_is_in_milliseconds_is_put_aside(world: World) -> None:
    world.set_faults(FINNHUB.rule(change("$[0].datetime", "scale", 1000)))
    report, _ = run(world, FINNHUB)
    assert report is not None
    assert report.quarantined == {"published_at_readable": 1}


def test_d06_the_time_zone_of_the_machine_changes_no_row(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    taken = []
    try:
        for zone in ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            here = replace(world, home=tmp_path / zone.replace("/", "_"))
            for case in (YAHOO, POLYGON, ALPHA_VANTAGE):
                here.fetch(case.key, WEEK, ("AAPL", "MSFT"))
            taken.append(invariants.snapshot(here.lake()))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert taken[1:] == taken[:1] * 3


def test_d10_a_bar_in_pence_is_put_aside_and_comes_again_in_dollars(world: World) -> None:
    scaled = [change(f"$.results[3].{field}", "scale", 100) for field in "ohlc"]
    world.set_faults(*(POLYGON.rule(action) for action in scaled))
    report, _ = run(world, POLYGON)
    assert report is not None
    assert put_aside(world) == {"price_in_dollars": 1}
    assert report.gaps == {"quarantined": 1}
    assert plausible_result(world.lake(), "polygon", DAYS).passed
    assert_mended(world, POLYGON)


def test_d10_volume_in_thousands_is_found_where_two_vendors_are_compared(world: World) -> None:
    world.set_faults(POLYGON.rule(change("$.results[3].v", "scale", 0.001)))
    for case in (YAHOO, POLYGON):
        run(world, case)
    found = record_disagreements(world.lake(), POLYGON.key, "polygon", DAYS, NOW).to_pylist()
    assert [(row["symbol"], row["session"], row["quantity"]) for row in found] == [
        ("AAPL", DAYS[3], "volume_shares")
    ]


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("l", 1e6, "close_usd_not_below_low_usd"),
        ("c", 0, "close_usd_in_bounds"),
        ("o", -1.0, "open_usd_in_bounds"),
    ],
)
def test_d13_a_bar_that_cannot_be_is_put_aside_alone(
    world: World, field: str, value: float, rule: str
) -> None:
    world.set_faults(POLYGON.rule(change(f"$.results[3].{field}", "set", value)))
    report, _ = run(world, POLYGON)
    assert report is not None
    assert rule in put_aside(world)
    assert world.lake().count(PRICES) == len(SYMBOLS) * len(DAYS) - 1
    result = completeness_result(world.lake(), POLYGON.key, "polygon", SYMBOLS, DAYS)
    assert (result.passed, result.severity) == (False, WARN)
    assert_mended(world, POLYGON)


def test_d13_too_many_bars_that_cannot_be_are_an_error(world: World) -> None:
    world.set_faults(POLYGON.rule(change("$.results[*].c", "set", 0)))
    run(world, POLYGON)
    result = completeness_result(world.lake(), POLYGON.key, "polygon", SYMBOLS, DAYS)
    assert (result.passed, result.severity) == (False, ERROR)


def test_d14_last_weeks_correction_is_a_new_version_that_says_which_days_it_touches(
    world: World,
) -> None:
    world.at(decision_time(DAYS[-2]))
    world.fetch(YAHOO.key, DAYS[:-1], YAHOO.subjects)
    before = world.lake().read(PRICES, ordered=True)
    between = datetime.now(UTC)
    world.at(NOW)
    world.set_faults(*restated(YAHOO, 1.01, DAYS[3]))
    report, _ = run(world, YAHOO)
    assert report is not None
    assert (report.rows_restated, report.failed) == (len(DAYS[3:-1]), {})
    lake = world.lake()
    invariants.assert_one_row_per_key(lake, restated=[PRICES])
    assert lake.read(PRICES, as_of=between, ordered=True).equals(before)
    new = {row["session"]: row["known_at"] for row in bars(world, "yahoo", "AAPL")}
    assert all(new[day] == NOW for day in DAYS[3:-1])
    assert new[DAYS[2]] == calendar().session(DAYS[2]).close_at
    (told,) = [one for one in restatements_since(lake, between) if one.table == "prices"]
    assert (told.days, told.symbols) == (DAYS[3:-1], ("AAPL",))


def test_d15_vendors_that_differ_are_both_kept_and_what_they_differ_on_is_told(
    world: World,
) -> None:
    world.set_faults(*restated(POLYGON, 1.02, DAYS[-1]))
    for case in (YAHOO, POLYGON):
        run(world, case)
    ours, theirs = (closes(world, vendor, "AAPL")[DAYS[-1]] for vendor in ("polygon", "yahoo"))
    assert ours / theirs == pytest.approx(1.02, abs=1e-4)
    lake = world.lake()
    for _ in range(2):
        for vendor in ("polygon", "yahoo"):
            result = agreement_result(
                record_disagreements(lake, f"raw/{vendor}_prices", vendor, DAYS, NOW)
            )
            assert (result.passed, result.severity) == (False, WARN)
            assert f"AAPL {DAYS[-1]} close_usd: polygon" in (result.description or "")
    kept = lake.history(DISAGREEMENTS).to_pylist()
    assert {row["quantity"] for row in kept} == {"open_usd", "high_usd", "low_usd", "close_usd"}
    assert len(kept) == 4
    assert {(row["vendor"], row["other_vendor"]) for row in kept} == {("polygon", "yahoo")}


@pytest.mark.parametrize("case", [YAHOO, ALPHA_VANTAGE], ids=str)
def test_d29_yesterday_told_once_more_as_today_is_put_aside_and_blocks(
    world: World, case: Case
) -> None:
    still = {"kind": "stale", "as_of": str(WEEK[-2])}
    world.set_faults(case.rule_for_all(still), case.rule_for_all({"kind": "future", "days": 1}))
    run(world, case, days=WEEK)
    vendor = case.key.partition("/")[2].removesuffix("_prices")
    assert put_aside(world) == {"not_the_bar_before": len(SYMBOLS)}
    lake = world.lake()
    assert lake.count(PRICES, where=f"session = date '{WEEK[-1]}'") == 0
    assert completeness_result(lake, case.key, vendor, SYMBOLS, WEEK[-1:]).severity == ERROR
    assert moving_result(lake, vendor, WEEK).passed
    world.set_faults()
    assert_mended(world, case, days=WEEK)
