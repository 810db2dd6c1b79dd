"""What a plan costs before a single request is sent.

Belongs here: pure arithmetic on a plan's number of requests and a vendor's allowance.
Does not belong here: the plan itself (plan.py), the allowance's use (budget.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

from stock_assets.errors import InputError
from stock_assets.vendors.budget import WINDOW_S, Budget

_DAY_MIN: Final = 24 * 60.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan costs.

    ``minutes``: waiting for the budget per minute, all days together; the vendor's own time to
    answer comes on top, and so does the budget's slack, less than a hundredth of it. ``days``: the
    vendor's days on which requests are sent, today included, and days of waiting too; 0 for an
    empty plan. ``share_of_day`` and ``share_of_left``: the
    requests as a fraction of a whole day's allowance, and of what is left of today's (above 1:
    more than that); None without a limit per day, or when nothing is left. ``at_least``: what
    comes may make further requests necessary.
    """

    requests: int
    minutes: float
    days: int
    per_minute: float
    per_day: int | None = None
    left_today: int | None = None
    at_least: bool = False

    @property
    def fits_today(self) -> bool:
        """Whether all requests can be sent today."""
        return self.left_today is None or self.requests <= self.left_today

    @property
    def share_of_day(self) -> float | None:
        """Requests as a fraction of a day's allowance."""
        return self.requests / self.per_day if self.per_day else None

    @property
    def share_of_left(self) -> float | None:
        """Requests as a fraction of what is left today."""
        return self.requests / self.left_today if self.left_today else None

    def __str__(self) -> str:
        if not self.requests:
            return "Nothing to ask for."
        few = "At least " if self.at_least else ""
        pace = f"{few}{_counted(self.requests, 'request')} at {self.per_minute:g} a minute"
        text = f"{pace}: {_counted(ceil(self.minutes), 'minute') if self.minutes else 'at once'}"
        if self.per_day is None or self.left_today is None:
            return f"{text}."
        share = f"{self.requests / self.per_day:.0%} of a day's {self.per_day}"
        if self.fits_today:
            return f"{text}, {share}, {self.left_today} left today."
        return (
            f"{text}, {share}; only {self.left_today} left today, so {_counted(self.days, 'day')}."
        )


def forecast(
    requests: int,
    per_minute: float,
    per_day: int | None = None,
    left_today: int | None = None,
    parts: int = 1,
    *,
    at_least: bool = False,
) -> Cost:
    """What ``requests`` cost under these budgets. Nothing is asked and nothing is taken.

    The budget lets a whole minute's allowance go at once, then waits for the minute to pass; each
    day begins so again. ``left_today`` defaults to the whole of ``per_day``. Where the day's
    requests come in ``parts``, each part waits until the one before it is over. ``at_least``: it
    may become more.

    Raises:
        InputError: a negative number of requests, or an allowance that is not above 0.
    """
    if requests < 0 or per_minute <= 0 or (per_day is not None and per_day <= 0):
        raise InputError(
            f"{requests} requests at {per_minute} a minute and {per_day} a day",
            reason="requests are counted from 0 and allowances lie above 0",
            next_action="correct the setting of the vendor's requests per minute or per day",
        )
    if per_day is None:
        minutes = _minutes(requests, per_minute)
        return Cost(requests, minutes, min(requests, 1), per_minute, at_least=at_least)
    left = per_day if left_today is None else max(0, min(left_today, per_day))
    today = min(requests, left)
    whole, rest = divmod(requests - today, per_day)
    minutes = sum(
        count * (_minutes(size, per_minute) + _between_parts(size, per_day, parts))
        for count, size in ((1, today), (whole, per_day), (1, rest))
    )
    days = (1 if requests else 0) + whole + (1 if rest else 0)
    return Cost(requests, minutes, days, per_minute, per_day, left, at_least)


def _between_parts(requests: int, per_day: int, parts: int) -> float:
    """Minutes of waiting for later parts of a day, where one does not hold all requests."""
    return max(0, ceil(requests / ceil(per_day / parts)) - 1) * _DAY_MIN / parts


def cost_under(budget: Budget, requests: int, *, at_least: bool = False) -> Cost:
    """What ``requests`` cost under a budget as it stands now; ``at_least``: or more than these.

    Nothing is taken.

    Raises:
        StorageUnavailable: what has been used so far cannot be read.
    """
    return forecast(
        requests,
        per_minute=60.0 / budget.interval_s,
        per_day=budget.per_day.requests if budget.per_day else None,
        left_today=budget.left_today(),
        parts=budget.per_day.parts if budget.per_day else 1,
        at_least=at_least,
    )


def _minutes(requests: int, per_minute: float) -> float:
    """Minutes from the first of some requests to the last, as the token bucket lets them go."""
    # A pace that was worked out from an interval may lie a hair below the whole number.
    tokens = max(1, int(per_minute + 1e-9))
    return max(0, requests - 1) // tokens * (WINDOW_S * tokens / per_minute) / 60.0


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
