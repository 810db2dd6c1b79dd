from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from polygon import RESTClient
from polygon.rest.models import TickerNews

from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import UNLIMITED_KEY
from stock_assets.sandbox.server import RunningTwin

NEWS = "/polygon/v2/reference/news"
NOW = datetime(2025, 3, 14, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_march(clock: TwinClock) -> None:
    clock.fix(NOW)


@pytest.fixture
def client(twin: RunningTwin) -> Iterator[RESTClient]:
    opened = RESTClient(UNLIMITED_KEY, base=twin.polygon_url)
    yield opened
    opened.client.clear()


def listed(client: RESTClient, **query: Any) -> list[TickerNews]:
    return [row for row in client.list_ticker_news(**query) if isinstance(row, TickerNews)]


def rows(http: httpx.Client, query: str) -> list[dict[str, Any]]:
    answer = http.get(f"{NEWS}?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_a_body_has_exactly_the_fields_of_the_vendor(http: httpx.Client) -> None:
    answer = http.get(f"{NEWS}?ticker=AAPL&published_utc.lt=2025-02-28T12:00:00Z&limit=1").json()
    assert list(answer) == ["results", "status", "request_id", "count", "next_url"]
    assert (answer["status"], answer["count"]) == ("OK", 1)
    assert answer["results"][0] == {
        "id": "559cfc2924e8c51cdda21fc3fb154023a3e890ca2e318eadc131008b8c3bbf55",
        "publisher": {
            "name": "Newsline Direct",
            "homepage_url": "https://newslinedirect.example/",
            "logo_url": "https://s3.polygon.io/public/assets/news/logos/newslinedirect.svg",
            "favicon_url": "https://s3.polygon.io/public/assets/news/favicons/newslinedirect.ico",
        },
        "title": "Apple sees good demand in networking",
        "author": "Ben Okafor",
        "published_utc": "2025-02-28T11:43:28Z",
        "article_url": "https://newslinedirect.example/releases/4544884770753"
        "?utm_source=polygon&gclid=EAIaIQob",
        "tickers": ["AAPL"],
        "image_url": "https://newslinedirect.example/images/4544884770753.jpg",
        "description": "Demand is healthy, and analysts speak of good progress.",
        "keywords": ["information technology", "aapl"],
        "insights": [
            {
                "ticker": "AAPL",
                "sentiment": "positive",
                "sentiment_reasoning": "The article says of AAPL: Demand is healthy, and "
                "analysts speak of good progress.",
            }
        ],
    }


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_the_real_client_reads_every_page_once_and_in_order(
    client: RESTClient, twin: RunningTwin, order: str
) -> None:
    span = {"published_utc_gte": "2025-01-01", "published_utc_lt": "2025-03-01", "order": order}
    paged = listed(client, ticker="BA", limit=7, **span)
    whole = listed(client, ticker="BA", limit=1000, **span)
    assert [row.id for row in paged] == [row.id for row in whole]
    assert len({row.id for row in paged}) == len(paged) > 14
    times = [str(row.published_utc) for row in paged]
    assert times == sorted(times, reverse=order == "desc")
    assert len(twin.requests("polygon")) == -(-len(paged) // 7) + 1


def test_the_whole_market_is_read_page_by_page_too(client: RESTClient) -> None:
    span = {"published_utc_gte": "2025-03-03", "published_utc_lt": "2025-03-08"}
    market = listed(client, limit=13, **span)
    named = {ticker for row in market for ticker in row.tickers or ()}
    assert len({row.id for row in market}) == len(market)
    assert named >= {"AAPL", "BA", "BRK.B", "HALTX", "SVBX"}
    alone = listed(client, ticker="BA", limit=1000, **span)
    assert [r.id for r in market if "BA" in (r.tickers or ())] == [r.id for r in alone]


def test_ten_articles_are_a_page_unless_asked_otherwise(http: httpx.Client) -> None:
    assert len(rows(http, "ticker=AAPL")) == 10
    assert len(rows(http, "limit=5000")) == 1000


def test_nothing_is_listed_before_it_is_published(http: httpx.Client) -> None:
    newest = rows(http, "limit=50&published_utc.lte=2025-04-01")
    assert all(row["published_utc"] <= "2025-03-14T17:00:00Z" for row in newest)


@pytest.mark.parametrize(
    ("bounds", "first", "last"),
    [
        ("published_utc=2025-03-05", "2025-03-05T00:00:00Z", "2025-03-05T23:59:59Z"),
        ("published_utc.gt=2025-03-05&published_utc.lt=2025-03-07", "2025-03-06T00:00:00Z",
         "2025-03-06T23:59:59Z"),
        ("published_utc.gte=2025-03-05T12:00:00Z&published_utc.lte=2025-03-06T12:00:00%2B00:00",
         "2025-03-05T12:00:00Z", "2025-03-06T12:00:00Z"),
    ],
)  # fmt: skip
def test_articles_lie_within_the_bounds_asked_for(
    http: httpx.Client, bounds: str, first: str, last: str
) -> None:
    found = rows(http, f"limit=1000&{bounds}")
    assert found
    assert all(first <= row["published_utc"] <= last for row in found)


def test_tickers_are_those_of_the_day_of_publication(http: httpx.Client, clock: TwinClock) -> None:
    clock.fix(datetime(2022, 8, 1, tzinfo=UTC))
    before, after = rows(http, "ticker=FB&limit=1000"), rows(http, "ticker=META&limit=1000")
    assert max(row["published_utc"] for row in before) < "2022-06-09T12"
    assert min(row["published_utc"] for row in after) >= "2022-06-09"


def test_insights_come_some_time_after_the_publication_and_never_to_old_articles(
    http: httpx.Client, clock: TwinClock
) -> None:
    story = rows(http, "ticker=AAPL&limit=1")[0]
    assert "insights" in story
    published = datetime.fromisoformat(story["published_utc"])
    clock.fix(published + timedelta(minutes=1))
    fresh = next(r for r in rows(http, "ticker=AAPL&limit=3") if r["id"] == story["id"])
    assert "insights" not in fresh
    old = rows(http, "ticker=AAPL&limit=20&published_utc.lt=2024-01-01")
    assert old
    assert not any("insights" in row for row in old)


def test_insights_of_several_companies_judge_the_first_alone(http: httpx.Client) -> None:
    story = next(row for row in rows(http, "limit=1000") if len(row["tickers"]) > 2)
    judged = [insight["ticker"] for insight in story["insights"]]
    assert judged == story["tickers"]
    assert {insight["sentiment"] for insight in story["insights"][1:]} == {"neutral"}


def test_an_edited_article_keeps_its_id_address_and_time(
    http: httpx.Client, clock: TwinClock
) -> None:
    query = "ticker=BA&limit=1000&published_utc.gte=2024-06-01&published_utc.lt=2025-03-01"
    late = {row["id"]: row for row in rows(http, query)}
    story = next(row for row in late.values() if row["title"].startswith("Update: "))
    clock.fix(datetime.fromisoformat(story["published_utc"]) + timedelta(minutes=2))
    early = next(row for row in rows(http, query) if row["id"] == story["id"])
    assert f"Update: {early['title']}" == story["title"]
    for field in ("article_url", "published_utc", "tickers"):
        assert early[field] == story[field]


def test_an_unknown_ticker_has_no_articles(http: httpx.Client) -> None:
    answer = http.get(f"{NEWS}?ticker=ZZZZ").json()
    assert (answer["results"], answer["count"], answer["status"]) == ([], 0, "OK")


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=x", "order=up", "sort=title", "published_utc.gte=soon",
     "published_utc.near=2025-01-01", "cursor=???", "cursor=cGFnZV9tYXJrZXI9eA"],
)  # fmt: skip
def test_what_is_wrong_is_refused(http: httpx.Client, query: str) -> None:
    refused = http.get(f"{NEWS}?{query}")
    assert refused.status_code == 400
    assert refused.json()["status"] == "ERROR"


def test_news_is_for_those_with_a_key(twin: RunningTwin) -> None:
    answer = httpx.get(f"{twin.url}{NEWS}?ticker=AAPL", trust_env=False)
    assert (answer.status_code, answer.json()["error"]) == (401, "Unknown API Key")
