from __future__ import annotations

import pytest

from stock_assets.sandbox.faults.documents import AGAIN, edited, encoded
from stock_assets.sandbox.wire import Answer


def test_a_byte_order_mark_stays_in_front() -> None:
    answer = Answer(200, b'\xef\xbb\xbf{"a":1}', "application/json")
    assert edited(answer, lambda _: {"a": 2}).body == b'\xef\xbb\xbf{"a":2}'
    assert edited(answer, lambda same: same) is answer


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_cannot_be_opened_is_left_as_it_is(body: bytes) -> None:
    answer = Answer(200, body, "application/json")
    assert edited(answer, lambda _: {"a": 2}) is answer


def test_a_key_can_stand_twice() -> None:
    assert encoded({"a": 1, f"a{AGAIN}": 2}) == b'{"a":1,"a":2}'
