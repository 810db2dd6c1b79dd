"""Ask a DuckDB file, read-only: the warehouse under its lock, or what is published without one.

Belongs here: opening and querying; the lock that dbt runs and readers of the warehouse take.
Does not belong here: writing (dbt alone writes the warehouse; publish.py writes what readers see).
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from stock_assets.errors import BuildError, StorageBusy, StorageCorrupt, StorageUnavailable

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

WAIT_S: Final = 60.0
BUILD_WAIT_S: Final = 1800.0


@contextmanager
def warehouse_lock(warehouse: Path, *, wait_s: float = BUILD_WAIT_S) -> Iterator[None]:
    """Hold the warehouse for one dbt run or one read; others wait their turn.

    The lock is a file beside the database; the operating system frees it when its holder dies.

    Raises:
        StorageBusy: after ``wait_s`` seconds.
        StorageUnavailable: the directory cannot be written.
    """
    lock = FileLock(warehouse.with_name("warehouse.lock"))
    try:
        warehouse.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=wait_s)
    except Timeout as error:
        raise StorageBusy(
            warehouse,
            reason=f"another run or reader has held it for {wait_s:g} s",
            next_action="wait for that run to end, then try again",
            lock=lock.lock_file,
        ) from error
    except OSError as error:
        raise StorageUnavailable(
            warehouse.parent,
            reason=f"no lock file can be written ({error.strerror})",
            next_action="make the directory writable, or set STOCK_ASSETS_HOME to one that is",
        ) from error
    try:
        yield
    finally:
        lock.release()


def query(
    warehouse: Path, sql: str, parameters: Sequence[object] = (), *, wait_s: float = WAIT_S
) -> pa.Table:
    """The answer of the warehouse to one query, as an Arrow table; instants are UTC.

    Raises:
        BuildError: nothing has been built yet, or the query names what is not there.
        StorageBusy: another process writes it and does not end within ``wait_s``.
        StorageCorrupt: the file is no DuckDB database.
    """
    if not warehouse.is_file():
        raise BuildError(
            warehouse,
            reason="the warehouse has not been built",
            next_action="run the job that builds it (dbt build)",
        )
    with warehouse_lock(warehouse, wait_s=wait_s):
        connection = open_read_only(warehouse, wait_s=wait_s)
        try:
            return _answer(connection, warehouse, sql, parameters)
        finally:
            connection.close()


def query_published(link: Path, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
    """The answer of the published database to one query; never blocks and never waits.

    Each call opens the file that the link points to now, so a new publish is seen at once.

    Raises:
        BuildError: nothing has been published yet, or the query names what is not there.
    """
    real = link.resolve()
    if not real.is_file():
        raise BuildError(
            link,
            reason="nothing has been published",
            next_action="run the daily job, or stock-assets demo",
        )
    connection = open_read_only(real, wait_s=0)
    try:
        return _answer(connection, link, sql, parameters)
    finally:
        connection.close()


def open_read_only(path: Path, *, wait_s: float = WAIT_S) -> duckdb.DuckDBPyConnection:
    """A read-only connection; waits, with jitter, for a process that has it open for writing.

    Raises:
        StorageBusy: still open for writing after ``wait_s`` seconds; the reason names the holder.
        StorageCorrupt: the file is no DuckDB database.
    """
    import duckdb

    deadline = time.monotonic() + wait_s
    while True:
        try:
            connection = duckdb.connect(str(path), read_only=True)
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise StorageCorrupt(
                    path,
                    reason=_first_line(error),
                    next_action="delete it and build it again from the lake (dbt build)",
                ) from error
            left = deadline - time.monotonic()
            if left <= 0:
                raise StorageBusy(
                    path,
                    reason=_first_line(error),
                    next_action="wait for that process to end, then try again",
                ) from error
            time.sleep(min(left, random.uniform(0.05, 0.5)))  # noqa: S311
        else:
            connection.execute("set TimeZone = 'UTC'")
            return connection


def _answer(
    connection: duckdb.DuckDBPyConnection, path: Path, sql: str, parameters: Sequence[object]
) -> pa.Table:
    import duckdb

    try:
        answer: pa.Table = connection.sql(sql, params=list(parameters)).to_arrow_table()
    except (
        duckdb.CatalogException,
        duckdb.BinderException,
        duckdb.ParserException,
        duckdb.InvalidInputException,
    ) as error:
        raise BuildError(
            path,
            reason=_first_line(error),
            next_action="build the models that the query reads, or mend the query",
        ) from error
    except (duckdb.IOException, duckdb.SerializationException) as error:
        raise StorageCorrupt(
            path,
            reason=_first_line(error),
            next_action="delete it and build it again from the lake (dbt build)",
        ) from error
    return answer


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
