"""JSON that contradicts itself, and fields that are new."""

from __future__ import annotations

import logging

import orjson
import pytest

from stock_assets.vendors.doubled_keys import doubled_key
from stock_assets.vendors.novelties import tell_of_new_fields


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"a":1,"b":[{"a":2},{"a":3}]}', None),
        (b'{"a":1,"a":1}', None),
        (b'{"a":1,"a":2}', "a"),
        (b'{"x":[{"c":1.5,"d":0,"c":2.5}]}', "c"),
        (b'{"x":{"y":{"\xc3\xa9":1,"\xc3\xa9":null}}}', "\xe9"),
        (b'{"a":{"b":1},"a":{"b":2}}', "a"),
        (b"[1,2,3]", None),
        (b"[" * 100_000 + b"]" * 100_000, "(nested too deeply)"),
    ],
    ids=["none", "the same twice", "top", "row", "deep", "objects", "no object", "abyss"],
)
def test_a_key_with_two_values_in_one_object_is_found(body: bytes, key: str | None) -> None:
    assert doubled_key(body) == key


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"a":1,"b":[{"a":2},{"a":"3:4"}],"c":{"10:30":5}}', None),
        (b'{"a":1,"b":"\\u003a","a":2}', "a"),
        (b'{"a":1,"b":"::","a":2}', "a"),
        (b'{"a":"1:2","a":3}', "a"),
        (b'{"a":[1,2,{"b":3,"b":4}]}', "b"),
        (b'{"rows":[' + b",".join([b'{"o":1,"c":2}'] * 999) + b',{"o":1,"c":2,"c":3}]}', "c"),
        (b'{"rows":[' + b",".join([b'{"o":1,"c":"12:30"}'] * 999) + b"]}", None),
    ],
    ids=["none", "escaped", "colons", "lost colon", "after numbers", "many", "many, none"],
)
def test_knowing_the_content_changes_nothing_but_the_time(body: bytes, key: str | None) -> None:
    assert doubled_key(body, orjson.loads(body)) == doubled_key(body) == key


def test_a_new_field_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            tell_of_new_fields("nobody", "bars", ["o", "new\n", "newer"], {"o"})
        tell_of_new_fields("nobody", "bars", ["o", "newest"], {"o"})
    assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == [
        "new\\n, newer",
        "newest",
    ]
