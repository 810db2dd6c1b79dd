"""``stock-assets compact``: fewer files, the same rows, nothing to do the second time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stock_assets.cli import commands
from stock_assets.errors import InputError
from stock_assets.tables import LOADS, PRICES
from stock_assets_tests.lake.bars import DAYS, SOURCE, grid, open_lake


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose prices came in four loads."""
    lake = open_lake(tmp_path / "lake")
    for day in DAYS:
        lake.append(PRICES, grid(days=(day,)), SOURCE)
    return tmp_path


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(commands, ["compact", "--home", str(home), *arguments])


def test_figures_before_and_after_are_those_of_the_files(home: Path) -> None:
    lake = open_lake(home / "lake")
    rows, size = lake.history(PRICES), lake.size(PRICES)
    done = {one["table"]: one for one in json.loads(run(home, "--json").output)}
    assert done["prices"] == {
        "table": "prices",
        "files_before": 4,
        "files_after": 1,
        "size_bytes_before": size,
        "size_bytes_after": lake.size(PRICES),
    }
    assert set(done) == {"prices", "loads"}
    assert lake.history(PRICES).equals(rows)


def test_one_table_can_be_chosen_and_a_second_time_changes_nothing(home: Path) -> None:
    lake = open_lake(home / "lake")
    assert "1 of 1 tables rewritten" in run(home, "--table", "prices").output
    assert len(lake.files(LOADS)) == 4
    version = lake.version(PRICES)
    again = run(home, "--table", "prices")
    assert (again.exit_code, lake.version(PRICES)) == (0, version)
    assert "0 of 1 tables rewritten" in again.output


def test_a_table_that_is_none_is_refused(home: Path) -> None:
    said = run(home, "--table", "gossip")
    assert isinstance(said.exception, InputError)
    assert "choose from sessions, prices" in str(said.exception)
