"""Which of Yahoo's bars count."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest

from stock_assets.tables import CORPORATE_ACTIONS, PRICES
from stock_assets.vendors.bars import Bars
from stock_assets.vendors.yahoo_chart import parse_chart
from stock_assets.vendors.yahoo_rows import chart_rows
from stock_assets_tests.vendors.test_yahoo_chart import DAYS, chart, opening


def rows(
    first: date = DAYS[0], last: date = DAYS[2], closed: date = DAYS[2], **changes: Any
) -> Bars:
    body = orjson.dumps(chart(**changes))
    return chart_rows("AAPL", parse_chart("AAPL", body), (), first, last, closed)


def quotes(**columns: Any) -> dict[str, Any]:
    count = len(next(iter(columns.values())))
    same = {name: [5.0] * count for name in ("open", "high", "low", "close", "volume")}
    return {"quote": [{**same, **columns}]}


def blank(*values: float | None) -> dict[str, Any]:
    return quotes(**{n: list(values) for n in ("open", "high", "low", "close", "volume")})


def test_prices_volumes_and_dividends_are_stated_in_the_shares_of_their_own_day() -> None:
    at = [opening(day) for day in DAYS]
    found = rows(
        events={
            "splits": {str(at[1]): {"date": at[1], "numerator": 4, "denominator": 1}},
            "dividends": {
                str(at[0]): {"date": at[0], "amount": 0.05},
                str(at[1]): {"date": at[1], "amount": 0.06},
            },
        }
    )
    assert found.prices.schema.equals(PRICES.row_schema)
    assert found.prices["close_usd"].to_pylist() == [40.0, 11.0, 12.0]
    assert found.prices["volume_shares"].to_pylist() == [25.0, 200.0, 300.0]
    assert found.actions.schema.equals(CORPORATE_ACTIONS.row_schema)
    assert found.actions.select(["kind", "ex_date", "split_ratio", "dividend_usd"]).to_pylist() == [
        {"kind": "split", "ex_date": DAYS[1], "split_ratio": 4.0, "dividend_usd": None},
        {"kind": "dividend", "ex_date": DAYS[0], "split_ratio": None, "dividend_usd": 0.2},
        {"kind": "dividend", "ex_date": DAYS[1], "split_ratio": None, "dividend_usd": 0.06},
    ]


def test_a_split_after_the_last_wanted_day_still_counts() -> None:
    at = opening(DAYS[2])
    split = {"splits": {str(at): {"date": at, "numerator": 2, "denominator": 1}}}
    found = rows(last=DAYS[1], events=split)
    assert found.prices["close_usd"].to_pylist() == [20.0, 22.0]
    assert found.actions.num_rows == 0


def test_a_row_without_any_value_is_no_bar_but_a_missing_session() -> None:
    found = rows(indicators=blank(5.0, None, 5.0))
    assert found.prices["session"].to_pylist() == [DAYS[0], DAYS[2]]
    assert found.missing == (DAYS[1],)


def test_a_row_with_some_values_goes_on_to_the_rules() -> None:
    found = rows(indicators=quotes(volume=[5.0, None, 5.0]))
    assert found.prices["volume_shares"].to_pylist() == [5.0, None, 5.0]
    assert found.missing == ()


def test_the_live_bar_beside_the_proper_one_is_left_out() -> None:
    stamps = [opening(DAYS[0]), opening(DAYS[1]), opening(DAYS[1]) + 23_401]
    found = rows(timestamp=stamps, indicators=quotes(close=[1.0, 2.0, 3.0]))
    assert found.prices["close_usd"].to_pylist() == [1.0, 2.0]
    assert found.unfinished == 1


def test_a_bar_with_the_time_of_the_last_trade_is_the_days_bar_when_it_is_alone() -> None:
    stamps = [opening(DAYS[0]), opening(DAYS[1]), opening(DAYS[2]) + 23_401]
    assert rows(timestamp=stamps).prices.num_rows == 3


@pytest.mark.parametrize("live", [opening(DAYS[2]) + 600, opening(DAYS[2])])
def test_the_bar_of_a_session_in_progress_does_not_count(live: int) -> None:
    stamps = [opening(DAYS[0]), opening(DAYS[1]), live]
    found = rows(closed=DAYS[1], timestamp=stamps)
    assert found.prices["session"].to_pylist() == DAYS[:2]
    assert found.unfinished == 1


def test_rows_in_any_order_come_out_by_session() -> None:
    stamps = [opening(day) for day in reversed(DAYS)]
    found = rows(timestamp=stamps)
    assert found.prices["session"].to_pylist() == DAYS
    assert found.prices["close_usd"].to_pylist() == [12.0, 11.0, 10.0]


def test_a_bar_on_a_saturday_and_a_capital_gain_are_put_aside_together() -> None:
    saturday = opening(DAYS[1]) + 86_400
    gain = {"capitalGains": {"1": {"date": opening(DAYS[1]), "amount": 1.2}}}
    found = rows(timestamp=[opening(DAYS[0]), opening(DAYS[1]), saturday], events=gain)
    assert found.prices.num_rows == 2
    assert found.rejected is not None
    assert found.rejected.select(["target", "rule", "symbol"]).to_pylist() == [
        {"target": "prices", "rule": "bar_on_a_session", "symbol": "AAPL"},
        {"target": "corporate_actions", "rule": "kind_known", "symbol": "AAPL"},
    ]


def test_only_the_wanted_days_come_back() -> None:
    found = rows(first=DAYS[1], last=DAYS[1])
    assert found.prices["session"].to_pylist() == [DAYS[1]]
