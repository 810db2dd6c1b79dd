"""Answers that are read row by row: what is wrong with one row puts that row aside, and no other.

Belongs here: the rows put aside with the vendor's own words, one row per key, plain numbers.
Does not belong here: bars, which come by the million (bars.py); any vendor's format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from stock_assets.errors import ContractError
from stock_assets.tables import Table

Row = Mapping[str, Any]

_SAID_AT_MOST: Final = 4_000


@dataclass
class Aside:
    """Rows of one table that cannot be accepted.

    As a table they have the target's columns as far as they could be read, ``said`` (what
    the vendor said, as JSON, cut), ``target``, ``rule`` and ``reason``.
    """

    target: Table
    _rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, row: Row, said: object, rule: str, reason: str) -> None:
        """Put one row aside. ``row``: what could be read of it."""
        words = json.dumps(said, default=str, separators=(",", ":"))
        self._rows.append(
            {
                **row,
                "said": words[:_SAID_AT_MOST],
                "target": self.target.name,
                "rule": rule,
                "reason": reason,
            }
        )

    def table(self) -> pa.Table | None:
        """All of them, or None where there are none."""
        if not self._rows:
            return None
        more = [(name, pa.string()) for name in ("said", "target", "rule", "reason")]
        return pa.Table.from_pylist(self._rows, schema=pa.schema([*self.target.row_schema, *more]))


def one_per_key(
    target: Table, rows: Sequence[tuple[dict[str, Any], object]], aside: Aside
) -> tuple[pa.Table, int]:
    """Rows in the order of their key; identical doubles once, and how many were dropped.

    ``rows``: each row with what the vendor said. Rows of one key that differ are all put aside.
    """
    by_key: dict[tuple[Any, ...], list[tuple[dict[str, Any], object]]] = {}
    doubled = 0
    for row, said in rows:
        alike = by_key.setdefault(tuple(row[name] for name in target.key), [])
        if any(row == other for other, _ in alike):
            doubled += 1
        else:
            alike.append((row, said))
    kept = []
    for _, alike in sorted(by_key.items(), key=lambda item: item[0]):
        if len(alike) == 1:
            kept.append(alike[0][0])
            continue
        for row, said in alike:
            reason = f"{len(alike)} rows of one answer have this key and differ"
            aside.add(row, said, "one_row_per_key", reason)
    return pa.Table.from_pylist(kept, schema=target.row_schema), doubled


def number(what: str, row: Row, name: str, vendor: str) -> float | None:
    """A number, or None where the field is missing or null. Text is never taken for a number.

    Raises:
        ContractError: anything else.
    """
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise broken(what, f"{name} is {value!r:.40}, not a number", vendor)
    return float(value)


def list_of_objects(what: str, content: object, vendor: str) -> list[Row]:
    """``content`` if it is a list of JSON objects.

    Raises:
        ContractError: it is not.
    """
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise broken(what, "no list of objects came", vendor)
    return content


def broken(what: str, reason: str, vendor: str) -> ContractError:
    """The vendor's answer is not what was agreed."""
    return ContractError(
        what,
        reason=reason,
        next_action="keep what is stored; compare the kept answer with the vendor's documentation",
        vendor=vendor,
    )
