from __future__ import annotations

import gzip
import json
import socket
import time
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE
from stock_assets_tests.sandbox.faults.conftest import BARS, CHART, length_in, raw_answer

PLAIN = {"Accept-Encoding": "identity"}


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    return call(), time.perf_counter() - started


def _vendors_own(twin: RunningTwin, path: str) -> bytes:
    return raw_answer(twin, path)[1]


@pytest.mark.parametrize("after", [0, 40, 10**9])
def test_a05_a_reset_comes_after_so_many_bytes_of_the_body(twin: RunningTwin, after: int) -> None:
    whole = _vendors_own(twin, f"{CHART}/AAPL?range=5d")
    twin.faults.set([{"action": {"kind": "reset", "after_bytes": after}}])
    head, body, ending = raw_answer(twin, f"{CHART}/AAPL?range=5d")
    assert ending == "reset"
    assert head.startswith(b"http/1.1 200 ok")
    assert length_in(head) == len(whole)
    assert body == whole[: min(after, len(whole) - 1)]


@pytest.mark.parametrize("after", [0, 40, 10**9])
def test_a06_a_connection_is_closed_before_the_promised_length(
    twin: RunningTwin, after: int
) -> None:
    whole = _vendors_own(twin, f"{CHART}/AAPL?range=5d")
    twin.faults.set([{"action": {"kind": "close", "after_bytes": after}}])
    head, body, ending = raw_answer(twin, f"{CHART}/AAPL?range=5d")
    assert ending == "closed"
    assert length_in(head) == len(whole) > len(body)
    assert body == whole[: min(after, len(whole) - 1)]


@pytest.mark.parametrize(("kind", "ending"), [("reset", "reset"), ("close", "closed")])
def test_without_a_number_of_bytes_there_is_not_even_a_status(
    twin: RunningTwin, kind: str, ending: str
) -> None:
    twin.faults.set([{"action": {"kind": kind}}])
    assert raw_answer(twin, BARS) == (b"", b"", ending)
    assert twin.requests()[-1]["status"] == 0


def test_a03_a_server_that_hangs_ends_by_itself_in_the_end(twin: RunningTwin) -> None:
    twin.faults.set([{"action": {"kind": "hang", "max_s": 0.2}}])
    answer, seconds = _timed(lambda: raw_answer(twin, BARS))
    assert answer == (b"", b"", "closed")
    assert seconds >= 0.2
    twin.faults.set([{"action": {"kind": "hang", "max_s": 0.2, "after_bytes": 7}}])
    (_, body, ending), seconds = _timed(lambda: raw_answer(twin, BARS))
    assert (len(body), ending) == (7, "closed")
    assert seconds >= 0.2


def test_those_who_give_up_on_a_hanging_request_can_ask_again(
    twin: RunningTwin, http: httpx.Client
) -> None:
    twin.faults.set([{"action": {"kind": "hang", "max_s": 500}, "times": 3}])
    for _ in range(3):
        with pytest.raises(httpx.ReadTimeout):
            http.get(BARS, timeout=0.05)
    assert http.get(BARS).status_code == 200


@pytest.mark.parametrize(
    "action",
    [
        {"kind": "hang", "max_s": 500},
        {"kind": "hang", "max_s": 500, "after_bytes": 10},
        {"kind": "delay", "ms": 500_000},
        {"kind": "delay", "ms": 100_000, "where": "between_chunks"},
        {"kind": "slow_drip", "bytes_per_s": 1},
    ],
)
def test_a_twin_that_stops_does_not_wait_for_those_it_keeps_waiting(
    truth: Truth, action: dict[str, Any]
) -> None:
    with running_twin(truth, TwinClock(AFTER_THE_CLOSE)) as twin:
        twin.faults.set([{"action": action}])
        host, port = twin.url.removeprefix("http://").split(":")
        kept = socket.create_connection((host, int(port)), timeout=10)
        kept.sendall(f"GET {BARS} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        while not twin.requests():
            time.sleep(0.01)
        started = time.perf_counter()
    assert time.perf_counter() - started < 1.8
    kept.close()


def test_a_delay_comes_before_the_headers(twin: RunningTwin, http: httpx.Client) -> None:
    twin.faults.set([{"action": {"kind": "delay", "ms": 150}}])
    answer, seconds = _timed(lambda: http.get(BARS))
    assert seconds >= 0.15
    assert answer.status_code == 200


def test_a_delay_between_chunks_leaves_the_headers_in_time(
    twin: RunningTwin, http: httpx.Client
) -> None:
    whole = http.get(BARS, headers=PLAIN).json()["results"]
    twin.faults.set(
        [{"action": {"kind": "delay", "ms": 80, "where": "between_chunks", "chunks": 5}}]
    )
    started = time.perf_counter()
    with http.stream("GET", BARS, headers=PLAIN) as slow:
        until_headers = time.perf_counter() - started
        pieces = list(slow.iter_raw())
    assert time.perf_counter() - started >= 0.3
    assert until_headers < (time.perf_counter() - started) / 2
    assert len(pieces) > 1
    assert json.loads(b"".join(pieces))["results"] == whole


def test_a04_no_single_read_waits_for_long_in_a_slow_drip(
    twin: RunningTwin, http: httpx.Client
) -> None:
    twin.faults.set([{"action": {"kind": "slow_drip", "bytes_per_s": 1_200}}])
    answer, seconds = _timed(lambda: http.get(BARS, headers=PLAIN, timeout=1.0))
    assert len(answer.json()["results"]) == answer.json()["resultsCount"]
    assert seconds > 1.0


def test_a07_a_corrupt_stream_says_gzip_whether_asked_or_not(
    twin: RunningTwin, http: httpx.Client
) -> None:
    whole = _vendors_own(twin, f"{CHART}/AAPL?range=1y")
    twin.faults.set([{"action": {"kind": "gzip_corrupt"}}])
    head, body, _ = raw_answer(twin, f"{CHART}/AAPL?range=1y")
    assert b"content-encoding: gzip" in head
    assert length_in(head) == len(body)
    half = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(body[:-32])
    assert half == whole[: len(whole) // 2]
    with pytest.raises(zlib.error):
        gzip.decompress(body)
    with pytest.raises(httpx.DecodingError):
        http.get(f"{CHART}/AAPL?range=1y")


@pytest.mark.parametrize("by", [25, -25])
def test_a07_the_length_is_wrong_by_so_many_bytes(twin: RunningTwin, by: int) -> None:
    path = f"{CHART}/AAPL?range=5d"
    whole = _vendors_own(twin, path)
    twin.faults.set([{"action": {"kind": "wrong_length", "by": by}}])
    head, body, _ = raw_answer(twin, path)
    assert body == whole
    assert length_in(head) == len(whole) + by


def test_a07_a_length_too_short_cuts_what_the_asker_reads(
    twin: RunningTwin, http: httpx.Client
) -> None:
    twin.faults.set([{"action": {"kind": "wrong_length"}}])
    with pytest.raises(json.JSONDecodeError):
        http.get(BARS, headers=PLAIN).json()
    twin.faults.clear()
    assert http.get(BARS, headers=PLAIN).json()["status"] == "OK"


def test_c12_blanks_make_an_answer_of_any_size(twin: RunningTwin, http: httpx.Client) -> None:
    twin.faults.set([{"action": {"kind": "huge", "mb": 12}}])
    answer = http.get(BARS)
    assert int(answer.headers["content-length"]) == len(answer.content) > 12_000_000
    assert "content-encoding" not in answer.headers
    assert answer.json()["status"] == "OK"


@pytest.mark.parametrize("wanted", [1, 15, 100_003])
def test_c12_rows_are_repeated_until_there_are_enough(
    twin: RunningTwin, http: httpx.Client, wanted: int
) -> None:
    few = http.get(BARS).json()["results"]
    assert len(few) == 15
    twin.faults.set([{"action": {"kind": "huge", "rows": wanted}}])
    many = http.get(BARS).json()["results"]
    assert len(many) == wanted
    assert many[:15] == few[:wanted]
    assert many[-1] == few[(wanted - 1) % 15]


def test_c12_lists_side_by_side_grow_together(twin: RunningTwin, http: httpx.Client) -> None:
    twin.faults.set([{"action": {"kind": "huge", "rows": 1_234}}])
    chart = http.get(f"{CHART}/AAPL?range=5d").json()["chart"]["result"][0]
    lists = [chart["timestamp"], *chart["indicators"]["quote"][0].values()]
    assert {len(values) for values in lists} == {1_234}
    assert len(chart["indicators"]["adjclose"][0]["adjclose"]) == 1_234
    assert len(chart["meta"]["validRanges"]) < 20


def test_a_huge_answer_can_be_cut_off_as_well(twin: RunningTwin) -> None:
    twin.faults.set(
        [
            {"action": {"kind": "huge", "mb": 5_000}},
            {"action": {"kind": "close", "after_bytes": 3_000_000}},
        ]
    )
    head, body, ending = raw_answer(twin, BARS)
    assert (len(body), ending) == (3_000_000, "closed")
    assert length_in(head) > 5_000_000_000


def test_a_head_request_gets_the_headers_of_the_fault_and_no_body(twin: RunningTwin) -> None:
    whole = _vendors_own(twin, f"{CHART}/AAPL?range=5d")
    twin.faults.set([{"action": {"kind": "wrong_length", "by": 3}}])
    head, body, _ = raw_answer(twin, f"{CHART}/AAPL?range=5d", method="HEAD")
    assert body == b""
    assert length_in(head) == len(whole) + 3


@pytest.mark.parametrize(
    "action",
    [
        {"kind": "delay", "ms": -1},
        {"kind": "delay", "ms": 1, "where": "behind"},
        {"kind": "hang", "max_s": 100_000},
        {"kind": "reset", "after_bytes": -1},
        {"kind": "close", "after_bytes": 1.5},
        {"kind": "slow_drip", "bytes_per_s": 0},
        {"kind": "slow_drip"},
        {"kind": "gzip_corrupt", "much": True},
        {"kind": "wrong_length", "by": 0},
        {"kind": "huge"},
        {"kind": "huge", "mb": 1, "rows": 1},
    ],
)
def test_what_cannot_be_done_is_refused(twin: RunningTwin, action: dict[str, Any]) -> None:
    key = {"X-Sandbox-Token": twin.token}
    refused = httpx.post(
        f"{twin.url}/__sandbox__/faults", json=[{"action": action}], headers=key, trust_env=False
    )
    assert refused.status_code == 400
    assert f"0.action.{action['kind']}" in refused.json()["error"]
