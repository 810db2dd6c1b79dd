"""At what time of its day a published figure becomes known.

Belongs here: the wall clocks of releases in New York, by FRED's series and releases, and the step
from a day to the instant.
Does not belong here: on which day something is published (the vendors say it).
Sources: the release schedules of bls.gov, bea.gov, dol.gov, census.gov, federalreserve.gov.

Vendors give days, not times. Where the time is not known, a figure counts as known from the end
of its day (24:00 in New York), never from its start.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stock_assets.market import NEW_YORK

Longs = NDArray[np.int64]

INSTANT: Final = pa.timestamp("us", tz="UTC")

_DAY_S: Final = 86_400
_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class ReleaseClock:
    """The wall time in New York at which a release comes out, on days from ``since`` on."""

    at: time
    since: date


# ``since`` is when the hour is known to have been in force; on earlier days the end of the day
# counts, which can only be late.
_MORNING: Final = ReleaseClock(time(8, 30), date(1994, 1, 1))
_INDUSTRY: Final = ReleaseClock(time(9, 15), date(1994, 1, 1))
_FOMC: Final = ReleaseClock(time(14), date(2013, 3, 20))
_RATES: Final = ReleaseClock(time(16, 15), date(2016, 10, 11))
_SPREADS: Final = ReleaseClock(time(18), date(2016, 10, 11))

_RELEASES: Final = {
    9: (_MORNING, "RSAFS RSXFS"),
    10: (_MORNING, "CPIAUCSL CPIAUCNS CPILFESL CPILFENS"),
    13: (_INDUSTRY, "INDPRO TCU IPMAN CUMFNS"),
    18: (
        _RATES,
        "DFF FEDFUNDS DTB3 GS2 GS10 DGS1MO DGS3MO DGS6MO DGS1 DGS2 DGS5 DGS7 DGS10 DGS20 DGS30",
    ),
    27: (_MORNING, "HOUST PERMIT"),
    46: (_MORNING, "PPIACO PPIFIS"),
    50: (_MORNING, "PAYEMS UNRATE CIVPART U6RATE AHETPI CES0500000003"),
    53: (_MORNING, "GDP GDPC1 GDPDEF A191RL1Q225SBEA A939RX0Q048SBEA"),
    54: (_MORNING, "PCE PCEPI PCEPILFE PSAVERT DSPIC96"),
    101: (_FOMC, "DFEDTAR DFEDTARU DFEDTARL"),
    180: (_MORNING, "ICSA ICNSA CCSA"),
    304: (_SPREADS, "T10Y2Y T10Y3M T10YFF"),
}
"""FRED's number of a release: its clock, and series that it brings."""
_SERIES: Final = {name: clock for clock, names in _RELEASES.values() for name in names.split()}


def clock_of_series(series: str) -> ReleaseClock | None:
    """The clock of one of FRED's series; None where it is not known."""
    return _SERIES.get(series)


def clock_of_release(release: int) -> ReleaseClock | None:
    """The clock of one of FRED's releases; None where it is not known."""
    known = _RELEASES.get(release)
    return known[0] if known else None


def known_on(day: date, clock: ReleaseClock | None) -> datetime:
    """The UTC instant at which what is published on ``day`` is known, by that clock."""
    if clock is None or day < clock.since:
        return datetime.combine(day + timedelta(days=1), time(), NEW_YORK).astimezone(UTC)
    return datetime.combine(day, clock.at, NEW_YORK).astimezone(UTC)


def known_at(days: pa.Array, clock: ReleaseClock | None) -> pa.Array:
    """:func:`known_on` for a column of days; null stays null."""
    numbers = days.cast(pa.int32()).fill_null(0).to_numpy().astype(np.int64)
    is_timed = np.zeros(len(numbers), dtype=bool)
    clock_s = 0
    if clock is not None:
        is_timed = numbers >= clock.since.toordinal() - _EPOCH
        clock_s = clock.at.hour * 3_600 + clock.at.minute * 60
    seconds = new_york_seconds(numbers, np.where(is_timed, clock_s, _DAY_S))
    absent = days.is_null().to_numpy(zero_copy_only=False) if days.null_count else None
    return pa.array(seconds * 1_000_000, pa.int64(), mask=absent).cast(INSTANT)


def new_york_seconds(days: Longs, clock_s: Longs) -> Longs:
    """Seconds since 1970 (UTC) of wall times in New York: day numbers, and seconds of those days.

    ``clock_s``: from the time on at which clocks change, 2:00, to 24:00, the end of the day.
    """
    if not len(days):
        return days
    # The end of a day lies before any change on the next one.
    changes, offsets = _offsets(int(days.min()), int(days.max()) + 1)
    return days * _DAY_S + clock_s - offsets[np.searchsorted(changes, days, side="right")]


def _offsets(first: int, last: int) -> tuple[Longs, Longs]:
    """The days on which New York's clocks change, and seconds from UTC before, between and after.

    ``first``, ``last``: days since 1970 that must be covered.
    """
    years = range(*(date.fromordinal(day + _EPOCH).year + n for day, n in ((first, 0), (last, 1))))
    found = [change for year in years for change in _changes(year)]
    before = _offset(date(years[0], 1, 1).toordinal())
    return (
        np.array([day - _EPOCH for day, _ in found], dtype=np.int64),
        np.array([before, *(offset for _, offset in found)], dtype=np.int64),
    )


@lru_cache(maxsize=512)
def _changes(year: int) -> tuple[tuple[int, int], ...]:
    """The days (ordinals) of a year on which the clocks change, and the offset from then on."""
    months = [date(year, month, 1).toordinal() for month in range(1, 13)]
    found = []
    for low, high in pairwise([*months, date(year + 1, 1, 1).toordinal()]):
        if _offset(low) != _offset(high):
            midnights = range(low, high + 1)
            later = bisect_left(midnights, True, key=lambda day: _offset(day) != _offset(low))
            found.append((midnights[later] - 1, _offset(high)))
    return tuple(found)


def _offset(ordinal: int) -> int:
    """Seconds from UTC at a midnight in New York."""
    midnight = datetime.combine(date.fromordinal(ordinal), time(), NEW_YORK)
    return int((midnight.utcoffset() or timedelta()).total_seconds())
