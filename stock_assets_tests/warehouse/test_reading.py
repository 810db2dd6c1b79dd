from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stock_assets.errors import BuildError, StorageBusy, StorageCorrupt
from stock_assets.warehouse import query, query_published, warehouse_lock
from stock_assets_tests.warehouse.built import build_warehouse

_WRITER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("begin; update lake.lake_versions set version = 9")
print("open", flush=True)
sys.stdin.readline()
connection.execute("commit")
connection.close()
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    build_warehouse(path, sessions=3)
    return path


def test_a_query_answers_with_typed_columns_and_utc_instants(warehouse: Path) -> None:
    answer = query(
        warehouse, "select session, decided_at from monitoring.predictions where session = ?",
        ["2024-01-03"],
    )  # fmt: skip
    assert answer.num_rows == 1
    assert str(answer.schema.field("session").type) == "date32[day]"
    assert str(answer.schema.field("decided_at").type) == "timestamp[us, tz=UTC]"


def test_a_query_before_anything_was_built_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="has not been built"):
        query(tmp_path / "warehouse.duckdb", "select 1")
    with pytest.raises(BuildError, match="nothing has been published"):
        query_published(tmp_path / "serving.duckdb", "select 1")


def test_a_query_for_what_is_not_there_names_it(warehouse: Path) -> None:
    with pytest.raises(BuildError, match="no_such_table"):
        query(warehouse, "from marts.no_such_table")


def test_a_query_cannot_write(warehouse: Path) -> None:
    with pytest.raises(BuildError, match="read-only"):
        query(warehouse, "insert into lake.lake_versions values ('x', 1)")


def test_a_file_that_is_no_database_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(b"<html>" * 1000)
    with pytest.raises(StorageCorrupt, match="build it again"):
        query(path, "select 1")


def test_a_warehouse_that_a_run_holds_is_busy_after_a_bounded_wait(warehouse: Path) -> None:
    with warehouse_lock(warehouse), pytest.raises(StorageBusy, match=r"has held it for 0\.2 s"):
        query(warehouse, "select 1", wait_s=0.2)


def test_a_foreign_writer_is_waited_for_and_then_named(warehouse: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(StorageBusy, match=str(writer.pid)):
            query(warehouse, "select 1", wait_s=0.3)
        threading.Timer(0.3, lambda: (writer.stdin.write("\n"), writer.stdin.flush())).start()  # type: ignore[union-attr]
        answer = query(warehouse, "from lake.lake_versions", wait_s=20)
    assert answer.to_pylist() == [{"table_name": "prices", "version": 9}]
