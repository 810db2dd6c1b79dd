from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stock_assets.errors import BadRange
from stock_assets.sandbox.clock import TwinClock

NOON = datetime(2025, 3, 14, 12, tzinfo=UTC)


def test_a_fixed_clock_stands_until_it_is_moved() -> None:
    clock = TwinClock(NOON)
    assert clock.now() == clock.now() == NOON
    assert clock.advance(timedelta(hours=2)) == clock.now() == NOON + timedelta(hours=2)
    assert clock.fix(NOON) == NOON
    assert clock.is_fixed


def test_a_released_clock_follows_real_time() -> None:
    clock = TwinClock(NOON)
    before = datetime.now(UTC)
    assert before <= clock.release() <= datetime.now(UTC)
    assert not clock.is_fixed


def test_instants_are_kept_in_utc_and_need_a_zone() -> None:
    assert TwinClock(datetime.fromisoformat("2025-03-14T08:00:00-04:00")).now().tzinfo is UTC
    with pytest.raises(BadRange, match="without a zone"):
        TwinClock(NOON.replace(tzinfo=None))


@pytest.mark.parametrize("year", [1, 1990, 2999, 9999])
def test_the_clock_stays_inside_the_exchanges_calendar(year: int) -> None:
    with pytest.raises(BadRange, match="open from 1991"):
        TwinClock(NOON).fix(NOON.replace(year=year))
