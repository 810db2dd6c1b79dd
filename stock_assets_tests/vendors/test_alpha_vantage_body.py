"""Alpha Vantage says everything with status 200: data are what has the data's key."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from stock_assets.errors import (
    AuthError,
    ContractError,
    EntitlementError,
    NotFound,
    PayloadError,
    RateLimited,
    VendorError,
)
from stock_assets.vendors.alpha_vantage_body import read_body, seconds_left_today
from stock_assets.vendors.plain_entries import PlainEntries
from stock_assets.vendors.redaction import Redactor
from stock_assets_tests.vendors.conftest import CANARY

ASKED = "GET https://www.alphavantage.co/query?function=CPI&apikey=REDACTED"


def test_a_body_with_the_data_is_handed_on_whole() -> None:
    body = b'{"name":"CPI","data":[]}'
    assert read_body(ASKED, body, "data") == {"name": "CPI", "data": []}


DAYS = {"2026-11-20": {"close": "1.5"}, "2026-11-19": {"close": "2.5"}}


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize("meta", [{"meta": {"of": "AAPL"}}, {}], ids=len)
def test_days_that_are_alike_come_as_columns(indent: int | None, meta: dict[str, Any]) -> None:
    content = {**meta, "data": DAYS}
    found = read_body(ASKED, json.dumps(content, indent=indent).encode(), "data", by_day=True)
    assert isinstance(found["data"], PlainEntries)
    assert found["data"].values["close"].tolist() == [2.5, 1.5]
    assert {**found, "data": DAYS} == content


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"data": DAYS, "meta": {}}),
        json.dumps({"meta": {}, "data": {}}),
        json.dumps({"data": {**DAYS, "2026-11-18": {"close": "None"}}}),
        json.dumps({"data": [DAYS]}),
        json.dumps({"data": DAYS, "more": {"data": DAYS}}),
        json.dumps({"more": {"data": DAYS}, "data": DAYS}),
    ],
)
def test_any_other_body_is_read_as_it_would_be_anyway(body: str) -> None:
    assert read_body(ASKED, body.encode(), "data", by_day=True) == json.loads(body)


def test_data_within_something_else_are_no_data() -> None:
    body = json.dumps({"more": {"data": DAYS}}).encode()
    with pytest.raises(ContractError, match="no 'data'"):
        read_body(ASKED, body, "data", by_day=True)


@pytest.mark.parametrize(
    "body",
    [
        '{"of":"AAPL","of":"MSFT","data":%s}',
        '{"data":{"2026-11-20":{"close":"9"}},"data":%s}',
        '{"data":{"2026-11-20":{"close":"1"},"2026-11-20":{"close":"2"}}}',
        '{"data":{"2026-11-20":{"close":"1","close":"2"}}}',
    ],
)
def test_c10_a_body_that_contradicts_itself_is_refused_by_day_too(body: str) -> None:
    with pytest.raises(ContractError, match="twice"):
        read_body(ASKED, body.replace("%s", json.dumps(DAYS)).encode(), "data", by_day=True)


@pytest.mark.parametrize("damage", [b"\xef\xbb\xbf%b", b"%b x", b"%b}", b"%b%b"])
def test_what_is_not_one_json_document_is_refused_by_day_too(damage: bytes) -> None:
    body = damage.replace(b"%b", json.dumps({"data": DAYS}).encode())
    with pytest.raises(PayloadError, match="not one whole JSON document"):
        read_body(ASKED, body, "data", by_day=True)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"Information": f"We have detected your API key as {CANARY} and our standard API rate "
          "limit is 25 requests per day."}, RateLimited),
        ({"Information": "Please consider spreading out your free API requests more sparingly."},
         RateLimited),
        ({"Note": "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls "
          "per minute and 500 calls per day."}, RateLimited),
        ({"Information": "words that nobody has seen before"}, RateLimited),
        ({"Notice": "another key, and other words"}, RateLimited),
        ({"Information": "The **demo** API key is for demo purposes only."}, AuthError),
        ({"Error Message": "the parameter apikey is invalid or missing."}, AuthError),
        ({"Information": "Thank you! This is a premium endpoint."}, EntitlementError),
        ({"Error Message": "Invalid API call. Please retry or visit the documentation."}, NotFound),
        ({}, NotFound),
        ({"name": "CPI", "values": []}, ContractError),
        ({"a": "1", "b": "2", "c": "3", "d": "4"}, ContractError),
        ([], ContractError),
        ("data", ContractError),
    ],
    ids=lambda value: "" if isinstance(value, type) else str(value)[:40],
)  # fmt: skip
def test_b04_a_body_without_the_data_is_the_right_refusal(
    content: object, error: type[VendorError]
) -> None:
    with pytest.raises(error) as caught:
        read_body(ASKED, orjson.dumps(content), "data")
    assert type(caught.value) is error
    assert caught.value.value == ASKED


def test_a_limit_lasts_until_midnight_in_new_york() -> None:
    asked_at = datetime(2026, 3, 8, 6, tzinfo=UTC)
    with pytest.raises(RateLimited) as caught:
        read_body(ASKED, b'{"Note":"enough"}', "data", asked_at=asked_at)
    # 01:00 in New York on the day on which the clocks go forward: 22 hours are left.
    assert caught.value.retry_after_s == seconds_left_today(asked_at) == 22 * 3600


@pytest.mark.parametrize(
    ("left_today", "seconds"), [(24, 60), (1, 60), (0, 22 * 3600), (None, 22 * 3600)]
)
@pytest.mark.parametrize(
    "words",
    ["please consider spreading out your free API requests more sparingly", "25 requests per day"],
)
def test_a_notice_holds_a_minute_while_our_count_of_the_day_is_not_spent(
    words: str, left_today: int | None, seconds: float
) -> None:
    body = orjson.dumps({"Information": words})
    asked_at = datetime(2026, 3, 8, 6, tzinfo=UTC)
    with pytest.raises(RateLimited) as caught:
        read_body(ASKED, body, "data", asked_at=asked_at, left_today=left_today)
    assert caught.value.retry_after_s == seconds


def test_s03_the_vendors_words_are_only_repeated_without_the_key() -> None:
    body = orjson.dumps({"Information": f"We have detected your API key as {CANARY}."})
    for redactor in (None, Redactor([CANARY])):
        with pytest.raises(RateLimited) as caught:
            read_body(ASKED, body, "data", redactor=redactor)
        assert CANARY not in str(caught.value)
        assert ("We have detected" in str(caught.value)) is (redactor is not None)


@pytest.mark.parametrize("body", [b'{"data":[', b"", b"date,value\n2024-01-01,1"])
def test_b05_what_is_not_json_is_never_data(body: bytes) -> None:
    with pytest.raises(PayloadError):
        read_body(ASKED, body, "data")
