"""How far back a vendor's plan reaches, found out by asking.

Belongs here: the search for the oldest day that a plan has, in as few requests as possible.
Does not belong here: asking (prices.py), noting what a plan does not have (gaps.py).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from stock_assets.errors import EntitlementError

Answer = TypeVar("Answer")


@dataclass
class PlanReach:
    """What is known of a plan: it has nothing up to and including the day ``beyond``.

    ``refusal``: the vendor's words about that. One symbol's search spares the others theirs.
    """

    beyond: date | None = None
    refusal: EntitlementError | None = None

    def ask(
        self, days: Sequence[date], ask: Callable[[date, date], Answer], fresh_from: date
    ) -> Iterator[Answer]:
        """The answers about ``days`` (sorted, one span) as far back as the plan reaches.

        ``ask`` is called with a first and a last day. A plan refuses a span of which it lacks the
        beginning as a whole; so a refused one is asked for again from its newest day backwards,
        halving what is left: n days take 2 + log2(n) requests at most, rounded up.

        Raises:
            EntitlementError: not even the newest days are to be had, those from ``fresh_from``
                on: that does not tell anything about older ones.
        """
        end = len(days)
        came = end
        refused = bisect_right(days, self.beyond) - 1 if self.beyond else -1
        at = refused + 1
        while came - refused > 1:
            try:
                answer = ask(days[at], days[came - 1])
            except EntitlementError as error:
                if came == end and days[at] >= fresh_from:
                    raise
                refused, self.refusal = at, error
            else:
                yield answer
                came = at
            at = end - 1 if came == end else (refused + came) // 2
        if refused >= 0 and (self.beyond is None or days[refused] > self.beyond):
            self.beyond = days[refused]
