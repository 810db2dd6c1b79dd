"""The Treasury's auctions: what is sold when, and who bought how much at which rate.

Belongs here: the timetable and what each auction sells. Does not belong here: who buys
(auction_results.py), FiscalData's columns (sandbox/treasury.py).

Amounts are whole dollars. Rates follow the target range that the Fed had decided by the day before.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from stock_assets.sandbox.truth.auction_results import CODES, Kind, Results, cusip, results
from stock_assets.sandbox.truth.fomc import Meeting, meetings
from stock_assets.sandbox.truth.treasury import at_new_york, rolled

FIRST_YEAR: Final = 2015
LAST_YEAR: Final = 2035
ANNOUNCED_AT: Final = time(11)
BILLS_CLOSE: Final = time(11, 30)
COUPONS_CLOSE: Final = time(13)

_BILLION: Final = 1_000_000_000
_REFUNDING: Final = (2, 5, 8, 11)
_ROOM: Final = timedelta(days=6)


BILLS: Final = (
    (Kind("Bill", "4-Week", 28 / 364, 80, 0.02), 28),
    (Kind("Bill", "13-Week", 0.25, 76, 0.05), 91),
    (Kind("Bill", "26-Week", 0.5, 68, 0.08), 182),
)
TWO: Final = Kind("Note", "2-Year", 2, 69, 0.15)
FIVE: Final = Kind("Note", "5-Year", 5, 70, 0.35)
FLOATING: Final = Kind("Note", "2-Year", 2, 28, 0.0, is_frn=True)
TEN: Final = Kind("Note", "10-Year", 10, 42, 0.75)
THIRTY: Final = Kind("Bond", "30-Year", 30, 25, 1.15)
INDEXED: Final = Kind("Note", "10-Year", 10, 19, -1.5, is_tips=True)


@dataclass(frozen=True, slots=True)
class Auction:
    """One auction. Announced from ``announced_at`` on, its results public from ``results_at`` on.

    ``term`` is what is left of the security's life, ``kind.term`` what it began with.
    ``issued_first_on`` is the first issue of a security that is reopened.
    """

    kind: Kind
    cusip: str
    term: str
    auction_on: date
    announced_on: date
    issue_on: date
    maturity_on: date
    issued_first_on: date
    offering: int
    results: Results

    @property
    def is_bill(self) -> bool:
        """Whether it pays no coupon."""
        return self.kind.security_type == "Bill"

    @property
    def is_reopening(self) -> bool:
        """Whether the security was there already."""
        return self.issue_on != self.issued_first_on

    @property
    def closes(self) -> time:
        """When bidding ends, New York."""
        return BILLS_CLOSE if self.is_bill else COUPONS_CLOSE

    @property
    def announced_at(self) -> datetime:
        """When the terms are public."""
        return at_new_york(self.announced_on, ANNOUNCED_AT)

    @property
    def results_at(self) -> datetime:
        """When the results are public."""
        return at_new_york(self.auction_on, self.closes)


@lru_cache(maxsize=2)
def auctions(seed: int) -> tuple[Auction, ...]:
    """All auctions from 2015 to 2035 by day and CUSIP."""
    policy = meetings(seed, date(1990, 1, 1), date(LAST_YEAR, 12, 31))
    found = [_bill(seed, policy, *one) for one in _bill_days()]
    found += [_coupon(seed, policy, *one) for one in _coupon_days()]
    return tuple(sorted(found, key=lambda one: (one.auction_on, one.cusip)))


def _bill_days() -> Iterator[tuple[Kind, int, date, date, date]]:
    """Kind, days of life, announcement, auction and issue of every bill."""
    monday = date(FIRST_YEAR, 1, 5)
    while monday.year <= LAST_YEAR:
        for kind, life in BILLS:
            early = life == BILLS[0][1]
            after = (1, 3, 8) if early else (-4, 0, 3)
            announced, sold, issued = (monday + timedelta(days=days) for days in after)
            yield kind, life, announced, sold, issued
        monday += timedelta(weeks=1)


def _bill(
    seed: int,
    policy: tuple[Meeting, ...],
    kind: Kind,
    life: int,
    announced: date,
    sold: date,
    issued: date,
) -> Auction:
    """The 13-week bill reopens the 26-week bill that ends on the same day."""
    maturity = issued + timedelta(days=life)
    week = (maturity - date(FIRST_YEAR, 1, 1)).days // 7
    number = 2 * week + (life == BILLS[0][1])
    first = issued if life != BILLS[1][1] else maturity - timedelta(days=BILLS[2][1])
    auction_on = rolled(sold)
    return _auction(
        seed,
        policy,
        kind,
        code=cusip("912796" if number < CODES else "912797", number % CODES),
        term=kind.term,
        days=(auction_on, rolled(announced, -1), rolled(issued), rolled(maturity), rolled(first)),
    )


def _coupon_days() -> Iterator[tuple[Kind, int, date, date, date]]:
    """Kind, months since the first issue, auction, issue and first issue, new ones in order."""
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for month in range(1, 13):
            end = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
            yield TWO, 0, end - _ROOM, end, end
            yield FIVE, 0, end - timedelta(days=5), end, end
            since = (month - 1) % 3
            yield FLOATING, since, end - timedelta(days=4), end, _months_before(end, since)
            middle = date(year, month, 15)
            since = (month - _REFUNDING[0]) % 3
            first = _months_before(middle, since)
            yield TEN, since, middle - _ROOM, middle, first
            yield THIRTY, since, middle - timedelta(days=5), middle, first
            if month % 2:
                since = (month - 1) % 6
                late = end - timedelta(days=9)
                yield INDEXED, since, late, end, _months_before(end, since)


def _coupon(
    seed: int,
    policy: tuple[Meeting, ...],
    kind: Kind,
    since: int,
    sold: date,
    issued: date,
    first: date,
) -> Auction:
    """A security is new every third (TIPS: sixth) month, and reopened in between."""
    prefix = "912810" if kind.security_type == "Bond" else "91282C"
    line = (TWO, FIVE, FLOATING, TEN, THIRTY, INDEXED).index(kind)
    number = ((first.year - FIRST_YEAR) * 12 + first.month + 2) * 6 + line
    left = int(kind.years) * 12 - since
    term = f"{left // 12}-Year {left % 12}-Month" if since else kind.term
    auction_on = rolled(sold, -1)
    announced = rolled(auction_on - timedelta(days=7), -1)
    maturity = date(first.year + int(kind.years), first.month, min(first.day, 28))
    if first.day > 28:
        maturity = _months_before(maturity.replace(day=28), 0, month_end=True)
    prefix = "912828" if number >= CODES and prefix == "91282C" else prefix
    return _auction(
        seed,
        policy,
        kind,
        code=cusip(prefix, number % CODES),
        term=term,
        days=(auction_on, announced, rolled(issued), maturity, rolled(first)),
    )


def _months_before(day: date, months: int, *, month_end: bool | None = None) -> date:
    """The same day so many months earlier; a month's last day stays one."""
    whole = day.year * 12 + day.month - 1 - months
    year, month = whole // 12, whole % 12 + 1
    end = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    is_end = (day + timedelta(days=1)).day == 1 if month_end is None else month_end
    return end if is_end else date(year, month, day.day)


def _auction(
    seed: int,
    policy: tuple[Meeting, ...],
    kind: Kind,
    *,
    code: str,
    term: str,
    days: tuple[date, date, date, date, date],
) -> Auction:
    auction_on, announced_on, issue_on, maturity_on, first = days
    offering = (kind.offering - (3 if first != issue_on and kind.years >= 10 else 0)) * _BILLION
    place = bisect.bisect_left(policy, auction_on, key=lambda meeting: meeting.decided_on)
    middle = (policy[place - 1].lower + policy[place - 1].upper) / 2
    return Auction(
        kind,
        code,
        term,
        auction_on,
        announced_on,
        issue_on,
        maturity_on,
        first,
        offering,
        results(seed, kind, auction_on, offering, middle),
    )
