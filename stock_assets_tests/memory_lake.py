"""A lake whose rows lie in memory, for tests that make thousands of loads.

Belongs here: what stands where the Delta files would. Rules, comparison, quarantine, loads and
reading are the lake's own. Does not belong here: anything about files; stock_assets_tests/lake
tests those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from stock_assets.lake import Lake, sql
from stock_assets.lake.appending import Appender
from stock_assets.lake.root import LakeRoot
from stock_assets.tables import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass
class Shelf:
    """One table's rows, with the few things that the lake asks of a Delta table."""

    table: Table
    address: str
    rows: pa.Table
    commits: int = 0
    accounted: dict[str, int] = field(default_factory=dict)

    def open(self) -> Shelf | None:
        return self if self.commits else None

    def version(self) -> int:
        return self.commits - 1

    def transaction_version(self, table: str) -> int | None:
        return self.accounted.get(table)

    def relation(
        self, handle: Shelf | None, connection: DuckDBPyConnection, near: pa.Table | None = None
    ) -> str:
        if handle is None:
            return sql.empty(self.table)
        connection.register(f"shelf_{self.table.name}", self.rows)
        return f"shelf_{self.table.name}"

    def latest_ingest(self, handle: Shelf | None) -> datetime | None:
        newest: datetime | None = pc.max(self.rows["ingested_at"]).as_py()
        return newest

    def load_records(self, handle: Shelf | None, since: int = -1) -> list[dict[str, Any]]:
        """Nobody dies here between a commit and its record."""
        return []

    def commit(
        self,
        handle: Shelf | None,
        rows: pa.Table,
        said: Mapping[str, str],
        accounted: tuple[str, int] | None = None,
    ) -> int:
        self.rows = pa.concat_tables([self.rows, rows.cast(self.rows.schema)]).combine_chunks()
        self.commits += 1
        self.accounted.update([accounted] if accounted else [])
        return self.version()


@dataclass(frozen=True)
class ShelfAppender(Appender):
    """The lake's appender over shelves."""

    shelves: dict[str, Shelf] = field(default_factory=dict)

    def stored(self, table: Table) -> Any:
        if table.name not in self.shelves:
            address, rows = self.root.table(table.name), table.schema.empty_table()
            self.shelves[table.name] = Shelf(table, address, rows)
        return self.shelves[table.name]

    def lock(self, table: Table) -> AbstractContextManager[None]:
        return nullcontext()


class MemoryLake(Lake):
    """A lake of the twin's data in which nothing is written to the disk but its marker."""

    def __init__(self, root: Path, now: Callable[[], datetime]) -> None:
        super().__init__(str(root), environment="sandbox", now=now)
        found = LakeRoot.open(str(root), "sandbox")
        self._appender = ShelfAppender(found, "sandbox", now, self._appender.clock, None, 0.0)
        # Thousands of small queries: threads would only wait for each other.
        self._database.execute("set threads = 1")
