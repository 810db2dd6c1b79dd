"""The token bucket that all processes of a key share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stock_assets.errors import RateLimited, StorageUnavailable
from stock_assets.sandbox.limits import NEWSAPI_FREE, Limits
from stock_assets.vendors.budget import Budget
from stock_assets.vendors.vendor_day import NEWS_API_DEVELOPER, DailyLimit
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
    # Half a second more: what travels faster than the request before it comes no sooner than that.
    assert all(later - sooner >= 60.5 for sooner, later in zip(sent, sent[5:], strict=False))
    assert sent[4] - sent[0] == 1


def test_less_than_one_request_per_minute_makes_the_window_longer(
    tmp_path: Path, waiting: Waiting
) -> None:
    ours = budget(tmp_path, waiting, 0.5)
    assert [ours.take(), ours.take()] == [0, 120.5]


def test_two_processes_with_one_key_share_and_another_key_does_not(
    tmp_path: Path, waiting: Waiting
) -> None:
    first, second = budget(tmp_path, waiting, 2), budget(tmp_path, waiting, 2)
    other = budget(tmp_path, waiting, 2, key="another")
    assert [first.take(), second.take(), other.take(), second.take()] == [0, 0, 0, 60.5]


def test_processes_with_other_settings_share_the_minute_and_the_day(
    tmp_path: Path, waiting: Waiting
) -> None:
    limit = DailyLimit(9)
    fast, slow = (daily(tmp_path, waiting, limit, per_minute=pace) for pace in (4, 2))
    assert [fast.take(), slow.take()] == [0, 0]
    assert slow.peek() == 60.5
    assert [fast.take(), fast.take()] == [0, 0]
    assert (fast.peek(), slow.peek()) == (60.5, 60.5)
    assert (fast.left_today(), slow.left_today()) == (5, 5)
    changed = daily(tmp_path, waiting, limit, per_minute=5)
    assert (changed.take(), changed.left_today()) == (0, 4)
    assert list(tmp_path.iterdir()) == [fast.path]


def test_a_token_granted_ahead_to_one_process_holds_for_a_quicker_one(
    tmp_path: Path, waiting: Waiting
) -> None:
    slow, fast = budget(tmp_path, waiting, 1), budget(tmp_path, waiting, 2)
    slow.take()
    slow.pause(30)
    began = waiting.at
    assert slow.take() == 60.5
    waiting.at = began
    # The slow one sleeps until its turn; of any minute at most two are ours.
    assert fast.peek() == 60.5


def test_requests_are_spaced_for_all_processes_where_bursts_are_forbidden(
    tmp_path: Path, waiting: Waiting
) -> None:
    first, second = (
        Budget(tmp_path, "acme", "k", 3, spacing_s=1.25, clock=waiting.now, sleep=waiting.sleep)
        for _ in range(2)
    )
    assert [first.take(), second.take(), first.take()] == [0, 1.25, 1.25]
    assert second.take() == 60.5 - 2.5
    waiting.at += 100
    assert first.take() == 0


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
        assert caught.value.retry_after_s == 60.5
    waiting.at += 55.5
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


def daily(
    locks: Path, waiting: Waiting, limit: DailyLimit, key: str = "k", per_minute: float = 1000
) -> Budget:
    return Budget(
        locks, "acme", key, per_minute, per_day=limit, clock=waiting.now, sleep=waiting.sleep
    )


def test_a_day_that_is_spent_refuses_until_the_vendors_next_day(
    tmp_path: Path, waiting: Waiting
) -> None:
    # 17:13:20 in New York: midnight is 24,400 seconds away.
    ours, theirs = daily(tmp_path, waiting, DailyLimit(3)), daily(tmp_path, waiting, DailyLimit(3))
    assert ours.left_today() == 3
    for budget_of_a_process in (ours, theirs, ours):
        assert budget_of_a_process.take() == 0
        waiting.at += 10
    assert (ours.left_today(), theirs.left_today()) == (0, 0)
    for _ in range(2):
        with pytest.raises(RateLimited, match="3 requests per day is spent") as caught:
            theirs.take()
        assert caught.value.retry_after_s == 24_370
    assert ours.peek() == 24_370
    assert daily(tmp_path, waiting, DailyLimit(3), key="another").left_today() == 3
    waiting.at += 24_370
    assert (ours.left_today(), ours.take(), theirs.left_today()) == (3, 0, 2)
    assert waiting.waits == []


def test_a_day_of_any_24_hours_gives_back_one_by_one(tmp_path: Path, waiting: Waiting) -> None:
    ours = daily(tmp_path, waiting, DailyLimit(2, zone=None))
    ours.take()
    waiting.at += 3600
    ours.take()
    with pytest.raises(RateLimited, match="24 hours") as caught:
        ours.take()
    assert caught.value.retry_after_s == 23 * 3600
    waiting.at += 23 * 3600
    assert (ours.left_today(), ours.take(), ours.left_today()) == (1, 0, 0)


def test_half_a_day_that_is_spent_refuses_until_its_first_request_is_free_again(
    tmp_path: Path, waiting: Waiting
) -> None:
    ours = daily(tmp_path, waiting, DailyLimit(4, zone=None, parts=2))
    ours.take()
    waiting.at += 3600
    ours.take()
    with pytest.raises(RateLimited, match=r"24 hours \(2 per 12 hours\) is spent") as caught:
        ours.take()
    assert caught.value.retry_after_s == ours.peek() == 11 * 3600
    assert ours.left_today() == 2
    waiting.at += 11 * 3600
    assert (ours.take(), ours.left_today(), ours.peek()) == (0, 1, 3600)


def test_newsapis_developer_plan_is_kept_as_the_vendor_counts_it(
    tmp_path: Path, waiting: Waiting, rng: np.random.Generator
) -> None:
    ours = daily(tmp_path, waiting, NEWS_API_DEVELOPER)
    theirs, asked, held_back = Limits(timer=waiting.now), 0, 0
    for pause in rng.exponential(500.0, size=600):
        waiting.at += pause
        try:
            ours.take()
        except RateLimited:
            held_back += 1
            continue
        asked += 1
        assert theirs.allows("newsapi", NEWSAPI_FREE)
    assert min(asked, held_back) > 100


def test_shortly_before_midnight_the_next_day_is_waited_for(
    tmp_path: Path, waiting: Waiting
) -> None:
    ours = daily(tmp_path, waiting, DailyLimit(1))
    waiting.at += 24_300
    ours.take()
    assert ours.take() == 100
    assert ours.left_today() == 0


def test_a_request_that_waits_beyond_midnight_counts_in_the_next_day(
    tmp_path: Path, waiting: Waiting
) -> None:
    waiting.at += 24_390
    ours = daily(tmp_path, waiting, DailyLimit(2), per_minute=1)
    assert [ours.take(), ours.take()] == [0, 60.5]
    assert ours.left_today() == 1


def test_the_days_count_outlives_the_process(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from stock_assets.errors import RateLimited\n"
        "from stock_assets.vendors.budget import Budget\n"
        "from stock_assets.vendors.vendor_day import DailyLimit\n"
        "ours = Budget(Path(sys.argv[1]), 'acme', 'k', 600, per_day=DailyLimit(4, zone=None))\n"
        "got = 0\n"
        "for _ in range(3):\n"
        "    try:\n"
        "        ours.take()\n"
        "        got += 1\n"
        "    except RateLimited:\n"
        "        pass\n"
        "print(got)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sum(int(one.communicate(timeout=60)[0]) for one in running) == 4
    again = Budget(tmp_path, "acme", "k", 600, per_day=DailyLimit(4, zone=None))
    assert again.left_today() == 0


def test_peeking_takes_nothing_and_tells_the_wait(tmp_path: Path, waiting: Waiting) -> None:
    ours = budget(tmp_path, waiting, 1, max_wait_s=10)
    assert [ours.peek(), ours.peek(), ours.take(), ours.peek()] == [0, 0, 0, 60.5]
    ours.pause(500)
    assert ours.peek() == 500
    assert waiting.waits == []


def test_nothing_is_left_today_when_the_vendor_says_so(tmp_path: Path, waiting: Waiting) -> None:
    ours = daily(tmp_path, waiting, DailyLimit(25))
    ours.take()
    ours.pause(60)
    assert ours.left_today() == 24
    ours.pause(24_400)
    assert ours.left_today() == 0
    waiting.at += 24_400
    assert ours.left_today() == 25


def test_without_a_limit_per_day_nobody_counts(tmp_path: Path, waiting: Waiting) -> None:
    ours = budget(tmp_path, waiting, 100)
    ours.take()
    assert ours.left_today() is None


def test_a_clock_that_was_set_back_does_not_spend_the_day(tmp_path: Path, waiting: Waiting) -> None:
    ours = daily(tmp_path, waiting, DailyLimit(1, zone=None))
    ours.take()
    waiting.at -= 30 * 86_400
    assert (ours.left_today(), ours.take(), ours.left_today()) == (1, 0, 0)
