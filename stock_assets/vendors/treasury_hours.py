"""When the Treasury's figures are public: hours of the day in New York, business days.

Belongs here: at what time what the Treasury does becomes known.
Does not belong here: reading FiscalData's rows (treasury_rows.py, treasury_columns.py).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from stock_assets.market import NEW_YORK

DEBT_AT: Final = time(15)
BILLS_AT: Final = time(11, 30)
COUPONS_AT: Final = time(13)
RELEASED_AFTER: Final = timedelta(minutes=10)

_ANY_DAY: Final = date(2000, 1, 3)
_CLOSING: Final = re.compile(r"(\d{1,2}):(\d{2}) ?([AP])M")


def results_clock(kind: str, closing: str | None) -> time:
    """When an auction's results are out: some minutes after bidding is over.

    Bidding ends at the usual hour of its kind, or at the stated one where it is later. Nobody has
    results then: they are put on TreasuryDirect after the conclusion of the auction (31 CFR
    356.23), minutes later, and neither the rule nor FiscalData states an instant.
    ``RELEASED_AFTER`` is our margin for that, rather long than short.

    ``closing``: as FiscalData writes it, ``11:30 AM``; anything else states nothing.
    """
    usual = BILLS_AT if kind == "Bill" else COUPONS_AT
    found = _CLOSING.fullmatch(closing or "")
    if found and 1 <= int(found[1]) <= 12 and int(found[2]) <= 59:
        stated = time(int(found[1]) % 12 + 12 * (found[3] == "P"), int(found[2]))
        usual = max(usual, stated)
    released = datetime.combine(_ANY_DAY, usual, UTC) + RELEASED_AFTER
    # What closes in the last minutes of a day stays on that day.
    return released.time() if released.date() == _ANY_DAY else time.max


def new_york(day: date, clock: time) -> datetime:
    """That wall time in New York as an instant."""
    return datetime.combine(day, clock, NEW_YORK).astimezone(UTC)


def business_day_after(day: date) -> date:
    """The next day on which the federal government works."""
    day += timedelta(days=1)
    while day.weekday() > 4 or day in _holidays(day.year):
        day += timedelta(days=1)
    return day


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    """Federal holidays of a year as observed."""
    from pandas.tseries.holiday import USFederalHolidayCalendar

    span = (datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, tzinfo=UTC))
    found = USFederalHolidayCalendar().holidays(*span)
    return frozenset(stamp.date() for stamp in found)
