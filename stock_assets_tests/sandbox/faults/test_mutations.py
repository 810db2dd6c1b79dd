from __future__ import annotations

import copy
from typing import Any

import pytest

from stock_assets.sandbox.faults.documents import edited
from stock_assets.sandbox.faults.jsonpath import parse
from stock_assets.sandbox.faults.mutations import Operation, mutated, wrong_value
from stock_assets.sandbox.wire import Answer

NOTHING = object()
ROWS = [{"c": 1.5, "d": "2022-07-18"}, {"c": 2.5, "d": "2022-07-19"}]


def _done(document: Any, path: str, op: Operation, value: object = NOTHING) -> bytes:
    """Through bytes, because a key can stand twice in them alone."""
    is_given = value is not NOTHING
    steps, value = parse(path), value if is_given else None
    assert wrong_value(op, steps, value, is_given=is_given) == ""
    answer = Answer(200, repr(document).replace("'", '"').encode(), "application/json")
    return edited(answer, lambda opened: mutated(opened, steps, op, value, is_given=is_given)).body


@pytest.mark.parametrize(
    ("document", "path", "op", "value", "expected"),
    [
        ({"a": 1, "b": 2}, "$.a", "drop", NOTHING, b'{"b":2}'),
        ([1, 2, 3], "$[*]", "drop", NOTHING, b"[]"),
        ([1, 2, 3], "$[-1]", "drop", NOTHING, b"[1,2]"),
        ({"a": 1, "b": 2}, "$.*", "null", NOTHING, b'{"a":null,"b":null}'),
        ({"a": [1]}, "$", "null", NOTHING, b"null"),
        ({"a": 1}, "$.a", "set", "x", b'{"a":"x"}'),
        ({"a": 1}, "$.b", "set", None, b'{"a":1,"b":null}'),
        ([1, 2], "$[*]", "set", 0, b"[0,0]"),
        ({"a": 1, "b": 2, "c": 3}, "$.b", "rename", "B", b'{"a":1,"B":2,"c":3}'),
        (
            ROWS,
            "$[0].c",
            "scale",
            100,
            b'[{"c":150.0,"d":"2022-07-18"},{"c":2.5,"d":"2022-07-19"}]',
        ),
        (ROWS, "$[*].d", "shift", -1, b'[{"c":1.5,"d":"2022-07-17"},{"c":2.5,"d":"2022-07-18"}]'),
        ([1, 2], "$[0]", "duplicate", NOTHING, b"[1,1,2]"),
        ([1, 2], "$[*]", "duplicate", 2, b"[1,1,1,2,2,2]"),
        ([1, 2], "$[0]", "duplicate", "x", b'[1,"x",2]'),
        ([{"a": 1, "b": 2}], "$[0]", "duplicate", {"b": 3}, b'[{"a":1,"b":2},{"a":1,"b":3}]'),
        ({"a": 1, "b": 2}, "$.a", "duplicate", NOTHING, b'{"a":1,"a":1,"b":2}'),
        ({"a": 1, "b": 2}, "$.a", "duplicate", 9, b'{"a":1,"a":9,"b":2}'),
        ([1, 2, 3], "$", "reorder", NOTHING, b"[3,2,1]"),
        ({"x": {"a": 1, "b": 2}}, "$.x", "reorder", "reverse", b'{"x":{"b":2,"a":1}}'),
        ({"a": 1.5}, "$.a", "type", NOTHING, b'{"a":"1.5"}'),
        ({"a": "1.5"}, "$.a", "type", "number", b'{"a":1.5}'),
        ({"a": "x"}, "$.a", "type", "number", b'{"a":0}'),
        ({"a": 1}, "$.a", "type", "boolean", b'{"a":true}'),
        ({"a": 1}, "$.a", "type", "list", b'{"a":[1]}'),
        ({"a": 1}, "$.a", "type", "object", b'{"a":{"value":1}}'),
        ([1, 2], "$[0]", "insert", 0, b"[0,1,2]"),
        ([1, 2], "$[2]", "insert", 3, b"[1,2,3]"),
        ([1, 2], "$[-1]", "insert", 3, b"[1,2,3]"),
        ({"a": {}}, "$.a.b", "insert", [1], b'{"a":{"b":[1]}}'),
    ],
)
def test_each_operation_does_one_thing(
    document: Any, path: str, op: Operation, value: object, expected: bytes
) -> None:
    assert _done(document, path, op, value) == expected


@pytest.mark.parametrize("op", ["drop", "rename", "scale", "shift", "duplicate", "type"])
def test_what_is_not_there_changes_nothing_not_even_a_blank(op: Operation) -> None:
    value: Any = {"rename": "b", "scale": 2, "shift": 1}.get(op, NOTHING)
    assert _done({"a": 1}, "$.x.y", op, value) == b'{"a": 1}'


def test_a_shuffle_can_be_repeated() -> None:
    once = _done(list(range(20)), "$", "reorder", 5)
    assert once == _done(list(range(20)), "$", "reorder", 5)
    assert once != _done(list(range(20)), "$", "reorder", 6)
    assert sorted(map(int, once[1:-1].split(b","))) == list(range(20))


def test_a_value_that_is_put_in_several_places_is_not_shared() -> None:
    shared: dict[str, object] = {"deep": []}
    before = copy.deepcopy(shared)
    document: Any = mutated([{}, {}], parse("$[*].new"), "set", shared, is_given=True)
    document[0]["new"]["deep"].append(1)
    assert document[1]["new"] == before == shared


@pytest.mark.parametrize(
    ("op", "path", "value"),
    [
        ("drop", "$", NOTHING),
        ("drop", "$.a", 1),
        ("null", "$.a", None),
        ("set", "$.a", NOTHING),
        ("rename", "$.a", 1),
        ("scale", "$.a", "2"),
        ("shift", "$.a", True),
        ("duplicate", "$.a", 0),
        ("reorder", "$.a", "randomly"),
        ("type", "$.a", "integer"),
        ("insert", "$.a", NOTHING),
        ("insert", "$[*]", 1),
    ],
)
def test_an_operation_that_makes_no_sense_is_told_why(
    op: Operation, path: str, value: object
) -> None:
    is_given = value is not NOTHING
    assert op in wrong_value(op, parse(path), value, is_given=is_given)
