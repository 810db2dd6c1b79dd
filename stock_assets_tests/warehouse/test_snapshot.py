from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from stock_assets.errors import StorageUnavailable
from stock_assets.warehouse import write_lake_snapshot
from stock_assets.warehouse.lake_plugin import read_snapshot


@dataclass(frozen=True)
class _Snapshot:
    version: int | None = 3
    files: tuple[str, ...] = ("a.parquet",)
    columns: dict[str, str] = field(default_factory=lambda: {"symbol": "VARCHAR"})


def test_a_snapshot_that_is_written_is_the_one_that_the_plugin_reads(tmp_path: Path) -> None:
    path = tmp_path / "home" / "lake-snapshot.json"
    write_lake_snapshot({"prices": _Snapshot()}, path)
    assert read_snapshot(str(path)) == {
        "prices": {"version": 3, "files": ["a.parquet"], "columns": {"symbol": "VARCHAR"}}
    }
    assert [entry.name for entry in path.parent.iterdir()] == ["lake-snapshot.json"]


def test_a_snapshot_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    with pytest.raises(StorageUnavailable, match="cannot be written"):
        write_lake_snapshot({}, tmp_path / "home" / "lake-snapshot.json")
