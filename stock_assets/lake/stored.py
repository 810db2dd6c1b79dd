"""One table as it lies: a Delta table with its schema version, its files, its commits.

Belongs here: opening, creating, evolving, committing, compacting one Delta table.
Does not belong here: which rows are worth a commit (compare.py), locks (locks.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from stock_assets.errors import SchemaTooNew, StorageCorrupt
from stock_assets.lake import sql
from stock_assets.lake.failures import storage_failures
from stock_assets.lake.loads import from_commit
from stock_assets.lake.root import LOG, LakeRoot, make_durable
from stock_assets.tables import Table

if TYPE_CHECKING:
    from deltalake import DeltaTable, WriterProperties
    from duckdb import DuckDBPyConnection

VERSION: Final = "stock_assets.version"
_CONFIGURATION: Final = {
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.checkpointInterval": "20",
}
"""Commits name loads, so the log is kept: adoption and lineage read it. Opening replays the log
since the last checkpoint, and every append opens three tables."""
ROW_GROUP_ROWS: Final = 122_880
"""DuckDB reads row groups in parallel and skips them by their bounds; its own size is best."""
COMPACT_BYTES: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A declared table at a root. Holds no state: ``open`` sees the newest version each time."""

    root: LakeRoot
    table: Table

    @property
    def address(self) -> str:
        """Where the table lies."""
        return self.root.table(self.table.name)

    def open(self) -> DeltaTable | None:
        """The newest version, or None where nothing was ever stored.

        Raises:
            SchemaTooNew: a newer version of this program wrote it.
            StorageCorrupt: files without a log, or a log that cannot be read.
        """
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        with storage_failures(self.table.name, self.address):
            if self.root.directory is not None and not Path(self.address, LOG).exists():
                self._refuse_orphans()
                return None
            try:
                handle = DeltaTable(self.address)
            except TableNotFoundError:
                self._refuse_orphans()
                return None
        stored = _stored_version(handle)
        if stored > self.table.version:
            raise SchemaTooNew(
                self.address,
                reason=f"stored with version {stored}; this program knows {self.table.version}",
                next_action="update stock-assets, or open another lake",
                table=self.table.name,
            )
        return handle

    def files(self, handle: DeltaTable | None) -> list[str]:
        """The Parquet files of the newest version: local paths, or addresses in a bucket."""
        if handle is None:
            return []
        uris = sorted(handle.file_uris())
        return [_local(uri) for uri in uris] if self.root.is_local else uris

    def size(self, handle: DeltaTable | None) -> int:
        """Bytes of those files, from the log alone."""
        return sum(self.sizes(handle))

    def sizes(self, handle: DeltaTable | None) -> list[int]:
        """Bytes of each of those files, from the log alone, in no particular order."""
        if handle is None:
            return []
        with storage_failures(self.table.name, self.address):
            return [int(size) for size in _file_statistics(handle)["size_bytes"].to_pylist()]

    def relation(
        self,
        handle: DeltaTable | None,
        connection: DuckDBPyConnection,
        near: pa.Table | None = None,
    ) -> str:
        """All stored rows as SQL, typed even where nothing is stored yet.

        ``near``: only files that can hold the days in these rows are named.
        """
        if handle is None:
            return sql.empty(self.table)
        if not self.root.is_local:
            view = f"delta_{self.table.name}"
            connection.register(view, handle.to_pyarrow_dataset())
            return f"({sql.empty(self.table)} union all by name from {view})"
        files = self.files(handle) if near is None else self._files_near(handle, near)
        if not files:
            return sql.empty(self.table)
        if self.table.version == 1:
            return sql.parquet(files, mixed=False)
        # Files from before a column was added lack it: it reads as missing.
        old_and_new = f"{sql.empty(self.table)} union all by name from "
        return f"({old_and_new}{sql.parquet(files, mixed=True)})"

    def commit(
        self,
        handle: DeltaTable | None,
        rows: pa.Table,
        said: Mapping[str, str],
        accounted: tuple[str, int] | None = None,
    ) -> int:
        """Append stamped rows in one commit and force it to the disk; returns the new version.

        ``said`` is kept in the commit. ``accounted`` (another table, its version) is stored in the
        same transaction: how far that table's loads are recorded here.
        """
        from deltalake import CommitProperties, Transaction, write_deltalake

        with storage_failures(self.table.name, self.address):
            target = self._create() if handle is None else self._evolve(handle)
            before = set(target.file_uris())
            done = [Transaction(*accounted)] if accounted else None
            write_deltalake(
                target,
                rows,
                mode="append",
                writer_properties=_writer(self.table),
                commit_properties=CommitProperties(
                    custom_metadata=dict(said), app_transactions=done
                ),
            )
            target.update_incremental()
            if self.root.is_local:
                new = [Path(_local(uri)) for uri in set(target.file_uris()) - before]
                logged = Path(self.address, LOG, f"{target.version():020}.json")
                make_durable([*new, logged] if logged.exists() else new)
            return int(target.version())

    def latest_ingest(self, handle: DeltaTable | None) -> datetime | None:
        """The newest ``ingested_at`` of any stored row, from the log alone."""
        import pyarrow.compute as pc

        if handle is None:
            return None
        with storage_failures(self.table.name, self.address):
            files = _file_statistics(handle)
            if "max.ingested_at" not in files.column_names:
                return None
            newest: datetime | None = pc.max(files["max.ingested_at"]).as_py()
        return newest and newest.astimezone(UTC)

    def load_records(self, handle: DeltaTable | None, since: int = -1) -> list[dict[str, Any]]:
        """The records of the loads committed after version ``since``, oldest first."""
        if handle is None or handle.version() <= since:
            return []
        with storage_failures(self.table.name, self.address):
            commits = handle.history(handle.version() - since)
        records = (from_commit(info) for info in reversed(commits))
        return [record for record in records if record is not None]

    def compact(self, handle: DeltaTable) -> int:
        """Rewrite small files into large ones in one commit; returns how many files went."""
        with storage_failures(self.table.name, self.address):
            done = handle.optimize.compact(
                target_size=COMPACT_BYTES, writer_properties=_writer(self.table)
            )
        return int(done["numFilesRemoved"])

    def vacuum(self, handle: DeltaTable, keep_hours: int) -> list[str]:
        """Delete files that no version of the last ``keep_hours`` needs; returns their names."""
        with storage_failures(self.table.name, self.address):
            gone = handle.vacuum(
                keep_hours, dry_run=False, enforce_retention_duration=False, full=True
            )
        return list(gone)

    def _create(self) -> DeltaTable:
        from deltalake import DeltaTable

        return DeltaTable.create(
            self.address,
            self.table.schema,
            mode="ignore",
            name=self.table.name,
            description=self.table.grain,
            configuration={VERSION: str(self.table.version), **_CONFIGURATION},
            raise_if_key_not_exists=False,
        )

    def _evolve(self, handle: DeltaTable) -> DeltaTable:
        """Add columns that were declared since. Each step can be repeated after a crash."""
        if _stored_version(handle) == self.table.version:
            return handle
        from deltalake import Field, Schema

        have = {field.name for field in handle.schema().fields}
        declared = Schema.from_arrow(self.table.schema).fields
        missing: list[Field] = [field for field in declared if field.name not in have]
        if missing:
            handle.alter.add_columns(missing)
        handle.alter.set_table_properties(
            {VERSION: str(self.table.version)}, raise_if_not_exists=False
        )
        handle.update_incremental()
        return handle

    def _files_near(self, handle: DeltaTable, rows: pa.Table) -> list[str]:
        import pyarrow.compute as pc

        days = [c.name for c in self.table.columns if c.kind == "date" and c.name in self.table.key]
        files = _file_statistics(handle)
        wanted = pa.repeat(pa.scalar(value=True), files.num_rows)
        for day in days:
            low, high = f"min.{day}", f"max.{day}"
            if {low, high} <= set(files.column_names):
                ends = pc.min_max(rows[day])
                overlaps = pc.and_(
                    pc.less_equal(files[low], ends["max"]),
                    pc.greater_equal(files[high], ends["min"]),
                )
                wanted = pc.and_(wanted, overlaps.fill_null(fill_value=True))
        paths = files["path"].filter(wanted).to_pylist()
        return sorted(f"{self.address}/{unquote(path)}" for path in paths)

    def _refuse_orphans(self) -> None:
        directory = self.root.directory and Path(self.address)
        if directory and next(directory.glob("*.parquet"), None):
            raise StorageCorrupt(
                self.address,
                reason=f"there are data files, and no readable {LOG} that says which ones count",
                next_action="stop writing and restore this table from a copy",
                table=self.table.name,
            )


def _stored_version(handle: DeltaTable) -> int:
    return int(handle.metadata().configuration.get(VERSION, "1") or 1)


def _file_statistics(handle: DeltaTable) -> pa.Table:
    return pa.table(handle.get_add_actions(flatten=True))


def _local(uri: str) -> str:
    """Delta gives local files percent-encoded, with or without a scheme."""
    return unquote(urlsplit(uri).path if uri.startswith("file://") else uri)


def _writer(table: Table) -> WriterProperties:
    from deltalake import ColumnProperties, WriterProperties

    # Measured values hardly repeat: looking for repetitions takes longer than all the rest.
    plain = ColumnProperties(dictionary_enabled=False)
    return WriterProperties(
        compression="SNAPPY",
        max_row_group_size=ROW_GROUP_ROWS,
        column_properties={c.name: plain for c in table.columns if c.kind == "double"},
    )
