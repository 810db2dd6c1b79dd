"""Everything that was ever published of one series, and what of it was known when.

Belongs here: the arrays and the look-ups by instant and by day. Does not belong here: where the
numbers come from (measured.py, rates.py), how FRED writes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

import numpy as np
import numpy.typing as npt

from stock_assets.sandbox.instants import instants
from stock_assets.sandbox.truth.model import Days, Floats

FOREVER: Final = np.datetime64("9999-12-31", "D")

Instants = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Vintages:
    """One row per value that was newly published, in order of period and publication.

    ``periods`` are first days of the periods (last days of weeks), ``days`` the New York days of
    publication, ``published`` the instants (UTC, microseconds), ``values`` in the series' unit;
    NaN where it was published that there is no value.
    """

    periods: Days
    days: Days
    published: Instants
    values: Floats

    def __len__(self) -> int:
        return len(self.periods)

    def known(self, now: datetime) -> Vintages:
        """What was public at ``now``."""
        return self.where(self.published <= np.datetime64(int(now.timestamp() * 1e6), "us"))

    def as_of(self, day: date | np.datetime64) -> Vintages:
        """One row per period: the newest value published on ``day`` or before."""
        public = self.where(self.days <= np.datetime64(day))
        return public.where(public.is_newest)

    def newest(self) -> Vintages:
        """One row per period: the newest value of all."""
        return self.where(self.is_newest)

    def first(self) -> Vintages:
        """One row per period: the value published first."""
        is_first = np.ones(len(self), dtype=np.bool_)
        is_first[1:] = self.periods[1:] != self.periods[:-1]
        return self.where(is_first)

    @property
    def is_newest(self) -> npt.NDArray[np.bool_]:
        """Whether no later value of the same period follows."""
        found = np.ones(len(self), dtype=np.bool_)
        found[:-1] = self.periods[1:] != self.periods[:-1]
        return found

    @property
    def valid_until(self) -> Days:
        """The last day on which each value was the newest; FOREVER for what still is."""
        until = np.full(len(self), FOREVER)
        until[:-1] = np.where(self.is_newest[:-1], FOREVER, self.days[1:] - np.timedelta64(1, "D"))
        return until

    @property
    def vintage_days(self) -> Days:
        """The days on which something was published, in order."""
        return np.unique(self.days)

    def where(self, chosen: npt.NDArray[np.bool_]) -> Vintages:
        """The rows where ``chosen`` is true."""
        return Vintages(
            self.periods[chosen], self.days[chosen], self.published[chosen], self.values[chosen]
        )


def publish(periods: Days, days: Days, at: time, values: Floats) -> Vintages:
    """Order what was published on ``days`` at that time in New York.

    Of two values on one day the last given counts, and what repeats the value before it is no
    vintage.
    """
    if not len(periods):
        return Vintages(periods, days, days.astype("datetime64[us]"), values)
    order = np.lexsort((np.arange(len(periods)), days, periods))
    periods, days, values = periods[order], days[order], values[order]
    same_period = periods[1:] == periods[:-1]
    kept = np.ones(len(periods), dtype=np.bool_)
    kept[:-1] = ~(same_period & (days[1:] == days[:-1]))
    periods, days, values = periods[kept], days[kept], values[kept]
    repeats = (periods[1:] == periods[:-1]) & (
        (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
    )
    kept = np.concatenate([[True], ~repeats])
    periods, days, values = periods[kept], days[kept], values[kept]
    by_day, where = np.unique(days, return_inverse=True)
    seconds = instants(by_day, at)[where]
    return Vintages(periods, days, (seconds * 1_000_000).astype("datetime64[us]"), values)
