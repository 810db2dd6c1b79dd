"""The lake: append-only, bitemporal Delta tables, read as of any instant.

Belongs here: the face that the rest of the program uses.
Does not belong here: how rows are checked, compared and stored (the other files of this room).
"""

# ruff: noqa: S608 - SQL is built from declared names and quoted literals only (sql.py)

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stock_assets.errors import InputError
from stock_assets.lake import sql
from stock_assets.lake.copies import copied
from stock_assets.lake.failures import storage_failures, where_failures
from stock_assets.lake.loads import LoadResult, LoadSource
from stock_assets.lake.root import LakeRoot
from stock_assets.tables import LOADS, QUARANTINE, TABLES, Table

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

LOCK_WAIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class TableSnapshot:
    """One version of a table: its Parquet files and its columns with DuckDB's types.

    ``version`` is None and ``files`` is empty where nothing was ever stored.
    """

    version: int | None
    files: tuple[str, ...]
    columns: dict[str, str]


class Lake:
    """All tables under one root.

    Args:
        root: a directory, or an address such as ``gs://bucket/path``.
        environment: whose data it is; a lake belongs to one environment for ever.
        now: the market's present, for the ``known_at`` of restatements.
        locks: directory of lock files. Default: inside a local root; none for a bucket.
        clock: the wall's clock, for ``ingested_at``.
        lock_wait_s: how long a writer waits for another one.

    Raises:
        EnvironmentMixed: the root belongs to another environment.
        StorageUnavailable: the root cannot be created or written.
    """

    def __init__(
        self,
        root: str,
        *,
        environment: str,
        now: Callable[[], datetime],
        locks: Path | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        lock_wait_s: float = LOCK_WAIT_S,
    ) -> None:
        from stock_assets.lake.appending import Appender

        self.root = LakeRoot.open(root, environment)
        if locks is None and self.root.directory is not None:
            locks = self.root.directory / "_locks"
        self._appender = Appender(self.root, environment, now, clock, locks, lock_wait_s)

    def now(self) -> datetime:
        """The market's present, as the ``known_at`` of restatements has it."""
        return self._appender.now()

    def append(
        self, table: Table, rows: pa.Table, source: LoadSource, *, keep_first: bool = False
    ) -> LoadResult:
        """One load: what is new or restated is stored in one commit, the rest is accounted for.

        ``rows`` has exactly the columns of ``table.row_schema``, matched by name. Rows that break
        a rule go to quarantine. Unchanged rows append nothing, and a load without news makes no
        commit to the table, only its row in ``loads``. With ``keep_first`` a stored row is never
        restated (the ledger of predictions).

        Raises:
            ContractError: the columns are not the declared ones.
            StorageBusy: another process held the table for too long.
            StorageUnavailable, StorageCorrupt, SchemaTooNew: see errors.py.
        """
        with self._session() as connection:
            return self._appender.append(connection, table, rows, source, keep_first=keep_first)

    def broken(self, table: Table, rows: pa.Table) -> pa.Table:
        """Those of these rows that an append would put aside. Nothing is stored."""
        from stock_assets.lake.screen import screen

        with self._session() as connection:
            return screen(connection, table, rows).broken

    def recover(self) -> int:
        """Record the loads whose process died after the commit; returns how many."""
        with self._session() as connection:
            return sum(
                self._appender.recover(connection, table)
                for table in TABLES.values()
                if table.name not in {LOADS.name, QUARANTINE.name}
            )

    def replay(self, table: Table) -> LoadResult:
        """Append quarantined rows that pass by now; running it again changes nothing.

        Rows whose key was stored since stay aside: the later word counts. What is released is
        known from now on: until now nobody could decide with it.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        from stock_assets.lake.quarantine import rows_to_replay

        with self._session() as connection:
            stored, aside = self._appender.stored(table), self._appender.stored(QUARANTINE)
            with storage_failures(table.name, stored.address):
                rows, loads = rows_to_replay(
                    connection,
                    table,
                    aside.relation(aside.open(), connection),
                    stored.relation(stored.open(), connection),
                )
        source = LoadSource("replay", "quarantine", requests=tuple(f"load {id_}" for id_ in loads))
        place = rows.schema.get_field_index("known_at")
        field = rows.schema.field(place)
        now, said = pa.scalar(self.now(), field.type), rows["known_at"]
        known_at = pc.if_else(pc.less(said, now), now, said)
        return self.append(table, rows.set_column(place, field, known_at), source)

    def read(
        self,
        table: Table,
        *,
        where: str | None = None,
        columns: Sequence[str] | None = None,
        as_of: datetime | None = None,
        ordered: bool = False,
    ) -> pa.Table:
        """The newest row per key, as stored now or at the instant ``as_of`` (by ``ingested_at``).

        ``where`` is SQL over the table's columns and judges newest rows only; conditions on key
        columns also save reading. Rows come in no particular order unless ``ordered`` (by key).
        """
        with self._session() as connection:
            stored = self._appender.stored(table)
            relation = stored.relation(stored.open(), connection)
            newest = sql.newest(table, relation, as_of)
            return self._select(connection, table, newest, where, columns, ordered=ordered)

    def history(self, table: Table, where: str | None = None) -> pa.Table:
        """Every stored version of every row, oldest first per key."""
        with self._session() as connection:
            stored = self._appender.stored(table)
            relation = stored.relation(stored.open(), connection)
            return self._select(connection, table, relation, where, None, ordered=True)

    def count(self, table: Table, where: str | None = None) -> int:
        """How many keys are stored (that meet ``where``)."""
        return int(self.read(table, where=where, columns=table.key[:1]).num_rows)

    def version(self, table: Table) -> int | None:
        """The Delta version, None where nothing was ever stored."""
        handle = self._appender.stored(table).open()
        return None if handle is None else int(handle.version())

    def size(self, table: Table) -> int:
        """Bytes of the Parquet files of the newest version, 0 where nothing was ever stored."""
        stored = self._appender.stored(table)
        return stored.size(stored.open())

    def files(self, table: Table) -> list[str]:
        """The Parquet files of the newest version."""
        stored = self._appender.stored(table)
        return stored.files(stored.open())

    def snapshot(
        self, copies: Path, tables: Sequence[Table] = tuple(TABLES.values())
    ) -> dict[str, TableSnapshot]:
        """One version of each table, for readers that build views of their own on its files.

        The files of a lake behind an address are copied below ``copies`` first, each once.
        """
        taken = {}
        for table in tables:
            stored = self._appender.stored(table)
            handle = stored.open()
            files = stored.files(handle)
            if not self.root.is_local:
                with storage_failures(table.name, stored.address):
                    files = copied(files, copies / table.name)
            taken[table.name] = TableSnapshot(
                version=None if handle is None else int(handle.version()),
                files=tuple(files),
                columns={column.name: column.sql_type for column in table.all_columns},
            )
        return taken

    def compact(self, table: Table) -> int:
        """Rewrite small files into large ones, one commit, same rows; returns files replaced."""
        stored = self._appender.stored(table)
        with self._appender.lock(table):
            handle = stored.open()
            return 0 if handle is None else stored.compact(handle)

    def vacuum(self, table: Table, keep_hours: int = 168) -> list[str]:
        """Delete files that only versions older than ``keep_hours`` need; returns their names.

        Readers that hold an older snapshot lose it: keep longer than the longest run.
        """
        if keep_hours < 0:
            raise InputError(
                keep_hours,
                reason="hours to keep cannot be negative",
                next_action="use 168 for a week",
            )
        stored = self._appender.stored(table)
        with self._appender.lock(table):
            handle = stored.open()
            return [] if handle is None else stored.vacuum(handle, keep_hours)

    def _select(
        self,
        connection: DuckDBPyConnection,
        table: Table,
        relation: str,
        where: str | None,
        columns: Sequence[str] | None,
        *,
        ordered: bool,
    ) -> pa.Table:
        import pyarrow as pa

        wanted = _known_columns(table, columns)
        condition = f" where ({where})" if where else ""
        order = f" order by {sql.names((*table.key, 'ingested_at', 'load_id'))}" if ordered else ""
        text = f"select {sql.names(wanted)} from {relation}{condition}{order}"
        place = self.root.table(table.name)
        with storage_failures(table.name, place), where_failures(table.name, where or "true"):
            found = connection.sql(text).to_arrow_table()
        return found.cast(pa.schema([table.schema.field(name) for name in wanted]))

    @cached_property
    def _database(self) -> DuckDBPyConnection:
        return sql.connect()

    @contextmanager
    def _session(self) -> Iterator[DuckDBPyConnection]:
        """A connection of one's own, so that threads do not see each other's views."""
        connection = self._database.cursor()
        try:
            yield connection
        finally:
            connection.close()


def _known_columns(table: Table, columns: Sequence[str] | None) -> list[str]:
    if columns is None:
        return list(table.schema.names)
    unknown = [name for name in columns if name not in table.schema.names]
    if unknown:
        raise InputError(
            ", ".join(unknown),
            reason=f"not a column of {table.name}",
            next_action=f"choose from {', '.join(table.schema.names)}",
        )
    return list(columns)
