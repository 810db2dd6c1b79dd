"""Splits, dividends and listings: doubles, contradictions and changes of name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from stock_assets.errors import ContractError
from stock_assets.tables import CORPORATE_ACTIONS, LISTINGS
from stock_assets.vendors.polygon_reference import (
    actions,
    by_symbol,
    changes,
    listing,
    listing_table,
)
from stock_assets_tests.vendors.conftest import NOW

FIRST, LAST = date(2022, 1, 1), date(2022, 12, 31)


def split(symbol: str, day: str, new: float, old: float, **more: Any) -> dict[str, Any]:
    return {"ticker": symbol, "execution_date": day, "split_to": new, "split_from": old, **more}


def dividend(symbol: str, day: str, cash: float, kind: str = "CD", **more: Any) -> dict[str, Any]:
    return {
        "ticker": symbol,
        "ex_dividend_date": day,
        "cash_amount": cash,
        "dividend_type": kind,
        "currency": "USD",
        **more,
    }


def test_actions_of_our_symbols_are_rows_known_when_the_ex_date_begins_in_new_york() -> None:
    found = actions(
        ["GOOGL", "AAPL"],
        FIRST,
        LAST,
        [split("GOOGL", "2022-07-18", 20, 1), split("BRW", "2022-05-20", 1, 2)],
        [dividend("AAPL", "2022-11-04", 0.23)],
    )
    assert found.rows.schema.equals(CORPORATE_ACTIONS.row_schema)
    assert found.rows.to_pylist() == [
        {
            "vendor": "polygon",
            "symbol": "AAPL",
            "kind": "dividend",
            "ex_date": date(2022, 11, 4),
            "split_ratio": None,
            "dividend_usd": 0.23,
            "known_at": datetime(2022, 11, 4, 4, tzinfo=UTC),
        },
        {
            "vendor": "polygon",
            "symbol": "GOOGL",
            "kind": "split",
            "ex_date": date(2022, 7, 18),
            "split_ratio": 20.0,
            "dividend_usd": None,
            "known_at": datetime(2022, 7, 18, 4, tzinfo=UTC),
        },
    ]
    assert (found.rejected, found.doubled) == (None, 0)


def test_doubles_collapse_and_a_special_dividend_is_paid_on_top() -> None:
    found = actions(
        ["A"],
        FIRST,
        LAST,
        [split("A", "2022-03-01", 3, 2, id="1"), split("A", "2022-03-01", 6, 4, id="2")],
        [
            dividend("A", "2022-03-01", 0.5),
            dividend("A", "2022-03-01", 0.5),
            dividend("A", "2022-03-01", 1.25, "SC"),
        ],
    )
    assert found.rows["split_ratio"].to_pylist() == [None, 1.5]
    assert found.rows["dividend_usd"].to_pylist() == [1.75, None]
    assert found.doubled == 2


def test_contradictions_and_foreign_money_are_put_aside_not_guessed() -> None:
    found = actions(
        ["A"],
        FIRST,
        LAST,
        [split("A", "2022-03-01", 10, 1), split("A", "2022-03-01", 1, 10)],
        [dividend("A", "2022-03-01", 0.5, currency="CAD")],
    )
    assert found.rows.num_rows == 0
    assert found.rejected is not None
    kept = found.rejected.select(["rule", "split_ratio", "dividend_usd"]).to_pylist()
    assert kept == [
        {"rule": "one_action_per_day", "split_ratio": 0.1, "dividend_usd": None},
        {"rule": "one_action_per_day", "split_ratio": 10.0, "dividend_usd": None},
        {"rule": "paid_in_usd", "split_ratio": None, "dividend_usd": 0.5},
    ]


@pytest.mark.parametrize(
    "row",
    [
        split("A", "2022-13-01", 2, 1),
        split("A", "2023-01-01", 2, 1),
        {**split("A", "2022-03-01", 2, 1), "execution_date": None},
        {**split("A", "2022-03-01", 2, 1), "split_to": "2"},
        {**split("A", "2022-03-01", 2, 1), "split_from": True},
    ],
)
def test_a_malformed_action_of_ours_is_a_broken_contract(row: dict[str, Any]) -> None:
    with pytest.raises(ContractError, match="splits of A"):
        actions(["A"], FIRST, LAST, [row], [])
    assert actions(["B"], FIRST, LAST, [row], []).rows.num_rows == 0


@pytest.mark.parametrize("ticker", [None, 7, ["A"], {"A": 1}])
def test_a_row_that_names_no_symbol_is_nobodys(ticker: object) -> None:
    row = {**split("A", "2022-03-01", 2, 1), "ticker": ticker, "active": True}
    assert actions(["A"], FIRST, LAST, [row], [row]).rows.num_rows == 0
    assert by_symbol(["A"], [row]) == {}


def test_a_split_of_nothing_is_left_to_the_rules() -> None:
    found = actions(["A"], FIRST, LAST, [split("A", "2022-03-01", 2, 0)], [])
    assert str(found.rows["split_ratio"].to_pylist()) == "[nan]"


def event(day: str, symbol: str) -> dict[str, Any]:
    return {"type": "ticker_change", "date": day, "ticker_change": {"ticker": symbol}}


@pytest.mark.parametrize(
    ("events", "formerly", "on"),
    [
        ([event("2022-06-11", "META"), event("2012-05-18", "FB")], "FB", date(2022, 6, 11)),
        ([event("2012-05-18", "META")], None, None),
        ([], None, None),
        (
            [event("2001-01-01", "FB"), event("2003-01-01", "META"), event("2002-01-01", "XX")],
            "XX",
            date(2003, 1, 1),
        ),
    ],
)
def test_the_last_change_of_name_is_found_in_any_order(
    events: list[dict[str, Any]], formerly: str | None, on: date | None
) -> None:
    row = listing("META", {"ticker": "META", "active": True, "name": "Meta"}, events, NOW)
    assert (row["formerly"], row["renamed_on"]) == (formerly, on)


def test_a_delisted_company_keeps_its_last_day() -> None:
    row = {"ticker": "X", "active": False, "delisted_utc": "2025-06-27T00:00:00Z", "name": None}
    table = listing_table([listing("X", row, (), NOW)])
    assert table.schema.equals(LISTINGS.row_schema)
    assert table["delisted_on"].to_pylist() == [date(2025, 6, 27)]
    assert table["known_at"].to_pylist() == [NOW]


def test_a_listing_that_does_not_fit_is_refused() -> None:
    for row in ({"ticker": "X"}, {"active": True, "list_date": "soon"}):
        with pytest.raises(ContractError):
            listing("X", row, (), NOW)
    with pytest.raises(ContractError, match="another type"):
        listing_table([listing("X", {"active": True, "name": 7}, (), NOW)])
    for results in ([1], {"name": "Meta Platforms"}, {"events": [1]}, None):
        with pytest.raises(ContractError, match="events"):
            changes("GET x", {"status": "OK", "results": results})
    with pytest.raises(ContractError, match="status is 'ERROR'"):
        changes("GET x", {"status": "ERROR", "results": {"events": []}})
