"""Feeds of daily bars, through the vendors' real clients, from the twin into a real lake."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from stock_assets.errors import AuthError, FeedIncomplete, VendorError, VendorOutage
from stock_assets.ingest.completeness import completeness_of
from stock_assets.ingest.outages import OUTAGE_AFTER
from stock_assets.ingest.stored_bars import OVERLAP_SESSIONS
from stock_assets.lake import PayloadStore
from stock_assets.market import calendar, decision_time
from stock_assets.resources import pending_sessions
from stock_assets.sandbox.wire import Answer
from stock_assets.tables import GAPS, LOADS, PRICES, QUARANTINE
from stock_assets_tests.twin_home import (
    LAST,
    NOW,
    SYMBOLS,
    Fault,
    World,
    cut_short,
    market,
    newest,
    refused,
    sessions,
    yahoo_bar,
)

THREE = ("AAPL", "MSFT", "NKE")
CHART = "/v8/finance/chart"

each_vendor = pytest.mark.parametrize("vendor", ["yahoo", "polygon"])


def causes(world: World) -> dict[tuple[str, str], str]:
    """(symbol, session) to the cause of its gap."""
    rows = world.lake().read(GAPS).to_pylist()
    return {(row["symbol"], str(row["session"])): row["cause"] for row in rows}


@each_vendor
def test_only_missing_bars_are_asked_for_and_a_second_run_asks_nothing(
    here: World, vendor: str
) -> None:
    days = newest(5)
    report = here.feed(vendor).fetch(THREE, days)
    assert (report.requests, report.rows_appended) == (len(here.asked(vendor)), 15) == (3, 15)
    here.forget()
    report = here.feed(vendor).fetch(THREE, days)
    assert here.asked(vendor) == []
    assert (report.requests, report.already_stored, report.loads) == (0, 15, [])
    report = here.feed(vendor).fetch((*THREE, "INTC"), days)
    assert len(here.asked(vendor)) == 1
    assert "INTC" in here.asked(vendor)[0]
    assert report.rows_appended == 5
    assert here.lake().history(PRICES).num_rows == 20


def test_a_new_session_of_all_symbols_is_one_request_where_the_vendor_has_such_a_thing(
    here: World,
) -> None:
    days = newest(3)
    here.feed("polygon").fetch(THREE, days[:2])
    here.forget()
    here.feed("polygon").fetch(THREE, days)
    assert here.asked("polygon") == [f"/v2/aggs/grouped/locale/us/market/stocks/{LAST}"]


@pytest.mark.parametrize("before", [1, 3, 8])
def test_a_later_session_is_asked_for_with_up_to_five_stored_ones_before_it(
    here: World, before: int
) -> None:
    days = newest(before + 1)
    here.feed("yahoo").fetch(["AAPL"], days[:-1])
    here.forget()
    report = here.feed("yahoo").fetch(["AAPL"], days)
    (asked,) = (e["query"] for e in here.twin.requests("yahoo") if CHART in str(e["path"]))
    assert isinstance(asked, dict)
    since = datetime.fromtimestamp(int(asked["period1"]), UTC)
    overlap = min(before, OVERLAP_SESSIONS)
    assert since.date() == days[-1 - overlap]
    assert (report.rows_appended, report.rows_unchanged) == (1, overlap)


def test_last_weeks_bar_that_is_corrected_late_comes_with_the_next_days_request(
    here: World,
) -> None:
    days = newest(5)
    here.feed("yahoo").fetch(["AAPL"], days[:4])
    before = here.lake().read(PRICES, where=f"session = date '{days[2]}'")["close_usd"][0].as_py()
    here.door.faults["AAPL"] = yahoo_bar(days[2], close=before + 0.01)
    report = here.feed("yahoo").fetch(["AAPL"], days[4:])
    assert (report.requests, report.rows_restated) == (1, 1)
    after = here.lake().read(PRICES, where=f"session = date '{days[2]}'")["close_usd"][0].as_py()
    assert after == pytest.approx(before + 0.01)


@pytest.mark.parametrize(
    ("fault", "error", "cause"),
    [
        (refused(500), "VendorOutage", "failed"),
        (refused(404), "NotFound", "not_found"),
        (cut_short, "PayloadError", "failed"),
    ],
    ids=["500", "404", "broken JSON"],
)
@each_vendor
def test_one_failing_symbol_does_not_stop_the_others_and_one_run_heals_it(
    here: World, vendor: str, fault: Fault, error: str, cause: str
) -> None:
    days = newest(4)
    here.door.faults["MSFT"] = fault
    report = here.feed(vendor).fetch(THREE, days)
    assert report.failed.keys() == {"MSFT"}
    assert report.failed["MSFT"].startswith(f"{error}: ")
    assert report.gaps == {cause: 4}
    assert causes(here) == {("MSFT", str(day)): cause for day in days}
    detail = here.lake().read(GAPS)["detail"][0].as_py()
    assert "MSFT" in detail
    assert "Next: " in detail
    assert Counter(here.lake().read(PRICES)["symbol"].to_pylist()) == {"AAPL": 4, "NKE": 4}

    here.door.faults.clear()
    here.forget()
    report = here.feed(vendor).fetch(THREE, days)
    assert [path for path in here.asked(vendor) if "MSFT" not in path] == []
    assert (len(here.asked(vendor)), report.rows_appended, report.failed) == (1, 4, {})
    assert set(causes(here).values()) == {"filled"}


def test_the_same_feed_forgets_what_failed_once_it_asks_again(here: World) -> None:
    feed = here.feed("yahoo")
    here.door.faults["MSFT"] = refused(500)
    feed.fetch(("AAPL", "MSFT"), newest(2))
    here.door.faults.clear()
    assert feed.fetch(("AAPL", "NKE"), newest(2)).failed == {}
    assert causes(here).keys() == {("MSFT", str(day)) for day in newest(2)}


def test_vendors_outages_in_a_row_stop_the_feed_soon_and_keep_what_had_come(here: World) -> None:
    here.door.faults |= {symbol: refused(503) for symbol in SYMBOLS if symbol != "AAPL"}
    began = time.monotonic()
    with pytest.raises(VendorOutage, match=f"{OUTAGE_AFTER} requests in a row") as caught:
        here.feed("yahoo").fetch(SYMBOLS, newest(3))
    assert time.monotonic() - began < 10
    assert len(here.asked("yahoo")) == 1 + OUTAGE_AFTER
    assert caught.value.retryable
    assert caught.value.context["feed"] == "raw/yahoo_prices"
    assert here.lake().read(PRICES)["symbol"].to_pylist() == ["AAPL"] * 3
    assert here.lake().count(LOADS, where="target = 'prices'") == 1

    here.door.faults.clear()
    here.feed("yahoo").fetch(SYMBOLS[:-1], newest(3))
    assert here.lake().count(PRICES) == 15


def test_an_unknown_symbol_between_them_is_an_answer_and_no_outage(here: World) -> None:
    down = refused(503)
    faults = zip(SYMBOLS, [down, down, refused(404), down, down, None], strict=True)
    here.door.faults |= {symbol: fault for symbol, fault in faults if fault}
    with pytest.raises(FeedIncomplete, match="all 6 symbols failed"):
        here.feed("yahoo").fetch(SYMBOLS, newest(3))


@pytest.mark.parametrize("fault", [refused(404), cut_short], ids=["404", "broken JSON"])
@each_vendor
def test_when_every_symbol_fails_the_feed_fails_and_says_why(
    here: World, vendor: str, fault: Fault
) -> None:
    here.door.faults |= dict.fromkeys(THREE, fault)
    with pytest.raises(FeedIncomplete, match="all 3 symbols failed") as caught:
        here.feed(vendor).fetch(THREE, newest(4))
    assert "AAPL" in caught.value.reason
    assert len(causes(here)) == 12
    assert here.lake().count(PRICES) == 0


def test_a_delisted_symbol_that_alone_is_left_to_ask_for_does_not_fail_a_whole_feed(
    here: World,
) -> None:
    days = newest(2)
    here.feed("yahoo").fetch(("AAPL", "SVBX"), days)
    for _ in range(2):
        report = here.feed("yahoo").fetch(("AAPL", "SVBX"), days)
        assert report.failed.keys() == {"SVBX"}
        assert report.gaps == {"not_found": 2}


def test_one_failing_day_of_all_symbols_does_not_fail_the_days_that_came(here: World) -> None:
    days = newest(2)
    here.door.faults[str(days[0])] = refused(500)
    report = here.feed("polygon").fetch(THREE, days)
    assert here.asked("polygon")[0].endswith(f"/stocks/{days[0]}")
    assert (report.rows_appended, len(report.failed)) == (3, 3)
    assert report.gaps == {"failed": 3}


@pytest.mark.parametrize(
    ("fault", "status"), [(refused(401), 401), (refused(403), 403)], ids=["key", "plan"]
)
def test_a_refused_plan_or_key_stops_the_feed_at_the_first_request(
    here: World, fault: Fault, status: int
) -> None:
    here.door.faults["AAPL"] = fault
    with pytest.raises(VendorError) as caught:
        here.feed("polygon").fetch(THREE, newest(4))
    assert (caught.value.context["status"], caught.value.retryable) == (status, False)
    assert len(here.asked("polygon")) == 1


def test_a_wrong_key_is_said_at_once_without_showing_it(here: World) -> None:
    feed = here.feed("polygon", polygon_api_key="a-wrong-key-0123456789")
    with pytest.raises(AuthError, match="POLYGON_API_KEY") as caught:
        feed.fetch(THREE, newest(4))
    assert len(here.asked("polygon")) == 1
    assert "a-wrong-key" not in f"{caught.value!r}"
    assert here.lake().count(PRICES) == 0


def test_a_bar_that_breaks_a_rule_is_put_aside_and_named_as_a_gap(here: World) -> None:
    days = newest(4)
    here.door.faults["MSFT"] = yahoo_bar(days[1], low=1e6)
    report = here.feed("yahoo").fetch(THREE, days)
    assert report.gaps == {"quarantined": 1}
    assert report.rows_quarantined == 1
    assert report.quarantined["high_usd_not_below_low_usd"] == 1
    assert causes(here) == {("MSFT", str(days[1])): "quarantined"}
    put_aside = here.lake().read(QUARANTINE).to_pylist()
    assert {(row["symbol"], row["session"]) for row in put_aside} == {("MSFT", days[1])}
    assert here.lake().count(PRICES) == 11


def test_a_bar_that_is_mended_by_the_vendor_takes_its_place(here: World) -> None:
    days = newest(4)
    here.door.faults["MSFT"] = yahoo_bar(days[1], close=-1.0)
    here.feed("yahoo").fetch(THREE, days)
    here.door.faults.clear()
    here.feed("yahoo").fetch(THREE, days)
    assert here.lake().count(PRICES) == 12
    assert set(causes(here).values()) == {"filled"}


@pytest.mark.parametrize(
    ("now", "is_final"),
    [
        (datetime(2025, 7, 31, 15, 0, tzinfo=UTC), False),
        (datetime(2025, 7, 31, 20, 14, 59, tzinfo=UTC), False),
        (datetime(2025, 7, 31, 20, 15, tzinfo=UTC), True),
    ],
    ids=["in the session", "just after the bell", "final"],
)
@each_vendor
def test_a_session_that_is_not_final_is_not_asked_for(
    here: World, vendor: str, now: datetime, is_final: bool
) -> None:
    report = here.feed(vendor, now).fetch(THREE, [LAST])
    assert (len(here.asked(vendor)) > 0, report.rows_appended) == (is_final, 3 * is_final)
    assert causes(here) == {}


def test_a_session_that_is_not_over_is_left_out_of_a_range(here: World) -> None:
    now = datetime(2025, 7, 31, 15, 0, tzinfo=UTC)
    report = here.feed("yahoo", now).fetch(THREE, newest(3))
    assert (report.expected, report.rows_appended, report.last_session) == (6, 6, newest(3)[1])


@each_vendor
def test_halted_sessions_are_asked_for_until_they_are_five_sessions_old(
    here: World, vendor: str
) -> None:
    days = sessions(date(2025, 3, 10), date(2025, 3, 14))
    halted = {("HALTX", str(day)): "no_bar" for day in days[1:4]}
    soon, later = decision_time(days[-1]), decision_time(calendar().after(days[-1], 5).day)
    for _ in range(2):
        here.forget()
        here.feed(vendor, soon).fetch(["HALTX"], days)
        assert len(here.asked(vendor)) == 1
        assert causes(here) == halted
    here.forget()
    report = here.feed(vendor, later).fetch(["HALTX"], days)
    assert here.asked(vendor) == []
    assert (report.requests, causes(here)) == (0, halted)
    assert here.lake().history(GAPS).num_rows == 3


def test_yahoo_and_polygon_agree_bar_by_bar_across_splits_and_reverse_splits(here: World) -> None:
    days = sessions(date(2024, 5, 15), date(2024, 9, 6))
    symbols = ("AAPL", "INTC", "NKE")
    for vendor in ("yahoo", "polygon"):
        here.feed(vendor).fetch(symbols, days)
    keys = [("symbol", "ascending"), ("session", "ascending")]
    bars = [
        here.lake().read(PRICES, where=f"vendor = '{vendor}'").sort_by(keys)
        for vendor in ("yahoo", "polygon")
    ]
    assert bars[0].num_rows == 3 * len(days)
    for name in ("symbol", "session", "open_usd", "high_usd", "low_usd", "close_usd", "known_at"):
        assert bars[0][name].equals(bars[1][name]), name
    yahoo, polygon = (np.asarray(table["volume_shares"]) for table in bars)
    reversed_later = np.asarray(bars[0]["symbol"]) == "INTC"
    # Yahoo counts in shares of today: before the reverse split a tenth, in whole ones.
    assert np.abs(yahoo - polygon)[reversed_later].max() <= 5
    np.testing.assert_array_equal(yahoo[~reversed_later], polygon[~reversed_later])
    for symbol, ratio in (("INTC", 0.1), ("NKE", 2.0)):
        (split,) = market().stocks[symbol].splits
        closes = bars[0].filter(np.asarray(bars[0]["symbol"]) == symbol)["close_usd"].to_numpy()
        at = days.index(split.ex_date)
        assert closes[at - 1] / closes[at] == pytest.approx(ratio, rel=0.2)


def test_a_restated_bar_is_a_new_version_and_what_was_read_before_stays(here: World) -> None:
    days = newest(5)
    here.feed("yahoo").fetch(["AAPL"], days[1:4])
    before = here.lake().read(PRICES, ordered=True)
    between = datetime.now(UTC)
    old = before["close_usd"][1].as_py()
    new = round(old + 0.01, 2)
    here.door.faults["AAPL"] = yahoo_bar(days[2], close=new)
    later = NOW + timedelta(hours=1)
    report = here.feed("yahoo", later).fetch(["AAPL"], days)
    assert (report.rows_appended, report.rows_restated, report.rows_unchanged) == (3, 1, 2)
    lake = here.lake(later)
    versions = lake.history(PRICES, where=f"session = date '{days[2]}'").sort_by("load_id")
    assert versions["close_usd"].to_pylist() == [old, new]
    assert versions["known_at"].to_pylist() == [calendar().session(days[2]).close_at, later]
    assert lake.read(PRICES, where=f"session = date '{days[2]}'")["close_usd"][0].as_py() == new
    assert lake.read(PRICES, as_of=between, ordered=True).equals(before)


@each_vendor
def test_a_first_run_brings_history_and_a_later_one_only_what_it_is_about(
    here: World, vendor: str
) -> None:
    feed = here.feed(vendor)
    with_history = feed.with_first_backfill(["AAPL"], [LAST], 0.1)
    assert with_history == sessions(date(2025, 6, 25), LAST)
    feed.fetch(["AAPL"], with_history)
    assert feed.with_first_backfill(["AAPL"], [LAST], 0.1) == (LAST,)


def test_history_begins_with_the_calendar_however_many_years_are_asked_for(here: World) -> None:
    days = here.feed("yahoo").with_first_backfill(["AAPL"], [LAST], 90.0)
    assert days[0] == calendar().days[0]


def test_a_first_run_that_an_outage_interrupts_is_completed_by_the_next(here: World) -> None:
    here.door.faults |= {symbol: refused(503) for symbol in SYMBOLS if symbol != "AAPL"}
    feed = here.feed("yahoo")
    history = feed.with_first_backfill(SYMBOLS, [LAST], 0.1)
    with pytest.raises(VendorOutage):
        feed.fetch(SYMBOLS, history)
    assert set(causes(here).values()) == {"failed"}
    assert len(causes(here)) == (len(SYMBOLS) - 1) * len(history)

    here.door.faults.clear()
    days = feed.with_first_backfill(SYMBOLS, [LAST], 0.1)
    assert days == history
    feed.fetch(SYMBOLS, days)
    said = causes(here)
    # Yahoo does not serve a company that has left; Polygon does.
    assert {symbol for (symbol, _), cause in said.items() if cause != "filled"} == {"SVBX"}
    assert {cause for (symbol, _), cause in said.items() if symbol == "SVBX"} == {"not_found"}
    assert feed.with_first_backfill(SYMBOLS[:3], [LAST], 0.1) == (LAST,)


def test_a_404_for_a_symbol_that_traded_yesterday_excuses_nothing(here: World) -> None:
    days = newest(2)
    here.feed("yahoo").fetch(THREE, days[:1])
    here.door.faults["MSFT"] = refused(404)
    here.feed("yahoo").fetch(THREE, days[1:])
    assert causes(here) == {("MSFT", str(LAST)): "no_bar"}
    found = completeness_of(here.lake(), "raw/yahoo_prices", "yahoo", THREE, days[1:])
    assert found.missing_keys == (("MSFT", LAST),)


def test_one_day_of_a_company_that_left_long_ago_has_nothing_to_miss(here: World) -> None:
    here.feed("polygon").fetch(["SVBX"], sessions(date(2025, 6, 2), LAST))
    later = calendar().after(LAST, 1).day
    here.feed("polygon", decision_time(later)).fetch(["SVBX", "AAPL"], [later])
    assert causes(here)["SVBX", str(later)] == "after_last_bar"


def test_progress_is_told_request_by_request(here: World) -> None:
    feed = here.feed("yahoo")
    told: list[tuple[int, int, str]] = []
    feed.progress = lambda *step: told.append(step)
    feed.fetch(("AAPL", "MSFT"), [LAST])
    assert told == [(1, 2, f"AAPL {LAST}"), (2, 2, f"MSFT {LAST}")]


def test_pending_are_the_sessions_for_which_some_feed_would_ask(here: World) -> None:
    days = newest(3)
    settings = here.settings(symbols=THREE)
    assert pending_sessions(settings, here.lake(), days) == days
    here.feed("yahoo").fetch(THREE, days)
    here.feed("polygon").fetch(THREE, days[:2])
    assert pending_sessions(settings, here.lake(), days) == days[2:]
    here.feed("polygon").fetch(THREE, days)
    assert pending_sessions(settings, here.lake(), days) == ()


def test_every_stored_bar_leads_back_to_the_bytes_that_brought_it(here: World) -> None:
    kept: list[Answer] = []

    def remembered(answer: Answer) -> Answer:
        kept.append(answer)
        return answer

    here.door.faults["AAPL"] = remembered
    here.feed("polygon").fetch(["AAPL"], newest(2))
    lake = here.lake()
    (load,) = lake.read(LOADS).to_pylist()
    assert set(lake.read(PRICES)["load_id"].to_pylist()) == {load["load"]}
    store = PayloadStore(here.settings().payload_root)
    assert [store.get(payload) for payload in load["payloads"]] == [kept[0].body]
