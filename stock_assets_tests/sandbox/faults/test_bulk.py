from __future__ import annotations

import json
import tracemalloc

import pytest

from stock_assets.sandbox.faults import bulk
from stock_assets.sandbox.faults.action import Crooked, Manner


def _made(body: bytes, manner: Manner) -> bytes:
    answer = Crooked(200, body, "application/json", manner=manner)
    segments = bulk.made(answer, b"packed")
    whole = b"".join(bulk.cut(segments, 1_000, bulk.size_of(segments)))
    assert len(whole) == bulk.size_of(segments)
    return whole


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_pieces_are_equal_but_for_the_last(size: int) -> None:
    body = [(b"abc", 5), (b"", 3), (b"0123456789", 12)]
    whole = b"abc" * 5 + b"0123456789" * 12
    for most in (0, 1, 20, 134, 135):
        pieces = list(bulk.cut(body, size, most))
        assert b"".join(pieces) == whole[:most]
        assert {len(piece) for piece in pieces[:-1]} <= {size}


def test_rows_that_are_not_there_cannot_be_repeated() -> None:
    for body in (b'{"status":"OK"}', b"<html>", b"[]", b'"text"'):
        assert _made(body, Manner(rows=10)) == body


def test_bare_lists_and_columns_in_any_order_grow() -> None:
    rows = json.loads(_made(b'[{"a": 1}, {"a": 2}]', Manner(rows=5)))
    assert [row["a"] for row in rows] == [1, 2, 1, 2, 1]
    candles = b'{"c": [1, 2], "s": "ok", "t": [1740978000, 1741064400], "v": [3, 4]}'
    grown = json.loads(_made(candles, Manner(rows=3)))
    assert grown == {
        "c": [1, 2, 1], "s": "ok", "t": [1740978000, 1741064400, 1740978000], "v": [3, 4, 3],
    }  # fmt: skip


def test_a_huge_body_is_never_whole_in_memory() -> None:
    answer = Crooked(200, b'[{"a": 1}]', "application/json", manner=Manner(rows=30_000_000))
    segments = bulk.made(answer, b"")
    size = bulk.size_of(segments)
    assert size > 200_000_000
    tracemalloc.start()
    try:
        assert sum(len(piece) for piece in bulk.cut(segments, 65_536, size)) == size
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
