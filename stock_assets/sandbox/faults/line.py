"""The connection beneath one request, for answers that no HTTP library would agree to write.

Belongs here: raw bytes, closing, resetting, noticing that the other side has gone.
Does not belong here: what is written and when (writing.py).
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

SCOPE_KEY: Final = "line"
_BUFFERED: Final = 1_000_000
_POLL_S: Final = 0.005
_DELIVERY_S: Final = 0.05
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class Line:
    """One TCP connection of the server."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._is_held = False

    @property
    def is_open(self) -> bool:
        """Whether anybody can still hear us."""
        return not self._transport.is_closing()

    @contextmanager
    def held(self) -> Iterator[None]:
        """While it lasts, a server that stops does not wait for this connection."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False

    def let_go(self) -> None:
        """The server stops: break off what is held."""
        if self._is_held:
            self._transport.abort()

    async def write(self, data: bytes) -> None:
        """Write, and wait while too much is waiting to be sent."""
        if self.is_open:
            self._transport.write(data)
        await self._sent(_BUFFERED)

    async def close(self) -> None:
        """Close in an orderly way after what has been written."""
        await self._sent(0)
        self._transport.close()

    async def reset(self) -> None:
        """Reset, after giving what has been written the time to arrive."""
        await self._sent(0)
        await asyncio.sleep(_DELIVERY_S)
        if self.is_open:
            descriptor = self._transport.get_extra_info("socket").fileno()
            # Options belong to the connection, not to the descriptor; closing a connection that
            # must not linger resets it.
            with socket.socket(fileno=os.dup(descriptor)) as same:
                same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self._transport.abort()

    def abort(self) -> None:
        """Break off; what is not yet sent is lost."""
        self._transport.abort()

    async def _sent(self, most: int) -> None:
        while self.is_open and self._transport.get_write_buffer_size() > most:
            await asyncio.sleep(_POLL_S)


class _WithLine(asyncio.Protocol):
    """What is added to uvicorn's protocol: each request's scope knows its connection."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        line = Line(cast("asyncio.Transport", transport))
        self.app_state = {**self.app_state, SCOPE_KEY: line}
        super().connection_made(transport)

    def shutdown(self) -> None:
        """Called by uvicorn when the server stops."""
        self.app_state[SCOPE_KEY].let_go()
        super().shutdown()  # type: ignore[misc]


TwinProtocol = cast(
    "type[asyncio.Protocol]", type("TwinProtocol", (_WithLine, AutoHTTPProtocol), {})
)
"""uvicorn's own protocol, whichever is installed, with the line at hand."""
