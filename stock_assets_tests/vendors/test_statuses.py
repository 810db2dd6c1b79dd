"""Status to error: the whole table."""

from __future__ import annotations

import pytest

from stock_assets import errors
from stock_assets.vendors.redaction import Redactor
from stock_assets.vendors.statuses import not_json, refusal, retry_after, vendors_words
from stock_assets.vendors.wire import Incoming


@pytest.mark.parametrize(
    ("status", "name", "retryable"),
    [
        (300, "ContractError", False),
        (304, "ContractError", False),
        (400, "ContractError", False),
        (401, "AuthError", False),
        (403, "EntitlementError", False),
        (404, "NotFound", False),
        (408, "VendorOutage", True),
        (409, "ContractError", False),
        (422, "ContractError", False),
        (425, "VendorOutage", True),
        (426, "ContractError", False),
        (429, "RateLimited", True),
        (500, "VendorOutage", True),
        (502, "VendorOutage", True),
        (503, "VendorOutage", True),
        (599, "VendorOutage", True),
    ],
)
def test_the_status_decides_the_type_and_the_type_whether_another_try_helps(
    status: int, name: str, retryable: bool
) -> None:
    error = refusal("GET x", Incoming(status, (), b"{}"), Redactor(), advice="set ACME_KEY")
    assert (type(error).__name__, error.retryable) == (name, retryable)
    assert error.context["status"] == status
    if status == 401:
        assert error.next_action == "set ACME_KEY"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after": " 0.5 "}, 0.5),
        (
            {
                "Retry-After": "Fri, 20 Nov 2026 22:01:40 GMT",
                "Date": "Fri, 20 Nov 2026 22:00:00 GMT",
            },
            100,
        ),
        ({"Retry-After": "Fri, 20 Nov 2026 22:01:40 GMT"}, None),
        ({"X-Ratelimit-Reset": "1795212042", "Date": "Fri, 20 Nov 2026 22:00:00 GMT"}, 42),
        ({"x-ratelimit-reset": "1795211999", "Date": "Fri, 20 Nov 2026 22:00:00 GMT"}, None),
        ({"X-Ratelimit-Reset": "1795212042"}, None),
        ({"X-Ratelimit-Reset": "42", "Date": "Fri, 20 Nov 2026 22:00:00 GMT"}, None),
        (
            {
                "Retry-After": "7",
                "X-Ratelimit-Reset": "1795212042",
                "Date": "Fri, 20 Nov 2026 22:00:00 GMT",
            },
            7,
        ),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "9" * 40}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_seconds_and_as_a_date(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(Incoming(429, tuple(headers.items()), b"")) == seconds


def test_when_an_allowance_is_whole_again_matters_only_to_who_asked_too_often() -> None:
    headers = (("X-Ratelimit-Reset", "1795212042"), ("Date", "Fri, 20 Nov 2026 22:00:00 GMT"))
    assert retry_after(Incoming(503, headers, b"")) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"status":"ERROR","error":"Unknown API Key"}', "Unknown API Key"),
        (
            b'{"chart":{"result":null,"error":{"code":"Not Found","description":"No data"}}}',
            "No data",
        ),
        (b'{"finance":{"error":{"description":"Invalid Crumb"}}}', "Invalid Crumb"),
        (b"Too Many Requests", "Too Many Requests"),
        (b"<html><body>Oops</body></html>", ""),
        (b"[1,2]", ""),
        (b"", ""),
    ],
)
def test_the_vendors_own_words_are_found(body: bytes, words: str) -> None:
    assert vendors_words(body) == words


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", None),
        (b"[]", None),
        (b"", errors.PayloadError),
        (b'{"a":1', errors.PayloadError),
        (b'{"a":NaN}', errors.PayloadError),
        (b"[" * 2000 + b"]" * 2000, errors.PayloadError),
        (b"<html>", errors.VendorOutage),
        (b"\xef\xbb\xbf<!doctype HTML>", errors.VendorOutage),
        (b'<?xml version="1.0"?><error/>', errors.VendorOutage),
    ],
)
def test_only_one_whole_json_document_passes(
    body: bytes, kind: type[errors.VendorError] | None
) -> None:
    found = not_json("GET x", body)
    assert type(found) is (kind or type(None))
