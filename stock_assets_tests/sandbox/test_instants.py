from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from stock_assets.sandbox.instants import CLOSE, MIDNIGHT, OPEN, instant, instants


@pytest.mark.parametrize(
    ("day", "utc_hour"), [(date(2025, 3, 7), 14), (date(2025, 3, 10), 13), (date(2025, 11, 3), 14)]
)
def test_the_open_follows_new_yorks_clock_through_summer_time(day: date, utc_hour: int) -> None:
    expected = datetime(day.year, day.month, day.day, utc_hour, 30, tzinfo=UTC)
    assert instant(day, OPEN) == int(expected.timestamp())


def test_midnight_and_close_are_those_of_the_recorded_answers() -> None:
    assert instant(date(2005, 4, 1), MIDNIGHT) * 1000 == 1112331600000
    assert instant(date(2020, 10, 14), CLOSE) * 1000 == 1602705600000


def test_arrays_agree_with_single_days_also_outside_the_calendar() -> None:
    for texts in (["2025-03-07", "2025-03-08", "2025-03-10"], ["1971-05-03", "2025-03-10"], []):
        days = np.array(texts, dtype="datetime64[D]")
        assert instants(days, OPEN).tolist() == [instant(d, OPEN) for d in days.tolist()]
