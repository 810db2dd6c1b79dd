"""The token bucket that all processes of a key share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stock_assets.errors import RateLimited, StorageUnavailable
from stock_assets.vendors.budget import Budget
from stock_assets_tests.vendors.conftest import Waiting


def budget(
    locks: Path, waiting: Waiting, per_minute: float, key: str = "k", max_wait_s: float = 300
) -> Budget:
    return Budget(
        locks,
        "acme",
        key,
        per_minute,
        max_wait_s=max_wait_s,
        clock=waiting.now,
        sleep=waiting.sleep,
    )


def test_no_sixty_seconds_ever_hold_more_requests_than_allowed(
    tmp_path: Path, waiting: Waiting
) -> None:
    ours = budget(tmp_path, waiting, 5)
    sent = []
    for pause in [0, 0, 1, 0, 0, 0, 30, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0]:
        waiting.at += pause
        ours.take()
        sent.append(waiting.at)
    assert all(later - sooner >= 60 for sooner, later in zip(sent, sent[5:], strict=False))
    assert sent[4] - sent[0] == 1


def test_less_than_one_request_per_minute_makes_the_window_longer(
    tmp_path: Path, waiting: Waiting
) -> None:
    ours = budget(tmp_path, waiting, 0.5)
    assert [ours.take(), ours.take()] == [0, 120]


def test_two_processes_with_one_key_share_and_another_key_does_not(
    tmp_path: Path, waiting: Waiting
) -> None:
    first, second = budget(tmp_path, waiting, 2), budget(tmp_path, waiting, 2)
    other = budget(tmp_path, waiting, 2, key="another")
    assert [first.take(), second.take(), other.take(), second.take()] == [0, 0, 0, 60]


def test_real_processes_together_get_the_allowance_once(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from stock_assets.errors import RateLimited\n"
        "from stock_assets.vendors.budget import Budget\n"
        "ours = Budget(Path(sys.argv[1]), 'acme', 'k', 7, max_wait_s=1)\n"
        "got = 0\n"
        "for _ in range(5):\n"
        "    try:\n"
        "        ours.take()\n"
        "        got += 1\n"
        "    except RateLimited:\n"
        "        pass\n"
        "print(got)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert sum(int(one.communicate(timeout=60)[0]) for one in running) == 7


def test_who_would_wait_too_long_is_told_how_long_and_takes_nothing(
    tmp_path: Path, waiting: Waiting
) -> None:
    ours = budget(tmp_path, waiting, 1, max_wait_s=10)
    ours.take()
    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            ours.take()
        assert caught.value.retry_after_s == 60
    waiting.at += 55
    assert ours.take() == 5


def test_a_pause_holds_for_everybody(tmp_path: Path, waiting: Waiting) -> None:
    budget(tmp_path, waiting, 100).pause(30)
    assert budget(tmp_path, waiting, 100).take() == 30


def test_a_clock_that_was_set_back_does_not_block_us(tmp_path: Path, waiting: Waiting) -> None:
    ours = budget(tmp_path, waiting, 1)
    ours.take()
    ours.pause(5)
    waiting.at -= 30 * 86_400
    assert ours.take() == 0


def test_the_key_is_never_written(tmp_path: Path, waiting: Waiting) -> None:
    budget(tmp_path, waiting, 1, key="canary-key").take()
    (path,) = tmp_path.iterdir()
    assert "canary" not in path.name
    assert b"canary" not in path.read_bytes()


def test_a_damaged_file_is_named(tmp_path: Path, waiting: Waiting) -> None:
    ours = budget(tmp_path, waiting, 1)
    ours.path.write_bytes(b"not a database, and long enough to be read as one" * 10)
    with pytest.raises(StorageUnavailable, match="budget-acme"):
        ours.take()
