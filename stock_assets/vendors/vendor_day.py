"""When a vendor's day begins, and how many requests it allows.

Belongs here: the arithmetic of days, of the calendar and sliding ones. Pure.
Does not belong here: counting (budget.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

DAY_S: Final = 86_400.0
LONGEST_DAY_S: Final = 2 * DAY_S
"""No vendor's day is as long: what is older counts nowhere."""


@dataclass(frozen=True, slots=True)
class DailyLimit:
    """At most ``requests`` in a vendor's day. Instants are seconds since 1970.

    ``zone``: the day begins at midnight there (23 or 25 hours long when clocks change). None: any
    24 hours are a day, and a request is free again exactly 24 hours after it was used.
    """

    requests: int
    zone: str | None = "America/New_York"

    def __str__(self) -> str:
        return f"{self.requests} requests per {'day' if self.zone else '24 hours'}"

    def next_day(self, at: float) -> float:
        """When the day of ``at`` is over."""
        return self._midnight(at, 1) if self.zone else at + DAY_S

    def used(self, granted: Sequence[float], at: float) -> int:
        """How many of the granted requests count in the day of ``at``."""
        return len(self._of_the_day(granted, at))

    def free_at(self, granted: Sequence[float], at: float) -> float:
        """The first instant from ``at`` on at which one more request is allowed.

        ``granted``: instants of earlier requests in order; some may lie after ``at``.
        """
        while len(today := self._of_the_day(granted, at)) >= self.requests:
            at = self.next_day(at) if self.zone else today[-self.requests] + DAY_S
        return at

    def _of_the_day(self, granted: Sequence[float], at: float) -> Sequence[float]:
        if self.zone is None:
            return [one for one in granted if one > at - DAY_S]
        first, end = self._midnight(at, 0), self._midnight(at, 1)
        return [one for one in granted if first <= one < end]

    def _midnight(self, at: float, days: int) -> float:
        zone = ZoneInfo(self.zone or "UTC")
        day = datetime.fromtimestamp(at, zone).date() + timedelta(days=days)
        return datetime.combine(day, time(), zone).timestamp()


ALPHA_VANTAGE_FREE: Final = DailyLimit(25)
"""Alpha Vantage's free plan; the day begins at midnight in New York."""
NEWS_API_DEVELOPER: Final = DailyLimit(100, zone=None)
"""NewsAPI's developer plan: any 24 hours."""
