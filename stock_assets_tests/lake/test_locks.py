"""Locks: one writer per table, freed whatever happens to the holder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stock_assets.errors import StorageBusy, StorageUnavailable
from stock_assets.lake.locks import one_writer


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), one_writer(tmp_path, "prices", 0.1):
        raise ZeroDivisionError
    with one_writer(tmp_path, "prices", 0.1), one_writer(tmp_path, "loads", 0.1):
        pass


def test_without_a_place_for_locks_nobody_waits() -> None:
    with one_writer(None, "prices", 0), one_writer(None, "prices", 0):
        pass


def test_a_lock_of_a_killed_process_is_free_and_of_a_living_one_is_named(tmp_path: Path) -> None:
    hold = (
        "import sys; from pathlib import Path; from stock_assets.lake.locks import one_writer\n"
        "with one_writer(Path(sys.argv[1]), 'prices', 1):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(StorageBusy, match=f"process {holder.pid} on") as caught,
            one_writer(tmp_path, "prices", 0.05),
        ):
            pass
        assert caught.value.retryable
        holder.kill()
    with one_writer(tmp_path, "prices", 5):
        pass


def test_a_place_that_cannot_hold_locks_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StorageUnavailable, match="cannot be written"),
        one_writer(tmp_path / "file", "prices", 0.1),
    ):
        pass
