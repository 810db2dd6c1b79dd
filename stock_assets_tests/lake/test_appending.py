"""Appending survives crashes and company: nothing lost, nothing torn, nothing doubled."""

from __future__ import annotations

import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from stock_assets.errors import StorageUnavailable
from stock_assets.lake import Lake
from stock_assets.lake.appending import Appender
from stock_assets.lake.stored import StoredTable
from stock_assets.tables import LOADS, PRICES, QUARANTINE
from stock_assets_tests.lake.bars import SOURCE, bar, closes, grid, open_lake, rows
from stock_assets_tests.lake.writer import BROKEN_EVERY, day_number, load_of

KILLS = 10


class Died(BaseException):
    """Stands for a process that ends on the spot: nothing after it runs."""


def dies(*_: Any, **__: Any) -> None:
    raise Died


def dying(lake: Lake, method: str, load: Callable[[], object], monkeypatch: Any) -> None:
    """Run ``load`` in a process that ends when it reaches ``method``."""
    with monkeypatch.context() as patch:
        patch.setattr(Appender, method, dies)
        with pytest.raises(Died):
            load()


def test_a_load_that_died_before_its_record_is_adopted_by_the_next_append(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying(lake, "_record", lambda: lake.append(PRICES, grid(), SOURCE), monkeypatch)
    assert (lake.count(PRICES), lake.count(LOADS)) == (8, 0)
    again = lake.append(PRICES, grid(), SOURCE)
    loads = {load["load"]: load for load in lake.history(LOADS).to_pylist()}
    (lost,) = set(loads) - {again.load_id}
    assert len(loads) == 2
    assert set(lake.read(PRICES)["load_id"].to_pylist()) == {lost}
    assert loads[lost]["rows_appended"] == 8
    assert loads[lost]["requests"] == list(SOURCE.requests)


def test_recovering_adopts_once_however_often_it_runs(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.append(PRICES, grid(("NVDA",)), SOURCE)
    dying(lake, "_record", lambda: lake.append(PRICES, grid(), SOURCE), monkeypatch)
    assert [lake.recover(), lake.recover()] == [1, 0]
    lake.append(PRICES, grid(), SOURCE)
    assert lake.history(LOADS).num_rows == lake.count(LOADS) == 3


def test_a_load_that_died_between_quarantine_and_data_loses_no_broken_row(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed = rows(bar(), bar("MSFT", close=-1.0))

    def commit_only_quarantine(self: StoredTable, *args: Any, **kwargs: Any) -> int:
        if self.table is PRICES:
            raise Died
        return commit(self, *args, **kwargs)

    commit = StoredTable.commit
    with monkeypatch.context() as patch:
        patch.setattr(StoredTable, "commit", commit_only_quarantine)
        with pytest.raises(Died):
            lake.append(PRICES, mixed, SOURCE)
    assert (lake.count(PRICES), lake.count(QUARANTINE), lake.count(LOADS)) == (0, 4, 0)
    assert lake.recover() == 1
    (adopted,) = lake.read(LOADS).to_pylist()
    assert (adopted["rows_appended"], adopted["rows_quarantined"]) == (0, 1)
    assert set(lake.read(QUARANTINE)["load_id"].to_pylist()) == {adopted["load"]}
    assert lake.append(PRICES, mixed, SOURCE).appended == 1
    assert (lake.count(PRICES), lake.count(QUARANTINE), lake.count(LOADS)) == (1, 4, 2)


def test_compaction_between_loads_does_not_confuse_adoption(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.append(PRICES, grid(("NVDA",)), SOURCE)
    dying(lake, "_record", lambda: lake.append(PRICES, grid(), SOURCE), monkeypatch)
    lake.compact(PRICES)
    lake.append(PRICES, grid(("AMD",)), SOURCE)
    assert lake.count(LOADS) == lake.history(LOADS).num_rows == 3


def test_a_full_disk_is_said_and_leaves_the_lake_as_it_was(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    lake.append(PRICES, grid(), SOURCE)
    before = lake.history(PRICES), lake.version(PRICES), lake.count(LOADS)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700, hard))
    try:
        with pytest.raises(StorageUnavailable, match=r"the disk is full.*Next: free space"):
            lake.append(PRICES, grid(("NVDA",)), SOURCE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert lake.history(PRICES).equals(before[0])
    assert (lake.version(PRICES), lake.count(LOADS)) == before[1:]
    assert lake.append(PRICES, grid(("NVDA",)), SOURCE).appended == 4


def start_writer(root: Path, first: int, last: int, *, once: bool = False) -> Any:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "stock_assets_tests.lake.writer",
            *(str(root), str(first), str(last), "wait" if once else "go"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_a_writer_killed_anywhere_leaves_nothing_torn_lost_or_doubled(tmp_path: Path) -> None:
    chance = random.Random(20240603)
    first, acknowledged = 0, 0
    for _ in range(KILLS):
        writer = start_writer(tmp_path, first, first + 500)
        said = [writer.stdout.readline()]
        time.sleep(chance.uniform(0.0, 0.35))
        writer.kill()
        said += writer.stdout.readlines()
        writer.wait()
        writer.stdin.close()
        writer.stdout.close()
        done = [int(line) for line in said if line.endswith("\n")]
        assert done, "the writer came to its first load"
        acknowledged = done[-1]
        # The next writer starts at the load that may have been cut in two, as a re-run does.
        first = acknowledged + 1
    lake = open_lake(tmp_path)
    finished = start_writer(tmp_path, first, first + 1)
    assert finished.communicate()[0].split() == [str(first)]
    lake.recover()
    expected = [load_of(number) for number in range(first + 1)]
    assert closes(lake.read(PRICES)) == {
        key: close for handed in expected for key, close in closes(handed).items() if close > 0
    }
    assert lake.history(PRICES).num_rows == lake.count(PRICES)
    broken = (first + BROKEN_EVERY) // BROKEN_EVERY
    assert lake.history(QUARANTINE).num_rows == lake.count(QUARANTINE) == broken * 4
    assert lake.history(LOADS).num_rows == lake.count(LOADS)
    recorded = set(lake.read(LOADS)["load"].to_pylist())
    for table in (PRICES, QUARANTINE):
        assert set(lake.history(table)["load_id"].to_pylist()) <= recorded
    commits = DeltaTable(lake.root.table("prices")).history()
    named = [info["load_id"] for info in commits if "load_id" in info]
    assert len(named) == len(set(named)) == first + 1


@pytest.mark.slow
def test_two_processes_that_append_the_same_rows_store_each_key_once(tmp_path: Path) -> None:
    writers = [start_writer(tmp_path, 0, 15, once=True) for _ in range(2)]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    lake = open_lake(tmp_path)
    assert lake.history(PRICES).num_rows == lake.count(PRICES) == 15 * 3 - 15 // BROKEN_EVERY
    assert {day.toordinal() for day in lake.read(PRICES)["session"].to_pylist()} == {
        day_number(number) for number in range(15)
    }
    loads = lake.read(LOADS)
    assert loads.num_rows == lake.history(LOADS).num_rows == 30
    assert sum(loads["rows_appended"].to_pylist()) == lake.count(PRICES)
    assert sum(loads["rows_unchanged"].to_pylist()) == lake.count(PRICES)
