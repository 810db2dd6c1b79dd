"""When statistics are published: which release, on which day, at what time in New York.

Belongs here: the calendar of releases, the months for which one was cancelled.
Does not belong here: what is published (measured.py, rates.py), how FRED lists it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Final

import numpy as np
import numpy.typing as npt

from stock_assets.sandbox.truth import business_days as days_of
from stock_assets.sandbox.truth.model import Days

FIRST_PERIOD: Final = date(1990, 1, 1)

CPI: Final = 10
RETAIL: Final = 9
PRODUCTION: Final = 13
RATES: Final = 18
JOBS: Final = 50
GDP: Final = 53
INCOME: Final = 54
SENTIMENT: Final = 91
FACTORIES: Final = 95
FOMC: Final = 101
CLAIMS: Final = 180
MORTGAGES: Final = 190
SPREADS: Final = 304

CANCELLED_MONTH: Final = np.datetime64("2025-10-01", "D")
"""The month that nobody measured: prices and unemployment of it were never published."""
CANCELLED: Final = frozenset({CPI, JOBS})


@dataclass(frozen=True, slots=True)
class Release:
    """A publication with FRED's number and name; ``at`` is its time of day in New York."""

    id: int
    name: str
    link: str
    at: time = time(8, 30)


@dataclass(frozen=True, slots=True)
class Issues:
    """The issues of a release in order: days, and whether each one came out."""

    days: Days
    held: npt.NDArray[np.bool_]


RELEASES: Final[dict[int, Release]] = {
    release.id: release
    for release in (
        Release(RETAIL, "Advance Monthly Sales for Retail and Food Services",
                "http://www.census.gov/retail/"),
        Release(CPI, "Consumer Price Index", "http://www.bls.gov/cpi/"),
        Release(PRODUCTION, "G.17 Industrial Production and Capacity Utilization",
                "http://www.federalreserve.gov/releases/g17/", time(9, 15)),
        Release(RATES, "H.15 Selected Interest Rates",
                "http://www.federalreserve.gov/releases/h15/", time(16, 15)),
        Release(JOBS, "Employment Situation", "http://www.bls.gov/ces/"),
        Release(GDP, "Gross Domestic Product",
                "https://www.bea.gov/data/gdp/gross-domestic-product"),
        Release(INCOME, "Personal Income and Outlays",
                "https://www.bea.gov/data/income-saving/personal-income"),
        Release(SENTIMENT, "Surveys of Consumers", "http://www.sca.isr.umich.edu/", time(10)),
        Release(FACTORIES, "Manufacturer's Shipments, Inventories, and Orders (M3) Survey",
                "http://www.census.gov/manufacturing/m3/"),
        Release(FOMC, "FOMC Press Release",
                "http://www.federalreserve.gov/monetarypolicy/fomccalendars.htm", time(8)),
        Release(CLAIMS, "Unemployment Insurance Weekly Claims Report",
                "https://www.dol.gov/ui/data.pdf"),
        Release(MORTGAGES, "Primary Mortgage Market Survey",
                "https://www.freddiemac.com/pmms/", time(12)),
        Release(SPREADS, "Interest Rate Spreads", "https://fred.stlouisfed.org/", time(17)),
    )
}  # fmt: skip


def _jobs(months: Days) -> Days:
    """The first Friday, but not in the first three days of January; before a holiday if on one."""
    following = days_of.months_later(months, 1)
    friday = days_of.first_weekday(following, "Fri")
    is_january = following.astype("datetime64[M]").astype(np.int64) % 12 == 0
    too_early = is_january & (friday < days_of.day_of(following, 4))
    return days_of.working_until(friday + np.where(too_early, 7, 0).astype("timedelta64[D]"))


def _from_day(day: int) -> Callable[[Days], Days]:
    def rule(months: Days) -> Days:
        return days_of.working_from(days_of.day_of(days_of.months_later(months, 1), day))

    return rule


def _last(weekday: days_of.Weekday, until: int) -> Callable[[Days], Days]:
    def rule(months: Days) -> Days:
        following = days_of.months_later(months, 1)
        return days_of.working_until(days_of.last_weekday(following, weekday, until=until))

    return rule


_MONTHLY: Final[dict[int, Callable[[Days], Days]]] = {
    RETAIL: _from_day(15),
    CPI: _from_day(11),
    PRODUCTION: _from_day(16),
    JOBS: _jobs,
    GDP: _last("Thu", 30),
    INCOME: _last("Fri", 30),
    SENTIMENT: _last("Fri", 31),
    FACTORIES: _from_day(25),
}
"""The day of the issue about each month. GDP comes monthly too: advance, second, third."""


def issues(release: int, last: date) -> Issues:
    """Every issue up to ``last``, beginning with the one about the first period of 1990.

    Monthly releases have one issue per month (GDP: its first is the advance estimate about
    1990Q1), claims and mortgages one per week, rates one per working day, FOMC one per day.
    """
    first = np.datetime64(FIRST_PERIOD)
    end = np.datetime64(last)
    if release in _MONTHLY:
        begin = np.datetime64("1990-03-01") if release == GDP else first
        months = np.arange(begin.astype("datetime64[M]"), end.astype("datetime64[M]"))
        about = months.astype("datetime64[D]")
        days = _MONTHLY[release](about)
        held = np.ones(len(days), dtype=np.bool_)
        if release in CANCELLED:
            held = about != CANCELLED_MONTH
        inside = days <= end
        return Issues(days[inside], held[inside])
    days = np.arange(first + np.timedelta64(1, "D"), end + np.timedelta64(1, "D"))
    if release in (CLAIMS, MORTGAGES):
        thursdays = days[np.is_busday(days, weekmask="Thu")]
        days = days_of.working_until(thursdays)
    elif release in (RATES, SPREADS):
        days = days[days_of.is_working(days)]
        days = days[1:]
    return Issues(days, np.ones(len(days), dtype=np.bool_))
