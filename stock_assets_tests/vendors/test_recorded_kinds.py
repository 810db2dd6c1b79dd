"""Kinds of answers of which none is recorded, replayed as recorded ones are.

The bodies are made by hand after what vendors document and what is recorded of their like. They
prove that an answer of any of these kinds that is recorded later comes to the right outcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from stock_assets.errors import StockAssetsError
from stock_assets_tests.vendors import (
    test_alpha_vantage,
    test_alpha_vantage_macro,
    test_fed,
    test_finnhub,
    test_newsapi,
    test_polygon_aggs,
    test_treasury,
    test_world_bank,
    test_yahoo_chart,
    test_yahoo_context,
)
from stock_assets_tests.vendors.conftest import NOW, Workshop
from stock_assets_tests.vendors.fred_books import observations, vintage_dates
from stock_assets_tests.vendors.outcomes import is_ours, outcomes, told
from stock_assets_tests.vendors.recordings import Recording
from stock_assets_tests.vendors.replay import Bench

Case = tuple[str, object, str, str]
"""Path and query, the body with its status before it where that is not 200, the outcome with the
rows and the rejected ones, and words of an error."""

CHART = test_yahoo_chart.chart()
AT = str(test_yahoo_chart.opening(test_yahoo_chart.DAYS[1]))
PERIOD = "period1=1709787600&period2=1710216000&interval=1d"


def chart(symbol: str = "AAPL", query: str = PERIOD) -> str:
    return f"query2.finance.yahoo.com/v8/finance/chart/{symbol}?{query}"


def but(content: Any, **changes: Any) -> Any:
    """The chart with parts of its result replaced; None takes one out."""
    result = {**content["chart"]["result"][0], **changes}
    kept = {name: value for name, value in result.items() if value is not None}
    return {"chart": {"result": [kept], "error": None}}


def meta(**changes: Any) -> Any:
    return but(CHART, meta={**CHART["chart"]["result"][0]["meta"], **changes})


def chart_error(code: str, words: str) -> dict[str, Any]:
    return {"chart": {"result": None, "error": {"code": code, "description": words}}}


def quote(*values: float | None) -> dict[str, Any]:
    rows = {name: list(values) for name in ("open", "high", "low", "close", "volume")}
    return {"quote": [rows], "adjclose": [{"adjclose": list(values)}]}


NO_VALID_RANGES = dict(CHART["chart"]["result"][0]["meta"])
del NO_VALID_RANGES["validRanges"]
EVENTS = {
    "dividends": {AT: {"amount": 0.24, "date": int(AT)}},
    "splits": {AT: {"date": int(AT), "numerator": 4, "denominator": 1, "splitRatio": "4:1"}},
    "earnings": {AT: {"date": int(AT)}},
}
ABSURD = {"splits": {AT: {"date": int(AT), "numerator": 1, "denominator": 1e308}}}
GAINS = {"capitalGains": {AT: {"amount": 1.2, "date": int(AT)}}}
NOTHING: dict[str, Any] = {"quote": [{}], "adjclose": [{}]}
NO_DATA = "Data doesn't exist for startDate = 1577836800, endDate = 1578009600"
DELISTED = "No data found, symbol may be delisted"
CURRENCY = "period1=1782860400&period2=1783378800&interval=1d"

YAHOO: list[Case] = [
    (chart(), CHART, "rows prices=3 0", ""),
    (chart("BRK-B"), meta(symbol="BRK-B"), "rows prices=3 0", ""),
    (chart(query="range=5d&interval=1d"), CHART, "rows prices=3 0", ""),
    (chart(), but(CHART, meta=NO_VALID_RANGES), "rows prices=3 0", ""),
    (chart(), but(CHART, events=EVENTS), "rows prices=3;corporate_actions=2 0", ""),
    (chart(), but(CHART, events=GAINS), "rows prices=3 1", ""),
    (chart(), but(CHART, events=ABSURD), "rows prices=2 2", ""),
    (chart(), but(CHART, indicators=quote(10, 2**62, 12)), "rows prices=2 1", ""),
    (chart(), but(CHART, indicators=quote(10.0, None, 12.0)), "rows prices=2 0", ""),
    (chart(), but(CHART, indicators=quote(None, None, None)), "rows  0", ""),
    (chart(), but(CHART, timestamp=None, indicators=NOTHING), "rows  0", ""),
    (chart(), but(CHART, timestamp=[], indicators=NOTHING), "rows  0", ""),
    (chart(), but(CHART, timestamp=[], indicators=quote()), "rows  0", ""),
    (
        chart(),
        but(CHART, timestamp=[], events=EVENTS, indicators=quote()),
        "rows corporate_actions=2 0",
        "",
    ),
    (chart(), (400, chart_error("Bad Request", NO_DATA)), "rows  0", ""),
    (chart(), (404, chart_error("Not Found", DELISTED)), "NotFound", "delisted"),
    (chart(), chart_error("Not Found", DELISTED), "NotFound", "says so in an answer"),
    (chart(), chart_error("Bad Request", "Invalid input"), "ContractError", "one result and no"),
    (chart(), (401, chart_error("Unauthorized", "Invalid Crumb")), "AuthError", "Invalid Crumb"),
    (chart(), (422, chart_error("Unprocessable Entity", "1m data")), "ContractError", "1m data"),
    (chart(), (429, b"Too Many Requests\r\n"), "RateLimited", "too many"),
    (chart(), (500, chart_error("Internal Server Error", "no")), "VendorOutage", "unwell"),
    (chart(), (503, b"<html>Will be right back</html>"), "VendorOutage", "unwell"),
    (chart("GC=F"), meta(symbol="GC=F", instrumentType="FUTURE"), "ContractError", "'FUTURE'"),
    (chart("BTC-USD"), meta(exchangeTimezoneName="UTC"), "ContractError", "is 'UTC'"),
    (chart("AAPL220121C00025000"), meta(), "BadSymbol", "not a symbol"),
    (chart("^VIX", CURRENCY), test_yahoo_context.chart("^VIX"), "rows index_prices=2 1", ""),
    (
        chart("EURUSD=X", CURRENCY),
        test_yahoo_context.chart("EURUSD=X"),
        "rows fx_rates=3 0",
        "",
    ),
]

AGGS = "api.polygon.io/v2/aggs/ticker/AAPL/range/1/day/2024-01-02/2024-01-05?adjusted=false"
BARS = [test_polygon_aggs.bar(n) for n in range(3)]


def aggs(**changes: Any) -> Any:
    return orjson.loads(test_polygon_aggs.body(BARS, **changes))


def refused(status: str, words: str) -> dict[str, str]:
    return {"status": status, "request_id": "x", "error": words, "message": words}


NEXT = "https://api.massive.com/v2/aggs/ticker/AAPL/range/1/day/1704171600000/2024-01-05?cursor=x"
GROUPED = "api.massive.com/v2/aggs/grouped/locale/us/market/stocks/2024-01-02?adjusted=false"
DAY_ROWS = [{**BARS[0], "T": symbol} for symbol in ("AAPL", "BACpL", "BRK.B")]
EMPTY = {"queryCount": 0, "resultsCount": 0, "adjusted": False, "status": "OK", "request_id": "x"}
PREVIOUS, ONE = {**DAY_ROWS[0], "t": 1704229200000}, {"resultsCount": 1}
HUGE = {**BARS[1], "v": 2**62}
OPTIONS = {"results": [{"ticker": "O:A250117C00100000", "strike_price": 100}], "status": "OK"}

POLYGON: list[Case] = [
    (AGGS, aggs(), "rows prices=3 0", ""),
    (AGGS, aggs(status="DELAYED"), "rows prices=3 0", ""),
    (AGGS, aggs(next_url=NEXT), "rows prices=3 0", ""),
    (AGGS, EMPTY | {"ticker": "AAPL"}, "rows  0", ""),
    (AGGS, EMPTY, "ContractError", "about None"),
    (AGGS, refused("NOT_AUTHORIZED", "upgrade"), "ContractError", "about None"),
    (AGGS, (403, refused("NOT_AUTHORIZED", "upgrade your plan")), "EntitlementError", "upgrade"),
    (AGGS, (401, refused("ERROR", "Unknown API Key")), "AuthError", "Unknown API Key"),
    (AGGS, (400, refused("ERROR", "Invalid date")), "ContractError", "Invalid date"),
    (AGGS, (429, refused("ERROR", "exceeded")), "RateLimited", "exceeded"),
    (AGGS.replace("day/2024-01-02", "day/1704171600000"), aggs(), "rows prices=3 0", ""),
    (GROUPED, EMPTY | {"results": DAY_ROWS, "resultsCount": 3}, "rows prices=2 0", ""),
    (GROUPED, EMPTY, "rows  0", ""),
    (GROUPED, EMPTY | {"results": [DAY_ROWS[0] | {"v": 2**62}], **ONE}, "rows  1", ""),
    (AGGS, aggs(results=[BARS[0], HUGE], resultsCount=2), "rows prices=1 1", ""),
    ("api.polygon.io/v3/reference/splits", {"results": [], "status": "OK"}, "rows  0", ""),
    ("api.polygon.io/v3/reference/splits", {"status": "OK"}, "ContractError", "not a list"),
    ("api.polygon.io/v3/reference/tickers", {"count": 0, "status": "OK"}, "rows  0", ""),
    ("api.polygon.io/v2/reference/news", {"count": 0, "status": "OK"}, "rows  0", ""),
    ("api.polygon.io/v2/reference/news", refused("ERROR", "no"), "ContractError", "not a list"),
    (
        "api.polygon.io/vX/reference/tickers/ZZZ/events",
        (404, refused("NOT_FOUND", "Ticker not found.")),
        "NotFound",
        "Ticker not found",
    ),
    ("api.polygon.io/v3/reference/options/contracts", OPTIONS, "not ours", ""),
    ("api.polygon.io/v2/aggs/ticker/AAPL/prev", aggs(results=[PREVIOUS], **ONE), "not ours", ""),
]

SERIES = test_alpha_vantage.series(test_alpha_vantage.WEEK)
ADJUSTED = {
    "2026-11-20": test_alpha_vantage.adjusted_bar(),
    "2026-11-19": test_alpha_vantage.adjusted_bar("0.2600", "4.0"),
}
OLD = {day: test_alpha_vantage.bar() for day in ("2020-08-28", "2020-08-27")}
OLD_SERIES = test_alpha_vantage.series(OLD, refreshed="2020-08-28")
VALUES = [test_alpha_vantage_macro.value(f"2026-0{n}-01", "3.5") for n in (9, 8, 7)]
MISSING = test_alpha_vantage_macro.value("2026-06-01", ".")
UNREADABLE = test_alpha_vantage_macro.value("2026-05-01", "three")
LIMIT = {"Information": "our standard API rate limit is 25 requests per day"}
DEMO = {"Information": "The **demo** API key is for demo purposes only."}
OLD_LIMIT = {"Note": "Our standard API call frequency is 5 calls per minute"}
PREMIUM = {"Information": "This is a premium endpoint. You may subscribe to unlock it."}
NO_CALL = {"Error Message": "Invalid API call. Please retry or visit the documentation."}


def av(function: str, more: str = "&symbol=AAPL") -> str:
    return f"www.alphavantage.co/query?function={function}{more}&apikey=REDACTED"


ALPHA_VANTAGE: list[Case] = [
    (av("TIME_SERIES_DAILY"), SERIES, "rows prices=5 0", ""),
    (av("TIME_SERIES_DAILY"), OLD_SERIES, "rows prices=2 0", ""),
    (
        av("TIME_SERIES_DAILY_ADJUSTED"),
        test_alpha_vantage.series(ADJUSTED),
        "rows prices=2;corporate_actions=2 0",
        "",
    ),
    (av("GLOBAL_QUOTE"), test_alpha_vantage.QUOTE, "rows fundamentals=1 0", ""),
    (av("GLOBAL_QUOTE"), {"Global Quote": {}}, "NotFound", "no quote"),
    (av("OVERVIEW"), test_alpha_vantage.OVERVIEW, "rows fundamentals=1 0", ""),
    (
        av("UNEMPLOYMENT", ""),
        test_alpha_vantage_macro.body(*VALUES, MISSING, UNREADABLE),
        "rows macro=4 1",
        "",
    ),
    (av("UNEMPLOYMENT", ""), {"name": "x", "data": VALUES}, "ContractError", "interval is None"),
    (av("TIME_SERIES_DAILY"), b"timestamp,open,high\r\n", "PayloadError", "JSON"),
    *(
        (av(function), content, kind, words)
        for function in ("TIME_SERIES_DAILY", "GLOBAL_QUOTE", "OVERVIEW", "REAL_GDP")
        for content, kind, words in (
            (LIMIT, "RateLimited", "25 requests per day"),
            (OLD_LIMIT, "RateLimited", "5 calls per minute"),
            (DEMO, "AuthError", "demo"),
            (PREMIUM, "EntitlementError", "premium"),
            (NO_CALL, "NotFound", "Invalid API call"),
            ({}, "NotFound", "empty answer"),
        )
    ),
]

OBSERVATIONS = "api.stlouisfed.org/fred/series/observations?file_type=json&series_id=UNRATE"
TODAY = date(2026, 11, 20)
SPELLS = [
    {"realtime_start": "2020-02-07", "realtime_end": "2021-01-07", "date": d, "value": v}
    for d, v in (("2020-01-01", "3.6"), ("2019-12-01", "."))
]
SPELLS += [SPELLS[0] | {"realtime_start": "2021-01-08", "realtime_end": "9999-12-31"}]
ALL = observations(SPELLS, date(2020, 2, 7), date(9999, 12, 31))


def fred_error(status: int, words: str) -> tuple[int, object]:
    return status, {"error_code": status, "error_message": f"Bad Request.  {words}"}


FRED: list[Case] = [
    # The second month is no longer said after 2021-01-07: a row more, without a value.
    (OBSERVATIONS, ALL, "rows macro=3 0", ""),
    (OBSERVATIONS, ALL | {"output_type": 4}, "ContractError", "output_type is 4"),
    (OBSERVATIONS, ALL | {"units": "pch"}, "ContractError", "units is 'pch'"),
    (OBSERVATIONS, ALL | {"count": 9}, "ContractError", "count is 9"),
    (OBSERVATIONS, ALL | {"offset": 3}, "ContractError", "begins at 3, not 0"),
    (OBSERVATIONS, ALL | {"observations": [], "count": 0}, "rows  0", ""),
    (
        "api.stlouisfed.org/fred/series/vintagedates?series_id=UNRATE",
        vintage_dates([date(2020, 2, 7), date(2021, 1, 8), date(2021, 2, 5)]),
        "rows macro=3 0",
        "",
    ),
    (
        "api.stlouisfed.org/fred/releases/dates",
        {"count": 2, "release_dates": [{"release_id": n, "date": "2024-02-02"} for n in (9, 10)]},
        "rows macro_releases=2 0",
        "",
    ),
    (
        "api.stlouisfed.org/fred/series?series_id=UNRATE",
        {"seriess": [{"id": "UNRATE", "frequency_short": ["M"]}]},
        "ContractError",
        "frequency_short is ['M']",
    ),
    (OBSERVATIONS, fred_error(400, "The series does not exist."), "NotFound", "does not exist"),
    (OBSERVATIONS, fred_error(400, "api_key is not registered."), "AuthError", "not registered"),
    (OBSERVATIONS, fred_error(429, "Exceeded Rate Limit"), "RateLimited", "Exceeded"),
    (OBSERVATIONS, fred_error(500, "Internal"), "VendorOutage", "Internal"),
    (OBSERVATIONS, {"error_code": 400, "error_message": "no"}, "ContractError", "it says: no"),
    (OBSERVATIONS, b'<?xml version="1.0"?><observations/>', "VendorOutage", "JSON was agreed"),
    ("api.stlouisfed.org/fred/series/search", {"seriess": []}, "not ours", ""),
]

INDICATOR = "api.worldbank.org/v2/country/USA;MX/indicator/NY.GDP.MKTP.CD?format=json"
HEAD = {"page": 1, "pages": 1, "per_page": "1000", "total": 2, "lastupdated": "2026-07-13"}
YEARS = [test_world_bank.row("2024", 1.5), test_world_bank.row("2023", None)]
QUARTERS = [test_world_bank.row(f"2024Q{n}", 1.5) for n in (1, 2)]
UNKNOWN = [{"message": [{"id": "120", "key": "Invalid value", "value": "not valid"}]}]

WORLD_BANK: list[Case] = [
    (INDICATOR, [HEAD, YEARS], "rows macro=2 0", ""),
    (INDICATOR, [HEAD, QUARTERS], "rows macro=2 0", ""),
    (INDICATOR.replace("USA;MX", "all"), [HEAD, YEARS], "rows macro=2 0", ""),
    (INDICATOR, [HEAD, [*YEARS[:1], YEARS[1] | {"unit": 7}]], "rows macro=2 0", ""),
    (INDICATOR, [HEAD | {"total": 0, "pages": 0, "page": 0}, None], "rows  0", ""),
    (INDICATOR, [HEAD, YEARS[:1]], "ContractError", "total is 2"),
    (INDICATOR, UNKNOWN, "NotFound", "120"),
    (INDICATOR, (400, UNKNOWN), "NotFound", "120"),
    ("api.worldbank.org/v2/country?format=json", [HEAD, [{"id": "ABW"}] * 2], "not ours", ""),
]

NEWS = [test_finnhub.article(1), test_finnhub.article(2), test_finnhub.article(3, headline="")]


def finnhub(path: str) -> str:
    return f"finnhub.io/api/v1/{path}"


FINNHUB: list[Case] = [
    (finnhub("company-news?symbol=AAPL"), NEWS, "rows news=2 1", ""),
    (finnhub("/company-news?symbol=ZZZ"), [], "rows  0", ""),
    (finnhub("quote?symbol=AAPL"), test_finnhub.QUOTE, "rows fundamentals=1 0", ""),
    (finnhub("quote?symbol=ZZZ"), test_finnhub.ZEROS, "NotFound", "zero"),
    (finnhub("quote?symbol=ZZZ"), {}, "ContractError", "no prices"),
    (finnhub("quote?symbol=ZZZ"), {"error": "busy"}, "ContractError", "no prices"),
    (
        finnhub("stock/metric?symbol=AAPL"),
        {**test_finnhub.METRIC, "symbol": []},
        "ContractError",
        "",
    ),
    (finnhub("stock/profile2?symbol=AAPL"), test_finnhub.PROFILE, "rows fundamentals=1 0", ""),
    (finnhub("stock/profile2?symbol=SPY"), {}, "rows fundamentals=1 0", ""),
    (finnhub("stock/metric?symbol=AAPL"), test_finnhub.METRIC, "rows fundamentals=1 0", ""),
    (finnhub("stock/metric?symbol=ZZZ"), {}, "ContractError", "metric"),
    (
        finnhub("calendar/economic?from=2026-11-19&to=2026-11-19"),
        {"economicCalendar": [test_finnhub.EVENT]},
        "rows economic_events=1 0",
        "",
    ),
    *(
        (finnhub(path), answer, kind, words)
        for path in ("company-news?symbol=AAPL", "quote?symbol=AAPL", "calendar/economic")
        for answer, kind, words in (
            ((401, {"error": "Invalid API key"}), "AuthError", "Invalid API key"),
            ((403, {"error": "You don't have access"}), "EntitlementError", "access"),
            ((429, {"error": "API limit reached."}), "RateLimited", "limit reached"),
        )
    ),
    (finnhub("company-news?symbol=AAPL"), {"error": "no"}, "ContractError", "no list"),
    (finnhub("stock/candle?symbol=AAPL"), {"s": "no_data"}, "not ours", ""),
]


def pressed(**more: Any) -> dict[str, Any]:
    articles = [test_newsapi.article(1), test_newsapi.article(2, title="x"), {"title": "[Removed]"}]
    return {"status": "ok", "totalResults": 3, "articles": articles, **more}


def press_error(status: int, code: str) -> tuple[int, object]:
    return status, {"status": "error", "code": code, "message": "words"}


A_PAGE = [test_newsapi.article(n) for n in range(100)]
EVERYTHING = "newsapi.org/v2/everything?q=%22Apple%22&from=2026-11-19&to=2026-11-19&apiKey=REDACTED"
NEWSAPI: list[Case] = [
    (EVERYTHING, pressed(), "rows news=1 0", ""),
    (EVERYTHING, pressed(totalResults=70), "ContractError", "total of 70"),
    (EVERYTHING, pressed(totalResults=700, articles=A_PAGE), "EntitlementError", "than one page"),
    (EVERYTHING, {"status": "ok", "totalResults": 0, "articles": []}, "rows  0", ""),
    (EVERYTHING, press_error(400, "parameterInvalid"), "ContractError", "words"),
    (EVERYTHING, press_error(401, "apiKeyInvalid"), "AuthError", "words"),
    (EVERYTHING, press_error(426, "parameterInvalid"), "EntitlementError", "words"),
    (EVERYTHING, press_error(429, "rateLimited"), "RateLimited", "words"),
    (EVERYTHING, press_error(200, "apiKeyExhausted"), "RateLimited", "used up"),
    (EVERYTHING, press_error(500, "unexpectedError"), "VendorOutage", "words"),
    ("newsapi.org/v2/sources", {"status": "ok", "sources": []}, "not ours", ""),
]

RATE = {"record_date": "2026-01-31", "security_type_desc": "Marketable"}
RATE |= {"security_desc": "Treasury Bills", "avg_interest_rate_amt": "3.9", "src_line_nbr": "1"}


def dataset(name: str) -> str:
    return f"api.fiscaldata.treasury.gov/services/api/fiscal_service/{name}"


DEBT, PAGE = "v2/accounting/od/debt_to_penny", test_treasury.page
TREASURY: list[Case] = [
    (dataset(DEBT), PAGE([test_treasury.DEBT]), "rows treasury_debt=1 0", ""),
    (dataset(DEBT), PAGE([test_treasury.DEBT], 300, 3), "rows treasury_debt=1 0", ""),
    (dataset(DEBT), PAGE([]), "rows  0", ""),
    (dataset("v2/accounting/od/avg_interest_rates"), PAGE([RATE]), "rows treasury_rates=1 0", ""),
    (
        dataset("v1/accounting/od/auctions_query"),
        PAGE([test_treasury.BILL, test_treasury.BILL | {"cusip": "no"}]),
        "rows treasury_auctions=1 1",
        "",
    ),
    (dataset(DEBT), (400, {"error": "Invalid Query Param"}), "ContractError", "Invalid Query"),
    (dataset(DEBT), (404, b"<!DOCTYPE html><html></html>"), "NotFound", "does not know"),
    (dataset("v1/accounting/od/upcoming_auctions"), {"data": []}, "not ours", ""),
]

FED: list[Case] = [
    ("www.federalreserve.gov/feeds/press_all.xml", test_fed.GOLDEN, "rows fed_releases=1 0", ""),
    (
        "www.federalreserve.gov/json/ne-press.json",
        test_fed.listed(test_fed.LISTED, {"d": "soon", "t": "x", "l": "/x"}),
        "rows fed_releases=1 1",
        "",
    ),
    (
        "www.federalreserve.gov/json/calendar.json",
        test_fed.calendar(test_fed.MEETING, {"type": "Speeches", "title": "x"}),
        "rows fomc_meetings=1 0",
        "",
    ),
    ("www.federalreserve.gov/feeds/press_all.xml", (404, b"<html>x</html>"), "NotFound", "know"),
    ("www.federalreserve.gov/json/ne-speeches.json", b'{"a": 1}', "not ours", ""),
    ("api.example.com/v1/anything", {"anything": [1]}, "not ours", ""),
]

CASES = [*YAHOO, *POLYGON, *ALPHA_VANTAGE, *FRED, *WORLD_BANK, *FINNHUB, *NEWSAPI, *TREASURY, *FED]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.mark.parametrize(
    ("where", "answer", "expected", "words"),
    CASES,
    ids=[f"{n}-{case[0].split('?')[0].rsplit('/', 1)[1]}" for n, case in enumerate(CASES)],
)
def test_an_answer_of_a_kind_that_is_not_recorded_is_what_it_should_be(
    workshop: Workshop,
    tmp_path: Path,
    connection: duckdb.DuckDBPyConnection,
    where: str,
    answer: object,
    expected: str,
    words: str,
) -> None:
    status, content = answer if isinstance(answer, tuple) else (200, answer)
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    said = Recording(".json", f"https://{where}", status, NOW, body)
    private = tmp_path / "private"
    for asked, found in outcomes(Bench(workshop, private, connection, said, body)):
        if expected == "not ours":
            assert isinstance(found, StockAssetsError), asked
        else:
            line = told(found)
            rows = f" {line['rows']} {line['rejected']}" if line["rejected"] else ""
            assert line["outcome"] + rows == expected
            assert words in str(found)
    assert is_ours(said) == (expected != "not ours")
    _, cut = next(outcomes(Bench(workshop, private, connection, said, body[: len(body) // 2])))
    assert isinstance(cut, StockAssetsError)
