"""A warehouse that cannot be opened goes, since it can be built again; any other one stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from stock_assets.warehouse.healing import discard_unreadable


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table kept as select 42 as answer")
    return path


@pytest.mark.parametrize("size", [1, 4_096, 8_000])
def test_a_file_without_a_whole_header_goes_and_can_be_created_again(
    warehouse: Path, size: int
) -> None:
    warehouse.write_bytes(warehouse.read_bytes()[:size])
    assert discard_unreadable(warehouse)
    assert not warehouse.exists()
    duckdb.connect(str(warehouse)).close()


def test_a_sound_one_stays_and_so_does_one_that_does_not_exist(warehouse: Path) -> None:
    assert discard_unreadable(warehouse) == ""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)
    assert discard_unreadable(warehouse.with_name("none.duckdb")) == ""


def test_one_that_somebody_is_writing_stays(warehouse: Path) -> None:
    code = "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        assert discard_unreadable(warehouse) == ""
        assert warehouse.exists()
        writer.communicate("\n")
