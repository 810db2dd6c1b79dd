"""How a table is declared: columns with units, the grain in words, the key, rules with an id.

Belongs here: the vocabulary of a declaration and what can be derived from it alone.
Does not belong here: any particular table.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["string", "date", "instant", "double", "integer", "boolean", "strings"]

_SQL: Final[dict[str, str]] = {
    "string": "VARCHAR",
    "date": "DATE",
    "instant": "TIMESTAMP WITH TIME ZONE",
    "double": "DOUBLE",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "strings": "VARCHAR[]",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that each row alone must meet; rows that do not are quarantined under ``id``.

    ``holds`` is an SQL expression over the row's columns, true where the rule is met. A row of
    which it cannot be told (NULL) does not meet it: say ``or x is null`` where x may be missing.
    """

    id: str
    holds: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its kind, what it means, its unit, whether it may be missing, its bounds.

    A bounded number must also be finite. Bounds hold where the column is not missing. Less than
    nothing is also the zero with a minus: of what is counted, only a miscalculation brings it.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str | None = None
    nullable: bool = False
    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    one_of: tuple[str, ...] = ()

    @property
    def arrow(self) -> pa.Field:
        """The column as an Arrow field. Instants are UTC microseconds."""
        import pyarrow as pa

        return pa.field(self.name, _arrow_types()[self.kind], nullable=True)

    @property
    def sql_type(self) -> str:
        """The column's type in DuckDB."""
        return _SQL[self.kind]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What each value alone must meet, as rules."""
        name = self.name
        tests = []
        if not self.nullable:
            tests.append(Rule(f"{name}_present", f"{name} is not null", f"{name} is required"))
        bounds = [
            f"{name} {sign} {bound:g}"
            for sign, bound in ((">", self.above), (">=", self.at_least), ("<=", self.at_most))
            if bound is not None
        ]
        if bounds:
            holds, meaning = " and ".join(bounds), f"{' and '.join(bounds)}, and finite"
            if self.kind == "double":
                holds = f"isfinite({name}) and {holds}"
                if self.at_least == 0:
                    holds += f" and not signbit({name})"
                    meaning += ", and no -0"
            tests.append(Rule(f"{name}_in_bounds", f"({holds}) or {name} is null", meaning))
        if self.one_of:
            listed = ", ".join(f"'{value}'" for value in self.one_of)
            holds = f"{name} in ({listed}) or {name} is null"
            tests.append(Rule(f"{name}_known", holds, f"{name} is one of {listed}"))
        return tuple(tests)


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
    change makes a restatement; the system columns come last. ``ordered`` lists pairs of columns of
    which the first must not be below the second; ``rules`` holds what bounds cannot say.
    ``version`` grows when columns are added; a table written by a newer version is not touched.
    """

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    ordered: tuple[tuple[str, str], ...] = ()
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
        import pyarrow as pa

        return pa.schema([column.arrow for column in (*self.columns, SYSTEM_COLUMNS[0])])

    @cached_property
    def schema(self) -> pa.Schema:
        """What is stored."""
        import pyarrow as pa

        return pa.schema([column.arrow for column in self.all_columns])

    @cached_property
    def all_rules(self) -> tuple[Rule, ...]:
        """What each row alone must meet: presence, bounds, order of columns, further rules."""
        handed_over = (*self.columns, SYSTEM_COLUMNS[0])
        columns = tuple(rule for column in handed_over for rule in column.rules)
        order = tuple(
            Rule(
                f"{high}_not_below_{low}",
                f"{high} >= {low} or {high} is null or {low} is null",
                f"{high} is not below {low}",
            )
            for high, low in self.ordered
        )
        return columns + order + self.rules


@cache
def _arrow_types() -> dict[Kind, pa.DataType]:
    # Every process that loads the graph declares tables; few of them touch rows.
    import pyarrow as pa

    return {
        "string": pa.string(),
        "date": pa.date32(),
        "instant": pa.timestamp("us", tz="UTC"),
        "double": pa.float64(),
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "strings": pa.list_(pa.string()),
    }
