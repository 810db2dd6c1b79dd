from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from stock_assets.market import NEW_YORK
from stock_assets.sandbox.truth.fomc import meetings

ALL = (date(1990, 1, 1), date(2028, 12, 31))


@pytest.fixture(params=[0, 3, 11])
def seed(request: pytest.FixtureRequest) -> int:
    seed: int = request.param
    return seed


def test_eight_meetings_a_year_are_planned_on_a_tuesday_and_a_wednesday(seed: int) -> None:
    planned = [m for m in meetings(seed, *ALL) if m.is_scheduled]
    assert len(planned) == 39 * 8
    assert {m.begins_on.weekday() for m in planned} == {1}
    assert {m.decided_on - m.begins_on for m in planned} == {timedelta(days=1)}
    assert sum(m.has_projections for m in planned) == 39 * 4


def test_the_days_of_2026_are_those_that_the_fed_published() -> None:
    days = [m.decided_on.isoformat()[5:] for m in meetings(7, date(2026, 1, 1), date(2026, 12, 31))
            if m.is_scheduled]  # fmt: skip
    assert days == ["01-28", "03-18", "04-29", "06-17", "07-29", "09-16", "10-28", "12-09"]


@pytest.mark.parametrize(
    ("day", "hour"), [(date(2026, 10, 28), 18), (date(2026, 12, 9), 19), (date(2026, 7, 29), 18)]
)
def test_a_decision_comes_at_two_in_new_york_summer_and_winter(day: date, hour: int) -> None:
    (meeting,) = meetings(0, day, day)
    assert meeting.decision_at == datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    local = meeting.minutes_at.astimezone(NEW_YORK)
    assert (local.date() - day, local.hour, local.minute) == (timedelta(days=21), 14, 0)


def test_ranges_are_quarters_wide_follow_one_another_and_never_fall_below_zero(seed: int) -> None:
    found = meetings(seed, *ALL)
    for before, after in pairwise(found):
        assert (after.previous_lower, after.previous_upper) == (before.lower, before.upper)
    for meeting in found:
        assert meeting.upper - meeting.lower == 0.25
        assert meeting.lower >= 0
        assert meeting.lower * 4 == int(meeting.lower * 4)
        assert abs(meeting.change) <= 0.75
    assert len({meeting.change for meeting in found}) > 3


def test_once_in_a_decade_nobody_knew_of_a_decision_before(seed: int) -> None:
    rare = [m for m in meetings(seed, date(1990, 1, 1), date(2029, 12, 31)) if not m.is_scheduled]
    assert [m.decided_on.year // 10 for m in rare] == [199, 200, 201, 202]
    for meeting in rare:
        assert meeting.begins_on == meeting.decided_on
        assert meeting.decision_at.astimezone(NEW_YORK).hour == 10
        assert not meeting.has_projections
        assert meeting.change <= 0


def test_equal_seeds_give_equal_meetings_whatever_is_asked_for() -> None:
    year = (date(2025, 1, 1), date(2025, 12, 31))
    assert meetings(5, *year) == tuple(m for m in meetings(5, *ALL) if m.decided_on.year == 2025)
    assert meetings(5, *ALL) != meetings(6, *ALL)
