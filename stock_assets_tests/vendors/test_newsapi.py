"""NewsAPI: articles by company name, in windows that fit on a page."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
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
    NotFound,
    RateLimited,
    VendorError,
    VendorOutage,
)
from stock_assets.tables import NEWS
from stock_assets.vendors.newsapi import NEWSAPI, NewsApi
from stock_assets_tests.vendors.conftest import CANARY, NOW, Kept, Workshop
from stock_assets_tests.vendors.stub import Reply, Stub, json_reply, reply, serving

DAY = date(2026, 11, 19)
AT = datetime(2026, 11, 19, 15, tzinfo=UTC)
MORE_THAN_A_PAGE = 101


def article(number: int = 1, at: datetime = AT, **changes: Any) -> dict[str, Any]:
    return {
        "source": {"id": None, "name": "Reuters"},
        "author": None,
        "title": f"Apple announces product {number}",
        "description": "A description.",
        "url": f"https://example.com/{number}?utm_source=newsapi",
        "urlToImage": None,
        "publishedAt": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "content": "A text … [+1234 chars]",
        **changes,
    }


def page(*articles: dict[str, Any], total: int | None = None) -> Reply:
    counted = len(articles) if total is None else total
    return json_reply({"status": "ok", "totalResults": counted, "articles": list(articles)})


def refusal(status: int, code: str, message: str = "words") -> Reply:
    return json_reply({"status": "error", "code": code, "message": message}, status)


def newsapi(workshop: Workshop, server: Stub, names: dict[str, str] | None = None) -> NewsApi:
    return NewsApi(workshop.transport(server.url, NEWSAPI), CANARY, names=names, now=lambda: NOW)


def query(asked: str) -> dict[str, str]:
    found = parse_qs(urlsplit(asked.removeprefix("GET ")).query)
    return {name: values[0] for name, values in found.items()}


@dataclass
class Library:
    """Answers each window from the same articles, newest first. ``stub`` is where it is used."""

    articles: list[dict[str, Any]]
    stub: Stub | None = None

    def __call__(self, connection: socket.socket) -> None:
        assert self.stub is not None
        asked = query(self.stub.asked[-1])
        first, last = (
            datetime.fromisoformat(asked[name]).replace(tzinfo=UTC) for name in ("from", "to")
        )
        inside = [
            one
            for one in self.articles
            if first <= datetime.fromisoformat(one["publishedAt"]) <= last
        ]
        page(*inside[:100], total=len(inside))(connection)


def test_without_a_key_nobody_is_asked(workshop: Workshop) -> None:
    with pytest.raises(AuthError, match="NEWSAPI_API_KEY"):
        NewsApi(workshop.transport(None, NEWSAPI), "")


def test_a_company_is_found_by_its_name(workshop: Workshop, kept: Kept) -> None:
    with serving(page(article(2, AT + timedelta(hours=1)), article(1))) as server:
        found = newsapi(workshop, server).company_news("AAPL", DAY, DAY)
    assert server.asked[0].startswith("GET /newsapi/v2/everything?")
    assert query(server.asked[0]) == {
        "q": '"Apple"',
        "searchIn": "title,description",
        "from": "2026-11-19T00:00:00",
        "to": "2026-11-19T23:59:59",
        "language": "en",
        "sortBy": "publishedAt",
        "pageSize": "100",
        "page": "1",
    }
    assert server.headers[0]["authorization"] == CANARY
    assert found.rows.schema == NEWS.row_schema
    row = found.rows.to_pylist()[0]
    assert (row["url"], row["source"], row["known_at"]) == ("https://example.com/1", "Reuters", AT)
    assert (len(set(found.rows["article_id"].to_pylist())), found.rejected) == (2, None)
    assert CANARY not in found.answers[0].request
    assert not [body for body in kept.bodies.values() if CANARY.encode() in body]


def test_an_article_is_not_known_before_the_plan_shows_it(workshop: Workshop) -> None:
    """Or a study would decide on news that nobody with this key could have read."""
    a_day = timedelta(hours=24)
    with serving(page(article())) as server:
        transport = workshop.transport(server.url, NEWSAPI)
        late = NewsApi(transport, CANARY, now=lambda: NOW, delay=a_day)
        row = late.company_news("AAPL", DAY, DAY).rows.to_pylist()[0]
    assert (row["published_at"], row["known_at"]) == (AT, AT + a_day)


def test_share_classes_are_no_part_of_a_name_and_others_can_be_given(workshop: Workshop) -> None:
    with serving(page()) as server:
        newsapi(workshop, server).company_news("BRK.B", DAY, DAY)
        newsapi(workshop, server, {"ACME": "Acme & Sons"}).company_news("ACME", DAY, DAY)
        with pytest.raises(NotFound, match="name the company"):
            newsapi(workshop, server).company_news("ACME", DAY, DAY)
    assert [query(a)["q"] for a in server.asked] == ['"Berkshire Hathaway"', '"Acme & Sons"']


@pytest.mark.parametrize(
    ("title", "description", "counts"),
    [
        ("APPLE rises", None, True),
        ("Pineapples rise", "a Snapple", False),
        ("Phones", "made by Apple.", True),
        ("Best buys: $AAPL and others", None, True),
        ("Phone maker (NASDAQ: AAPL) falls", None, True),
        ("AAPLX", "$AAPLX", False),
        ("An apple a day", "keeps apples dear", False),
        ("Nothing", None, False),
    ],
)
def test_only_articles_that_name_the_company_count(
    workshop: Workshop, title: str, description: str | None, counts: bool
) -> None:
    with serving(page(article(title=title, description=description))) as server:
        found = newsapi(workshop, server).company_news("AAPL", DAY, DAY)
    assert (found.rows.num_rows, found.irrelevant) == ((1, 0) if counts else (0, 1))


def test_withdrawn_articles_are_counted_and_left_out(workshop: Workshop) -> None:
    removed = article(title="[Removed]", description="[Removed]", url="https://removed.com")
    with serving(page(removed, article())) as server:
        found = newsapi(workshop, server).company_news("AAPL", DAY, DAY)
    assert (found.rows.num_rows, found.withdrawn, found.irrelevant) == (1, 1, 0)


def test_more_than_a_page_is_asked_for_in_narrower_windows(workshop: Workshop) -> None:
    every = [article(n, AT + timedelta(minutes=n)) for n in range(250)][::-1]
    library = Library(every)
    with serving(library) as server:
        library.stub = server
        found = newsapi(workshop, server).company_news("AAPL", DAY, DAY)
    assert found.rows.num_rows == 250
    assert (found.doubled, {query(a)["page"] for a in server.asked}) == (0, {"1"})
    assert len(server.asked) < 12


def test_nothing_is_asked_about_the_future(workshop: Workshop) -> None:
    tomorrow = NOW.date() + timedelta(days=1)
    with serving(page()) as server:
        client = newsapi(workshop, server)
        assert client.company_news("AAPL", tomorrow, tomorrow).rows.num_rows == 0
        client.company_news("AAPL", NOW.date(), tomorrow)
    assert [query(asked)["to"] for asked in server.asked] == ["2026-11-20T22:00:00"]


def test_b08_too_many_results_narrow_the_window(workshop: Workshop) -> None:
    with serving(
        refusal(426, "maximumResultsReached"), page(article(1)), page(article(2))
    ) as server:
        found = newsapi(workshop, server).company_news("AAPL", DAY, DAY)
    assert found.rows.num_rows == 2
    assert [(query(a)["from"], query(a)["to"]) for a in server.asked[1:]] == [
        ("2026-11-19T00:00:00", "2026-11-19T11:59:59"),
        ("2026-11-19T12:00:00", "2026-11-19T23:59:59"),
    ]


def test_b08_what_cannot_be_narrowed_stops_and_says_where(workshop: Workshop) -> None:
    crowd = page(*(article(n) for n in range(100)), total=MORE_THAN_A_PAGE)
    for answer in (crowd, refusal(426, "maximumResultsReached")):
        with serving(answer) as server, pytest.raises(EntitlementError) as caught:
            newsapi(workshop, server).company_news("AAPL", DAY, DAY)
        assert re.search(r"from 2026-11-19T00:00:00 to .* UTC, none was fetched", str(caught.value))
        assert len(server.asked) < 15


def test_b07_a_window_before_the_plan_s_reach_says_so(workshop: Workshop) -> None:
    words = "You are trying to request results too far in the past"
    with (
        serving(refusal(426, "parameterInvalid", words)) as server,
        pytest.raises(EntitlementError, match="nothing of this window was fetched") as caught,
    ):
        newsapi(workshop, server).company_news("AAPL", DAY - timedelta(days=60), DAY)
    assert words in str(caught.value)
    assert len(server.asked) == 1


def test_c05_a_total_that_moves_is_read_again_once(workshop: Workshop) -> None:
    moved = page(article(1), total=2)
    with serving(moved, page(article(1), article(2))) as server:
        assert newsapi(workshop, server).company_news("AAPL", DAY, DAY).rows.num_rows == 2
    with serving(moved) as server, pytest.raises(ContractError, match="total of 2"):
        newsapi(workshop, server).company_news("AAPL", DAY, DAY)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(401, "apiKeyInvalid"), AuthError),
        (refusal(200, "apiKeyInvalid"), AuthError),
        (refusal(401, "apiKeyExhausted"), RateLimited),
        (refusal(429, "rateLimited"), RateLimited),
        (refusal(200, "rateLimited"), RateLimited),
        (refusal(400, "parametersMissing"), ContractError),
        (refusal(200, "sourcesTooMany"), ContractError),
        (refusal(500, "unexpectedError"), VendorOutage),
        (reply(b"<html>Bad gateway</html>", 502, Content_Type="text/html"), VendorOutage),
        (json_reply([]), ContractError),
        (json_reply({"status": "ok", "totalResults": 1}), ContractError),
        (json_reply({"status": "ok", "totalResults": "1", "articles": []}), ContractError),
        (json_reply({"status": "ok", "totalResults": 1, "articles": [None]}), ContractError),
    ],
    ids=["b06", "b06-200", "spent", "b01", "b01-200", "400", "400-200", "500", "b16", "shape",
         "c06", "c07", "rows"],
)  # fmt: skip
def test_a_refusal_is_a_typed_error_whatever_its_status(
    workshop: Workshop, answer: Reply, error: type[VendorError]
) -> None:
    with serving(answer) as server, pytest.raises(error) as caught:
        newsapi(workshop, server).company_news("AAPL", DAY, DAY)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"publishedAt": "2026-11-19T15:00:00"}, "published_at_readable"),
        ({"publishedAt": "2026-11-20T22:00:01Z"}, "published_in_the_past"),
        ({"url": "javascript:alert(1)"}, "article_id_present"),
        ({"source": 7}, "source_is_text"),
    ],
)
def test_an_article_that_cannot_be_is_put_aside(
    workshop: Workshop, changes: dict[str, Any], rule: str
) -> None:
    with serving(page(article(2, **changes), article(1))) as server:
        found = newsapi(workshop, server).company_news("AAPL", DAY, NOW.date())
    assert found.rows.num_rows == 1
    assert found.rejected is not None
    assert found.rejected["rule"].to_pylist() == [rule]


def test_s01_what_is_no_symbol_is_never_asked_for(workshop: Workshop) -> None:
    with serving(page()) as server:
        with pytest.raises(BadSymbol):
            newsapi(workshop, server).company_news("AAPL OR 1=1", DAY, DAY)
        with pytest.raises(BadRange):
            newsapi(workshop, server).company_news("AAPL", DAY, DAY - timedelta(days=1))
    assert server.asked == []
