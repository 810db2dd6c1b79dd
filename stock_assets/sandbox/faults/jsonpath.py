"""The part of JSONPath that points at places in vendors' answers.

Belongs here: ``$``, ``.key``, ``['any key']``, ``[3]``, ``[-1]``, ``[*]``, ``.*``.
Does not belong here: what is done there (mutations.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

Step = str | int | None
"""A key, an index, or None for all of them."""

Slot = tuple[Any, Any]
"""A dict or list, and the key or (not negative) index of something in it."""

_STEP: Final = re.compile(
    r"""\.(?P<star>\*) | \.(?P<key>[^.\[\]'"*\s]+) | \[(?P<all>\*)\] | \[(?P<index>-?\d{1,9})\]
    | \['(?P<single>[^'\\]*)'\] | \[(?P<double>"(?:[^"\\]|\\.)*")\]""",
    re.VERBOSE,
)


def parse(path: str) -> tuple[Step, ...]:
    """The steps of a path below ``$``.

    Raises:
        ValueError: when it is not of the form above.
    """
    steps: list[Step] = []
    at = 1
    while path.startswith("$") and (found := _STEP.match(path, at)):
        at = found.end()
        if found["star"] or found["all"]:
            steps.append(None)
        elif found["index"]:
            steps.append(int(found["index"]))
        elif found["double"]:
            steps.append(str(json.loads(found["double"])))
        else:
            steps.append(found["key"] or found["single"] or "")
    if not path.startswith("$") or at != len(path):
        raise ValueError(
            f"not understood from {path[at - 1 :] or path!r} on; write it like "
            "$.results[0].c, $.data[*].value, $['Time Series (Daily)'][*]['4. close'], $.rows[-1]"
        )
    return tuple(steps)


def slots(root: object, steps: Iterable[Step]) -> list[Slot]:
    """The places that the steps lead to, in the document's order; what is not there is left out."""
    reached: list[Slot] = [([root], 0)]
    for step in steps:
        reached = [slot for holder, key in reached for slot in _within(holder[key], step)]
    return reached


def _within(value: object, step: Step) -> list[Slot]:
    match value, step:
        case dict(), None:
            return [(value, key) for key in value]
        case list(), None:
            return [(value, index) for index in range(len(value))]
        case dict(), str() if step in value:
            return [(value, step)]
        case list(), int() if -len(value) <= step < len(value):
            return [(value, step % len(value))]
    return []
