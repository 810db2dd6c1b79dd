"""Polygon's articles through its own client."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stock_assets.errors import (
    AuthError,
    BadRange,
    BadSymbol,
    ContractError,
    EntitlementError,
    PayloadError,
    VendorError,
)
from stock_assets.tables import NEWS
from stock_assets.vendors.polygon_news import PolygonNews
from stock_assets.vendors.polygon_pool import POLYGON
from stock_assets_tests.vendors.conftest import CANARY, NOW, Workshop
from stock_assets_tests.vendors.stub import Reply, Stub, cut_off, json_reply, reply, serving

DAY = date(2026, 11, 19)
AT = datetime(2026, 11, 19, 15, tzinfo=UTC)


def article(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"id{number}",
        "publisher": {"name": "MarketWatch", "homepage_url": "https://www.marketwatch.com/"},
        "title": f"Apple announces product {number}",
        "author": "Somebody",
        "published_utc": f"{AT:%Y-%m-%dT%H:%M:%SZ}",
        "article_url": f"https://www.example.com/{number}?utm_campaign=x",
        "tickers": ["AAPL", "MSFT"],
        "description": "A description.",
        "insights": [{"ticker": "AAPL", "sentiment": "positive", "sentiment_reasoning": "later"}],
        **changes,
    }


def page(*articles: dict[str, Any], **more: Any) -> Reply:
    content = {"results": list(articles), "status": "OK", "count": len(articles)}
    return json_reply(content | more)


def polygon(workshop: Workshop, server: Stub) -> PolygonNews:
    return PolygonNews(workshop.transport(server.url, POLYGON), CANARY, now=lambda: NOW)


def query(asked: str) -> dict[str, str]:
    found = parse_qs(urlsplit(asked.removeprefix("GET ")).query)
    return {name: values[0] for name, values in found.items()}


def test_without_a_key_nobody_is_asked(workshop: Workshop) -> None:
    with pytest.raises(AuthError, match="POLYGON_API_KEY"):
        PolygonNews(workshop.transport(None, POLYGON), None)


def test_a_company_s_articles_become_rows_on_all_pages(workshop: Workshop) -> None:
    following = "https://api.massive.com/v2/reference/news?cursor=abc"
    with serving(page(article(1), next_url=following), page(article(2), article(1))) as server:
        found = polygon(workshop, server).company_news("AAPL", DAY, DAY)
    assert server.asked[0].startswith("GET /polygon/v2/reference/news?")
    assert query(server.asked[0]) == {
        "ticker": "AAPL",
        "published_utc.gte": "2026-11-19T00:00:00Z",
        "published_utc.lt": "2026-11-20T00:00:00Z",
        "limit": "1000",
        "sort": "published_utc",
        "order": "asc",
    }
    assert found.rows.schema == NEWS.row_schema
    assert found.rows["article_id"].to_pylist() == ["id1", "id2"]
    assert (found.doubled, len(found.answers)) == (1, 2)
    row = found.rows.to_pylist()[0]
    assert (row["vendor"], row["source"]) == ("polygon", "MarketWatch")
    assert (row["url"], row["known_at"]) == ("https://www.example.com/1", AT)


def test_d23_what_a_model_wrote_later_is_not_looked_at(workshop: Workshop) -> None:
    bare = {k: v for k, v in article().items() if k != "insights"}
    rows = []
    for one in (article(), bare, article(insights="changed")):
        with serving(page(one)) as server:
            rows.append(polygon(workshop, server).company_news("AAPL", DAY, DAY).rows)
    assert rows[0].equals(rows[1])
    assert rows[0].equals(rows[2])
    with serving(page(article(title=""))) as server:
        rejected = polygon(workshop, server).company_news("AAPL", DAY, DAY).rejected
    assert rejected is not None
    assert "insights" not in rejected["said"][0].as_py()


def test_the_whole_market_is_listed_once_for_many_companies(workshop: Workshop) -> None:
    other = article(2, tickers=["XYZ"])
    with serving(page(article(1), other, article(3, tickers=["BRK.B"]))) as server:
        found = polygon(workshop, server).market_news(["AAPL", "MSFT", "BRK.B"], DAY, DAY)
    assert len(server.asked) == 1
    assert "ticker" not in query(server.asked[0])
    pairs = [(row["symbol"], row["article_id"]) for row in found.rows.to_pylist()]
    assert pairs == [("AAPL", "id1"), ("MSFT", "id1"), ("BRK.B", "id3")]
    with serving(page()) as server:
        assert polygon(workshop, server).market_news(["AAPL"], DAY, DAY).rows.num_rows == 0


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"tickers": ["MSFT"]}, "about_the_company"),
        ({"tickers": None}, "about_the_company"),
        ({"published_utc": "2026-11-20T22:00:01Z"}, "published_in_the_past"),
        ({"published_utc": "2026-11-01T00:00:00Z"}, "published_when_asked_for"),
        ({"published_utc": 1_780_000_000}, "published_at_readable"),
        ({"id": None, "article_url": None}, "article_id_present"),
        ({"publisher": 7}, "source_is_text"),
    ],
)
def test_an_article_that_cannot_be_is_put_aside(
    workshop: Workshop, changes: dict[str, Any], rule: str
) -> None:
    with serving(page(article(2, **changes), article(1))) as server:
        found = polygon(workshop, server).company_news("AAPL", DAY, NOW.date())
    assert found.rows["article_id"].to_pylist() == ["id1"]
    assert found.rejected is not None
    assert found.rejected["rule"].to_pylist() == [rule]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (page(article(), count=2), ContractError),
        (json_reply({"status": "OK"}), ContractError),
        (json_reply({"status": "ERROR", "results": []}), ContractError),
        (cut_off(b'{"status":"OK","results":[', 10), VendorError),
        (json_reply({"status": "NOT_AUTHORIZED", "message": "upgrade"}, 403), EntitlementError),
        (json_reply({"status": "ERROR", "error": "Unknown API Key"}, 401), AuthError),
    ],
    ids=["c02", "c06", "status", "a06", "b07", "b06"],
)
def test_a_listing_comes_whole_or_not_at_all(
    workshop: Workshop, answer: Reply, error: type[VendorError]
) -> None:
    with serving(answer) as server, pytest.raises(error):
        polygon(workshop, server).company_news("AAPL", DAY, DAY)


def test_c03_a_broken_second_page_is_not_the_end_of_the_list(workshop: Workshop) -> None:
    following = "https://api.polygon.io/v2/reference/news?cursor=abc"
    broken = reply(b'{"results":[{"id"')
    with (
        serving(page(article(1), next_url=following), broken) as server,
        pytest.raises(PayloadError),
    ):
        polygon(workshop, server).company_news("AAPL", DAY, DAY)


def test_s01_what_is_no_symbol_is_never_asked_for(workshop: Workshop) -> None:
    with serving(page()) as server:
        with pytest.raises(BadSymbol):
            polygon(workshop, server).company_news("AAPL&limit=1", DAY, DAY)
        with pytest.raises(BadSymbol):
            polygon(workshop, server).market_news(["AAPL", "a b"], DAY, DAY)
        with pytest.raises(BadRange):
            polygon(workshop, server).company_news("AAPL", DAY, DAY - timedelta(days=1))
    assert server.asked == []
