"""Alpha Vantage says everything with status 200: data are what has the data's key."""

from __future__ import annotations

from datetime import UTC, datetime

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
from stock_assets.vendors.redaction import Redactor
from stock_assets_tests.vendors.conftest import CANARY

ASKED = "GET https://www.alphavantage.co/query?function=CPI&apikey=REDACTED"


def test_a_body_with_the_data_is_handed_on_whole() -> None:
    body = b'{"name":"CPI","data":[]}'
    assert read_body(ASKED, body, "data") == {"name": "CPI", "data": []}


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
