"""A figure is known when it is released, not when its period begins and not at midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from stock_assets.vendors.release_clock import (
    clock_of_release,
    clock_of_series,
    known_at,
    known_on,
)


@pytest.mark.parametrize(
    ("series", "day", "known"),
    [
        ("CPIAUCSL", date(2024, 1, 11), datetime(2024, 1, 11, 13, 30, tzinfo=UTC)),
        ("CPIAUCSL", date(2024, 7, 11), datetime(2024, 7, 11, 12, 30, tzinfo=UTC)),
        ("PAYEMS", date(2024, 3, 8), datetime(2024, 3, 8, 13, 30, tzinfo=UTC)),
        ("INDPRO", date(2024, 7, 17), datetime(2024, 7, 17, 13, 15, tzinfo=UTC)),
        ("DFEDTARU", date(2024, 9, 18), datetime(2024, 9, 18, 18, tzinfo=UTC)),
        ("DGS10", date(2024, 1, 2), datetime(2024, 1, 2, 21, 15, tzinfo=UTC)),
        ("T10Y2Y", date(2024, 1, 2), datetime(2024, 1, 2, 23, tzinfo=UTC)),
        ("NOBODYKNOWS", date(2024, 1, 2), datetime(2024, 1, 3, 5, tzinfo=UTC)),
        ("NOBODYKNOWS", date(2024, 3, 9), datetime(2024, 3, 10, 5, tzinfo=UTC)),
        ("NOBODYKNOWS", date(2024, 3, 10), datetime(2024, 3, 11, 4, tzinfo=UTC)),
        # Before the hour was in force the end of the day counts: later, never earlier.
        ("DFEDTAR", date(2008, 12, 16), datetime(2008, 12, 17, 5, tzinfo=UTC)),
        ("GDP", date(1991, 12, 4), datetime(1991, 12, 5, 5, tzinfo=UTC)),
    ],
)
def test_d19_a_release_is_known_at_its_hour_in_new_york_summer_and_winter(
    series: str, day: date, known: datetime
) -> None:
    assert known_on(day, clock_of_series(series)) == known


def test_a_series_keeps_its_releases_hour() -> None:
    assert clock_of_release(10) == clock_of_series("CPIAUCSL")
    assert clock_of_release(101) == clock_of_series("DFEDTARL")
    assert clock_of_release(999_999) is None


def test_a_column_of_days_is_as_day_by_day() -> None:
    clock = clock_of_series("ICSA")
    days = [date(2024, 3, 7), None, date(2024, 3, 14), date(2024, 3, 7)]
    column = known_at(pa.array(days, pa.date32()), clock)
    assert column.type == pa.timestamp("us", tz="UTC")
    assert column.to_pylist() == [day and known_on(day, clock) for day in days]


@pytest.mark.parametrize("series", ["NOBODYKNOWS", "GDP", "DFEDTARU", "DGS10", "T10Y2Y"])
def test_a_century_of_days_is_as_day_by_day_whenever_clocks_change(series: str) -> None:
    clock, first = clock_of_series(series), date(1940, 1, 1).toordinal()
    days = [date.fromordinal(first + n) for n in range(100 * 365)]
    assert known_at(pa.array(days), clock).to_pylist() == [known_on(day, clock) for day in days]
