from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from stock_assets.sandbox.polygon_envelope import (
    failure,
    limit_of,
    next_url,
    parse_day,
    passes,
    request_id,
    unfolded,
)


def test_a_cursor_unfolds_into_what_was_folded() -> None:
    query = {"active": "true", "limit": "2", "page_marker": "AA|AA", "ticker.gte": "A"}
    url = next_url("/v3/reference/tickers", query)
    assert url.startswith("https://api.polygon.io/v3/reference/tickers?cursor=")
    assert "=" not in url.split("cursor=")[1]
    cursor = parse_qs(urlsplit(url).query)["cursor"][0]
    assert unfolded({"cursor": cursor}) == query


@pytest.mark.parametrize("cursor", ["%%%", "a", "\u00e9"])
def test_a_cursor_that_is_not_ours_is_none(cursor: str) -> None:
    assert unfolded({"cursor": cursor}) is None


def test_without_a_cursor_the_query_stays() -> None:
    assert unfolded({"limit": "5"}) == {"limit": "5"}


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ({}, "ABC"),
        ({"ticker": "B"}, "B"),
        ({"ticker.gt": "A"}, "BC"),
        ({"ticker.gte": "B", "ticker.lt": "C"}, "B"),
        ({"ticker.lte": "B"}, "AB"),
        ({"ticker.any_of": "A,C"}, "AC"),
        ({"other": "X"}, "ABC"),
    ],
)
def test_operators_choose_rows(query: dict[str, str], kept: str) -> None:
    assert "".join(t for t in "ABC" if passes(query, "ticker", t)) == kept


@pytest.mark.parametrize(
    ("text", "limit"), [("5", 5), ("99999", 1000), ("0", None), ("-1", None), ("x", None)]
)
def test_limits_are_positive_numbers_up_to_the_most(text: str, limit: int | None) -> None:
    assert limit_of({"limit": text}, 10, 1000) == limit
    assert limit_of({}, 10, 1000) == 10


@pytest.mark.parametrize("text", ["20250314", "2025-3-14", "2025-02-30", "today", "2025-W11-5"])
def test_only_whole_dates_are_days(text: str) -> None:
    assert parse_day(text) is None
    assert parse_day("2025-03-14") == date(2025, 3, 14)


def test_failures_say_error_or_message_never_both() -> None:
    plan = failure(403, "id", status="NOT_AUTHORIZED", message="no")
    assert orjson.loads(plan.body) == {
        "status": "NOT_AUTHORIZED", "request_id": "id", "message": "no",
    }  # fmt: skip
    assert request_id("market", 1) != request_id("market", 2)
    assert request_id("market", 1) == request_id("market", 1)
