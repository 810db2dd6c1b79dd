"""At what time of its day a published figure becomes known.

Belongs here: the wall clocks of releases in New York, by FRED's series and releases, and the step
from a day to the instant.
Does not belong here: on which day something is published (the vendors say it).
Sources: the release schedules of bls.gov, bea.gov, dol.gov, census.gov, federalreserve.gov.

Vendors give days, not times. Where the time is not known, a figure counts as known from the end
of its day (24:00 in New York), never from its start.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from stock_assets.market import NEW_YORK

INSTANT: Final = pa.timestamp("us", tz="UTC")


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
    return _wall(day, clock).astimezone(UTC)


def known_at(days: pa.Array, clock: ReleaseClock | None) -> pa.Array:
    """:func:`known_on` for a column of days; each distinct day is worked out once."""
    coded = days.dictionary_encode()
    seconds = [int(_wall(day, clock).timestamp()) for day in coded.dictionary.to_pylist()]
    micros = pc.multiply(pa.array(seconds, pa.int64()), 1_000_000)
    return micros.cast(INSTANT).take(coded.indices)


def _wall(day: date, clock: ReleaseClock | None) -> datetime:
    """The same on New York's clocks."""
    if clock is None or day < clock.since:
        return datetime.combine(day + timedelta(days=1), time(), NEW_YORK)
    return datetime.combine(day, clock.at, NEW_YORK)
