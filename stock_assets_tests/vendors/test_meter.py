"""What a feed's requests have cost, counted where they leave."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from stock_assets.errors import ContractError, RateLimited, SecurityError, VendorError
from stock_assets.vendors.meter import Meter
from stock_assets.vendors.transport import Request
from stock_assets.vendors.wire import Unreachable
from stock_assets_tests.vendors import stub
from stock_assets_tests.vendors.conftest import Waiting, Workshop
from stock_assets_tests.vendors.stub import json_reply, reply, serving

ASK = Request("https://api.acme.test/v1/bars")


def test_every_try_counts_and_refusals_are_errors(workshop: Workshop) -> None:
    with serving(reply(b"busy", 503), stub.close_at_once, json_reply({"ok": 1})) as server:
        transport = workshop.transport(server.url)
        transport.send(ASK)
    meter = transport.meter
    assert (meter.requests, meter.errors, meter.bytes) == (3, 2, len(b'busy{"ok":1}'))
    assert meter.slowest_s is not None
    assert meter.mean_s is not None
    assert 0 < meter.mean_s <= meter.slowest_s < 3


def test_a_feed_that_asked_for_nothing_has_no_times() -> None:
    meter = Meter()
    assert (meter.requests, meter.errors, meter.bytes) == (0, 0, 0)
    assert (meter.slowest_s, meter.mean_s) == (None, None)


def test_times_are_of_answers_only() -> None:
    meter = Meter()
    for seconds in (1.0, 4.0, 1.0):
        meter.sent()
        meter.received(10, seconds)
    meter.sent()
    meter.failed()
    assert (meter.mean_s, meter.slowest_s, meter.bytes) == (2.0, 4.0, 30)
    assert (meter.requests, meter.errors) == (4, 1)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (reply(b"{}", 404), VendorError),
        (reply(b"", 302, Location="https://evil.test/"), SecurityError),
    ],
    ids=["refused", "led elsewhere"],
)
def test_a_request_that_failed_for_good_counts_once(
    workshop: Workshop, fault: stub.Reply, error: type[Exception]
) -> None:
    with serving(fault) as server:
        transport = workshop.transport(server.url)
        with pytest.raises(error):
            transport.send(ASK)
    assert (transport.meter.requests, transport.meter.errors) == (1, 1)


def test_an_open_breaker_sends_nothing_and_counts_nothing(workshop: Workshop) -> None:
    with serving(reply()) as server:
        closed = server.url
    transport = workshop.transport(closed)
    for _ in range(4):
        with pytest.raises(Unreachable):
            transport.send(ASK)
    assert transport.meter.requests == transport.meter.errors == 4


def test_a_refusal_inside_an_answer_counts_and_a_limit_holds_for_everybody(
    workshop: Workshop, waiting: Waiting
) -> None:
    with serving(json_reply({"Note": "enough"})) as server:
        transport = workshop.transport(server.url)
        transport.send(ASK)
        limit = RateLimited("ask", reason="enough", next_action="wait", retry_after_s=3600.0)
        assert transport.refused(limit) is limit
        assert limit.context["vendor"] == "acme"
        with pytest.raises(RateLimited) as caught:
            workshop.transport(server.url).send(ASK)
        other = ContractError("ask", reason="odd", next_action="look")
        assert transport.refused(other) is other
    assert caught.value.retry_after_s == pytest.approx(3600)
    assert len(server.asked) == 1
    assert (transport.meter.requests, transport.meter.errors) == (1, 2)
    assert waiting.waits == []


def test_threads_lose_no_count() -> None:
    meter = Meter()

    def work(_: int) -> None:
        for _ in range(500):
            meter.sent()
            meter.received(2, 0.5)
            meter.failed()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert (meter.requests, meter.errors, meter.bytes, meter.mean_s) == (4000, 4000, 8000, 0.5)
