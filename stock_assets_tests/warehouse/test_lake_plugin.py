from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stock_assets.errors import StorageCorrupt, StorageUnavailable
from stock_assets.tables import TABLES
from stock_assets.warehouse.lake_plugin import Plugin, create_lake_views, read_snapshot


def _entry(columns: dict[str, str], *files: Path) -> dict[str, Any]:
    return {"version": 1, "files": [str(file) for file in files], "columns": columns}


def test_a_table_without_files_is_an_empty_view_with_its_types() -> None:
    snapshot: dict[str, dict[str, Any]] = {
        name: {
            "version": None,
            "files": [],
            "columns": {column.name: column.sql_type for column in table.all_columns},
        }
        for name, table in TABLES.items()
    }
    with duckdb.connect() as connection:
        create_lake_views(connection, snapshot)
        for name, table in TABLES.items():
            described = connection.execute(f"describe lake.{name}").fetchall()
            assert [row[0] for row in described] == [c.name for c in table.all_columns]
            assert [row[1] for row in described] == [c.sql_type for c in table.all_columns]
            assert connection.execute(f"select count(*) from lake.{name}").fetchone() == (0,)


def test_a_column_that_an_older_file_lacks_is_null_and_one_too_many_is_left_out(
    tmp_path: Path,
) -> None:
    old, new = tmp_path / "it's old.parquet", tmp_path / "new.parquet"
    pq.write_table(pa.table({"symbol": ["A"], "gone": [1]}), old)
    pq.write_table(pa.table({"added": [2.5], "symbol": ["B"]}), new)
    entry = _entry({"symbol": "VARCHAR", "added": "DOUBLE"}, old, new)
    with duckdb.connect() as connection:
        create_lake_views(connection, {"listings": entry})
        rows = connection.execute("from lake.listings order by symbol").fetchall()
        create_lake_views(
            connection, {"listings": _entry({**entry["columns"], "never": "DATE"}, old)}
        )
        never = connection.execute("from lake.listings").fetchall()
    assert rows == [("A", None), ("B", 2.5)]
    assert never == [("A", None, None)]


def test_who_only_reads_the_warehouse_changes_no_view(tmp_path: Path) -> None:
    path, snapshot = tmp_path / "warehouse.duckdb", tmp_path / "snapshot.json"
    snapshot.write_text(json.dumps({"prices": _entry({"symbol": "VARCHAR"})}))
    plugin = Plugin("lake", {"snapshot": str(snapshot)})
    with duckdb.connect(str(path)) as writer:
        plugin.configure_connection(writer)
    snapshot.write_text(json.dumps({"prices": _entry({"other": "DATE"})}))
    with duckdb.connect(str(path), read_only=True) as reader:
        plugin.configure_connection(reader)
        assert reader.execute("describe lake.prices").fetchall()[0][0] == "symbol"


def test_the_versions_that_a_build_has_seen_are_kept() -> None:
    with duckdb.connect() as connection:
        create_lake_views(connection, {"prices": {**_entry({"a": "DATE"}), "version": 4}})
        create_lake_views(connection, {"prices": {**_entry({"a": "DATE"}), "version": 7}})
        assert connection.execute("from lake.lake_versions").fetchall() == [("prices", 7)]


def test_a_snapshot_cannot_smuggle_sql_into_a_type() -> None:
    entry = _entry({"a": "date); drop schema lake; --"})
    with duckdb.connect() as connection, pytest.raises(StorageCorrupt, match="a type that is none"):
        create_lake_views(connection, {"prices": entry})


@pytest.mark.parametrize("text", ["", "<html>", "[]", '{"prices": {"files": []}}'])
def test_a_file_that_is_no_snapshot_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lake-snapshot.json"
    path.write_text(text)
    with pytest.raises(StorageCorrupt, match="lake snapshot"):
        read_snapshot(str(path))


def test_a_snapshot_that_is_not_there_says_who_writes_it(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="before dbt runs"):
        read_snapshot(str(tmp_path / "none.json"))
    with pytest.raises(StorageUnavailable, match="STOCK_ASSETS_LAKE_SNAPSHOT"):
        read_snapshot("")


def test_a_good_snapshot_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lake-snapshot.json"
    path.write_text(json.dumps({"prices": _entry({"a": "DATE"})}))
    assert read_snapshot(str(path))["prices"]["version"] == 1
