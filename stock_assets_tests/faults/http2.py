"""A server that speaks HTTP/2 over TLS, breaks off one answer, and keeps the connection open.

Belongs here: the few frames that this takes (RFC 9113), and which request came over which
connection. Does not belong here: HTTP/1.1, of which the twin has all manners.
"""

from __future__ import annotations

import itertools
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

HOST: Final = "localhost"
BODY: Final = b'{"all":"of it"}'
PART: Final = BODY[:5]
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING = 0x0, 0x1, 0x3, 0x4, 0x6
_END_STREAM, _ACK, _END_HEADERS = 0x1, 0x1, 0x4
_STATUS_200: Final = b"\x88"
"""``:status: 200`` of HPACK's static table."""
_INTERNAL_ERROR: Final = struct.pack(">I", 2)
_PATIENCE_S: Final = 5.0


@dataclass
class Server:
    """``url``: where it listens. ``asked``: the number of the connection of each request."""

    url: str
    broken: frozenset[int]
    is_silent: bool
    asked: list[int] = field(default_factory=list)


@contextmanager
def http2_server(certificate: Path, *broken: int, is_silent: bool = False) -> Iterator[Server]:
    """Serve with this certificate (and key), made out to :data:`HOST`.

    ``broken``: the requests, counted from 0, whose answers break off in the middle of the body:
    the stream is reset, or nothing more comes on it where ``is_silent``.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["h2"])
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"https://{HOST}:{listener.getsockname()[1]}/"
    server = Server(url, frozenset(broken), is_silent)

    def listen() -> None:
        with suppress(OSError):
            for number in itertools.count():
                connection, _ = listener.accept()
                connection.settimeout(_PATIENCE_S)
                threading.Thread(target=attend, args=(connection, number), daemon=True).start()

    def attend(connection: socket.socket, number: int) -> None:
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as tunnel:
            _attend(server, tunnel, number)

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _attend(server: Server, tunnel: ssl.SSLSocket, number: int) -> None:
    reader = tunnel.makefile("rb")
    if reader.read(len(_PREFACE)) != _PREFACE:
        return
    tunnel.sendall(_frame(_SETTINGS))
    while len(head := reader.read(9)) == 9:
        kind, flags = head[3], head[4]
        payload = reader.read(int.from_bytes(head[:3], "big"))
        if kind == _SETTINGS and not flags & _ACK:
            tunnel.sendall(_frame(_SETTINGS, flags=_ACK))
        elif kind == _PING and not flags & _ACK:
            tunnel.sendall(_frame(_PING, payload, flags=_ACK))
        elif kind == _HEADERS:
            is_broken = len(server.asked) in server.broken
            server.asked.append(number)
            tunnel.sendall(_answer(head[5:9], is_broken=is_broken, is_silent=server.is_silent))


def _answer(stream: bytes, *, is_broken: bool, is_silent: bool) -> bytes:
    begun = _frame(_HEADERS, _STATUS_200, stream, _END_HEADERS)
    if not is_broken:
        return begun + _frame(_DATA, BODY, stream, _END_STREAM)
    begun += _frame(_DATA, PART, stream)
    return begun if is_silent else begun + _frame(_RESET, _INTERNAL_ERROR, stream)


def _frame(kind: int, payload: bytes = b"", stream: bytes = bytes(4), flags: int = 0) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream + payload
