from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import httpx
import pytest

from stock_assets.sandbox.alpha_vantage import ALPHA_VANTAGE_FREE
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import FREE_KEY, UNLIMITED_KEY, Limits
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.fundamentals import fundamentals
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE, LAST

_INVALID = (
    "Invalid API call. Please retry or visit the documentation "
    "(https://www.alphavantage.co/documentation/) for {}."
)


def _get(http: httpx.Client, function: str, **query: str) -> dict[str, Any]:
    asked = {"function": function, "symbol": "AAPL", "apikey": UNLIMITED_KEY} | query
    answer = http.get("/alphavantage/query", params=asked)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def test_the_free_key_has_25_requests_a_day_and_the_refusal_repeats_it(truth: Truth) -> None:
    limits = Limits(timer=lambda: 0.0)
    with (
        running_twin(truth, TwinClock(AFTER_THE_CLOSE), limits=limits) as twin,
        httpx.Client(base_url=twin.url, trust_env=False) as http,
    ):
        bodies = [_get(http, "GLOBAL_QUOTE", apikey=FREE_KEY) for _ in range(26)]
        other = _get(http, "GLOBAL_QUOTE")
        log = str(twin.requests("alphavantage"))
    assert [next(iter(body)) for body in bodies] == ["Global Quote"] * 25 + ["Information"]
    assert bodies[-1] == {
        "Information": "We have detected your API key as twin-free and our standard API rate limit "
        "is 25 requests per day. Please subscribe to any of the premium plans at "
        "https://www.alphavantage.co/premium/ to instantly remove all daily rate limits."
    }
    assert "Global Quote" in other
    assert FREE_KEY not in log
    assert (ALPHA_VANTAGE_FREE.count, ALPHA_VANTAGE_FREE.seconds) == (25, 86_400.0)


@pytest.mark.parametrize("key", ["", "nobody"])
def test_a_key_that_nobody_has_is_an_error_message(http: httpx.Client, key: str) -> None:
    (words,) = _get(http, "GLOBAL_QUOTE", apikey=key).values()
    assert words.startswith("the parameter apikey is invalid or missing.")


def test_the_demo_key_is_answered_with_a_notice(http: httpx.Client) -> None:
    body = _get(http, "TIME_SERIES_DAILY", apikey="demo")
    assert body["Information"].startswith("The **demo** API key is for demo purposes only.")


@pytest.mark.parametrize(
    ("function", "query", "words"),
    [
        ("TIME_SERIES_DAILY", {"outputsize": "full"},
         ("The outputsize=full parameter value is a premium feature for the TIME_SERIES_DAILY "
         "endpoint.")),
        ("TIME_SERIES_DAILY_ADJUSTED", {}, "This is a premium endpoint."),
    ],
)  # fmt: skip
def test_premium_functions_are_not_for_the_free_key(
    http: httpx.Client, function: str, query: dict[str, str], words: str
) -> None:
    body = _get(http, function, apikey=FREE_KEY, **query)
    assert body["Information"].startswith(f"Thank you for using Alpha Vantage! {words}")
    assert "Time Series (Daily)" in _get(http, function, **query)


@pytest.mark.parametrize(
    ("function", "query", "words"),
    [
        ("TIME_SERIES_DAILY", {"symbol": "NOPE"}, _INVALID.format("TIME_SERIES_DAILY")),
        ("TIME_SERIES_DAILY", {"symbol": "BRK.B"}, _INVALID.format("TIME_SERIES_DAILY")),
        ("TIME_SERIES_DAILY", {"symbol": "FB"}, _INVALID.format("TIME_SERIES_DAILY")),
        ("TIME_SERIES_DAILY", {"symbol": ""}, _INVALID.format("TIME_SERIES_DAILY")),
        ("TIME_SERIES_DAILY", {"outputsize": "huge"}, _INVALID.format("TIME_SERIES_DAILY")),
        ("GLOBAL_QUOTE", {"symbol": ""}, _INVALID.format("GLOBAL_QUOTE")),
        ("CPI", {"interval": "daily"}, _INVALID.format("CPI")),
        ("TREASURY_YIELD", {"maturity": "1year"}, _INVALID.format("TREASURY_YIELD")),
        ("NOSUCH", {}, "This API function (NOSUCH) does not exist."),
        ("", {}, "This API function () does not exist."),
    ],
)
def test_a_bad_call_is_an_error_message(
    http: httpx.Client, function: str, query: dict[str, str], words: str
) -> None:
    assert _get(http, function, **query) == {"Error Message": words}


def test_an_unknown_company_has_an_empty_quote_and_an_empty_overview(http: httpx.Client) -> None:
    assert _get(http, "GLOBAL_QUOTE", symbol="NOPE") == {"Global Quote": {}}
    assert _get(http, "OVERVIEW", symbol="NOPE") == {}


def test_there_is_one_path(http: httpx.Client) -> None:
    assert http.get("/alphavantage/nothing").status_code == 404


def test_an_overview_is_flat_text_and_agrees_with_the_books(
    http: httpx.Client, truth: Truth
) -> None:
    body = _get(http, "OVERVIEW", symbol="PEP")
    stock = truth.stocks["PEP"]
    books = fundamentals(truth.seed, stock, LAST)
    price = float(stock.bars.upto(LAST).close[-1])
    assert all(isinstance(value, str) for value in body.values())
    assert {"Symbol", "Sector", "PERatio", "EPS", "52WeekHigh", "ExDividendDate"} <= set(body)
    assert body["Symbol"] == "PEP"
    assert body["Sector"] == "CONSUMER STAPLES"
    assert float(body["MarketCapitalization"]) == pytest.approx(books.shares * price, abs=1)
    assert float(body["EPS"]) == pytest.approx(books.eps_ttm_usd, abs=0.005)
    assert float(body["SharesOutstanding"]) == books.shares
    assert float(body["52WeekLow"]) <= price <= float(body["52WeekHigh"])
    assert body["EBITDA"] == "None"
    assert body["ForwardPE"] == "-"


def test_a_year_of_prices_in_an_overview_is_in_shares_of_today(
    http: httpx.Client, twin: RunningTwin, truth: Truth
) -> None:
    """PEP splits three for one in 2025; the asker's year begins before it."""
    (split,) = (s for s in truth.stocks["PEP"].splits if s.ex_date.year == 2025)
    twin.clock.fix(datetime.combine(split.ex_date, time(22), UTC))
    body = _get(http, "OVERVIEW", symbol="PEP")
    close = float(truth.stocks["PEP"].bars.upto(split.ex_date).close[-1])
    assert float(body["52WeekHigh"]) < 3 * close


def test_the_same_question_gets_the_same_bytes(http: httpx.Client) -> None:
    for function in ("TIME_SERIES_DAILY_ADJUSTED", "OVERVIEW", "REAL_GDP"):
        assert _get(http, function) == _get(http, function)
