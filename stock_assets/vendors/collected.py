"""What a supplier of policy or context was asked for: rows, rows put aside, and the answers.

Belongs here: the shape of such an answer, and the sorting of rows that are read one by one.
Does not belong here: any vendor's format; the rules about values (tables/, applied by lake/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pyarrow as pa

from stock_assets.tables import Table
from stock_assets.vendors.messages import Answer
from stock_assets.vendors.rowwise import Aside, one_per_key

UNREADABLE: Final = "row_readable"


@dataclass(frozen=True, slots=True)
class Settled:
    """Rows of one table, rows put aside (None: none), how many identical doubles were dropped."""

    rows: pa.Table
    rejected: pa.Table | None
    doubled: int


@dataclass(frozen=True, slots=True)
class Collected:
    """What one call brought.

    ``rows`` has the row schema of its table. ``rejected``: rows that cannot be accepted, in the
    table's columns as far as they could be read, with ``said`` (the vendor's own row), ``target``,
    ``rule`` and ``reason``. ``doubled``: identical doubles that were dropped. ``missing``: days for
    which the vendor sent a row without any value. ``unfinished``: bars left out because their day
    is not over.
    """

    vendor: str
    rows: pa.Table
    answers: tuple[Answer, ...]
    rejected: pa.Table | None = None
    doubled: int = 0
    missing: tuple[date, ...] = ()
    unfinished: int = 0


class Unreadable(Exception):
    """One row cannot be read; the text says why. Never leaves the parser of its vendor."""


class Sorting:
    """Takes rows of ``table`` one by one and settles them.

    Identical doubles fall together; rows of one key that differ are all put aside, and so is what
    cannot be read.
    """

    def __init__(self, table: Table) -> None:
        self._table, self._aside = table, Aside(table)
        self._rows: list[tuple[dict[str, Any], object]] = []

    def accept(self, row: dict[str, Any], said: object) -> None:
        """A row in the table's columns and ``known_at``, and what the vendor said."""
        self._rows.append((row, said))

    def refuse(
        self,
        said: object,
        reason: str,
        rule: str = UNREADABLE,
        row: Mapping[str, Any] | None = None,
    ) -> None:
        """What the vendor said, why it is no row of ours, and what could be read of it."""
        self._aside.add(row or {}, said, rule, reason)

    def settled(self) -> Settled:
        """All of it, in the order of the keys."""
        rows, doubled = one_per_key(self._table, self._rows, self._aside)
        return Settled(rows, self._aside.table(), doubled)
