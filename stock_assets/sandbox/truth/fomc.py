"""The Federal Open Market Committee: when it meets, and which target range it decides.

Belongs here: the schedule, the decisions, the minutes. Does not belong here: the Fed's pages and
feeds (a view's), market rates (economy.py).

Eight meetings a year on a Tuesday and Wednesday; the decision comes on the second day at 14:00 New
York time, the minutes three weeks later. Once in a decade the committee decides between meetings.
The schedule is public long before; whoever serves it hides decisions whose instant has not come.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from stock_assets.market import NEW_YORK
from stock_assets.sandbox.truth.cycle import LAST_YEAR, cycle
from stock_assets.sandbox.truth.luck import stream

FIRST_YEAR: Final = 1990
FIRST_RANGE: Final = (8.0, 8.25)
"""Lower and upper bound, percent per year, before the first meeting."""

DECIDED: Final = time(14)
DECIDED_UNSCHEDULED: Final = time(10)
MINUTES_AFTER: Final = timedelta(days=21)

_WEDNESDAYS: Final = ((1, -1), (3, 3), (4, -1), (6, 3), (7, -1), (9, 3), (10, -1), (12, 2))
"""Month and which Wednesday of it, -1 the last one: so it was in 2026."""
_PROJECTIONS: Final = frozenset({3, 6, 9, 12})
_JUNETEENTH: Final = (6, 19)
_SHOCK: Final = 0.5


@dataclass(frozen=True, slots=True)
class Meeting:
    """One decision about the target range of the federal funds rate.

    ``lower`` and ``upper`` are what holds from the day after ``decided_on`` (New York) on,
    ``previous_lower`` and ``previous_upper`` what held before; percent per year. Of an unscheduled
    meeting nobody knows before ``decision_at``.
    """

    begins_on: date
    decided_on: date
    decision_at: datetime
    minutes_at: datetime
    lower: float
    upper: float
    previous_lower: float
    previous_upper: float
    is_scheduled: bool
    has_projections: bool

    @property
    def change(self) -> float:
        """Percentage points by which the range moves."""
        return self.upper - self.previous_upper


def meetings(seed: int, first: date, last: date) -> tuple[Meeting, ...]:
    """The meetings decided from ``first`` to ``last`` (New York days, both included), in order.

    Known from 1990 to 2045. Equal seeds give equal meetings, whatever the range asked for.
    """
    return tuple(m for m in _all_meetings(seed) if first <= m.decided_on <= last)


@lru_cache(maxsize=8)
def _all_meetings(seed: int) -> tuple[Meeting, ...]:
    draws = stream(seed, "FOMC", "decisions")
    state = cycle(seed)
    lower, upper = FIRST_RANGE
    found = []
    for day, is_scheduled in _decision_days(seed):
        luck = float(draws.standard_normal())
        unemployment, inflation = state.at(day)
        middle = (lower + upper) / 2
        wanted = 1.0 + inflation + 0.5 * (inflation - 2.0) + (5.0 - unemployment)
        step = _step(wanted - middle + 0.2 * luck) if is_scheduled else -_SHOCK
        new_lower = max(0.0, lower + step)
        at = DECIDED if is_scheduled else DECIDED_UNSCHEDULED
        found.append(
            Meeting(
                begins_on=day - timedelta(days=1) if is_scheduled else day,
                decided_on=day,
                decision_at=_instant(day, at),
                minutes_at=_instant(day + MINUTES_AFTER, DECIDED),
                lower=new_lower,
                upper=new_lower + 0.25,
                previous_lower=lower,
                previous_upper=upper,
                is_scheduled=is_scheduled,
                has_projections=is_scheduled and day.month in _PROJECTIONS,
            )
        )
        lower, upper = new_lower, new_lower + 0.25
    return tuple(found)


def _step(gap: float) -> float:
    """Quarter points towards the wanted rate, in larger steps the further away it is."""
    size = abs(gap)
    if size < 0.45:
        return 0.0
    quarters = 1 if size < 1.5 else 2 if size < 3.0 else 3
    return 0.25 * quarters * (1 if gap > 0 else -1)


def _decision_days(seed: int) -> list[tuple[date, bool]]:
    """Every decision day in order, and whether it was planned."""
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    planned = [_wednesday(year, month, which) for year in years for month, which in _WEDNESDAYS]
    draws = stream(seed, "FOMC", "unscheduled")
    between = []
    for decade in range(FIRST_YEAR, LAST_YEAR + 1, 10):
        year = min(decade + int(draws.integers(0, 10)), LAST_YEAR)
        position = (year - FIRST_YEAR) * len(_WEDNESDAYS) + int(draws.integers(0, 7))
        between.append(planned[position] + timedelta(days=20))
    return sorted([(day, True) for day in planned] + [(day, False) for day in between])


def _wednesday(year: int, month: int, which: int) -> date:
    """That Wednesday of the month; a week earlier where Juneteenth is in the way."""
    first = date(year, month, 1)
    day = first + timedelta(days=(2 - first.weekday()) % 7)
    if which > 0:
        day += timedelta(weeks=which - 1)
    else:
        while (day + timedelta(weeks=1)).month == month:
            day += timedelta(weeks=1)
    holiday = any((d.month, d.day) == _JUNETEENTH for d in (day, day - timedelta(days=1)))
    return day - timedelta(weeks=1) if holiday and year > 2020 else day


def _instant(day: date, at: time) -> datetime:
    return datetime.combine(day, at, NEW_YORK).astimezone(UTC)
