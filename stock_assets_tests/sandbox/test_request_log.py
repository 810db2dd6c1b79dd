from __future__ import annotations

import orjson

from stock_assets.sandbox.request_log import Entry, RequestLog, without_secrets


def _entry(number: int, vendor: str) -> Entry:
    return Entry(number, "2025-03-14T12:00:00+00:00", vendor, "", "GET", "/x", {}, {}, 200, 2)


def test_requests_are_told_by_vendor_and_number() -> None:
    log = RequestLog()
    for number, vendor in enumerate(("yahoo", "polygon", "yahoo"), start=1):
        log.add(_entry(number, vendor))
    assert [e["number"] for e in log.entries()] == [1, 2, 3]
    assert [e["number"] for e in log.entries("yahoo", after=1)] == [3]
    log.clear()
    assert log.entries() == []


def test_keys_cookies_and_crumbs_are_never_written_down() -> None:
    query, headers = without_secrets(
        {"apiKey": "canary", "crumb": "canary", "limit": "5"},
        {"authorization": "Bearer canary", "cookie": "A3=canary", "accept": "*/*"},
    )
    assert b"canary" not in orjson.dumps([query, headers])
    assert query["limit"] == "5"
    assert headers["accept"] == "*/*"
