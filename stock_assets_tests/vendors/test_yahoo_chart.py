"""The chart's contract, and prices back in the shares of their day."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stock_assets.errors import ContractError, PayloadError
from stock_assets.vendors.bars import day_number, session_index
from stock_assets.vendors.yahoo_chart import as_traded, parse_chart, split_factors

DAYS = [date(2024, 3, 7), date(2024, 3, 8), date(2024, 3, 11)]


def opening(day: date) -> int:
    index = session_index()
    return int(index.open_s[day_number(day) - index.first])


def chart(**changes: Any) -> dict[str, Any]:
    """A chart of three sessions; ``changes`` replace parts of the result."""
    quote = {name: [10.0, 11.0, 12.0] for name in ("open", "high", "low", "close")}
    result = {
        "meta": {
            "currency": "USD",
            "symbol": "AAPL",
            "exchangeTimezoneName": "America/New_York",
            "dataGranularity": "1d",
            "instrumentType": "EQUITY",
            "validRanges": ["1d"],
        },
        "timestamp": [opening(day) for day in DAYS],
        "indicators": {
            "quote": [{**quote, "volume": [100, 200, 300]}],
            "adjclose": [{"adjclose": [1.0, 1.0, 1.0]}],
        },
    }
    return {"chart": {"result": [{**result, **changes}], "error": None}}


def body(**changes: Any) -> bytes:
    return orjson.dumps(chart(**changes))


def test_a_chart_is_read_with_its_events() -> None:
    at = str(opening(DAYS[1]))
    found = parse_chart(
        "AAPL",
        body(
            events={
                "dividends": {at: {"amount": 0.24, "date": int(at)}},
                "splits": {at: {"date": int(at), "numerator": 4.0, "denominator": 1.0}},
            }
        ),
    )
    assert found.days.tolist() == [day_number(day) for day in DAYS]
    assert found.at_open.all()
    assert found.quotes["volume"].tolist() == [100, 200, 300]
    assert found.splits == ((day_number(DAYS[1]), 4.0),)
    assert found.dividends == ((day_number(DAYS[1]), 0.24),)


def test_a_live_bar_is_told_apart_by_its_time() -> None:
    stamps = [opening(DAYS[0]), opening(DAYS[1]), opening(DAYS[1]) + 3600]
    assert parse_chart("AAPL", body(timestamp=stamps)).at_open.tolist() == [True, True, False]


def test_no_bars_in_range_is_an_empty_chart() -> None:
    content = chart(indicators={"quote": [{}], "adjclose": [{}]})
    del content["chart"]["result"][0]["timestamp"]
    assert len(parse_chart("AAPL", orjson.dumps(content)).days) == 0


def quote(**changes: Any) -> dict[str, Any]:
    same = {name: [1.0, 1.0, 1.0] for name in ("open", "high", "low", "close", "volume")}
    return {"indicators": {"quote": [{**same, **changes}]}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (quote(close=[1.0, 1.0]), "other lengths"),
        (quote(close=None), "other lengths"),
        (quote(close=[1.0, "2.0", 3.0]), "close holds something else than numbers"),
        (quote(open=[True, True, True]), "open holds something else than numbers"),
        ({"indicators": {"quote": []}}, "list of one object"),
        ({"indicators": None}, "list of one object"),
        ({"timestamp": ["a", "b", "c"]}, "timestamp holds something else than numbers"),
        ({"timestamp": [1.5, 2.5, 3.5]}, "whole seconds"),
        ({"timestamp": [None, 1, 2]}, "whole seconds"),
        ({"timestamp": [opening(day) * 1000 for day in DAYS]}, "outside the calendar"),
        ({"timestamp": {}}, "not a list"),
        ({"events": []}, None),
        ({"events": [1]}, "events is not an object"),
        ({"events": {"splits": {"1": {"date": 1, "numerator": 1}}}}, "splits lacks"),
        ({"events": {"dividends": {"1": {"date": 1, "amount": "x"}}}}, "dividends lacks"),
        (
            {"events": {"dividends": {"1": {"date": opening(DAYS[1]) * 1000, "amount": 1}}}},
            "dividends lies outside the calendar",
        ),
        (
            {"events": {"splits": {"1": {"date": 1e300, "numerator": 2, "denominator": 1}}}},
            "splits lies outside the calendar",
        ),
        (
            {"events": {"splits": {"1": {"date": 1, "numerator": 0, "denominator": 1}}}},
            "the ratio 0:1",
        ),
    ],
)
def test_a_chart_that_does_not_fit_is_refused_not_trimmed(
    changes: dict[str, Any], words: str | None
) -> None:
    if words is None:
        assert parse_chart("AAPL", body(**changes)).splits == ()
        return
    with pytest.raises(ContractError, match=words):
        parse_chart("AAPL", body(**changes))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("symbol", "MSFT"),
        ("currency", "GBp"),
        ("exchangeTimezoneName", "America/Toronto"),
        ("dataGranularity", "1wk"),
        ("instrumentType", "FUTURE"),
        ("currency", None),
    ],
)
def test_another_symbol_currency_zone_or_interval_is_refused(name: str, value: object) -> None:
    content = chart()
    content["chart"]["result"][0]["meta"][name] = value
    with pytest.raises(ContractError, match=name):
        parse_chart("AAPL", orjson.dumps(content))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (body()[:-3], PayloadError),
        (body().replace(b"12.0", b"NaN"), PayloadError),
        (body().replace(b"12.0", b"Infinity"), PayloadError),
        (b"[]", ContractError),
        (b'{"finance":{"error":{"code":"Unauthorized"}}}', ContractError),
        (b'{"chart":{"result":[],"error":null}}', ContractError),
        (b'{"chart":{"result":[7],"error":null}}', ContractError),
        (b'{"chart":{"result":[{}],"error":null}}', ContractError),
    ],
)
def test_what_is_no_chart_is_refused(text: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_chart("AAPL", text)


def test_the_factor_is_the_product_of_the_splits_after_the_day() -> None:
    splits = ((20, 2.0), (10, 4.0), (30, 0.1))
    days = np.array([9, 10, 19, 20, 30, 31])
    assert split_factors(days, splits).tolist() == pytest.approx([0.8, 0.2, 0.2, 0.1, 1.0, 1.0])
    assert split_factors(np.array([1], dtype=np.int64), ()).tolist() == [1.0]


@given(
    st.integers(1, 5_000_000).map(lambda cents: cents / 100),
    st.sampled_from([1.0, 2.0, 3.0, 4.0, 7.0, 10.0, 20.0, 28.0, 1.5, 0.1, 0.125]),
)
def test_cents_come_back_to_the_digit_through_single_precision(price: float, ratio: float) -> None:
    sent = np.array([price / ratio]).astype(np.float32).astype(np.float64)
    back = as_traded(sent, np.array([ratio]))[0]
    assert back == price


def test_a_price_with_more_decimals_keeps_them() -> None:
    sent = np.array([0.1234, 28.4375, 1.0]).astype(np.float32).astype(np.float64)
    assert as_traded(sent, np.ones(3)).tolist() == [0.1234, 28.4375, 1.0]
    assert as_traded(np.array([123.4567891234]), np.ones(1)).tolist() == [123.456789]


def test_what_is_missing_stays_missing() -> None:
    assert np.isnan(as_traded(np.array([np.nan]), np.ones(1))).all()
