"""JSON in which one key stands twice in an object: readers keep the last value in silence.

Belongs here: finding such keys. Does not belong here: any vendor's format.
"""

from __future__ import annotations

import json
from typing import Any


def doubled_key(body: bytes) -> str | None:
    """A key that stands twice in one object with different values; None where there is none.

    ``body``: one whole JSON document in UTF-8. The same value twice is no contradiction. A
    document that is nested too deeply to be looked through counts as one with such a key.
    """
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
