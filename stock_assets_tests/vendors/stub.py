"""A loopback server that misbehaves on purpose, byte by byte.

Belongs here: the faults that no well-behaved server can be asked for.
Does not belong here: what vendors say when all is well (the twin knows).
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

Reply = Callable[[socket.socket], None]

_PATIENCE_S: Final = 5.0


@dataclass
class Stub:
    """Answers the n-th request with the n-th reply, and the last reply from then on."""

    replies: Sequence[Reply]
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def serve(self, server: socket.socket) -> None:
        """Accept until the socket is closed."""
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                part = connection.recv(65_536)
                if not part:
                    return
                head += part
            lines = head.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
            number = len(self.asked)
            self.asked.append(" ".join(lines[0].split(" ")[:2]))
            pairs = (line.split(": ", 1) for line in lines[1:])
            self.headers.append({name.lower(): value for name, value in pairs})
            self.replies[min(number, len(self.replies) - 1)](connection)


@contextlib.contextmanager
def serving(*replies: Reply) -> Iterator[Stub]:
    """A stub on a free port."""
    stub = Stub(replies)
    server = socket.create_server(("127.0.0.1", 0))
    stub.url = f"http://127.0.0.1:{server.getsockname()[1]}"
    threading.Thread(target=stub.serve, args=(server,), daemon=True).start()
    try:
        yield stub
    finally:
        # Closing alone would leave a thread that waits in accept listening.
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def reply(body: bytes = b"{}", status: int = 200, **headers: str) -> Reply:
    """A whole answer. Header names use underscores for dashes."""

    def send(connection: socket.socket) -> None:
        given = {"Content_Type": "application/json", "Content_Length": str(len(body)), **headers}
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items())
        connection.sendall(
            f"HTTP/1.1 {status} X\r\n{lines}Connection: close\r\n\r\n".encode() + body
        )

    return send


def json_reply(content: object, status: int = 200, **headers: str) -> Reply:
    """A whole JSON answer."""
    return reply(orjson.dumps(content), status, **headers)


def hang(connection: socket.socket) -> None:
    """Accept and never answer."""
    connection.settimeout(_PATIENCE_S)
    connection.recv(1)


def drip(connection: socket.socket) -> None:
    """One byte every twentieth of a second: no single read ever times out."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(int(_PATIENCE_S * 20)):
        connection.sendall(b" ")
        time.sleep(0.05)


def close_at_once(connection: socket.socket) -> None:
    """Hang up without a word."""
    connection.shutdown(socket.SHUT_RDWR)


def cut_off(body: bytes, kept: int) -> Reply:
    """Announce all of the body, send only the beginning."""

    def send(connection: socket.socket) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        connection.sendall(head + body[:kept])

    return send


def huge(connection: socket.socket) -> None:
    """Send without end and without saying how much."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[")
    for _ in range(10_000):
        connection.sendall(b"0," * 50_000)


def bomb(size: int) -> Reply:
    """A small gzip that becomes large."""
    return reply(gzip.compress(b"[" + b" " * size + b"]"), Content_Encoding="gzip")


def bad_gzip(connection: socket.socket) -> None:
    """Say gzip and send something else."""
    reply(b"0123456789", Content_Encoding="gzip")(connection)
