from __future__ import annotations

import math
from datetime import date

import pytest

from stock_assets.sandbox.faults.values import day_of, later, moved, scaled


@pytest.mark.parametrize(
    ("value", "factor", "expected"),
    [
        (10, 2, 20),
        (10, 0.25, 2.5),
        (1.5, 100, 150.0),
        ("10.5000", 2, "21.0000"),
        ("1065.9", 1.01, "1076.6"),
        ("2", 1.01, "2.02"),
        ("-3.5", 2, "-7.0"),
        ("null", 2, "null"),
        (".", 2, "."),
        (True, 2, True),
        (None, 2, None),
        (10**400, 1.5, math.inf),
    ],
)
def test_numbers_are_multiplied_and_stay_what_they_were_written_as(
    value: object, factor: float, expected: object
) -> None:
    result = scaled(value, factor)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("value", "by", "expected"),
    [
        (10, 1, 11),
        (1.5, -1, 0.5),
        ("10.50", 1, "11.50"),
        ("2022-07-18", -1, "2022-07-17"),
        ("2022-02-28T17:08:00Z", 1, "2022-03-01T17:08:00Z"),
        ("9999-12-31", 1, "9999-12-31"),
        ("AAPL", 1, "AAPL"),
        (None, 1, None),
    ],
)
def test_numbers_and_days_are_moved(value: object, by: float, expected: object) -> None:
    assert moved(value, by) == expected


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (1741012200, date(2025, 3, 3)),
        (1740978000000, date(2025, 3, 3)),
        (1741060800, date(2025, 3, 3)),
        ("2025-03-03", date(2025, 3, 3)),
        ("2025-03-03 13:30:00", date(2025, 3, 3)),
        ("2024", date(2024, 1, 1)),
        ("2024Q4", None),
        (60_107_600, None),
        (10**30, None),
        ("AAPL", None),
        ("", None),
        (None, None),
        ([1], None),
    ],
)
def test_a_time_is_a_day_in_new_york(value: object, day: date | None) -> None:
    assert day_of(value) == day


def test_a_day_later_is_the_same_time_of_day_when_the_clocks_change() -> None:
    saturday, sunday, monday = 1741410000, 1741496400, 1741579200
    assert later(saturday, 1) == sunday
    assert later(sunday, 1) == monday == sunday + 23 * 3600
    assert later(sunday * 1000 + 7, 1) == monday * 1000 + 7
    assert later("soon", 1) == "soon"
