"""Finnhub through its own client: news, snapshots, the calendar."""

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
    NotFound,
    PayloadError,
    RateLimited,
    SecurityError,
    VendorError,
    VendorOutage,
)
from stock_assets.tables import ECONOMIC_EVENTS, FUNDAMENTALS, NEWS
from stock_assets.vendors.finnhub import FINNHUB, Finnhub
from stock_assets_tests.vendors.conftest import CANARY, NOW, Kept, Workshop
from stock_assets_tests.vendors.stub import Reply, Stub, json_reply, reply, serving

DAY = date(2026, 11, 19)
AT = datetime(2026, 11, 19, 15, tzinfo=UTC)


def article(number: int = 1, at: datetime = AT, **changes: Any) -> dict[str, Any]:
    return {
        "category": "company",
        "datetime": int(at.timestamp()),
        "headline": f"Apple announces product {number}",
        "id": number,
        "image": "",
        "related": "AAPL",
        "source": "Reuters",
        "summary": "A summary.",
        "url": f"https://finnhub.io/api/news?id={number:064d}",
        **changes,
    }


QUOTE = {"c": 261.74, "d": 1.2, "dp": 0.46, "h": 263.31, "l": 260.68, "o": 261.07, "pc": 259.45}
QUOTE["t"] = int(AT.timestamp())
PROFILE = {"ticker": "AAPL", "currency": "USD", "marketCapitalization": 3_900_000.5}
METRIC = {
    "metric": {
        "10DayAverageTradingVolume": 48.25,
        "peTTM": 34.5,
        "currentDividendYieldTTM": 0.39,
        "dividendYieldIndicatedAnnual": 0.41,
    },
    "metricType": "all",
    "symbol": "AAPL",
}
ZEROS = {"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0}
EVENT = {
    "actual": None,
    "country": "US",
    "estimate": 3.1,
    "event": "CPI YoY",
    "impact": "high",
    "prev": 3,
    "time": "2026-11-19 13:30:00",
    "unit": "%",
}


def finnhub(workshop: Workshop, server: Stub, **settings: Any) -> Finnhub:
    transport = workshop.transport(server.url, FINNHUB)
    return Finnhub(transport, CANARY, now=lambda: NOW, **settings)


def query(asked: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(asked.removeprefix("GET "))
    return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}


def test_without_a_key_nobody_is_asked(workshop: Workshop) -> None:
    with pytest.raises(AuthError, match="FINNHUB_API_KEY"):
        Finnhub(workshop.transport(None, FINNHUB), None)


# News


def test_a_company_s_articles_become_rows(workshop: Workshop, kept: Kept) -> None:
    with serving(json_reply([article(2, AT + timedelta(hours=1)), article(1)])) as server:
        found = finnhub(workshop, server).company_news("AAPL", DAY, DAY)
    assert query(server.asked[0]) == (
        "/finnhub/api/v1/company-news",
        {"symbol": "AAPL", "from": "2026-11-19", "to": "2026-11-19"},
    )
    assert found.rows.schema == NEWS.row_schema
    assert found.rows["article_id"].to_pylist() == ["1", "2"]
    assert found.rows["known_at"].to_pylist() == [AT, AT + timedelta(hours=1)]
    assert (found.rejected, found.doubled, found.crowded) == (None, 0, ())
    assert [answer.payload for answer in found.answers] == list(kept.bodies)


def test_s03_the_key_travels_in_a_header_and_appears_nowhere(
    workshop: Workshop, kept: Kept
) -> None:
    with serving(json_reply([]), json_reply({"error": f"bad {CANARY}"}, 500)) as server:
        client = finnhub(workshop, server)
        found = client.company_news("AAPL", DAY, DAY)
        with pytest.raises(VendorOutage) as caught:
            client.company_news("AAPL", DAY, DAY)
    assert server.headers[0]["x-finnhub-token"] == CANARY
    said = [*server.asked, found.answers[0].request, str(caught.value), repr(client.__dict__)]
    assert not [text for text in said[:-1] if CANARY in text or "token" in text]
    assert not [body for body in kept.bodies.values() if CANARY.encode() in body]


def test_a_list_that_may_have_been_cut_is_asked_for_in_halves(workshop: Workshop) -> None:
    first = DAY - timedelta(days=3)
    days = [AT - timedelta(days=n) for n in range(4)]
    every = [article(n, day) for n, day in enumerate(days, start=1)]
    with serving(
        json_reply(every[:3]),
        json_reply(every[2:]),
        json_reply(every[:2]),
    ) as server:
        found = finnhub(workshop, server, rows_at_most=3).company_news("AAPL", first, DAY)
    asked = [(q["from"], q["to"]) for _, q in map(query, server.asked)]
    assert asked == [
        ("2026-11-16", "2026-11-19"),
        ("2026-11-16", "2026-11-17"),
        ("2026-11-18", "2026-11-19"),
    ]
    assert found.rows["article_id"].to_pylist() == ["4", "3", "2", "1"]
    assert (found.crowded, len(found.answers)) == ((), 3)


def test_a_day_with_too_many_articles_is_said_to_be_crowded(workshop: Workshop) -> None:
    with serving(json_reply([article(n) for n in range(3)])) as server:
        found = finnhub(workshop, server, rows_at_most=3).company_news("AAPL", DAY, DAY)
    assert (found.rows.num_rows, found.crowded, len(server.asked)) == (3, (DAY,), 1)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"related": "MSFT"}, "about_the_company"),
        ({"related": ""}, "about_the_company"),
        ({"datetime": int(AT.timestamp()) * 1000}, "published_at_readable"),
        ({"datetime": "yesterday"}, "published_at_readable"),
        ({"datetime": int((NOW + timedelta(hours=1)).timestamp())}, "published_in_the_past"),
        ({"headline": ""}, "headline_present"),
        ({"id": 0, "url": "javascript:x"}, "article_id_present"),
    ],
    ids=["c15", "c15-none", "d05", "c07", "d03", "empty", "no-id"],
)
def test_an_article_that_cannot_be_is_put_aside(
    workshop: Workshop, changes: dict[str, Any], rule: str
) -> None:
    with serving(json_reply([article(2, **changes), article(1)])) as server:
        found = finnhub(workshop, server).company_news("AAPL", DAY, DAY + timedelta(days=1))
    assert found.rows["article_id"].to_pylist() == ["1"]
    assert found.rejected is not None
    assert found.rejected["rule"].to_pylist() == [rule]


def test_an_unknown_company_has_no_articles(workshop: Workshop) -> None:
    with serving(json_reply([])) as server:
        found = finnhub(workshop, server).company_news("ZZZZ", DAY, DAY)
    assert (found.rows.num_rows, found.rows.schema) == (0, NEWS.row_schema)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(b"You are limited", Content_Type="text/plain"), PayloadError),
        (reply(b"[]", Content_Type="text/plain"), PayloadError),
        (reply(b"[]", Content_Type="text/csv"), PayloadError),
        (reply(b"[]", Content_Type="text/html"), PayloadError),
        (reply(b"<html><body>Sign in</body></html>", Content_Type="text/html"), VendorOutage),
        (reply(b'[{"id": 1'), PayloadError),
        (json_reply({"error": "You don't have access to this resource."}, 403), EntitlementError),
        (json_reply({"error": "Invalid API key"}, 401), AuthError),
        (json_reply({"error": "API limit reached. Remaining Limit: 0"}, 429), RateLimited),
        (json_reply({"error": "something"}), ContractError),
        (json_reply([1, 2]), ContractError),
        (json_reply(None), ContractError),
        (reply(b"", 302, Location="https://finnhub.io.evil.test/login"), SecurityError),
        (reply(b"", 302, Location="https://finnhub.io/login"), ContractError),
    ],
    ids=["b14", "b14-json", "b14-csv", "type", "b13", "c01", "b07", "b06", "b01", "shape", "rows",
         "null", "a09", "a09-loop"],
)  # fmt: skip
def test_whatever_comes_instead_of_a_list_is_a_typed_error(
    workshop: Workshop, answer: Reply, error: type[VendorError]
) -> None:
    with serving(answer) as server, pytest.raises(error) as caught:
        finnhub(workshop, server).company_news("AAPL", DAY, DAY)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("symbol", ["AAPL?token=x", "aapl", "AAPL\n", "../../etc", ""])
def test_s01_what_is_no_symbol_is_never_asked_for(workshop: Workshop, symbol: str) -> None:
    with serving(json_reply([])) as server:
        with pytest.raises(BadSymbol):
            finnhub(workshop, server).company_news(symbol, DAY, DAY)
        with pytest.raises(BadRange):
            finnhub(workshop, server).company_news("AAPL", DAY, DAY - timedelta(days=1))
    assert server.asked == []


# Snapshots


def test_a_snapshot_has_its_units(workshop: Workshop) -> None:
    with serving(json_reply(QUOTE), json_reply(PROFILE), json_reply(METRIC)) as server:
        found = finnhub(workshop, server).fundamentals(["AAPL"], NOW)
    assert [query(asked)[0] for asked in server.asked] == [
        "/finnhub/api/v1/quote",
        "/finnhub/api/v1/stock/profile2",
        "/finnhub/api/v1/stock/metric",
    ]
    assert found.rows.schema == FUNDAMENTALS.row_schema
    assert found.rows.to_pylist() == [
        {
            "vendor": "finnhub",
            "symbol": "AAPL",
            "observed_hour": NOW,
            "price_usd": 261.74,
            "open_usd": 261.07,
            "high_usd": 263.31,
            "low_usd": 260.68,
            "previous_close_usd": 259.45,
            "volume_shares": 48_250_000.0,
            "market_cap_usd": 3_900_000_500_000.0,
            "pe_ratio": 34.5,
            "dividend_yield_percent": 0.39,
            "known_at": NOW,
        }
    ]


def test_what_finnhub_does_not_say_is_missing(workshop: Workshop) -> None:
    empty = {"metric": {"peTTM": None}, "metricType": "all", "symbol": "AAPL"}
    with serving(json_reply(QUOTE), json_reply({}), json_reply(empty)) as server:
        row = finnhub(workshop, server).fundamentals(["AAPL"], NOW).rows.to_pylist()[0]
    missing = ("market_cap_usd", "volume_shares", "pe_ratio", "dividend_yield_percent")
    assert [row[name] for name in missing] == [None] * 4
    with serving(
        json_reply(QUOTE), json_reply(PROFILE | {"currency": "TWD"}), json_reply(METRIC)
    ) as server:
        row = finnhub(workshop, server).fundamentals(["AAPL"], NOW).rows.to_pylist()[0]
    assert row["market_cap_usd"] is None


def test_d27_prices_of_zero_mean_an_unknown_symbol(workshop: Workshop) -> None:
    with serving(json_reply(ZEROS)) as server, pytest.raises(NotFound, match="zero"):
        finnhub(workshop, server).fundamentals(["ZZZZ"], NOW)
    assert len(server.asked) == 1
    answers = [ZEROS, QUOTE, PROFILE, METRIC]
    with serving(*map(json_reply, answers)) as server:
        found = finnhub(workshop, server).fundamentals(["ZZZZ", "AAPL"], NOW)
    assert found.rows["symbol"].to_pylist() == ["AAPL"]
    assert list(found.failed) == ["ZZZZ"]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([QUOTE | {"c": "261.74"}], "c is '261.74', not a number"),
        ([QUOTE | {"t": 0}], "t is 0"),
        ([QUOTE | {"t": int(NOW.timestamp() * 1000)}], "t is 1"),
        ([[QUOTE]], "list came instead of an object"),
        ([QUOTE, PROFILE | {"ticker": "MSFT"}], "about 'MSFT'"),
        ([QUOTE, PROFILE | {"marketCapitalization": True}], "not a number"),
        ([QUOTE, PROFILE, METRIC | {"symbol": "MSFT"}], "about 'MSFT'"),
        ([QUOTE, PROFILE, METRIC | {"metric": None}], "metric is not an object"),
    ],
    ids=["c07", "no-time", "d05", "c06", "c15", "c07-bool", "c15-metric", "c06-metric"],
)
def test_a_snapshot_that_is_not_as_agreed_is_refused(
    workshop: Workshop, answers: list[Any], words: str
) -> None:
    with serving(*map(json_reply, answers)) as server, pytest.raises(ContractError, match=words):
        finnhub(workshop, server).fundamentals(["AAPL"], NOW)


# The calendar


def test_events_are_due_at_utc_and_known_from_now_on(workshop: Workshop) -> None:
    later = EVENT | {"event": "Jobless Claims", "time": "2026-11-20 13:30:00", "unit": ""}
    with serving(json_reply({"economicCalendar": [later, EVENT, EVENT]})) as server:
        found = finnhub(workshop, server).economic_calendar(DAY, DAY + timedelta(days=1))
    assert query(server.asked[0]) == (
        "/finnhub/api/v1/calendar/economic",
        {"from": "2026-11-19", "to": "2026-11-20"},
    )
    assert found.rows.schema == ECONOMIC_EVENTS.row_schema
    assert found.doubled == 1
    assert found.rows.to_pylist()[0] == {
        "vendor": "finnhub",
        "country": "US",
        "event": "CPI YoY",
        "due_at": datetime(2026, 11, 19, 13, 30, tzinfo=UTC),
        "impact": "high",
        "estimate": 3.1,
        "previous": 3.0,
        "actual": None,
        "unit": "%",
        "known_at": NOW,
    }
    assert found.rows["unit"].to_pylist() == ["%", None]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"time": "2026-11-19"}, "due_at_readable"),
        ({"time": None}, "due_at_readable"),
        ({"time": "2027-01-19 13:30:00"}, "due_when_asked_for"),
        ({"event": None}, "event_named"),
        ({"country": ""}, "event_named"),
        ({"estimate": "3.1"}, "numbers_readable"),
    ],
)
def test_an_event_that_cannot_be_is_put_aside(
    workshop: Workshop, changes: dict[str, Any], rule: str
) -> None:
    with serving(json_reply({"economicCalendar": [EVENT | changes]})) as server:
        found = finnhub(workshop, server).economic_calendar(DAY, DAY)
    assert found.rows.num_rows == 0
    assert found.rejected is not None
    assert found.rejected["rule"].to_pylist() == [rule]


def test_b07_free_plans_have_no_calendar(workshop: Workshop) -> None:
    refused = json_reply({"error": "You don't have access to this resource."}, 403)
    with serving(refused) as server, pytest.raises(EntitlementError, match="don't have access"):
        finnhub(workshop, server).economic_calendar(DAY, DAY)
    assert len(server.asked) == 1
    with serving(json_reply({})) as server, pytest.raises(ContractError):
        finnhub(workshop, server).economic_calendar(DAY, DAY)
