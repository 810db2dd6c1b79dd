"""Answers that Finnhub, NewsAPI, Polygon and Alpha Vantage gave: rows, or the right typed error.

The bodies are sent by a real server and read by the whole client.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from stock_assets.errors import ContractError, PayloadError, VendorError
from stock_assets.vendors.alpha_vantage import ALPHA_VANTAGE, AlphaVantage
from stock_assets.vendors.articles import Articles
from stock_assets.vendors.finnhub import FINNHUB, Finnhub
from stock_assets.vendors.newsapi import NEWSAPI, NewsApi
from stock_assets.vendors.polygon_news import PolygonNews
from stock_assets.vendors.polygon_pool import POLYGON
from stock_assets_tests.conftest import SHARED_DATA
from stock_assets_tests.vendors.conftest import CANARY, Workshop
from stock_assets_tests.vendors.stub import Stub, reply, serving

pytestmark = pytest.mark.realdata

KINDS = {"polygon": "/v2/reference/news", "newsapi": "", "finnhub": "", "alpha_vantage": ""}
"""Whose answers, and what their address must hold."""
DAY = date(2022, 5, 5)
NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)


def recorded() -> list[str]:
    """Recorded answers of these vendors; one placeholder where there are none to look at."""
    index = SHARED_DATA / "fixtures" / "INDEX.csv"
    if not index.is_file():
        return ["absent"]
    with index.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [r["file"] for r in rows if r["vendor"] in KINDS and KINDS[r["vendor"]] in r["url"]]


def read(shared_data: Path, file: str) -> bytes:
    body = (shared_data / "fixtures" / file).read_bytes()
    return gzip.decompress(body) if file.endswith(".gz") else body


def finnhub(workshop: Workshop, server: Stub) -> Finnhub:
    transport = workshop.transport(server.url, FINNHUB)
    return Finnhub(transport, CANARY, now=lambda: NOW, rows_at_most=1_000)


def alpha_vantage(workshop: Workshop, server: Stub, **settings: Any) -> AlphaVantage:
    transport = workshop.transport(server.url, ALPHA_VANTAGE)
    return AlphaVantage(transport, CANARY, now=lambda: NOW, **settings)


def polygon(workshop: Workshop, server: Stub) -> PolygonNews:
    return PolygonNews(workshop.transport(server.url, POLYGON), CANARY, now=lambda: NOW)


def shopify(workshop: Workshop, server: Stub) -> Articles:
    transport = workshop.transport(server.url, NEWSAPI)
    client = NewsApi(transport, CANARY, names={"SHOP": "Shopify"}, now=lambda: NOW)
    return client.company_news("SHOP", DAY, DAY)


def a_quote(workshop: Workshop, server: Stub) -> object:
    return finnhub(workshop, server).fundamentals(["AAPL"], NOW)


Ask = Callable[[Workshop, Stub], object]
BARS: Ask = lambda w, s: alpha_vantage(w, s, premium=True).bars(  # noqa: E731
    "MSFT", date(2017, 12, 1), date(2017, 12, 31)
)


def a_company(symbol: str) -> Ask:
    return lambda w, s: alpha_vantage(w, s).fundamentals([symbol], NOW)


ASKED: dict[str, tuple[Ask, type[VendorError] | None, str]] = {
    "finnhub/company-news_AAPL_2021-03.json.gz": (
        lambda w, s: finnhub(w, s).company_news("AAPL", date(2021, 3, 1), date(2021, 3, 15)),
        None,
        "",
    ),
    "newsapi/top-headlines_business_2022-05.json": (
        shopify,
        ContractError,
        "total of 70",
    ),
    "polygon/reference_news_TSLA_2024-10-12_with_insights.json": (
        lambda w, s: polygon(w, s).company_news("TSLA", date(2024, 10, 1), date(2024, 10, 13)),
        ContractError,
        "page 3 has been seen before",
    ),
    "polygon/v2_reference_news_ticker=NFLX.json": (
        lambda w, s: polygon(w, s).company_news("NFLX", date(2022, 4, 28), date(2022, 4, 28)),
        ContractError,
        "count is 10, but 1 rows came",
    ),
    "alpha_vantage/global_quote.json": (a_company("MSFT"), ContractError, "'Symbol'"),
    "alpha_vantage/mock_company_overview.json": (a_company("IBM"), ContractError, "'Global Quote'"),
    "alpha_vantage/mock_time_series.json": (BARS, ContractError, "Time Series"),
    "alpha_vantage/mock_crypto_currencies.json.gz": (BARS, ContractError, "Time Series"),
    "alpha_vantage/mock_foreign_exchange.json": (BARS, ContractError, "Time Series"),
    "alpha_vantage/mock_fundamental_data.json": (BARS, ContractError, "Time Series"),
    "alpha_vantage/mock_technical_indicator.json": (BARS, ContractError, "Time Series"),
    "alpha_vantage/NEWS_SENTIMENT_AAPL_2023-11-01.json.gz": (BARS, ContractError, "Time Series"),
}
"""What is asked when an answer comes, and the error that is right where it answers something else.

The news of TSLA lead to a second page, which here is the same again.
"""
ANY_OTHER: dict[str, Ask] = {
    "alpha_vantage": BARS,
    "finnhub": a_quote,
    "newsapi": shopify,
    "polygon": lambda w, s: polygon(w, s).company_news("AAPL", DAY, DAY),
}
"""What is asked when an answer comes that is not known yet."""


@pytest.mark.parametrize("file", recorded())
def test_a_recorded_answer_is_rows_or_a_named_reason(
    shared_data: Path, workshop: Workshop, file: str
) -> None:
    body = read(shared_data, file)
    if file not in ASKED:
        with serving(reply(body)) as server, contextlib.suppress(VendorError):
            ANY_OTHER[file.split("/")[0]](workshop, server)
        return
    ask, error, words = ASKED[file]
    with serving(reply(body)) as server:
        if error is None:
            found = ask(workshop, server)
            assert isinstance(found, Articles)
            assert (found.rows.num_rows, found.rejected) == (len(orjson.loads(body)), None)
        else:
            with pytest.raises(error, match=words):
                ask(workshop, server)
    with serving(reply(body[: len(body) // 2])) as server, pytest.raises(PayloadError):
        ask(workshop, server)


def test_recorded_finnhub_articles_keep_their_numbers_and_times(
    shared_data: Path, workshop: Workshop
) -> None:
    body = read(shared_data, "finnhub/company-news_AAPL_2021-03.json.gz")
    said = {str(row["id"]): row for row in orjson.loads(body)}
    with serving(reply(body)) as server:
        found = finnhub(workshop, server).company_news("AAPL", date(2021, 3, 1), date(2021, 3, 15))
    rows = found.rows.to_pylist()
    assert {row["article_id"] for row in rows} == set(said)
    for row in rows:
        its = said[row["article_id"]]
        assert row["published_at"].timestamp() == its["datetime"]
        assert row["headline"].split() == its["headline"].split()
        assert row["url"] == its["url"]
    # Vendors repeat stories under new ids within a day.
    assert 200 < len({row["story_id"] for row in rows}) <= len(rows)


def test_recorded_headlines_of_newsapi_are_rows_once_their_total_is_theirs(
    shared_data: Path, workshop: Workshop
) -> None:
    content = orjson.loads(read(shared_data, "newsapi/top-headlines_business_2022-05.json"))
    content["totalResults"] = len(content["articles"])
    with serving(reply(orjson.dumps(content))) as server:
        found = shopify(workshop, server)
    assert found.rejected is None
    assert found.rows.num_rows + found.irrelevant == 20
    row = found.rows.to_pylist()[0]
    assert row["source"] == "Yahoo Entertainment"
    assert row["known_at"] == datetime(2022, 5, 5, 13, 54, 24, tzinfo=UTC)
    assert all("shopify" in (r["headline"] + r["summary"]).lower() for r in found.rows.to_pylist())


@pytest.mark.parametrize(
    ("file", "symbol", "count"),
    [
        ("polygon/reference_news_TSLA_2024-10-12_with_insights.json", "TSLA", 13),
        ("polygon/v2_reference_news_ticker=NFLX.json", "NFLX", 1),
    ],
)
def test_recorded_articles_of_polygon_are_rows_once_their_count_is_theirs(
    shared_data: Path, workshop: Workshop, file: str, symbol: str, count: int
) -> None:
    content = orjson.loads(read(shared_data, file))
    content["count"] = len(content["results"])
    content.pop("next_url", None)
    with serving(reply(orjson.dumps(content))) as server:
        client = polygon(workshop, server)
        found = client.company_news(symbol, date(2022, 4, 28), date(2024, 10, 13))
    assert (found.rows.num_rows, found.rejected) == (count, None)
    said = {row["id"]: row for row in content["results"]}
    for row in found.rows.to_pylist():
        assert row["source"] == said[row["article_id"]]["publisher"]["name"]
        assert row["headline"].split() == said[row["article_id"]]["title"].split()


def test_a_recorded_quote_and_overview_make_a_snapshot(
    shared_data: Path, workshop: Workshop
) -> None:
    quote = orjson.loads(read(shared_data, "alpha_vantage/global_quote.json"))
    overview = orjson.loads(read(shared_data, "alpha_vantage/mock_company_overview.json"))
    overview["Symbol"] = "MSFT"
    with serving(*(reply(orjson.dumps(body)) for body in (quote, overview))) as server:
        rows = alpha_vantage(workshop, server).fundamentals(["MSFT"], NOW).rows.to_pylist()
    assert (rows[0]["price_usd"], rows[0]["previous_close_usd"]) == (112.13, 112.79)
    assert rows[0]["market_cap_usd"] == 114_234_572_800.0
    assert (rows[0]["pe_ratio"], rows[0]["dividend_yield_percent"]) == (14.1327, 5.29)


def test_a_file_of_prices_that_is_an_error_message_is_no_prices(
    shared_data: Path, workshop: Workshop
) -> None:
    file = next((shared_data / "prices" / "defects").glob("*BF.B*.csv"))
    with serving(reply(file.read_bytes())) as server, pytest.raises(PayloadError):
        BARS(workshop, server)
