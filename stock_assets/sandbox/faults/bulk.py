"""Bodies of any size for crooked answers, never whole in memory.

Belongs here: blanks by the megabyte, rows by the million, streams that do not unpack, cutting it
all into pieces. Does not belong here: the pace at which they are written (writing.py).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Final

from stock_assets.sandbox.faults import rows
from stock_assets.sandbox.faults.action import Crooked
from stock_assets.sandbox.faults.documents import encoded

Segments = list[tuple[bytes, int]]
"""A body as pieces, each with how often it is repeated."""

_JOINED: Final = 65_536
_BLANKS: Final = b" " * 1_000_000
_GZIP: Final = 16 + zlib.MAX_WBITS


def made(answer: Crooked, packed: bytes) -> Segments:
    """The body in the answer's manner; ``packed`` is the regular one."""
    manner = answer.manner
    if manner.rows:
        return _grown(answer.body, manner.rows)
    if manner.mb:
        return [(answer.body, 1), (_BLANKS, manner.mb)]
    return [(_broken(answer.body) if manner.is_gzip_broken else packed, 1)]


def size_of(body: Segments) -> int:
    """In bytes."""
    return sum(len(segment) * times for segment, times in body)


def cut(body: Segments, size: int, most: int) -> Iterator[bytes]:
    """The first ``most`` bytes of a body in pieces of ``size``, the last one shorter."""
    waiting = bytearray()
    for segment, times in body:
        # Short segments are joined first: one row at a time would be slow.
        joined = max(1, min(times, _JOINED // max(1, len(segment))))
        whole, rest = divmod(times, joined)
        for data in chain(repeat(segment * joined, whole), [segment * rest]):
            waiting += data[:most]
            most -= min(most, len(data))
            while len(waiting) >= size:
                yield bytes(waiting[:size])
                del waiting[:size]
            if most == 0:
                break
    if waiting:
        yield bytes(waiting)


def _broken(body: bytes) -> bytes:
    """A gzip stream of which half can be unpacked; then comes a block of a type that is none."""
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    half = packer.compress(body[: len(body) // 2]) + packer.flush(zlib.Z_FULL_FLUSH)
    return half + b"\x07" * 32


def _grown(body: bytes, wanted: int) -> Segments:
    """The JSON with its rows repeated until there are ``wanted``; as it is when it has none."""
    try:
        root = [json.loads(body)]
    except (ValueError, RecursionError):
        return [(body, 1)]
    found = rows.found(root)
    contents: dict[bytes, list[object]] = {}
    for number, (holder, key) in enumerate(found.lists() if found else []):
        mark = f"\0rows {number}\0"
        contents[encoded(mark)], holder[key] = holder[key], mark
    text = encoded(root[0])
    segments, at = [], 0
    # The marks stand in the text in the document's order, which need not be that of the lists.
    for place, written in sorted((text.index(written), written) for written in contents):
        segments += [(text[at:place], 1), *_repeated(contents[written], wanted)]
        at = place + len(written)
    return [*segments, (text[at:], 1)]


def _repeated(items: list[object], wanted: int) -> Segments:
    """A list of the items, over and over until there are as many as wanted."""
    times, rest = divmod(wanted, len(items)) if items else (0, 0)
    whole, part = encoded(items)[1:-1], encoded(items[:rest])[1:-1]
    if times == 0:
        return [(b"[" + part + b"]", 1)]
    tail = b"," + part if part else b""
    return [(b"[", 1), (whole + b",", times - 1), (whole + tail + b"]", 1)]
