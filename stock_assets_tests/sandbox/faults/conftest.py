"""One twin for all tests of faults: each test begins without any, and without a log."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import UNLIMITED_KEY, Limits
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE

BARS = "/polygon/v2/aggs/ticker/AAPL/range/1/day/2026-11-02/2026-11-20"
SPLITS = "/polygon/v3/reference/splits"
CHART = "/yahoo/query2.finance.yahoo.com/v8/finance/chart"


@pytest.fixture(scope="session")
def market(truth: Truth) -> Iterator[RunningTwin]:
    limits = Limits(speed_up=1e6)
    with running_twin(truth, TwinClock(AFTER_THE_CLOSE), limits=limits) as running:
        yield running


@pytest.fixture
def twin(market: RunningTwin) -> Iterator[RunningTwin]:
    market.twin.log.clear()
    yield market
    market.faults.clear()


def raw_answer(twin: RunningTwin, path: str, *, method: str = "GET") -> tuple[bytes, bytes, str]:
    """Head, body and how the connection ended: ``closed`` or ``reset``. Never compressed."""
    host, port = twin.url.removeprefix("http://").split(":")
    request = (
        f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {UNLIMITED_KEY}\r\n"
        "Connection: close\r\n\r\n"
    )
    received, ending = b"", "closed"
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request.encode())
        try:
            while data := connection.recv(1_000_000):
                received += data
        except ConnectionResetError:
            ending = "reset"
    head, _, body = received.partition(b"\r\n\r\n")
    return head.lower(), body, ending


def length_in(head: bytes) -> int:
    """What Content-Length promises."""
    return int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
