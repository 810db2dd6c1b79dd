"""Jumps that no split explains, and bars in another unit than the ones beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from stock_assets.ingest.consecutive import with_previous
from stock_assets.ingest.outliers import in_another_unit, jumps

FIRST = date(2025, 7, 1)
SPLITS = pa.schema(
    [("symbol", pa.string()), ("ex_date", pa.date32()), ("split_ratio", pa.float64())]
)


def bars(closes: Sequence[float | None], symbol: str = "A", since: int = 0) -> pa.Table:
    """Closes on days in a row."""
    days = [FIRST + timedelta(days=since + step) for step in range(len(closes))]
    columns = {"symbol": [symbol] * len(closes), "session": days}
    return pa.table({**columns, "close_usd": pa.array(closes, pa.float64())})


def splits(*rows: tuple[str, int, float]) -> pa.Table:
    said = [
        {"symbol": symbol, "ex_date": FIRST + timedelta(days=day), "split_ratio": ratio}
        for symbol, day, ratio in rows
    ]
    return pa.Table.from_pylist(said, schema=SPLITS)


def odd(new: pa.Table, beside: pa.Table | None = None, known: pa.Table | None = None) -> list[int]:
    around = new.slice(0, 0) if beside is None else beside
    found = in_another_unit(new, around, splits() if known is None else known)
    assert found.shape == (new.num_rows,)
    return [int(place) for place in np.flatnonzero(found)]


def test_each_bar_stands_beside_the_one_before_of_its_symbol() -> None:
    both = pa.concat_tables([bars([1, 2, 3], "B"), bars([7, 8], "A")])
    pairs = with_previous(both.take([4, 0, 2, 3, 1]))
    assert pairs.select(["symbol", "close_usd", "previous_close_usd"]).to_pylist() == [
        {"symbol": "A", "close_usd": 8.0, "previous_close_usd": 7.0},
        {"symbol": "B", "close_usd": 2.0, "previous_close_usd": 1.0},
        {"symbol": "B", "close_usd": 3.0, "previous_close_usd": 2.0},
    ]
    assert with_previous(both.slice(0, 0)).num_rows == 0
    assert with_previous(both.slice(0, 1)).num_rows == 0


def test_an_ordinary_week_has_no_jumps_and_no_other_units() -> None:
    week = bars([100, 130, 99, 140, 101])
    assert jumps(week, splits()).num_rows == 0
    assert odd(week) == []


@pytest.mark.parametrize(
    ("known", "count"),
    [([], 1), ([("A", 2, 2.0)], 0), ([("A", 2, 3.0), ("A", 2, 2.0)], 0), ([("A", 1, 2.0)], 1),
     ([("A", 3, 2.0)], 1), ([("B", 2, 2.0)], 1), ([("A", 2, 0.5)], 1)],
    ids=["none", "that day's", "one of two tellings", "a day early", "a day late", "another's",
         "the wrong way round"],
)  # fmt: skip
def test_a_split_explains_the_jump_of_its_own_day_alone(
    known: list[tuple[str, int, float]], count: int
) -> None:
    found = jumps(bars([100, 100, 50, 51]), splits(*known))
    assert found.num_rows == count
    if count:
        (row,) = found.to_pylist()
        assert (row["session"], row["previous_close_usd"], row["close_usd"]) == (
            FIRST + timedelta(days=2), 100.0, 50.0,
        )  # fmt: skip
        assert row["is_unit"] is False


@pytest.mark.parametrize("factor", [100, 0.01, 1000, 0.001])
@pytest.mark.parametrize("place", range(5))
def test_one_bar_in_another_unit_is_found_wherever_it_stands(factor: float, place: int) -> None:
    closes = [10.0, 10.5, 9.9, 10.2, 10.1]
    closes[place] *= factor
    assert odd(bars(closes)) == [place]
    assert jumps(bars(closes), splits())["is_unit"].to_pylist()[0] is True


def test_a_new_bar_is_judged_by_the_ones_that_are_stored() -> None:
    stored = bars([10.0, 10.5, 9.9])
    assert odd(bars([1020.0], since=3), stored) == [0]
    assert odd(bars([10.2], since=3), stored) == []
    other = pa.concat_tables([bars([1020.0], "B", since=3), bars([1020.0], since=3)])
    assert odd(other, stored) == [1]


def test_one_bar_alone_beside_it_tells_nothing() -> None:
    assert odd(bars([10.0, 1000.0])) == []
    assert odd(bars([1000.0], since=1), bars([10.0])) == []
    assert odd(bars([])) == []


def test_a_change_of_level_is_no_other_unit() -> None:
    assert odd(bars([10.0, 10.1, 10.2, 1010.0, 1020.0, 1030.0])) == []
    assert jumps(bars([10.0, 10.1, 1010.0, 1020.0]), splits()).num_rows == 1


def test_a_share_that_is_split_in_a_hundred_is_believed() -> None:
    stored = bars([1000.0, 1010.0, 1005.0])
    assert odd(bars([10.05], since=3), stored) == [0]
    assert odd(bars([10.05], since=3), stored, splits(("A", 3, 100.0))) == []
    assert odd(bars([10.05], since=3), stored, splits(("B", 3, 100.0))) == [0]


@pytest.mark.parametrize("close", [0.0, -1.0, None, float("nan"), float("inf")])
def test_what_is_no_price_is_left_to_other_rules_and_spoils_no_neighbour(
    close: float | None,
) -> None:
    assert odd(bars([10.0, 10.1, close, 10.2, 10.3])) == []
    assert odd(bars([10.0, 10.1, close, 1020.0, 10.3, 10.2])) == [3]
