"""When a vendor's day begins, and how many requests it allows.

Belongs here: the arithmetic of days, of the calendar and sliding ones, and of their parts. Pure.
Does not belong here: counting (budget.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

HOUR_S: Final = 3_600.0
DAY_S: Final = 24 * HOUR_S
LONGEST_DAY_S: Final = 2 * DAY_S
"""No vendor's day is as long: what is older counts nowhere."""


@dataclass(frozen=True, slots=True)
class DailyLimit:
    """At most ``requests`` in a vendor's day. Instants are seconds since 1970.

    ``zone``: the day begins at midnight there (23 or 25 hours long when clocks change). None: any
    24 hours are a day, and a request is free again exactly 24 hours after it was used.

    ``parts``: the day's requests come in so many parts, rounded up, each for its share of 24 hours.
    With 2, no 12 hours hold more than half of them, whenever these hours begin: be the vendor's
    hours fixed or sliding, it never counts more.
    """

    requests: int
    zone: str | None = "America/New_York"
    parts: int = 1

    def __str__(self) -> str:
        text = f"{self.requests} requests per {'day' if self.zone else '24 hours'}"
        if self.parts == 1:
            return text
        return f"{text} ({self._in_a_part} per {self._part_s / HOUR_S:g} hours)"

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
        while True:
            today, part = self._of_the_day(granted, at), self._of_the_part(granted, at)
            if len(today) >= self.requests:
                at = self.next_day(at) if self.zone else today[-self.requests] + DAY_S
            elif len(part) >= self._in_a_part:
                at = part[-self._in_a_part] + self._part_s
            else:
                return at

    @property
    def _in_a_part(self) -> int:
        return ceil(self.requests / self.parts)

    @property
    def _part_s(self) -> float:
        return DAY_S / self.parts

    def _of_the_part(self, granted: Sequence[float], at: float) -> Sequence[float]:
        return _within(granted, self._part_s, at) if self.parts > 1 else ()

    def _of_the_day(self, granted: Sequence[float], at: float) -> Sequence[float]:
        if self.zone is None:
            return _within(granted, DAY_S, at)
        first, end = self._midnight(at, 0), self._midnight(at, 1)
        return [one for one in granted if first <= one < end]

    def _midnight(self, at: float, days: int) -> float:
        zone = ZoneInfo(self.zone or "UTC")
        day = datetime.fromtimestamp(at, zone).date() + timedelta(days=days)
        return datetime.combine(day, time(), zone).timestamp()


def _within(granted: Sequence[float], span_s: float, at: float) -> Sequence[float]:
    """Those that still count at ``at`` where each counts for ``span_s``."""
    # The same sum as in free_at: what is free then is free to the last bit.
    return [one for one in granted if one + span_s > at]


ALPHA_VANTAGE_FREE: Final = DailyLimit(25)
"""Alpha Vantage's free plan; the day begins at midnight in New York."""
NEWS_API_DEVELOPER: Final = DailyLimit(100, zone=None, parts=2)
"""NewsAPI's developer plan: any 24 hours, and 50 of the 100 in any 12. Its refusal says so, and not
whether the 12 hours slide; this keeps both."""
