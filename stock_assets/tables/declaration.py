"""How a table is declared: columns with units, the grain in words, the key, rules with an id.

Belongs here: the vocabulary of a declaration and what can be derived from it alone.
Does not belong here: any particular table.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import pyarrow as pa

Kind = Literal["string", "date", "instant", "double", "integer", "boolean", "strings"]

_ARROW: Final[dict[str, pa.DataType]] = {
    "string": pa.string(),
    "date": pa.date32(),
    "instant": pa.timestamp("us", tz="UTC"),
    "double": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "strings": pa.list_(pa.string()),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its kind, what it means, its unit, whether it may be missing."""

    name: str
    kind: Kind
    meaning: str
    unit: str | None = None
    nullable: bool = False

    @property
    def arrow(self) -> pa.Field:
        """The column as an Arrow field. Instants are UTC microseconds."""
        return pa.field(self.name, _ARROW[self.kind], nullable=True)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that each row alone must meet; rows that do not are quarantined under ``id``.

    ``holds`` is an SQL expression over the row's columns, true where the rule is met.
    """

    id: str
    holds: str
    meaning: str


SYSTEM_COLUMNS: Final = (
    Column("known_at", "instant", "when the market could know the row", "UTC"),
    Column("ingested_at", "instant", "when we stored the row", "UTC"),
    Column("load_id", "string", "the load that brought the row; sorts by time"),
    Column("environment", "string", "live, or sandbox for rows of the twin"),
)


@dataclass(frozen=True)
class Table:
    """A table of the lake: append-only, bitemporal.

    ``key`` names the columns of one row's identity (the grain); ``values`` are the columns whose
    change makes a restatement; the system columns come last. ``version`` grows when columns are
    added; a table written by a newer version is not touched.
    """

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    version: int = 1

    @cached_property
    def all_columns(self) -> tuple[Column, ...]:
        """The declared columns and the system columns, in stored order."""
        return self.columns + SYSTEM_COLUMNS

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The columns that are neither key nor system columns."""
        return tuple(column.name for column in self.columns if column.name not in self.key)

    @cached_property
    def row_schema(self) -> pa.Schema:
        """What a writer hands over: the declared columns and ``known_at``."""
        return pa.schema([column.arrow for column in (*self.columns, SYSTEM_COLUMNS[0])])

    @cached_property
    def schema(self) -> pa.Schema:
        """What is stored."""
        return pa.schema([column.arrow for column in self.all_columns])

    @cached_property
    def all_rules(self) -> tuple[Rule, ...]:
        """The declared rules, preceded by one rule per column that must not be missing."""
        required = tuple(
            Rule(f"{column.name}_present", f"{column.name} is not null", f"{column.name} is required")
            for column in self.columns
            if not column.nullable
        )
        return required + self.rules
