"""Changes of single places in a JSON document: what vendors have really sent, done on purpose.

Belongs here: the operations. Does not belong here: finding places (jsonpath.py), whole rows
(rows.py).

=========  =========================================================================================
drop       the place is gone: a key with its value, or an element of a list
null       the value is null
set        the value is ``value``; a key that was not there is added
rename     the key is ``value``
scale      the number (or number in a string) times ``value``
shift      the number plus ``value``; an ISO date ``value`` days later
duplicate  in a list: once more behind itself, ``value`` times if it is a number, with ``value``'s
           keys if it is an object and the element too, else ``value`` instead of the copy.
           In an object: the key stands twice, the second time with ``value`` if given
reorder    a list or an object backwards, or shuffled with the seed ``value``
type       written as ``value``: ``string`` (default), ``number``, ``boolean``, ``list``, ``object``
insert     ``value`` before the element ``[n]`` (``[-1]``: at the end), or under a key
=========  =========================================================================================
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any, Final, Literal, get_args

from stock_assets.sandbox.faults.documents import AGAIN
from stock_assets.sandbox.faults.jsonpath import Slot, Step, slots
from stock_assets.sandbox.faults.values import moved, scaled

Operation = Literal[
    "drop", "null", "set", "rename", "scale", "shift", "duplicate", "reorder", "type", "insert"
]
_TYPES: Final = ("string", "number", "boolean", "list", "object")
_MOST_COPIES: Final = 100_000


def wrong_value(op: Operation, steps: tuple[Step, ...], value: object, *, is_given: bool) -> str:
    """Why an operation cannot be done with this value at such a path; "" when it can."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not steps and op in ("drop", "rename", "duplicate", "insert"):
        return f"'{op}' needs a place within the document, not $ itself"
    if op in ("drop", "null") and is_given:
        return f"'{op}' takes no value"
    if op in ("set", "insert") and not is_given:
        return f"'{op}' needs a value"
    if op in ("scale", "shift") and not is_number:
        return f"'{op}' needs a number"
    if op == "rename" and not isinstance(value, str):
        return "'rename' needs the new key"
    if op == "reorder" and value != "reverse" and is_given and not isinstance(value, int):
        return "'reorder' takes 'reverse' or a seed"
    if op == "type" and is_given and value not in _TYPES:
        return f"'type' takes one of {', '.join(_TYPES)}"
    if op == "duplicate" and isinstance(value, int) and not 1 <= value <= _MOST_COPIES:
        return f"'duplicate' makes 1 to {_MOST_COPIES} copies"
    if op == "insert" and steps and steps[-1] is None:
        return "'insert' needs a key or an index at the end of the path"
    return ""


def mutated(
    document: object, steps: tuple[Step, ...], op: Operation, value: object, *, is_given: bool
) -> object:
    """The document with the operation done at every place that the steps lead to."""
    root = [document]
    inner: tuple[Step, ...] = (0, *steps)
    if op == "insert" or (op == "set" and isinstance(inner[-1], str)):
        for holder, key in slots(root, inner[:-1]):
            _insert(holder[key], inner[-1], copy.deepcopy(value))
        return root[0]
    # From the back, so that what is added or taken away moves no place still to come.
    for slot in reversed(slots(root, inner)):
        _OPERATIONS[op](slot, value, is_given)
    return root[0]


def _insert(holder: Any, step: Step, value: object) -> None:
    if isinstance(holder, dict) and isinstance(step, str):
        holder[step] = value
    elif isinstance(holder, list) and isinstance(step, int):
        at = step if step >= 0 else len(holder) + 1 + step
        holder.insert(max(at, 0), value)


def _drop(slot: Slot, _value: object, _is_given: bool) -> None:
    holder, key = slot
    del holder[key]


def _change(change: Callable[[Any, Any], object]) -> Callable[[Slot, object, bool], None]:
    """An operation that puts a new value in the place of the old one."""

    def operation(slot: Slot, value: object, _is_given: bool) -> None:
        holder, key = slot
        holder[key] = change(holder[key], value)

    return operation


def _rename(slot: Slot, value: object, _is_given: bool) -> None:
    holder, key = slot
    if isinstance(holder, dict):
        renamed = {str(value) if name == key else name: item for name, item in holder.items()}
        holder.clear()
        holder.update(renamed)


def _duplicate(slot: Slot, value: object, is_given: bool) -> None:
    holder, key = slot
    former = holder[key]
    if isinstance(holder, dict):
        items = list(holder.items())
        second = (f"{key}{AGAIN}", copy.deepcopy(value if is_given else former))
        items.insert(list(holder).index(key) + 1, second)
        holder.clear()
        holder.update(items)
    elif isinstance(value, int):
        holder[key + 1 : key + 1] = [copy.deepcopy(former) for _ in range(value)]
    elif isinstance(value, dict) and isinstance(former, dict):
        holder.insert(key + 1, copy.deepcopy(former | value))
    else:
        holder.insert(key + 1, copy.deepcopy(value if is_given else former))


def _reordered(former: object, value: object) -> object:
    items = list(former.items()) if isinstance(former, dict) else former
    if not isinstance(items, list):
        return former
    if isinstance(value, int):
        random.Random(value).shuffle(items)  # noqa: S311 - a seeded order, no secret
    else:
        items.reverse()
    return dict(items) if isinstance(former, dict) else items


def _retyped(former: object, value: object) -> object:
    match value:
        case "number":
            try:
                number = json.loads(str(former))
            except ValueError:
                return 0
            return number if isinstance(number, int | float) else 0
        case "boolean":
            return bool(former)
        case "list":
            return former if isinstance(former, list) else [former]
        case "object":
            return former if isinstance(former, dict) else {"value": former}
    return former if isinstance(former, str) else json.dumps(former)


_OPERATIONS: Final[dict[Operation, Callable[[Slot, object, bool], None]]] = {
    "drop": _drop,
    "null": _change(lambda former, value: None),
    "set": _change(lambda former, value: copy.deepcopy(value)),
    "rename": _rename,
    "scale": _change(scaled),
    "shift": _change(moved),
    "duplicate": _duplicate,
    "reorder": _change(_reordered),
    "type": _change(_retyped),
}
assert {*_OPERATIONS, "insert"} == set(get_args(Operation))
