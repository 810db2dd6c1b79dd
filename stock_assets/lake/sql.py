"""SQL text for DuckDB: names, literals, a table's files as a relation, the newest row per key.

Belongs here: building text, and one quiet in-memory DuckDB to run it.
Does not belong here: knowing which files there are (stored.py).
"""

# ruff: noqa: S608 - SQL is built from declared names and quoted literals only (sql.py)

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from stock_assets.errors import InputError
from stock_assets.tables import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def connect() -> DuckDBPyConnection:
    """A private in-memory DuckDB in UTC that never downloads an extension."""
    import duckdb

    connection = duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    )
    connection.execute("set global TimeZone = 'UTC'")
    return connection


def name(text: str) -> str:
    """A quoted identifier."""
    return '"' + text.replace('"', '""') + '"'


def names(texts: Iterable[str], prefix: str = "") -> str:
    """Quoted identifiers, separated by commas, each after ``prefix``."""
    return ", ".join(prefix + name(text) for text in texts)


def literal(text: str) -> str:
    """A quoted string."""
    return "'" + text.replace("'", "''") + "'"


def instant(at: datetime) -> str:
    """An instant as a literal.

    Raises:
        InputError: when it has no UTC offset and so could be anyone's local time.
    """
    if at.tzinfo is None:
        raise InputError(
            at.isoformat(),
            reason="an instant needs a UTC offset",
            next_action="use an aware datetime, such as datetime(2024, 1, 2, tzinfo=UTC)",
        )
    return f"timestamptz '{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00'"


def empty(table: Table) -> str:
    """A relation with the table's columns and types and no rows."""
    columns = ", ".join(f"null::{c.sql_type} as {name(c.name)}" for c in table.all_columns)
    return f"(select {columns} where false)"


def parquet(files: Sequence[str], *, mixed: bool) -> str:
    """Parquet files as a relation; ``mixed`` when some lack columns that others have."""
    listed = ", ".join(literal(file) for file in files)
    options = f"hive_partitioning = false, union_by_name = {str(mixed).lower()}"
    return f"read_parquet([{listed}], {options})"


def newest(table: Table, relation: str, as_of: datetime | None = None) -> str:
    """The newest row per key, optionally as stored at an instant.

    Conditions on key columns outside are pushed through to the files by DuckDB.
    """
    cut = f"where ingested_at <= {instant(as_of)} " if as_of else ""
    return (
        f"(select * from {relation} {cut}qualify row_number() over (partition by "
        f"{names(table.key)} order by ingested_at desc, load_id desc) = 1)"
    )


def differs(table: Table, left: str, right: str) -> str:
    """Whether any value differs, missing equal to missing, doubles bit by bit.

    SQL takes 0.0 and -0.0 for equal, which are different bits; NaN equals NaN.
    """
    tests = []
    kinds = {column.name: column.kind for column in table.columns}
    for value in table.values:
        a, b = f"{left}.{name(value)}", f"{right}.{name(value)}"
        tests.append(f"{a} is distinct from {b}")
        if kinds[value] == "double":
            # Without "is true" a missing value would make the whole comparison unknown.
            tests.append(f"({a} = 0 and {b} = 0 and signbit({a}) <> signbit({b})) is true")
    return "(" + (" or ".join(tests) or "false") + ")"
