from __future__ import annotations

import gzip
import socket
import time

import httpx
import pytest

from stock_assets.errors import PortInUse
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.server import RunningTwin, address_of, listen, running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE

CHART = "/yahoo/query2.finance.yahoo.com/v8/finance/chart"


def test_it_listens_on_this_machine_alone(twin: RunningTwin) -> None:
    assert twin.url.startswith("http://127.0.0.1:")
    with listen(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert address_of(listener).startswith("http://127.0.0.1:")


def test_a_port_in_use_is_said(truth: Truth) -> None:
    with listen(0) as taken:
        port = taken.getsockname()[1]
        refused = pytest.raises(PortInUse, match=rf"127\.0\.0\.1:{port}: cannot listen there")
        with refused, running_twin(truth, port=port):
            pass


def test_it_answers_to_its_own_name_only(http: httpx.Client) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:80"):
        refused = http.get("/__sandbox__/health", headers={"Host": host})
        assert refused.status_code == 421
    assert http.get("/__sandbox__/health", headers={"Host": "localhost:1"}).status_code == 200


def test_double_slashes_and_unknown_parameters_do_not_matter(
    http: httpx.Client, twin: RunningTwin
) -> None:
    plain = http.get(f"{CHART}/AAPL?range=5d")
    twice = http.get(
        f"{twin.url}/{CHART.replace('/v8', '//v8')}/AAPL?range=5d&colour=blue&x%5B%5D=1"
    )
    assert twice.status_code == 200
    assert twice.json() == plain.json()


def test_bodies_are_compressed_when_asked_and_only_then(http: httpx.Client) -> None:
    path = f"{CHART}/AAPL?range=1y"
    plain = http.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert int(plain.headers["content-length"]) == len(plain.content)
    with http.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) == len(raw) < len(plain.content) / 2
    assert gzip.decompress(raw) == plain.content


def test_head_gives_the_headers_of_get_without_its_body(http: httpx.Client) -> None:
    path, identity = f"{CHART}/AAPL?range=1y", {"Accept-Encoding": "identity"}
    head, get = http.head(path, headers=identity), http.get(path, headers=identity)
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.status_code == 200


def test_a_connection_serves_many_requests(twin: RunningTwin) -> None:
    host, port = twin.url.removeprefix("http://").split(":")
    request = f"GET /yahoo/fc.yahoo.com/ HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(request)
            assert connection.recv(65_536).startswith(b"HTTP/1.1 404")


def test_the_date_is_the_twins(http: httpx.Client) -> None:
    answer = http.get("/__sandbox__/health")
    assert answer.headers["date"] == "Sat, 21 Nov 2026 06:30:00 GMT"
    assert "server" not in answer.headers


def test_too_large_a_body_is_refused(http: httpx.Client) -> None:
    answer = http.post("/yahoo/consent.yahoo.com/v2/collectConsent", content=b"x" * 1_000_001)
    assert answer.status_code == 413


def test_a_strange_length_is_refused_without_a_crash(twin: RunningTwin) -> None:
    host, port = twin.url.removeprefix("http://").split(":")
    request = f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: many\r\n\r\n".encode()
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 400")


def test_a_chart_of_ten_years_takes_milliseconds(http: httpx.Client) -> None:
    path = f"{CHART}/AAPL?period1=1420070400&period2=1735689600"
    count = len(http.get(path).json()["chart"]["result"][0]["timestamp"])
    assert count > 2_500
    started = time.perf_counter()
    for _ in range(20):
        http.get(path, headers={"Accept-Encoding": "identity"})
    assert (time.perf_counter() - started) / 20 < 0.1


def test_a_twin_stops_when_its_block_ends(truth: Truth) -> None:
    with running_twin(truth, TwinClock(AFTER_THE_CLOSE)) as twin:
        httpx.get(f"{twin.url}/__sandbox__/health", trust_env=False)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{twin.url}/__sandbox__/health", trust_env=False)
