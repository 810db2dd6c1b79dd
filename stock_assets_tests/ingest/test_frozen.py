"""A vendor that tells yesterday's bars once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pyarrow as pa
import pytest

from stock_assets.ingest.consecutive import QUANTITIES
from stock_assets.ingest.frozen import Standstill, in_a_standstill, standstills

FIRST = date(2025, 7, 1)
NUMBERS = pa.schema([("symbol", pa.string()), ("session", pa.date32())])


def bars(told: Mapping[str, Sequence[float]], since: int = 0, volume: float = 10.0) -> pa.Table:
    """By symbol the closes of days in a row; everything else stays the same."""
    rows = [
        {
            "symbol": symbol,
            "session": FIRST + timedelta(days=since + step),
            **dict.fromkeys(QUANTITIES, close),
            "volume_shares": volume,
        }
        for symbol, closes in told.items()
        for step, close in enumerate(closes)
    ]
    schema = pa.schema([*NUMBERS, *((name, pa.float64()) for name in QUANTITIES)])
    return pa.Table.from_pylist(rows, schema=schema)


def test_a_day_that_repeats_the_one_before_for_all_is_frozen() -> None:
    told = bars({"A": [1, 2, 2], "B": [3, 4, 4], "C": [5, 6, 6]})
    assert standstills(told) == (Standstill(FIRST + timedelta(days=2), 3, 3),)
    assert standstills(told)[0].is_frozen


@pytest.mark.parametrize(
    ("compared", "repeated", "is_frozen"),
    [(50, 50, True), (50, 25, True), (50, 24, False), (3, 2, True), (2, 2, False), (1, 1, False)],
)
def test_half_of_three_symbols_and_more_stand_still_together_only_by_mistake(
    compared: int, repeated: int, is_frozen: bool
) -> None:
    assert Standstill(FIRST, compared, repeated).is_frozen is is_frozen


def test_a_day_without_trades_says_nothing() -> None:
    assert standstills(bars({"A": [1, 1], "B": [2, 2], "C": [3, 3]}, volume=0.0)) == ()
    assert standstills(bars({})) == ()


@pytest.mark.parametrize("name", QUANTITIES)
def test_one_figure_that_moves_is_enough(name: str) -> None:
    told = bars({"A": [1, 1]})
    moved = pa.array([told[name][0].as_py(), 99.0])
    at = told.schema.get_field_index(name)
    assert standstills(told) != ()
    assert standstills(told.set_column(at, name, moved)) == ()


def test_new_bars_are_judged_by_the_stored_ones_and_these_are_left_alone() -> None:
    stored = bars({"A": [1, 1], "B": [2, 2], "C": [3, 3]})
    same = bars({"A": [1], "B": [2], "C": [9], "D": [4]}, since=2)
    assert in_a_standstill(same, stored).tolist() == [True, True, False, False]
    moved = bars({"A": [1], "B": [8], "C": [9]}, since=2)
    assert in_a_standstill(moved, stored).tolist() == [False, False, False]
