"""The Treasury's debt and what it pays for it, and the days on which it works.

Belongs here: federal business days, the debt of each of them, average rates of each month, and
the instants from which they are public. Does not belong here: auctions (auctions.py), FiscalData's
words (sandbox/treasury.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from stock_assets.market import NEW_YORK
from stock_assets.sandbox.truth.fomc import meetings
from stock_assets.sandbox.truth.luck import stream

FIRST_DAY: Final = date(2010, 1, 4)
LAST_DAY: Final = date(2045, 12, 29)
DEBT_AT: Final = time(15)
RATES_AT: Final = time(16)
_RATES_ON_BUSINESS_DAY: Final = 5

SECURITIES: Final = (
    ("Marketable", "Treasury Bills", 0.15, 1.0),
    ("Marketable", "Treasury Notes", 0.4, 0.4),
    ("Marketable", "Treasury Bonds", 2.0, 0.15),
    ("Marketable", "Treasury Inflation-Protected Securities (TIPS)", 0.2, 0.1),
    ("Marketable", "Treasury Floating Rate Notes (FRN)", 0.2, 1.0),
    ("Marketable", "Total Marketable", 0.6, 0.45),
    ("Non-marketable", "Domestic Series", 6.5, 0.0),
    ("Non-marketable", "State and Local Government Series", 0.6, 0.4),
    ("Non-marketable", "United States Savings Securities", 1.5, 0.3),
    ("Non-marketable", "Government Account Series", 1.3, 0.3),
    ("Non-marketable", "Total Non-marketable", 1.3, 0.3),
    ("Interest-bearing Debt", "Total Interest-bearing Debt", 0.8, 0.42),
)
"""Type, security, percent above a share of the policy rate, that share."""


@dataclass(frozen=True, slots=True)
class Debt:
    """The debt at the end of ``day`` in cents; public from ``public_at`` on."""

    day: date
    held_by_public: int
    intragovernmental: int
    public_at: datetime


@dataclass(frozen=True, slots=True)
class Rate:
    """The average rate of one security at a month's last day, percent per year."""

    day: date
    security_type: str
    security: str
    percent: float
    line: int
    public_at: datetime


def at_new_york(day: date, clock: time) -> datetime:
    """That wall time of the day as an instant."""
    return datetime.combine(day, clock, NEW_YORK).astimezone(UTC)


def is_business_day(day: date) -> bool:
    """Whether the federal government works."""
    return day.weekday() < 5 and day not in _holidays(day.year)


def business_day_after(day: date, count: int = 1) -> date:
    """The ``count``-th business day after ``day``."""
    while count:
        day += timedelta(days=1)
        count -= is_business_day(day)
    return day


def rolled(day: date, step: int = 1) -> date:
    """The day itself if it is a business day, else the next one (``step`` -1: the one before)."""
    while not is_business_day(day):
        day += timedelta(days=step)
    return day


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    """Federal holidays as observed: Saturday's on Friday, Sunday's on Monday."""
    fixed = [(1, 1), (7, 4), (11, 11), (12, 25)] + [(6, 19)] * (year >= 2021)
    found = {_observed(date(year, month, day)) for month, day in fixed}
    found.add(_observed(date(year + 1, 1, 1)))
    for month, weekday, which in ((1, 0, 3), (2, 0, 3), (9, 0, 1), (10, 0, 2), (11, 3, 4)):
        first = date(year, month, 1)
        offset = (weekday - first.weekday()) % 7 + 7 * (which - 1)
        found.add(first + timedelta(days=offset))
    memorial = date(year, 5, 31)
    found.add(memorial - timedelta(days=memorial.weekday()))
    return frozenset(found)


def _observed(day: date) -> date:
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


@lru_cache(maxsize=4)
def debts(seed: int) -> tuple[Debt, ...]:
    """The debt of every business day: it grows in steps, mostly at month ends."""
    days = []
    day = FIRST_DAY
    while day <= LAST_DAY:
        if is_business_day(day):
            days.append(day)
        day += timedelta(days=1)
    luck = stream(seed, "treasury", "debt").standard_normal((len(days), 2))
    growth = np.array([_settles(day) for day in days]) * 2.2e-3 + 1.1e-4 + 4e-4 * luck[:, 0]
    public = 8.0e12 * np.exp(np.cumsum(growth))
    within = 4.4e12 * np.exp(np.cumsum(6.5e-5 + 3e-4 * luck[:, 1]))
    return tuple(
        Debt(day, round(a * 100), round(b * 100), at_new_york(business_day_after(day), DEBT_AT))
        for day, a, b in zip(days, public.tolist(), within.tolist(), strict=True)
    )


def _settles(day: date) -> bool:
    """Whether notes and bonds are issued: the 15th, or the first day after, and month ends."""
    return day.day == 15 or (day + timedelta(days=1)).day == 1


@lru_cache(maxsize=4)
def rates(seed: int) -> tuple[Rate, ...]:
    """Average rates of every month, public on the fifth business day of the next one."""
    decisions = iter(meetings(seed, date(1990, 1, 1), LAST_DAY))
    decision, middle, slow = next(decisions), 8.0, 4.0
    found = []
    for year in range(FIRST_DAY.year, LAST_DAY.year):
        for month in range(1, 13):
            day = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
            while decision.decided_on <= day:
                middle = (decision.lower + decision.upper) / 2
                decision = next(decisions)
            slow += 0.06 * (middle - slow)
            public_at = at_new_york(business_day_after(day, _RATES_ON_BUSINESS_DAY), RATES_AT)
            for line, (kind, name, above, share) in enumerate(SECURITIES, start=1):
                level = above + share * (middle if share == 1.0 else slow)
                found.append(Rate(day, kind, name, round(level, 3), line, public_at))
    return tuple(found)
