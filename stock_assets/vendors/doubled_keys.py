"""JSON in which one key stands twice in an object: readers keep the last value in silence.

Belongs here: finding such keys. Does not belong here: any vendor's format.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final

import orjson

_FEW: Final = 200


def doubled_key(body: bytes, content: object = None) -> str | None:
    """A key that stands twice in one object with different values; None where there is none.

    ``body``: one whole JSON document in UTF-8. ``content``: what it was read as; with it, nearly
    all bodies are judged without being read again. The same value twice is no contradiction. A
    document that is nested too deeply to be looked through counts as one with such a key.
    """
    if content is not None and _lost_nothing(body, content):
        return None
    doubled: list[str] = []

    def keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            doubled.extend(name for name, value in pairs if found[name] != value)
        return found

    try:
        json.loads(body, object_pairs_hook=keys_once)
    except RecursionError:
        return "(nested too deeply)"
    return doubled[0] if doubled else None


def _lost_nothing(body: bytes, content: object) -> bool:
    """Whether surely as many keys were read as stand in the body, told by its colons.

    Each key that was read over takes a colon with it, and none is added but by an escape.
    """
    if b"\\u003" in body:
        return False
    colons = body.count(b":")
    if colons == _colons_in(content):
        return True
    try:
        return colons == orjson.dumps(content).count(b":")
    except orjson.JSONEncodeError:
        return False


def _colons_in(content: object) -> int:
    """The colons in JSON of it, at least: looks at a few objects, and not at lists of numbers."""
    waiting, colons = [content], 0
    for one in waiting:
        inside: Collection[Any] = ()
        if isinstance(one, dict):
            inside = one.values()
            colons += len(one) + sum(text.count(":") for text in inside if isinstance(text, str))
        elif isinstance(one, list) and one and isinstance(one[0], dict | list):
            inside = one
        if len(waiting) + len(inside) > _FEW:
            break
        waiting.extend(value for value in inside if isinstance(value, dict | list))
    return colons
