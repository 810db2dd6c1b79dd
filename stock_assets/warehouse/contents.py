"""What the serving database holds, and how its content is checked and recognised.

Belongs here: the published tables with their columns and keys; one row per key; the content hash.
Does not belong here: files and links (publish.py).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stock_assets.errors import BuildError, QualityError
from stock_assets.names import FEATURES
from stock_assets.warehouse.quoting import quoted_name

if TYPE_CHECKING:
    import duckdb

_PREDICTION_KEY: Final = ("symbol", "session", "target_session", "model_name", "model_version")


@dataclass(frozen=True, slots=True)
class ServingTable:
    """A table of the serving database: its name there, where dbt builds it, key, other columns."""

    name: str
    schema: str
    key: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def columns(self) -> str:
        """All columns as SQL, key first."""
        return ", ".join(quoted_name(column) for column in (*self.key, *self.values))

    @property
    def ordering(self) -> str:
        """The key as SQL."""
        return ", ".join(quoted_name(column) for column in self.key)

    @property
    def source(self) -> str:
        """Where it lies in the warehouse, as SQL."""
        return f"{quoted_name(self.schema)}.{quoted_name(self.name)}"


SERVING_TABLES: Final = (
    ServingTable(
        "prices_daily",
        "marts",
        ("symbol", "session"),
        (
            "open_usd",
            "high_usd",
            "low_usd",
            "close_usd",
            "volume_shares",
            "adj_open_usd",
            "adj_high_usd",
            "adj_low_usd",
            "adj_close_usd",
            "adj_volume_shares",
            "vendor",
            "preferred_vendor",
            "fallback_reason",
        ),
    ),
    ServingTable("features_daily", "features", ("symbol", "session"), FEATURES),
    ServingTable(
        "predictions",
        "monitoring",
        _PREDICTION_KEY,
        ("probability_up", "direction", "evidence", "decided_at", "created_at"),
    ),
    ServingTable(
        "prediction_outcomes", "monitoring", _PREDICTION_KEY, ("actual_return", "correct")
    ),
    ServingTable(
        "model_performance",
        "monitoring",
        ("model_name", "model_version", "source", "metric"),
        (
            "estimate",
            "low",
            "high",
            "rows_judged",
            "sessions_judged",
            "first_session",
            "last_session",
        ),
    ),
)


def check_keys(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    """One row per key in every table that is to be published.

    Raises:
        QualityError: naming each table that breaks the rule, with counts and an example.
        BuildError: a table or a column has not been built.
    """
    broken: list[str] = []
    for table in SERVING_TABLES:
        missing = " or ".join(f"{quoted_name(column)} is null" for column in table.key)
        found = _rows(
            connection,
            warehouse,
            f"select {table.ordering}, count(*) as n from {table.source} "  # noqa: S608
            f"group by {table.ordering} having n > 1 or {missing} order by {table.ordering}",
        )
        if found:
            broken.append(f"{table.name}: {len(found)} keys, such as {_shown(found[0])}")
    if broken:
        raise QualityError(
            "serving tables",
            reason="a key is missing or repeated in " + "; ".join(broken),
            next_action="nothing was published; look at the named models and build them again",
        )


def content_hash(
    connection: duckdb.DuckDBPyConnection, warehouse: Path
) -> tuple[str, dict[str, int]]:
    """A hash over all rows of the tables, whatever their order, and the rows per table.

    It is made of DuckDB's row hashes (a sum and an exclusive or of two of them), so it holds for
    one version of DuckDB; another version means one more publication and nothing else.
    """
    parts: list[object] = [connection.execute("select version()").fetchone()]
    rows: dict[str, int] = {}
    for table in SERVING_TABLES:
        (summary,) = _rows(
            connection,
            warehouse,
            f"select count(*), sum(cast(hash({table.columns}) as hugeint)), "  # noqa: S608
            f"bit_xor(hash('second', {table.columns})) from {table.source}",
        )
        rows[table.name] = int(str(summary[0]))
        parts.append([table.name, table.columns, *map(str, summary)])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest(), rows


def _rows(
    connection: duckdb.DuckDBPyConnection, warehouse: Path, sql: str
) -> list[tuple[object, ...]]:
    import duckdb

    try:
        return connection.execute(sql).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise BuildError(
            warehouse,
            reason=str(error).strip().splitlines()[0],
            next_action="build all models first (dbt build)",
        ) from error


def _shown(row: tuple[object, ...]) -> str:
    *key, count = row
    return f"({', '.join(str(part) for part in key)}) {count} times"
