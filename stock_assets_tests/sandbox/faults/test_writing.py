from __future__ import annotations

import asyncio
import time

from starlette.responses import Response
from starlette.types import Message

from stock_assets.sandbox.faults.action import Crooked, Manner
from stock_assets.sandbox.faults.line import SCOPE_KEY, Line
from stock_assets.sandbox.faults.writing import CrookedResponse


class _Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self._closing

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        self._closing = True

    abort = close


async def _send(message: Message) -> None:
    raise AssertionError(message)


def _answered(manner: Manner, *, gone_after_s: float) -> tuple[bytes, float]:
    """What is written to an asker who goes after a while, and how long it takes."""
    transport = _Transport()

    async def receive() -> Message:
        await asyncio.sleep(gone_after_s)
        transport.close()
        return {"type": "http.disconnect"}

    answer = Crooked(200, b"x" * 1_000, "text/plain", manner=manner)
    response = CrookedResponse(answer, Response(b""), b"x" * 1_000, is_head=False)
    scope = {"state": {SCOPE_KEY: Line(transport)}}
    started = time.perf_counter()
    asyncio.run(response(scope, receive, _send))
    return transport.written, time.perf_counter() - started


def test_nobody_is_kept_waiting_for_who_has_gone() -> None:
    manners = (
        Manner(ending="hang", hang_s=500),
        Manner(ending="hang", hang_s=500, after_bytes=10),
        Manner(wait_s=500),
        Manner(pieces=4, pause_s=500),
        Manner(bytes_per_s=1),
    )
    for manner in manners:
        _, seconds = _answered(manner, gone_after_s=0.05)
        assert seconds < 5, manner


def test_a_drip_is_written_at_its_pace() -> None:
    written, _ = _answered(Manner(bytes_per_s=100), gone_after_s=0.55)
    body = written.partition(b"\r\n\r\n")[2]
    assert 30 <= len(body) <= 70
