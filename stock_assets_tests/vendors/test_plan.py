"""As few requests as possible."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stock_assets.errors import BadSymbol
from stock_assets.vendors.plan import GroupedDay, RangeRequest, plan_requests

DAYS = [date(2024, 1, 2) + timedelta(days=n) for n in range(6)]
SYMBOLS = ["A", "B", "C", "D"]


def test_a_backfill_asks_once_per_symbol() -> None:
    plan = plan_requests({"B": DAYS, "A": DAYS[2:4]}, grouped_available=True)
    assert plan == (
        RangeRequest("A", DAYS[2], DAYS[3]),
        RangeRequest("B", DAYS[0], DAYS[5]),
    )


def test_a_daily_run_asks_once_for_the_day_where_the_vendor_can() -> None:
    missing = {symbol: [DAYS[0]] for symbol in SYMBOLS}
    assert plan_requests(missing, grouped_available=True) == (GroupedDay(DAYS[0]),)
    assert len(plan_requests(missing, grouped_available=False)) == 4


def test_a_new_symbol_and_a_new_day_need_one_request_each() -> None:
    missing = {symbol: [DAYS[5]] for symbol in SYMBOLS[:3]} | {"D": DAYS}
    assert plan_requests(missing, grouped_available=True) == (
        GroupedDay(DAYS[5]),
        RangeRequest("D", DAYS[0], DAYS[4]),
    )


def test_one_symbol_on_one_day_is_a_range_and_nothing_missing_is_no_request() -> None:
    assert plan_requests({"A": [DAYS[0]]}, grouped_available=True) == (
        RangeRequest("A", DAYS[0], DAYS[0]),
    )
    assert plan_requests({"A": []}, grouped_available=True) == ()
    assert str(RangeRequest("A", DAYS[0], DAYS[1])) == "A 2024-01-02 to 2024-01-03"
    assert str(GroupedDay(DAYS[0])) == "all symbols 2024-01-02"


def test_what_is_no_symbol_is_not_planned() -> None:
    with pytest.raises(BadSymbol):
        plan_requests({"AAPL/../x": DAYS}, grouped_available=True)


def test_five_hundred_symbols_over_ten_years_are_planned_quickly() -> None:
    days = frozenset(date(2010, 1, 1) + timedelta(days=n) for n in range(2500))
    plan = plan_requests({f"S{n}": days for n in range(500)}, grouped_available=True)
    assert len(plan) == 500


@given(st.dictionaries(st.sampled_from(SYMBOLS), st.sets(st.sampled_from(DAYS))))
def test_the_plan_meets_every_key_with_the_fewest_requests(missing: dict[str, set[date]]) -> None:
    plan = plan_requests(missing, grouped_available=True)
    grouped = {one.day for one in plan if isinstance(one, GroupedDay)}
    ranged = {one.symbol: one for one in plan if isinstance(one, RangeRequest)}
    for symbol, days in missing.items():
        for day in days - grouped:
            assert ranged[symbol].first <= day <= ranged[symbol].last
    fewest = min(
        len(some) + sum(1 for days in missing.values() if days - set(some))
        for size in range(len(DAYS) + 1)
        for some in combinations(DAYS, size)
    )
    assert len(plan) == fewest
