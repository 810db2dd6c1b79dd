"""Values of recorded news and company figures; what comes of each answer is in the table.

The bodies are sent by a real server and read by the whole client.
"""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from stock_assets.vendors.alpha_vantage import ALPHA_VANTAGE, AlphaVantage
from stock_assets.vendors.articles import Articles
from stock_assets.vendors.finnhub import FINNHUB, Finnhub
from stock_assets.vendors.newsapi import NEWSAPI, NewsApi
from stock_assets.vendors.polygon_news import PolygonNews
from stock_assets.vendors.polygon_pool import POLYGON
from stock_assets_tests.vendors.conftest import CANARY, Workshop
from stock_assets_tests.vendors.stub import Stub, reply, serving

pytestmark = pytest.mark.realdata

DAY = date(2022, 5, 5)
NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)


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
