"""Days on which offices in Washington work, and days of a month such as its first Friday.

Belongs here: federal holidays and arithmetic with working days, on arrays of days.
Does not belong here: sessions of the exchange (market.py), which keeps other holidays.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, Literal

import numpy as np

from stock_assets.sandbox.truth.cycle import FIRST_YEAR, LAST_YEAR
from stock_assets.sandbox.truth.model import Days

Weekday = Literal["Mon", "Tue", "Wed", "Thu", "Fri"]

_FIXED: Final = ((1, 1, 0), (6, 19, 2021), (7, 4, 0), (11, 11, 0), (12, 25, 0))
"""Month, day, first year."""
_FLOATING: Final = ((1, 3), (2, 3), (9, 1), (10, 2))
"""Month and which Monday of it."""


def _holidays(year: int) -> list[date]:
    """What falls on a Sunday is kept on Monday, what falls on a Saturday on Friday."""
    found = [date(year, m, d) for m, d, since in _FIXED if year >= since]
    found = [day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0)) for day in found]
    for month, which in _FLOATING:
        first = date(year, month, 1)
        found.append(first + timedelta(days=-first.weekday() % 7 + 7 * (which - 1)))
    last_of_may = date(year, 5, 31)
    found.append(last_of_may - timedelta(days=last_of_may.weekday()))
    november = date(year, 11, 1)
    return [*found, november + timedelta(days=(3 - november.weekday()) % 7 + 21)]


_WORKING: Final = np.busdaycalendar(
    holidays=[d for year in range(FIRST_YEAR, LAST_YEAR + 2) for d in _holidays(year)]
)


def is_working(days: Days) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether offices are open."""
    return np.is_busday(days, busdaycal=_WORKING)


def working_from(days: Days) -> Days:
    """Each day itself when offices are open, else the next one on which they are."""
    return np.busday_offset(days, 0, roll="forward", busdaycal=_WORKING)


def working_until(days: Days) -> Days:
    """Each day itself when offices are open, else the one before on which they are."""
    return np.busday_offset(days, 0, roll="backward", busdaycal=_WORKING)


def next_working(days: Days) -> Days:
    """The first working day after each day."""
    return working_from(days + np.timedelta64(1, "D"))


def day_of(months: Days, day: int) -> Days:
    """That day of each month; ``months`` are first days."""
    return months + np.timedelta64(day - 1, "D")


def months_later(months: Days, count: int) -> Days:
    """The first day of the month ``count`` months after each."""
    return (months.astype("datetime64[M]") + count).astype("datetime64[D]")


def last_weekday(months: Days, weekday: Weekday, *, until: int) -> Days:
    """The last such weekday of each month up to the day ``until``, in December up to 23."""
    is_december = months.astype("datetime64[M]").astype(np.int64) % 12 == 11
    latest = np.where(is_december, day_of(months, min(until, 23)), day_of(months, until))
    latest = np.minimum(latest, months_later(months, 1) - np.timedelta64(1, "D"))
    return np.busday_offset(latest, 0, roll="backward", weekmask=weekday)


def first_weekday(months: Days, weekday: Weekday, *, since: int = 1) -> Days:
    """The first such weekday of each month on or after the day ``since``."""
    return np.busday_offset(day_of(months, since), 0, roll="forward", weekmask=weekday)
