from __future__ import annotations

import pytest

from stock_assets.sandbox.limits import Limits, Rate, Window

FIVE_A_MINUTE = Rate(5, 60.0)


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_bucket_is_emptied_and_refills_evenly() -> None:
    watch = Stopwatch()
    limits = Limits(timer=watch)
    assert [limits.allows("key", FIVE_A_MINUTE) for _ in range(6)] == [True] * 5 + [False]
    watch.seconds = 11.9
    assert not limits.allows("key", FIVE_A_MINUTE)
    watch.seconds = 12.1
    assert limits.allows("key", FIVE_A_MINUTE)
    assert not limits.allows("key", FIVE_A_MINUTE)


def test_keys_do_not_share_a_bucket() -> None:
    limits = Limits(timer=Stopwatch())
    assert all(limits.allows("one", FIVE_A_MINUTE) for _ in range(5))
    assert limits.allows("two", FIVE_A_MINUTE)


def test_waiting_long_gives_no_more_than_a_full_bucket() -> None:
    watch = Stopwatch()
    limits = Limits(timer=watch)
    limits.allows("key", FIVE_A_MINUTE)
    watch.seconds = 1e6
    assert [limits.allows("key", FIVE_A_MINUTE) for _ in range(6)] == [True] * 5 + [False]


def test_a_speed_up_makes_a_second_worth_many() -> None:
    watch = Stopwatch()
    limits = Limits(speed_up=60.0, timer=watch)
    assert all(limits.allows("key", FIVE_A_MINUTE) for _ in range(5))
    watch.seconds = 0.21
    assert limits.allows("key", FIVE_A_MINUTE)


def test_what_remains_can_be_asked_without_taking_any() -> None:
    watch = Stopwatch()
    limits = Limits(timer=watch)
    assert limits.remaining("key", FIVE_A_MINUTE) == 5
    limits.allows("key", FIVE_A_MINUTE)
    assert [limits.remaining("key", FIVE_A_MINUTE) for _ in range(2)] == [4, 4]
    watch.seconds = 12.1
    assert limits.remaining("key", FIVE_A_MINUTE) == 5


@pytest.mark.parametrize("speed_up", [1.0, 60.0])
def test_no_span_of_a_windows_length_holds_more_than_it_allows(speed_up: float) -> None:
    watch = Stopwatch()
    limits = Limits(speed_up=speed_up, timer=watch)
    window = Window(3, 60.0 * speed_up)
    let_in = []
    for second in range(200):
        watch.seconds = float(second)
        if limits.allows("key", window):
            let_in.append(second)
    assert let_in == [0, 1, 2, 60, 61, 62, 120, 121, 122, 180, 181, 182]
    assert limits.allows("another", window)
