"""Times of day in New York as seconds since 1970, for one day or for arrays of days.

Belongs here: midnight, open and close by the wall clock, DST included. Does not belong here: which
of them a vendor writes on a bar, or in which unit.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from stock_assets import market
from stock_assets.sandbox.truth.model import Days

Seconds = npt.NDArray[np.int64]

MIDNIGHT: Final = time(0)
OPEN: Final = time(9, 30)
CLOSE: Final = time(16)


def instant(day: date, at: time) -> int:
    """That time of day in New York, in seconds since 1970."""
    return int(datetime.combine(day, at, market.NEW_YORK).timestamp())


def instants(days: Days, at: time) -> Seconds:
    """:func:`instant` for an array of days in ascending order."""
    known, stamps = _table(at)
    if len(days) and (days[0] < known[0] or days[-1] > known[-1]):
        return np.array([instant(day, at) for day in days.tolist()], dtype=np.int64)
    return stamps[np.searchsorted(known, days)]


@lru_cache(maxsize=8)
def _table(at: time) -> tuple[Days, Seconds]:
    """Every day of the exchange's calendar, computed once: a conversion costs microseconds."""
    last = market.calendar().days[-1]
    days = np.arange(np.datetime64(market.FIRST_DAY), np.datetime64(last) + np.timedelta64(1, "D"))
    return days, np.array([instant(day, at) for day in days.tolist()], dtype=np.int64)
