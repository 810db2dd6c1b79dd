"""Crooked answers onto the wire, past everything that would set them right.

Belongs here: head, pace and ending as the manner says. Does not belong here: which manner
(manners.py), what body (bulk.py), the connection (line.py).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from stock_assets.sandbox.faults import bulk
from stock_assets.sandbox.faults.action import LONGEST_S, Crooked, Manner
from stock_assets.sandbox.faults.line import SCOPE_KEY, Line

_PIECE: Final = 65_536
_TICK_S: Final = 0.1
_FAREWELL_S: Final = 5.0

_Gone = asyncio.Future[None]


class CrookedResponse:
    """An ASGI application that writes one crooked answer.

    Args:
        answer: what to write, and in what manner.
        plain: the same answer as it would regularly be written.
        packed: its body, compressed if the asker takes that.
        is_head: whether only the headers were asked for.
    """

    def __init__(self, answer: Crooked, plain: Response, packed: bytes, *, is_head: bool) -> None:
        self._answer, self._plain = answer, plain
        self._packed, self._is_head = packed, is_head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write it, for as long as the asker listens and the server runs."""
        line: Line = scope["state"][SCOPE_KEY]
        manner = self._answer.manner
        gone = asyncio.ensure_future(_departure(receive))
        try:
            with line.held():
                await _pause(gone, manner.wait_s)
                if manner != Manner(wait_s=manner.wait_s):
                    await self._write(line, gone)
        finally:
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone
        if line.is_open:
            await self._plain(scope, receive, send)

    async def _write(self, line: Line, gone: _Gone) -> None:
        """All of it, and the end of the connection."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_S):
                if not self._answer.manner.is_silent:
                    await self._head_and_body(line, gone)
                await _end(line, gone, self._answer.manner)
        line.abort()
        await asyncio.wait({gone})

    async def _head_and_body(self, line: Line, gone: _Gone) -> None:
        manner = self._answer.manner
        body = bulk.made(self._answer, self._packed)
        size = bulk.size_of(body)
        await line.write(_head(self._answer, self._plain, size))
        most = 0 if self._is_head else size
        if manner.ending != "regular":
            most = max(0, min(most - 1, manner.after_bytes or 0))
        drop, seconds_per_byte, pause_s = _pace(manner, size)
        for piece in bulk.cut(body, drop, most):
            if not line.is_open:
                break
            await line.write(piece)
            await _pause(gone, pause_s + seconds_per_byte * len(piece))


async def _departure(receive: Receive) -> None:
    """Ends when the asker has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _pause(gone: _Gone, seconds: float) -> None:
    """Wait, but not for somebody who has gone."""
    if seconds > 0:
        await asyncio.wait({gone}, timeout=seconds)


async def _end(line: Line, gone: _Gone, manner: Manner) -> None:
    if manner.ending == "reset":
        await line.reset()
        return
    if manner.ending == "hang":
        await _pause(gone, manner.hang_s)
    await line.close()
    await _pause(gone, _FAREWELL_S)


def _pace(manner: Manner, size: int) -> tuple[int, float, float]:
    """How many bytes at once, seconds for each of them, seconds after each piece."""
    if manner.bytes_per_s is not None:
        drop = max(1, min(_PIECE, round(manner.bytes_per_s * _TICK_S)))
        return drop, 1 / manner.bytes_per_s, 0.0
    if manner.pieces > 1:
        return max(1, -(-size // manner.pieces)), 0.0, manner.pause_s
    return _PIECE, 0.0, 0.0


def _head(answer: Crooked, plain: Response, size: int) -> bytes:
    """Status line and headers, with the length that the manner wants."""
    manner = answer.manner
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in plain.raw_headers}
    headers["content-length"] = str(max(0, size + manner.length_by))
    if manner.mb or manner.rows:
        headers.pop("content-encoding", None)
    elif manner.is_gzip_broken:
        headers["content-encoding"] = "gzip"
    if manner.ending == "regular":
        headers["connection"] = "close"
    known = answer.status in {each.value for each in HTTPStatus}
    phrase = HTTPStatus(answer.status).phrase if known else ""
    lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
