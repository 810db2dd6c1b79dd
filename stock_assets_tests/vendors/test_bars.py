"""From candidate rows to rows that count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from stock_assets.market import NEW_YORK, calendar
from stock_assets.tables import PRICES
from stock_assets.vendors.bars import day_number, price_rows, session_index, sort_out

FRIDAY, SATURDAY, MONDAY = date(2024, 3, 8), date(2024, 3, 9), date(2024, 3, 11)


def rows(*bars: tuple[str, date, float]) -> pa.Table:
    days = np.array([day_number(day) for _, day, _ in bars], dtype=np.int64)
    close = pa.array([close for *_, close in bars], pa.float64())
    values = dict.fromkeys(("open", "high", "low", "close", "volume"), close)
    return price_rows("acme", pa.array([symbol for symbol, *_ in bars]), days, values)


def test_a_bar_is_known_when_its_session_closes_also_on_half_days() -> None:
    half_day = date(2024, 11, 29)
    table = rows(("AAPL", FRIDAY, 1.0), ("AAPL", MONDAY, 2.0), ("AAPL", half_day, 3.0))
    assert table.schema.equals(PRICES.row_schema)
    assert table["known_at"].to_pylist() == [
        datetime(2024, 3, 8, 21, tzinfo=UTC),
        datetime(2024, 3, 11, 20, tzinfo=UTC),
        datetime(2024, 11, 29, 18, tzinfo=UTC),
    ]


def test_the_index_agrees_with_the_calendar_on_every_day() -> None:
    index, sessions = session_index(), calendar().sessions
    days = np.array([day_number(s.day) for s in sessions]) - index.first
    assert index.close_us[days].tolist() == [int(s.close_at.timestamp()) * 10**6 for s in sessions]
    assert index.open_s[days].tolist() == [int(s.open_at.timestamp()) for s in sessions]
    for session in sessions[:: len(sessions) // 50]:
        midnight = datetime.combine(session.day, datetime.min.time(), NEW_YORK)
        where = day_number(session.day) - index.first
        assert index.midnight_ms[where] == int(midnight.timestamp()) * 1000


@pytest.mark.parametrize(
    ("after_close", "newest"),
    [
        (timedelta(0), FRIDAY),
        (timedelta(minutes=14, seconds=59), FRIDAY),
        (timedelta(minutes=15), MONDAY),
    ],
)
def test_a_session_is_final_a_quarter_of_an_hour_after_its_close(
    after_close: timedelta, newest: date
) -> None:
    now = calendar().session(MONDAY).close_at + after_close
    assert session_index().closed_through(now) == newest


def test_a_bar_on_a_day_without_trading_is_put_aside_with_the_reason() -> None:
    found = sort_out(rows(("A", FRIDAY, 1.0), ("A", SATURDAY, 2.0)), FRIDAY, MONDAY, MONDAY)
    assert found.rows["session"].to_pylist() == [FRIDAY]
    assert found.rejected is not None
    (aside,) = found.rejected.to_pylist()
    assert (aside["target"], aside["rule"], aside["session"], aside["close_usd"]) == (
        "prices",
        "bar_on_a_session",
        SATURDAY,
        2.0,
    )


def test_bars_outside_the_range_are_clipped_and_unfinished_ones_counted() -> None:
    table = rows(("A", date(2024, 3, 7), 1.0), ("A", FRIDAY, 2.0), ("A", MONDAY, 3.0))
    found = sort_out(table, FRIDAY, MONDAY, FRIDAY)
    assert (found.rows["close_usd"].to_pylist(), found.unfinished) == ([2.0], 1)


def test_identical_doubles_collapse_and_contradictions_are_put_aside_both() -> None:
    table = rows(
        ("B", MONDAY, 4.0),
        ("A", MONDAY, 3.0),
        ("A", FRIDAY, 1.0),
        ("A", MONDAY, 3.0),
        ("B", FRIDAY, 1.0),
        ("B", FRIDAY, 2.0),
    )
    found = sort_out(table, FRIDAY, MONDAY, MONDAY)
    assert found.rows.select(["symbol", "session", "close_usd"]).to_pylist() == [
        {"symbol": "A", "session": FRIDAY, "close_usd": 1.0},
        {"symbol": "A", "session": MONDAY, "close_usd": 3.0},
        {"symbol": "B", "session": MONDAY, "close_usd": 4.0},
    ]
    assert found.rows.schema.equals(PRICES.row_schema)
    assert found.doubled == 1
    assert found.rejected is not None
    assert sorted(found.rejected["close_usd"].to_pylist()) == [1.0, 2.0]
    assert set(found.rejected["rule"].to_pylist()) == {"one_bar_per_session"}
