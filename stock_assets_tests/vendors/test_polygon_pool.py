"""What polygon-api-client is given instead of a pool of its own."""

from __future__ import annotations

import pytest

from stock_assets.errors import SecurityError
from stock_assets.vendors.polygon_pool import BASE, POLYGON, TransportPool
from stock_assets_tests.vendors.conftest import Workshop
from stock_assets_tests.vendors.stub import json_reply, serving


def test_a_request_keeps_its_query_and_the_answer_hangs_on_the_response(
    workshop: Workshop,
) -> None:
    with serving(json_reply({"status": "OK"})) as server:
        pool = TransportPool(workshop.transport(server.url, POLYGON))
        raw = pool.request("GET", f"{BASE}/v3/x", fields={"ticker.gte": "A", "limit": 10})
        pool.request("GET", f"{BASE}/v3/x?cursor=abc", headers={"Authorization": "Bearer k"})
    assert (raw.status, raw.data) == (200, b'{"status":"OK"}')
    assert raw.answer.body == raw.data
    assert server.asked == [
        "GET /polygon/v3/x?ticker.gte=A&limit=10",
        "GET /polygon/v3/x?cursor=abc",
    ]
    assert server.headers[1]["authorization"] == "Bearer k"


def test_other_hosts_are_refused(workshop: Workshop) -> None:
    pool = TransportPool(workshop.transport(None, POLYGON))
    with pytest.raises(SecurityError):
        pool.request("GET", "https://api.polygon.io.evil.test/v3/x")
