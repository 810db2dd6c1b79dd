"""Sessions, corporate actions and listings: only what is new is asked for and appended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from stock_assets.errors import AuthError, VendorError
from stock_assets.ingest.reference import (
    OVERLAP,
    fetch_corporate_actions,
    fetch_listings,
    store_sessions,
)
from stock_assets.ingest.report import FeedReport
from stock_assets.market import calendar, decision_time
from stock_assets.suppliers import open_polygon
from stock_assets.tables import CORPORATE_ACTIONS, LISTINGS, LOADS, QUARANTINE, SESSIONS
from stock_assets.vendors.bars import new_york_midnight
from stock_assets_tests.twin_home import (
    LAST,
    NOW,
    SYMBOLS,
    Fault,
    World,
    changed,
    market,
    refused,
)

FIRST = date(2024, 5, 1)


def actions(
    here: World, first: date = FIRST, now: datetime = NOW, symbols: Sequence[str] = SYMBOLS
) -> FeedReport:
    polygon = open_polygon(here.settings(now))
    return fetch_corporate_actions(here.lake(now), polygon, symbols, first, now.date())


def known_from(here: World, symbol: str) -> dict[tuple[str, date], datetime]:
    """Since when each action is known."""
    rows = here.lake().read(CORPORATE_ACTIONS, where=f"symbol = '{symbol}'").to_pylist()
    return {(row["kind"], row["ex_date"]): row["known_at"] for row in rows}


def forget(symbol: str) -> Fault:
    """A list without the rows of one symbol."""

    def change(content: Any) -> None:
        content["results"] = [row for row in content["results"] if row["ticker"] != symbol]
        content["count"] = len(content["results"])

    return changed(change)


def asked_from(here: World) -> set[str]:
    """The first ex-dates that were asked for since the last time; forgets the requests."""
    queries = [entry["query"] for entry in here.twin.requests("polygon")]
    here.forget()
    return {
        value
        for query in queries
        if isinstance(query, dict)
        for name, value in query.items()
        if name in {"execution_date.gte", "ex_dividend_date.gte"}
    }


def test_the_sessions_are_stored_once(here: World) -> None:
    report = store_sessions(here.lake(), calendar(), NOW)
    assert report.rows_appended == len(calendar().sessions)
    again = store_sessions(here.lake(), calendar(), NOW + timedelta(days=1))
    assert (again.rows_appended, again.rows_restated) == (0, 0)
    assert again.rows_unchanged == len(calendar().sessions)
    row = here.lake().read(SESSIONS, where="session = date '2024-11-29'").to_pylist()[0]
    assert (row["is_half_day"], row["close_at"]) == (True, datetime(2024, 11, 29, 18, tzinfo=UTC))
    assert row["decision_at"] == decision_time(date(2024, 11, 29))


def test_corporate_actions_are_those_of_the_market_with_what_was_announced(here: World) -> None:
    report = actions(here)
    stored = here.lake().read(CORPORATE_ACTIONS).to_pylist()
    splits = {(r["symbol"], r["ex_date"], r["split_ratio"]) for r in stored if r["kind"] == "split"}
    truth = {
        (symbol, split.ex_date, split.ratio)
        for symbol, stock in market().stocks.items()
        for split in stock.splits
        if FIRST <= split.ex_date <= NOW.date()
    }
    assert splits == truth
    assert {symbol for symbol, *_ in truth} == {"INTC", "NKE"}
    cash = {(r["symbol"], r["ex_date"]): r["dividend_usd"] for r in stored if r["dividend_usd"]}
    assert cash == {
        (symbol, paid.ex_date): paid.cash_usd
        for symbol, stock in market().stocks.items()
        for paid in stock.dividends
        if FIRST <= paid.ex_date <= NOW.date()
    }
    assert report.rows_appended == len(stored) == len(splits) + len(cash)
    assert report.requests == len(here.asked("polygon")) > 0


def test_a_later_run_asks_again_for_thirty_days_and_appends_nothing_that_is_there(
    here: World,
) -> None:
    actions(here)
    assert asked_from(here) == {str(FIRST)}
    later = NOW + timedelta(days=1)
    report = actions(here, now=later)
    assert asked_from(here) == {str(NOW.date() - OVERLAP)}
    assert report.rows_appended == 0
    assert report.rows_unchanged > 0
    assert here.lake().history(CORPORATE_ACTIONS).num_rows == here.lake().count(CORPORATE_ACTIONS)


def test_a_longer_history_than_before_is_asked_for_from_its_beginning(here: World) -> None:
    actions(here)
    asked_from(here)
    report = actions(here, first=date(2018, 1, 2))
    assert asked_from(here) == {"2018-01-02"}
    kept = here.lake().read(CORPORATE_ACTIONS, where="symbol = 'AAPL' and kind = 'split'")
    assert kept.num_rows == 1
    assert report.rows_appended > 0


def test_a_symbol_that_is_new_is_asked_about_from_the_beginning_and_only_once(
    here: World,
) -> None:
    actions(here, symbols=["AAPL"])
    asked_from(here)
    requests = actions(here, now=NOW + timedelta(days=1)).requests
    assert asked_from(here) == {str(FIRST)}
    assert requests == 2
    assert known_from(here, "NKE") == {
        (kind, day): new_york_midnight(day) for kind, day in known_from(here, "NKE")
    }
    assert ("split", date(2024, 8, 26)) in known_from(here, "NKE")
    actions(here, now=NOW + timedelta(days=2))
    assert asked_from(here) == {str(NOW.date() + timedelta(days=1) - OVERLAP)}


def test_a_symbol_that_was_away_is_asked_about_since_then(here: World) -> None:
    actions(here)
    actions(here, now=NOW + timedelta(days=20), symbols=["AAPL"])
    asked_from(here)
    actions(here, now=NOW + timedelta(days=21))
    assert asked_from(here) == {str(NOW.date() - OVERLAP)}


def test_what_the_vendor_had_not_told_when_asked_is_known_from_when_it_tells(
    here: World,
) -> None:
    here.door.faults["dividends"] = forget("AAPL")
    actions(here)
    assert known_from(here, "AAPL") == {}
    here.door.faults.clear()
    later = NOW + timedelta(days=1)
    actions(here, now=later)
    late = ("dividend", date(2025, 7, 24))
    assert known_from(here, "AAPL") == {late: later}
    actions(here, first=date(2018, 1, 2), now=later + timedelta(days=1))
    known = known_from(here, "AAPL")
    assert known.pop(late) == later
    before = {key: at for key, at in known.items() if key[1] < FIRST}
    assert before
    assert before == {key: new_york_midnight(key[1]) for key in before}
    missed = {at for key, at in known.items() if key[1] >= FIRST}
    assert missed == {later + timedelta(days=1)}


def test_an_action_of_the_day_of_the_question_keeps_its_instant_until_that_is_decided(
    here: World,
) -> None:
    here.door.faults["dividends"] = forget("AAPL")
    ex_date = date(2025, 7, 24)
    actions(here, now=decision_time(ex_date - timedelta(days=1)))
    here.door.faults.clear()
    actions(here, now=decision_time(ex_date) + timedelta(minutes=1))
    assert known_from(here, "AAPL")[("dividend", ex_date)] == new_york_midnight(ex_date)


def test_a_question_without_an_answer_is_not_remembered(here: World) -> None:
    here.door.faults["dividends"] = refused(500)
    with pytest.raises(VendorError):
        actions(here)
    here.door.faults.clear()
    asked_from(here)
    actions(here, now=NOW + timedelta(days=1))
    assert asked_from(here) == {str(FIRST)}


def test_a_dividend_that_the_vendor_corrects_is_a_new_version(here: World) -> None:
    actions(here)
    before = here.lake().read(CORPORATE_ACTIONS)

    def correct(content: Any) -> None:
        for row in content["results"]:
            if row["ticker"] == "AAPL" and row["ex_dividend_date"] == "2025-07-24":
                row["cash_amount"] += 0.01

    here.door.faults["dividends"] = changed(correct)
    later = NOW + timedelta(days=1)
    report = actions(here, now=later)
    assert (report.rows_appended, report.rows_restated) == (1, 1)
    where = "symbol = 'AAPL' and ex_date = date '2025-07-24'"
    versions = here.lake(later).history(CORPORATE_ACTIONS, where=where).sort_by("load_id")
    old, new = versions["dividend_usd"].to_pylist()
    assert new == pytest.approx(old + 0.01)
    assert versions["known_at"][1].as_py() == later
    assert here.lake(later).count(CORPORATE_ACTIONS) == before.num_rows


def test_an_action_that_cannot_be_is_put_aside_and_the_others_are_stored(here: World) -> None:
    def spoil(content: Any) -> None:
        for row in content["results"]:
            if row["ticker"] == "INTC":
                row["split_to"] = 0

    here.door.faults["splits"] = changed(spoil)
    report = actions(here)
    assert report.rows_quarantined == 1
    put_aside = here.lake().read(QUARANTINE).to_pylist()
    assert {row["symbol"] for row in put_aside} == {"INTC"}
    splits = here.lake().read(CORPORATE_ACTIONS, where="kind = 'split'")
    assert splits["symbol"].to_pylist() == ["NKE"]


def test_splits_of_one_day_that_differ_are_both_put_aside_in_the_vendors_words(
    here: World,
) -> None:
    def contradict(content: Any) -> None:
        told = [row for row in content["results"] if row["ticker"] == "INTC"]
        content["results"] += [{**row, "id": "another", "split_from": 5} for row in told]
        content["count"] = len(content["results"])

    here.door.faults["splits"] = changed(contradict)
    report = actions(here)
    assert report.rows_quarantined == 2
    put_aside = here.lake().read(QUARANTINE).to_pylist()
    assert {(row["symbol"], row["judged_by"]) for row in put_aside} == {("INTC", "vendor")}
    splits = here.lake().read(CORPORATE_ACTIONS, where="kind = 'split'")
    assert splits["symbol"].to_pylist() == ["NKE"]


def test_listings_keep_the_delisted_and_change_only_when_something_changed(here: World) -> None:
    polygon = open_polygon(here.settings())
    report = fetch_listings(here.lake(), polygon, SYMBOLS, LAST)
    assert report.rows_appended == len(SYMBOLS)
    listed = {row["symbol"]: row for row in here.lake().read(LISTINGS).to_pylist()}
    assert {symbol for symbol, row in listed.items() if not row["is_active"]} == {"SVBX"}
    again = fetch_listings(here.lake(), polygon, SYMBOLS, LAST)
    assert (again.rows_appended, again.rows_unchanged) == (0, len(SYMBOLS))

    def rename(content: Any) -> None:
        listed = content["results"]
        for row in listed if isinstance(listed, list) else ():
            row["name"] = "Another Name"

    here.door.faults["tickers"] = changed(rename)
    third = fetch_listings(here.lake(), polygon, ["AAPL"], LAST)
    assert third.rows_restated == 1


def test_each_load_keeps_its_requests_without_the_key(here: World) -> None:
    actions(here)
    (load,) = here.lake().read(LOADS, where="target = 'corporate_actions'").to_pylist()
    assert (load["feed"], load["first_session"]) == ("raw/corporate_actions", FIRST)
    assert len(load["requests"]) == len(load["payloads"]) > 0
    assert "twin-unlimited" not in str(load)


def test_a_refused_key_is_told_and_nothing_is_stored(here: World) -> None:
    polygon = open_polygon(here.settings(polygon_api_key="a-wrong-key-0123456789"))
    with pytest.raises(AuthError):
        fetch_corporate_actions(here.lake(), polygon, SYMBOLS, FIRST, LAST)
    assert here.lake().count(LOADS) == 0
