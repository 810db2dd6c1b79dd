"""Appending: check, compare, commit, record. The only way into the lake.

Belongs here: the order of the steps, so that a crash between any two of them loses nothing.
Does not belong here: the steps themselves, reading (delta.py).

Order and crash: quarantine first (a broken row is never lost), then the data with the load's
record inside the commit, then the loads row. A crash in between leaves at worst a commit without
its loads row, which the next append or ``recover`` adopts from the commit.
"""

# ruff: noqa: S608 - SQL is built from declared names and quoted literals only (sql.py)

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from stock_assets.errors import InputError, StorageBusy
from stock_assets.lake import sql
from stock_assets.lake.compare import compare
from stock_assets.lake.failures import storage_failures
from stock_assets.lake.loads import (
    LoadResult,
    LoadSource,
    Stamp,
    load_record,
    load_rows,
    new_load_id,
    to_commit,
)
from stock_assets.lake.locks import one_writer
from stock_assets.lake.quarantine import put_aside, put_aside_rejected, rejected_for
from stock_assets.lake.root import LakeRoot
from stock_assets.lake.rows import conform
from stock_assets.lake.screen import Screened, screen
from stock_assets.lake.stored import StoredTable
from stock_assets.tables import LOADS, QUARANTINE, Table

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from duckdb import DuckDBPyConnection

_OWN: Final = frozenset({LOADS.name, QUARANTINE.name})
_RACES: Final = 5


@dataclass(frozen=True)
class Appender:
    """``now`` is the market's clock (for ``known_at``), ``clock`` the wall's (for storing)."""

    root: LakeRoot
    environment: str
    now: Callable[[], datetime]
    clock: Callable[[], datetime]
    locks: Path | None
    wait_s: float

    def stored(self, table: Table) -> StoredTable:
        """The table at our root."""
        return StoredTable(self.root, table)

    def lock(self, table: Table) -> AbstractContextManager[None]:
        """Be the only writer of a table."""
        return one_writer(self.locks, table.name, self.wait_s)

    def append(
        self,
        connection: DuckDBPyConnection,
        table: Table,
        rows: pa.Table,
        source: LoadSource,
        *,
        keep_first: bool,
    ) -> LoadResult:
        """One load; see ``Lake.append``."""
        if table.name in _OWN:
            raise InputError(
                table.name,
                reason="the lake writes this table itself",
                next_action="append to the table that the rows are about",
            )
        conformed = conform(table, rows)
        with storage_failures(table.name, self.root.address):
            screened = screen(connection, table, conformed)
        with self.lock(table):
            return self._append_alone(connection, table, screened, source, keep_first)

    def _append_alone(
        self,
        connection: DuckDBPyConnection,
        table: Table,
        screened: Screened,
        source: LoadSource,
        keep_first: bool,
    ) -> LoadResult:
        stored = self.stored(table)
        handle = stored.open()
        self.adopt(connection, table, handle)
        stamp = self._stamp(stored, handle)
        with storage_failures(table.name, stored.address):
            compared = compare(
                connection,
                table,
                screened.rows,
                _relation(stored, handle, connection, near=screened.rows),
                now=stamp.known_at,
                keep_first=keep_first,
            )
        rejected = rejected_for(table, source.rejected)
        refused = rejected.rows.num_rows if rejected else 0
        broken = Counter(screened.rules) + Counter(
            rejected.rows["rule"].to_pylist() if rejected else ()
        )
        result = LoadResult(
            load_id=stamp.load_id,
            received=screened.rows.num_rows + screened.broken_rows + screened.doubles + refused,
            appended=compared.rows.num_rows,
            unchanged=compared.unchanged + screened.doubles,
            restated=compared.restated,
            quarantined=dict(broken),
            quarantined_rows=screened.broken_rows + refused,
            kept=compared.kept,
        )
        record = load_record(table.name, source, result)
        aside = []
        with storage_failures(QUARANTINE.name, self.root.table(QUARANTINE.name)):
            if screened.rules:
                aside.append(
                    put_aside(connection, table, screened.broken, screened.rules, stamp.known_at)
                )
            if rejected:
                aside.append(put_aside_rejected(connection, table, rejected, stamp.known_at))
        if aside:
            self._quarantine(connection, pa.concat_tables(aside), stamp, record)
        version = handle.version() if handle else None
        if compared.rows.num_rows:
            version = stored.commit(handle, stamp.on(compared.rows), to_commit(record))
        self._record([record], stamp, table, version)
        return result

    def adopt(self, connection: DuckDBPyConnection, table: Table, handle: DeltaTable | None) -> int:
        """Write the loads rows of commits that were made and not recorded; returns how many.

        The caller holds the table's lock. How far the loads are recorded stands in the loads
        table's own log, written in one transaction with them, so the usual answer is cheap.
        """
        if handle is None:
            return 0
        loads = self.stored(LOADS).open()
        recorded = loads.transaction_version(table.name) if loads else None
        records = self.stored(table).load_records(handle, -1 if recorded is None else recorded)
        return self._record_missing(connection, table, records, handle.version())

    def recover(self, connection: DuckDBPyConnection, table: Table) -> int:
        """Adopt from the whole history, and from quarantine commits whose data never came."""
        with self.lock(table):
            handle = self.stored(table).open()
            aside = self.stored(QUARANTINE)
            records = self.stored(table).load_records(handle)
            committed = {record["load"] for record in records}
            records += [
                {**record, "rows_appended": 0, "rows_restated": 0}
                for record in aside.load_records(aside.open())
                if record["target"] == table.name and record["load"] not in committed
            ]
            return self._record_missing(
                connection, table, records, handle.version() if handle else None
            )

    def _record_missing(
        self,
        connection: DuckDBPyConnection,
        table: Table,
        records: Sequence[dict[str, Any]],
        version: int | None,
    ) -> int:
        if not records:
            return 0
        stored = self.stored(LOADS)
        handle = stored.open()
        ids = ", ".join(sql.literal(record["load"]) for record in records)
        with storage_failures(LOADS.name, stored.address):
            present = connection.sql(
                f"select load from {stored.relation(handle, connection)} where load in ({ids})"
            ).fetchall()
        missing = [record for record in records if (record["load"],) not in present]
        if missing:
            self._record(missing, self._stamp(stored, handle), table, version)
        return len(missing)

    def _record(
        self, records: Sequence[dict[str, Any]], stamp: Stamp, table: Table, version: int | None
    ) -> None:
        rows = load_rows(records, stamp.known_at)
        stamped = stamp.on(rows)
        own_ids = stamped.schema.get_field_index("load_id")
        stamped = stamped.set_column(own_ids, stamped.schema.field(own_ids), rows["load"])
        stored = self.stored(LOADS)
        accounted = None if version is None else (table.name, version)
        with self.lock(LOADS):
            # Without locks (a bucket) somebody may be recording the same table right now.
            for _ in range(_RACES - 1):
                with suppress(StorageBusy):
                    stored.commit(stored.open(), stamped, {}, accounted)
                    return
            stored.commit(stored.open(), stamped, {}, accounted)

    def _quarantine(
        self,
        connection: DuckDBPyConnection,
        rows: pa.Table,
        stamp: Stamp,
        record: dict[str, Any],
    ) -> None:
        stored = self.stored(QUARANTINE)
        with self.lock(QUARANTINE), storage_failures(QUARANTINE.name, stored.address):
            handle = stored.open()
            fresh = compare(
                connection,
                QUARANTINE,
                rows,
                _relation(stored, handle, connection),
                now=stamp.known_at,
                keep_first=True,
            ).rows
            if fresh.num_rows:
                stored.commit(handle, stamp.on(fresh), to_commit(record))

    def _stamp(self, stored: StoredTable, handle: DeltaTable | None) -> Stamp:
        """Later than everything stored, even when the machine's clock was set back."""
        at = self.clock()
        newest = stored.latest_ingest(handle)
        if newest is not None and newest >= at:
            at = newest + timedelta(microseconds=1)
        return Stamp(new_load_id(at), at, self.now(), self.environment)


def _relation(
    stored: StoredTable,
    handle: DeltaTable | None,
    connection: DuckDBPyConnection,
    near: pa.Table | None = None,
) -> str | None:
    """What is stored, or None where there is nothing to compare with."""
    return None if handle is None else stored.relation(handle, connection, near)
