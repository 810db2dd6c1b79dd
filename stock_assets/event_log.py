"""Dagster's event log in SQLite with connections that are kept, written in batches.

Belongs here: the one class that ``dagster.yaml`` of our homes names as event log storage.
Does not belong here: anything about assets.

Dagster opens a new engine and a new connection for every event, looks up the schema for each, and
waits for the disk at each commit. A backfill writes two events per session. Here connections are
kept, a thousand events of a run share one transaction, and SQLite runs in its ``NORMAL`` mode (safe
against crashes of the process; a power cut may lose the last events, never the data). What that
saves is measured by ``benchmarks/bench_backfill.py``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationPlanned,
)
from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

if TYPE_CHECKING:
    from dagster._core.events.log import EventLogEntry
    from dagster._serdes import ConfigurableClassData

BUSY_TIMEOUT_S: Final = 60
EVENTS_AT_ONCE: Final = 1_000
KEPT_ENGINES: Final = 8
"""Each run has a database of its own; the least recently used ones are closed."""


class KeptConnectionsEventLog(SqliteEventLogStorage):
    """Dagster's own storage and files; only how they are opened differs."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, sqlalchemy.Engine] = {}
        # Dagster hands events over in batches where its environment says so, and nowhere else.
        os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(EVENTS_AT_ONCE))
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> KeptConnectionsEventLog:
        """Made by Dagster from ``dagster.yaml``."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def store_event(self, event: EventLogEntry) -> None:
        """Store one event, and wake those who watch the run, such as its page in the web UI.

        They watch the database's file. While connections are kept, SQLite writes to the file
        beside it, the write-ahead log; a new time stamp is noticed like a write.
        """
        super().store_event(event)
        os.utime(self.path_for_shard(event.run_id))

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events of one run: those of assets in one transaction of each database.

        As Dagster's storages for servers do it: the list of assets needs only the last word on
        each.
        """
        batch = [event for event in events if _is_about_an_asset(event)]
        for event in events:
            if not _is_about_an_asset(event):
                self.store_event(event)
        if not batch:
            return
        rows = [self._event_to_row(event) for event in batch]
        insert = SqlEventLogStorageTable.insert()
        with self.run_connection(batch[0].run_id) as connection:
            connection.execute(insert, rows)
        numbered = insert.returning(SqlEventLogStorageTable.c.id, sort_by_parameter_order=True)
        with self.index_connection() as connection:
            ids: list[int] = list(connection.execute(numbered, rows).scalars())
            self._store_asset_event_tags(connection, batch, ids)
            last = {_about(event): (event, id_) for event, id_ in zip(batch, ids, strict=True)}
            for event, id_ in last.values():
                self._store_asset_event(connection, event, id_)
        os.utime(self.path_for_shard(batch[0].run_id))

    def store_asset_check_event(self, event: EventLogEntry, event_id: int | None) -> None:
        """Store a check's event; a check is planned once per run, as ours judge it.

        Dagster plans it for each partition of a run, each time with all partitions written out,
        though a check without partitions answers once: half a gigabyte for a backfill of ten years,
        and rows that stay open for ever.
        """
        told = event.dagster_event
        planned = told.event_specific_data if told else None
        if told and isinstance(planned, AssetCheckEvaluationPlanned) and planned.partitions_subset:
            once = AssetCheckEvaluationPlanned(
                asset_key=planned.asset_key, check_name=planned.check_name
            )
            event = event._replace(dagster_event=told._replace(event_specific_data=once))
        super().store_asset_check_event(event, event_id)

    def dispose(self) -> None:
        """Close what was kept."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()

    def _engine(self, shard: str) -> sqlalchemy.Engine:
        engine = self._engines.pop(shard, None)
        if engine is None:
            engine = sqlalchemy.create_engine(
                self.conn_string_for_shard(shard),
                connect_args={
                    "timeout": BUSY_TIMEOUT_S,
                    "check_same_thread": False,
                },
            )
            sqlalchemy.event.listen(engine, "connect", _do_not_wait_for_the_disk)
            while len(self._engines) >= KEPT_ENGINES:
                self._engines.pop(next(iter(self._engines))).dispose()
        self._engines[shard] = engine
        return engine


def _is_about_an_asset(event: EventLogEntry) -> bool:
    told = event.dagster_event
    return bool(told and told.event_type in ASSET_EVENTS and told.asset_key)


def _about(event: EventLogEntry) -> tuple[str, str]:
    told = event.get_dagster_event()
    return str(told.asset_key), told.event_type_value


def _do_not_wait_for_the_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")
