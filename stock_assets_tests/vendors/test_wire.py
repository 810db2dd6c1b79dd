"""libcurl's failures, said in our words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from stock_assets.errors import SecurityError, StockAssetsError, TransportError
from stock_assets.vendors.wire import CurlWire, Incoming, Outgoing, Unreachable
from stock_assets_tests.vendors import stub
from stock_assets_tests.vendors.stub import reply, serving


def test_headers_keep_their_order_and_cookies_are_not_kept_between_requests() -> None:
    wire = CurlWire(trust_env=False, max_bytes=1000)
    answer = reply(b"hello", Set_Cookie="A3=secret; Path=/", X_One="1")
    with serving(answer) as server:
        first = wire(Outgoing("GET", server.url, {"X-Asked": "yes"}), 5)
        wire(Outgoing("POST", server.url, {}, b"body"), 5)
    assert (first.status, first.body, first.header("x-one")) == (200, b"hello", "1")
    assert server.headers[0]["x-asked"] == "yes"
    assert "cookie" not in server.headers[1]


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    # A plain server is not TLS at all; curl reports a broken handshake, not a wrong certificate.
    with serving(reply()) as server:
        url = server.url.replace("http://", "https://")
        with pytest.raises((TransportError, SecurityError)):
            CurlWire(trust_env=False, max_bytes=1000)(Outgoing("GET", url, {}), 0.6)


@pytest.mark.parametrize(
    ("url", "kind"),
    [("http://127.0.0.1:1/x?token=secret", Unreachable)],
)
def test_the_query_is_not_repeated_in_an_error(url: str, kind: type[StockAssetsError]) -> None:
    with pytest.raises(kind) as caught:
        CurlWire(trust_env=False, max_bytes=1000)(Outgoing("GET", url, {}), 5)
    assert "secret" not in str(caught.value)


def test_a_broken_connection_says_how_far_it_got() -> None:
    with serving(stub.cut_off(b"x" * 100, 40)) as server:
        wire = CurlWire(trust_env=False, max_bytes=1000)
        with pytest.raises(TransportError) as caught:
            wire(Outgoing("GET", server.url, {}), 5)
    assert caught.value.context["bytes_received"] == 40


def test_a_try_that_breaks_in_one_thread_leaves_those_of_the_others_alone() -> None:
    whole, half = reply(b"x" * 50_000), stub.cut_off(b"x" * 50_000, 40_000)
    with serving(*[whole, half] * 40) as server, ThreadPoolExecutor(8) as threads:
        wire = CurlWire(trust_env=False, max_bytes=100_000)

        def ask(_: int) -> int:
            try:
                return len(wire(Outgoing("GET", server.url, {}), 20).body)
            except TransportError:
                return 0

        came = set(threads.map(ask, range(80)))
    assert came == {0, 50_000}


def test_neither_headers_nor_bodies_are_in_a_description() -> None:
    shown = repr(Outgoing("GET", "u", {"Authorization": "secret"}, b"secret"))
    shown += repr(Incoming(200, (("Set-Cookie", "secret"),), b"secret"))
    assert "secret" not in shown
