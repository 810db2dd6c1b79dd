"""What a vendor tells after a decision was made without it is known from when it was told."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from stock_assets.lake import LoadSource
from stock_assets.market import calendar, decision_time
from stock_assets.tables import CORPORATE_ACTIONS, GAPS, PREDICTIONS, PRICES
from stock_assets.vendors.bars import new_york_midnight
from stock_assets_tests.twin_home import (
    LAST,
    NOW,
    Fault,
    World,
    changed,
    newest,
    refused,
    sessions,
)

EX_DATE = date(2025, 7, 24)
"""AAPL's dividend."""
WEEK = sessions(date(2025, 7, 17), EX_DATE)
AAPL = ("AAPL",)
BOTH = ("AAPL", "MSFT")
A_MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)


def forget_dividends(content: Any) -> None:
    content["chart"]["result"][0].get("events", {}).pop("dividends", None)


def without(day: date) -> Fault:
    """A chart that has no numbers for one session."""

    def change(content: Any) -> None:
        result = content["chart"]["result"][0]
        at = result["timestamp"].index(int(calendar().session(day).open_at.timestamp()))
        for values in result["indicators"]["quote"][0].values():
            values[at] = None

    return changed(change)


def known_from(here: World, symbol: str = "AAPL") -> dict[date, datetime]:
    """Since when each bar is known."""
    rows = here.lake().read(PRICES, where=f"symbol = '{symbol}'").to_pylist()
    return {row["session"]: row["known_at"] for row in rows}


def closes(days: tuple[date, ...]) -> dict[date, datetime]:
    return {day: calendar().session(day).close_at for day in days}


def dividends(here: World) -> dict[date, datetime]:
    """Since when each dividend is known."""
    rows = here.lake().read(CORPORATE_ACTIONS, where="kind = 'dividend'").to_pylist()
    return {row["ex_date"]: row["known_at"] for row in rows}


def predict(here: World, session: date, now: datetime) -> None:
    row = {
        "symbol": "MSFT",
        "session": session,
        "target_session": calendar().after(session).day,
        "model_name": "next_session_direction",
        "model_version": "1",
        "probability_up": 0.6,
        "direction": "up",
        "evidence": "no_evidence",
        "decided_at": decision_time(session),
        "created_at": now,
        "known_at": now,
    }
    rows = pa.Table.from_pylist([row], schema=PREDICTIONS.row_schema)
    here.lake(now).append(PREDICTIONS, rows, LoadSource("predictions", "us"))


def test_a_dividend_that_comes_a_day_late_is_known_from_the_day_on_which_it_came(
    here: World,
) -> None:
    here.door.faults["AAPL"] = changed(forget_dividends)
    here.feed("yahoo", decision_time(EX_DATE)).fetch(AAPL, WEEK)
    assert dividends(here) == {}
    here.door.faults.clear()
    day_after = calendar().after(EX_DATE).day
    now = decision_time(day_after) + A_MINUTE
    here.feed("yahoo", now).fetch(AAPL, (day_after,))
    assert dividends(here) == {EX_DATE: now}
    assert known_from(here) == closes((*WEEK, day_after))


def test_a_dividend_that_was_told_in_time_keeps_its_instant_however_often_it_comes(
    here: World,
) -> None:
    here.feed("yahoo", decision_time(EX_DATE)).fetch(AAPL, WEEK)
    here.feed("yahoo", NOW).fetch(AAPL, newest(5))
    assert dividends(here) == {EX_DATE: new_york_midnight(EX_DATE)}
    assert here.lake().history(CORPORATE_ACTIONS).num_rows == 1


def test_a_dividend_of_days_that_nobody_asked_about_keeps_the_vendors_instant(
    here: World,
) -> None:
    here.feed("yahoo").fetch(AAPL, newest(3))
    here.feed("yahoo", NOW + A_DAY).fetch(AAPL, sessions(date(2024, 5, 1), LAST))
    assert len(dividends(here)) > 1
    assert all(known == new_york_midnight(day) for day, known in dividends(here).items())


def test_a_first_backfill_in_several_loads_keeps_the_vendors_instants(
    here: World, monkeypatch: Any
) -> None:
    monkeypatch.setattr("stock_assets.ingest.prices.SYMBOLS_PER_LOAD", 1)
    days = sessions(date(2024, 5, 1), LAST)
    here.feed("yahoo").fetch(BOTH, days)
    assert len(dividends(here)) > 1
    assert all(known == new_york_midnight(day) for day, known in dividends(here).items())
    assert known_from(here) == closes(days)


def test_a_dividend_that_comes_with_the_bar_of_its_day_a_day_late_is_as_late_as_that(
    here: World,
) -> None:
    here.door.faults["AAPL"] = refused(500)
    here.feed("yahoo", decision_time(EX_DATE)).fetch(BOTH, WEEK)
    here.door.faults.clear()
    now = decision_time(EX_DATE) + A_DAY
    here.feed("yahoo", now).fetch(BOTH, WEEK)
    assert dividends(here) == {EX_DATE: now}


def test_a_bar_that_fills_a_gap_a_day_later_is_known_from_then_on(here: World) -> None:
    days = newest(5)
    here.door.faults["AAPL"] = without(LAST)
    here.feed("yahoo").fetch(BOTH, days)
    here.door.faults.clear()
    now = NOW + A_DAY
    here.feed("yahoo", now).fetch(BOTH, days)
    assert known_from(here) == closes(days) | {LAST: now}
    assert known_from(here, "MSFT") == closes(days)
    assert here.lake().read(GAPS)["cause"].to_pylist() == ["filled"]


def test_what_is_tried_again_in_the_same_run_counts_for_its_decision(here: World) -> None:
    days = newest(5)
    here.door.faults["AAPL"] = refused(500)
    here.feed("yahoo").fetch(BOTH, days)
    here.door.faults.clear()
    here.feed("yahoo", NOW + A_MINUTE).fetch(BOTH, days)
    assert known_from(here) == closes(days)


def test_a_bar_that_comes_after_the_prediction_of_its_session_is_known_from_then_on(
    here: World,
) -> None:
    here.door.faults["AAPL"] = without(LAST)
    here.feed("yahoo").fetch(BOTH, newest(5))
    predict(here, LAST, NOW + A_MINUTE)
    here.door.faults.clear()
    now = NOW + 2 * A_MINUTE
    here.feed("yahoo", now).fetch(BOTH, newest(5))
    assert known_from(here)[LAST] == now


def test_a_backfill_that_was_interrupted_keeps_the_instants_of_sessions_long_gone(
    here: World,
) -> None:
    days = newest(30)
    here.door.faults["AAPL"] = refused(500)
    here.feed("yahoo").fetch(BOTH, days)
    here.door.faults.clear()
    now = NOW + A_DAY
    here.feed("yahoo", now).fetch(BOTH, days)
    fresh = tuple(d for d in days if calendar().session(d).close_at > NOW - timedelta(days=7))
    assert 0 < len(fresh) < 6
    assert known_from(here) == closes(days) | dict.fromkeys(fresh, now)


def test_a_gap_that_failed_again_and_again_is_as_old_as_its_first_word(here: World) -> None:
    here.door.faults["AAPL"] = refused(500)
    here.feed("yahoo").fetch(BOTH, newest(1))
    here.door.faults["AAPL"] = refused(503)
    for days_later in (1, 8):
        here.feed("yahoo", NOW + days_later * A_DAY).fetch(BOTH, newest(1))
    here.door.faults.clear()
    now = NOW + 8 * A_DAY + A_MINUTE
    here.feed("yahoo", now).fetch(BOTH, newest(1))
    assert known_from(here) == {LAST: now}
