"""Dagster's event log in SQLite with connections that are kept.

Belongs here: the one class that ``dagster.yaml`` of our homes names as event log storage.
Does not belong here: anything about assets.

Dagster opens a new engine and a new connection for every event, and waits for the disk at each
commit. A backfill writes two events per session: with kept connections and SQLite's ``NORMAL``
mode (safe against crashes of the process; a power cut may lose the last events, never the data)
that costs a quarter of the time: ``benchmarks/bench_backfill.py``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

if TYPE_CHECKING:
    from dagster._core.events.log import EventLogEntry
    from dagster._serdes import ConfigurableClassData

BUSY_TIMEOUT_S: Final = 60
KEPT_ENGINES: Final = 8
"""Each run has a database of its own; the least recently used ones are closed."""


class KeptConnectionsEventLog(SqliteEventLogStorage):
    """Dagster's own storage and files; only how they are opened differs."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, sqlalchemy.Engine] = {}
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


def _do_not_wait_for_the_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")
