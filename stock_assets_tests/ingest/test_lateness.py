"""Which rows decisions may have been made without, and the instant that they get for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from stock_assets.ingest.grid import Grid
from stock_assets.ingest.lateness import FRESH, SAME_RUN, Decided, Lateness, stamped
from stock_assets.market import calendar, decision_time
from stock_assets.tables import GAPS

FRIDAY, MONDAY = date(2025, 7, 25), date(2025, 7, 28)
DAYS = tuple(s.day for s in calendar().between(date(2025, 7, 21), MONDAY))
GRID = Grid(("AAPL", "MSFT"), DAYS)
AFTER_MONDAY = decision_time(MONDAY) + SAME_RUN
INSTANT = GAPS.row_schema.field("known_at").type


def days(*given: date) -> np.ndarray:
    return np.array(given, dtype="datetime64[D]")


def noted(*gaps: tuple[str, date, datetime, bool]) -> pa.Table:
    kinds = {
        "symbol": pa.string(),
        "session": pa.date32(),
        "noted_at": INSTANT,
        "answered": pa.bool_(),
    }
    rows = [dict(zip(kinds, gap, strict=True)) for gap in gaps]
    return pa.Table.from_pylist(rows, schema=pa.schema(kinds))


def lateness(
    *gaps: tuple[str, date, datetime, bool],
    stored: Sequence[tuple[str, date]] = (),
    now: datetime = AFTER_MONDAY,
    predicted: Sequence[date] = (),
) -> Lateness:
    keys = {"symbol": [s for s, _ in stored], "session": [d for _, d in stored]}
    schema = pa.schema([("symbol", pa.string()), ("session", pa.date32())])
    mask = GRID.mask(pa.table(keys, schema=schema))
    return Lateness.of(GRID, mask, noted(*gaps), Decided(calendar(), now, predicted))


def test_a_session_is_decided_when_its_run_must_be_over_or_something_was_predicted() -> None:
    just_before = AFTER_MONDAY - timedelta(seconds=1)
    assert Decided(calendar(), AFTER_MONDAY).of(days(FRIDAY, MONDAY)).tolist() == [True, True]
    assert Decided(calendar(), just_before).of(days(FRIDAY, MONDAY)).tolist() == [True, False]
    predicted = Decided(calendar(), decision_time(MONDAY), {MONDAY})
    assert predicted.of(days(MONDAY)).tolist() == [True]


def test_a_day_without_a_session_is_decided_with_the_next_one() -> None:
    sunday = date(2025, 7, 27)
    assert Decided(calendar(), AFTER_MONDAY).of(days(sunday)).tolist() == [True]
    assert Decided(calendar(), decision_time(MONDAY)).of(days(sunday)).tolist() == [False]


@pytest.mark.parametrize(("gap_after", "late"), [(FRESH - SAME_RUN, True), (FRESH, False)])
def test_a_bar_is_late_when_its_gap_was_noted_in_its_first_week(
    gap_after: timedelta, late: bool
) -> None:
    noted_at = calendar().session(FRIDAY).close_at + gap_after
    found = lateness(("AAPL", FRIDAY, noted_at, False), now=noted_at + SAME_RUN)
    assert found.bars.sum() == late
    assert found.bars[0, DAYS.index(FRIDAY)] == late


def test_a_gap_that_the_same_run_fills_made_nobody_miss_anything() -> None:
    gap = ("AAPL", MONDAY, decision_time(MONDAY), True)
    now = decision_time(MONDAY) + timedelta(minutes=5)
    assert not lateness(gap, now=now).bars.any()
    assert not lateness(gap, now=now).actions.any()
    assert lateness(gap, now=now, predicted=[MONDAY]).bars.sum() == 1


def test_an_action_is_late_where_the_vendor_had_answered_and_the_session_was_decided() -> None:
    found = lateness(
        ("MSFT", FRIDAY, datetime(2026, 1, 1, tzinfo=UTC), True),
        ("MSFT", MONDAY, datetime(2026, 1, 1, tzinfo=UTC), False),
        stored=[("AAPL", FRIDAY), ("AAPL", MONDAY)],
        now=datetime(2026, 2, 1, tzinfo=UTC),
    )
    assert not found.bars.any()
    assert found.actions[:, -2:].tolist() == [[True, True], [True, False]]
    undecided = lateness(stored=[("AAPL", FRIDAY), ("AAPL", MONDAY)], now=decision_time(MONDAY))
    assert undecided.actions[0, -2:].tolist() == [True, False]


def test_rows_are_stamped_by_symbol_and_day_and_strangers_never() -> None:
    found = lateness(stored=[("AAPL", MONDAY)])
    early = datetime(2025, 1, 1, tzinfo=UTC)
    cases = [
        ("AAPL", MONDAY, AFTER_MONDAY),
        ("AAPL", date(2025, 7, 26), AFTER_MONDAY),
        ("AAPL", FRIDAY, early),
        ("AAPL", date(2025, 7, 29), early),
        ("AAPL", date(2025, 7, 20), early),
        ("MSFT", MONDAY, early),
        ("NVDA", MONDAY, early),
    ]
    rows = pa.table(
        {
            "symbol": [symbol for symbol, *_ in cases],
            "ex_date": pa.array([day for _, day, _ in cases], pa.date32()),
            "known_at": pa.array([early] * len(cases), INSTANT),
        }
    )
    result = found.stamp_actions(rows, AFTER_MONDAY)
    assert result.schema == rows.schema
    assert result["known_at"].to_pylist() == [known for *_, known in cases]


def test_an_instant_that_is_later_than_now_stays() -> None:
    now, later = AFTER_MONDAY, AFTER_MONDAY + timedelta(hours=1)
    rows = pa.table({"known_at": pa.array([later, now - timedelta(days=9)], INSTANT)})
    known = stamped(rows, np.array([True, True]), now)["known_at"].to_pylist()
    assert known == [later, now]
