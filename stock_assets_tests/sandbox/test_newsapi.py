from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import FREE_KEY, UNLIMITED_KEY, Limits
from stock_assets.sandbox.server import running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE

EVERYTHING = "/newsapi/v2/everything"
NOW = datetime(2025, 3, 14, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_march(clock: TwinClock) -> None:
    clock.fix(NOW)


def ask(http: httpx.Client, key: str = UNLIMITED_KEY, **query: Any) -> httpx.Response:
    """As newsapi-python does: the key alone in the header."""
    return http.get(EVERYTHING, params=query, headers={"Authorization": key})


def articles(http: httpx.Client, key: str = UNLIMITED_KEY, **query: Any) -> list[Any]:
    answer = ask(http, key, **query)
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["articles"]
    return found


def stamps(rows: list[Any]) -> list[datetime]:
    return [datetime.fromisoformat(row["publishedAt"]) for row in rows]


def test_a_body_has_exactly_the_fields_of_the_vendor(http: httpx.Client) -> None:
    answer = ask(http, q="Apple", **{"from": "2025-03-05", "to": "2025-03-05"})
    assert list(answer.json()) == ["status", "totalResults", "articles"]
    assert answer.json() == {
        "status": "ok",
        "totalResults": 1,
        "articles": [
            {
                "source": {"id": None, "name": "Investor Almanac"},
                "author": "Clara Weiss",
                "title": "Apple is confident about better margins in chips",
                "description": "Results were better than feared, a nice achievement in this "
                "business.",
                "url": "https://www.investoralmanac.example/4546685593596/apple-is-confident-"
                "about-better-margins-in-chips/?utm_source=newsapi&utm_medium=feed",
                "urlToImage": None,
                "publishedAt": "2025-03-05T13:51:02Z",
                "content": "Apple is confident about better margins in chips. Results were better "
                "than feared, a nice achievement in this business. The news concerns chips, which "
                "accounts for 10 % of the sales of Apple. A spokes… [+61 chars]",
            }
        ],
    }


def test_what_two_vendors_carry_has_one_address_but_for_the_tracking(http: httpx.Client) -> None:
    polygon = http.get(
        f"/polygon/v2/reference/news?ticker=AAPL&limit=100&apiKey={UNLIMITED_KEY}",
    ).json()["results"]
    there = {row["article_url"].split("utm_")[0]: row["title"] for row in polygon}
    here = {row["url"].split("utm_")[0]: row["title"] for row in articles(http, q="Apple")}
    shared = there.keys() & here.keys()
    assert 0 < len(shared) < 0.5 * len(here)
    assert all(there[address] == here[address] for address in shared)


def test_articles_come_newest_first_from_the_window_asked_for(http: httpx.Client) -> None:
    rows = articles(http, q="Boeing", **{"from": "2025-02-01", "to": "2025-02-28T12:00:00"})
    times = stamps(rows)
    assert len(rows) > 5
    assert all(a >= b for a, b in pairwise(times))
    assert datetime(2025, 2, 1, tzinfo=UTC) <= times[-1]
    assert times[0] <= datetime(2025, 2, 28, 12, tzinfo=UTC)


def test_nothing_is_found_before_it_is_published(http: httpx.Client) -> None:
    assert all(at <= NOW for at in stamps(articles(http, q="Apple OR Boeing OR Intel")))


@pytest.mark.parametrize(
    ("query", "everywhere"),
    [
        ('"Johnson & Johnson" OR Boeing', "boeing"),
        ("Boeing AND NOT loses", "boeing"),
        ("aircraft", "aircraft"),
    ],
)
def test_what_is_found_answers_the_query(http: httpx.Client, query: str, everywhere: str) -> None:
    rows = articles(http, q=query, searchIn="title", **{"from": "2024-06-01"})
    assert rows
    assert all(everywhere in row["title"].lower() for row in rows if row["title"] != "[Removed]")


def test_a_name_finds_the_same_articles_as_reading_everything(http: httpx.Client) -> None:
    everything = articles(http, q="-nothingofthekind", **{"from": "2025-03-05"})
    assert 20 < len(everything) < 100
    named = [row for row in everything if "Boeing" in row["title"] or "Boeing" in row["content"]]
    assert named
    found = articles(http, q="Boeing", **{"from": "2025-03-05"})
    assert [row["url"] for row in found] == [row["url"] for row in named]


def test_popular_and_relevant_articles_can_come_first(http: httpx.Client) -> None:
    window = {"from": "2024-12-01"}
    plain, popular, relevant = (
        articles(http, q="Boeing", sortBy=sort, **window)
        for sort in ("publishedAt", "popularity", "relevancy")
    )
    key = "url"
    assert {r[key] for r in plain} == {r[key] for r in popular} == {r[key] for r in relevant}
    assert popular[0]["source"]["id"] == "meridian-wire"
    counts = [(r["title"] + r["content"]).lower().count("boeing") for r in relevant]
    assert counts[0] > counts[-1]


def test_sources_domains_and_languages_narrow_the_search(http: httpx.Client) -> None:
    some = articles(http, sources="ledger-daily", **{"from": "2025-02-01"})
    assert {row["source"]["id"] for row in some} - {None} == {"ledger-daily"}
    where = "bellwether.example"
    some = articles(http, domains=where, **{"from": "2025-02-01"})
    assert {r["source"]["name"] for r in some} - {"[Removed]"} == {"Bellwether"}
    rest = articles(http, q="Boeing", excludeDomains=where, **{"from": "2025-02-01"})
    assert rest
    assert not any(where in row["url"] for row in rest)
    assert articles(http, q="Boeing", language="fr") == []


def test_a_withdrawn_article_loses_its_words(http: httpx.Client) -> None:
    query: dict[str, Any] = {"q": "-nothingofthekind", "from": "2024-01-01", "pageSize": 100}
    found = []
    for page in range(1, 30):
        found += [r for r in articles(http, page=page, **query) if r["title"] == "[Removed]"]
    assert found
    for row in found:
        assert row == {
            "source": {"id": None, "name": "[Removed]"},
            "author": None,
            "title": "[Removed]",
            "description": "[Removed]",
            "url": "https://removed.com",
            "urlToImage": None,
            "publishedAt": row["publishedAt"],
            "content": "[Removed]",
        }


def test_pages_follow_one_another_without_overlap_while_nothing_moves(http: httpx.Client) -> None:
    window = {"q": "Boeing", "from": "2025-01-01"}
    whole = articles(http, **window)
    pages = [articles(http, pageSize=4, page=n, **window) for n in (1, 2, 3)]
    assert [row for page in pages for row in page] == whole[:12]
    assert articles(http, pageSize=100, page=900, **window) == []


class TestTheFreePlan:
    def test_it_sees_articles_a_day_late(self, http: httpx.Client) -> None:
        rows = articles(http, FREE_KEY, q="Apple OR Boeing OR Intel")
        assert max(stamps(rows)) <= NOW - timedelta(hours=24)
        assert max(stamps(articles(http, q="Apple OR Boeing OR Intel"))) > NOW - timedelta(hours=24)

    def test_it_reaches_a_month_back(self, http: httpx.Client) -> None:
        assert min(stamps(articles(http, FREE_KEY, q="Apple"))) >= datetime(2025, 2, 11, tzinfo=UTC)
        refused = ask(http, FREE_KEY, q="Apple", **{"from": "2025-01-31"})
        assert refused.status_code == 426
        assert refused.json() == {
            "status": "error",
            "code": "parameterInvalid",
            "message": "You are trying to request results too far in the past. Your plan permits "
            "you to request articles as far back as 2025-02-11, but you have requested "
            "2025-01-31. You may need to upgrade to a paid plan.",
        }

    def test_it_ends_after_a_hundred_results(self, http: httpx.Client) -> None:
        refused = ask(http, FREE_KEY, q="Apple", pageSize=50, page=3)
        assert refused.status_code == 426
        assert refused.json() == {
            "status": "error",
            "code": "maximumResultsReached",
            "message": "You have requested too many results. Developer accounts are limited to a "
            "max of 100 results. You are trying to request results 100 to 150. Please upgrade to "
            "a paid plan if you need more results.",
        }
        assert ask(http, FREE_KEY, q="Apple", pageSize=50, page=2).status_code == 200

    def test_it_has_fifty_requests_in_any_twelve_hours(self, truth: Truth) -> None:
        watch = [0.0]
        limits = Limits(timer=lambda: watch[0])
        with (
            running_twin(truth, TwinClock(AFTER_THE_CLOSE), limits=limits) as twin,
            httpx.Client(base_url=twin.url, trust_env=False) as http,
        ):
            query: dict[str, Any] = {"q": "Boeing", "pageSize": 1}
            assert ask(http, FREE_KEY, **query).status_code == 200
            watch[0] = 6 * 3_600.0
            assert {ask(http, FREE_KEY, **query).status_code for _ in range(49)} == {200}
            watch[0] = 12 * 3_600.0 - 1
            refused = ask(http, FREE_KEY, **query)
            assert refused.status_code == 429
            assert refused.json() == {
                "status": "error",
                "code": "rateLimited",
                "message": "You have made too many requests recently. Developer accounts are "
                "limited to 100 requests over a 24 hour period (50 requests available every 12 "
                "hours). Please upgrade to a paid plan if you need more requests.",
            }
            assert ask(http, **query).status_code == 200
            watch[0] = 12 * 3_600.0
            assert [ask(http, FREE_KEY, **query).status_code for _ in range(2)] == [200, 429]
            watch[0] = 18 * 3_600.0
            assert {ask(http, FREE_KEY, **query).status_code for _ in range(49)} == {200}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "parametersMissing"),
        ({"q": ""}, 400, "parametersMissing"),
        ({"q": "x" * 501}, 400, "parameterInvalid"),
        ({"q": '"apple'}, 400, "parameterInvalid"),
        ({"q": "apple", "from": "yesterday"}, 400, "parameterInvalid"),
        ({"q": "apple", "to": "2025-13-01"}, 400, "parameterInvalid"),
        ({"q": "apple", "sortBy": "size"}, 400, "parameterInvalid"),
        ({"q": "apple", "searchIn": "title,body"}, 400, "parameterInvalid"),
        ({"q": "apple", "language": "xx"}, 400, "parameterInvalid"),
        ({"q": "apple", "pageSize": "101"}, 400, "parameterInvalid"),
        ({"q": "apple", "page": "0"}, 400, "parameterInvalid"),
        ({"q": "apple", "sources": "nobody"}, 400, "sourceDoesNotExist"),
        ({"q": "apple", "sources": ",".join(["ledger-daily"] * 21)}, 400, "sourcesTooMany"),
        ({"q": "apple", "from": "2019-01-01"}, 426, "parameterInvalid"),
    ],
)
def test_what_is_wrong_is_refused_with_its_code(
    http: httpx.Client, query: dict[str, Any], status: int, code: str
) -> None:
    refused = ask(http, **query)
    assert refused.status_code == status
    assert (refused.json()["status"], refused.json()["code"]) == ("error", code)
    assert list(refused.json()) == ["status", "code", "message"]


def test_keys_are_taken_from_both_headers_and_the_query(http: httpx.Client) -> None:
    query = {"q": "Apple", "pageSize": "1"}
    for headers in (
        {"Authorization": UNLIMITED_KEY},
        {"Authorization": f"Bearer {UNLIMITED_KEY}"},
        {"Authorization": "", "X-Api-Key": UNLIMITED_KEY},
    ):
        assert http.get(EVERYTHING, params=query, headers=headers).status_code == 200
    with_key = {**query, "apiKey": UNLIMITED_KEY}
    nameless = {"Authorization": ""}
    assert http.get(EVERYTHING, params=with_key, headers=nameless).status_code == 200
    missing = http.get(EVERYTHING, params=query, headers=nameless)
    assert (missing.status_code, missing.json()["code"]) == (401, "apiKeyMissing")
    wrong = http.get(EVERYTHING, params=query, headers={"Authorization": "nonsense"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "apiKeyInvalid")


def test_there_is_no_other_endpoint(http: httpx.Client) -> None:
    answer = http.get("/newsapi/v2/nothing", headers={"Authorization": UNLIMITED_KEY})
    assert (answer.status_code, answer.json()["status"]) == (404, "error")
