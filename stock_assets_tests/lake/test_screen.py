"""Screening: every declared rule counts, missing values are explained once, keys are unique."""

from __future__ import annotations

import itertools
from typing import Any

import pyarrow as pa
import pytest

from stock_assets.lake import sql
from stock_assets.lake.screen import Screened, keys_are_unique, screen
from stock_assets.tables import PRICES, Column, Rule, Table
from stock_assets_tests.lake.bars import DAYS, NOW, bar, grid, rows

TINY = Table(
    name="tiny",
    grain="one row per name",
    columns=(
        Column("name", "string", "who"),
        Column("low", "double", "lower end", nullable=True),
        Column("high", "double", "upper end", nullable=True),
    ),
    key=("name",),
    rules=(Rule("ordered", "low <= high", "low is not above high"),),
)


def screened(*bars: dict[str, Any]) -> Screened:
    return screen(sql.connect(), PRICES, rows(*bars))


def test_sound_rows_pass_untouched() -> None:
    handed = grid()
    found = screen(sql.connect(), PRICES, handed)
    assert found.rows is handed
    assert (found.rules, found.broken_rows, found.doubles) == ((), 0, 0)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"close_usd": None}, "close_usd_present"),
        ({"symbol": None}, "symbol_present"),
        ({"known_at": None}, "known_at_present"),
        ({"close_usd": float("nan")}, "close_usd_in_bounds"),
        ({"high_usd": float("inf")}, "high_usd_in_bounds"),
        ({"low_usd": 0.0}, "low_usd_in_bounds"),
        ({"high_usd": 99.0}, "high_usd_not_below_low_usd"),
        ({"open_usd": 99.5}, "open_usd_not_below_low_usd"),
        ({"volume_shares": -1.0}, "volume_shares_in_bounds"),
        ({"volume_shares": -0.0}, "volume_shares_in_bounds"),
        ({"volume_shares": 1.1e12}, "volume_shares_in_bounds"),
        ({"high_usd": 1.1e7}, "high_usd_in_bounds"),
        ({"price_basis": "split_adjusted"}, "price_basis_known"),
    ],
)
def test_a_bar_that_cannot_be_true_is_put_aside_under_the_rule_that_it_breaks(
    change: dict[str, Any], rule: str
) -> None:
    found = screened(bar(), {**bar("MSFT"), **change})
    assert rule in found.rules
    assert (found.rows.num_rows, found.broken_rows) == (1, 1)
    assert found.broken.num_rows == len(found.rules)


def test_a_missing_value_is_blamed_once_and_not_on_every_rule_that_needs_it() -> None:
    assert screened(bar(high_usd=None)).rules == ("high_usd_present",)


def test_a_rule_that_cannot_be_decided_is_not_met() -> None:
    given = [
        {"name": "a", "low": 1.0, "high": 2.0, "known_at": NOW},
        {"name": "b", "low": None, "high": 2.0, "known_at": NOW},
        {"name": "c", "low": 3.0, "high": 2.0, "known_at": NOW},
    ]
    found = screen(sql.connect(), TINY, pa.Table.from_pylist(given, schema=TINY.row_schema))
    assert found.rows["name"].to_pylist() == ["a"]
    assert found.rules == ("ordered", "ordered")


def test_identical_doubles_fall_together_and_the_later_knowledge_counts() -> None:
    found = screened(bar(known_at=NOW), bar("MSFT"), bar())
    assert found.rows["symbol"].to_pylist() == ["AAPL", "MSFT"]
    assert found.rows["known_at"].to_pylist()[0] == NOW
    assert (found.doubles, found.broken_rows) == (1, 0)


def test_doubles_that_disagree_are_all_put_aside_because_nobody_knows_which_is_right() -> None:
    found = screened(bar(close=1.0), bar("MSFT"), bar(close=2.0), bar(close=1.0))
    assert found.rows["symbol"].to_pylist() == ["MSFT"]
    assert found.rules == ("key_conflict",) * 3
    assert (found.broken_rows, found.doubles) == (3, 0)


def test_a_broken_double_does_not_drag_the_sound_row_along() -> None:
    found = screened(bar(close=1.0), bar(close=-1.0))
    assert found.rows["close_usd"].to_pylist() == [1.0]
    assert (found.broken_rows, "key_conflict" in found.rules) == (1, False)


def test_doubles_that_differ_only_in_the_sign_of_zero_are_a_conflict() -> None:
    given = [{"name": "a", "low": low, "high": 2.0, "known_at": NOW} for low in (0.0, -0.0)]
    found = screen(sql.connect(), TINY, pa.Table.from_pylist(given, schema=TINY.row_schema))
    assert (found.broken_rows, found.rules) == (2, ("key_conflict",) * 2)


def test_uniqueness_of_keys_is_told_whatever_the_order_of_rows() -> None:
    bars = [bar(symbol, day) for symbol in ("A", "B") for day in DAYS[:2]]
    for order in itertools.permutations(bars):
        assert keys_are_unique(PRICES.key, rows(*order))
        assert not keys_are_unique(PRICES.key, rows(*order, bars[0]))
    assert keys_are_unique(PRICES.key, rows())
