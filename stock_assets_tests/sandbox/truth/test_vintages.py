from __future__ import annotations

from datetime import UTC, date, datetime, time

import numpy as np

from stock_assets.sandbox.truth.vintages import FOREVER, Vintages, publish

A, B = "2025-01-01", "2025-02-01"


def _days(*texts: str) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.array(texts, "datetime64[D]")


def _published() -> Vintages:
    """January is revised twice, the second time to nothing new; February is published once."""
    return publish(
        _days(A, B, A, A),
        _days("2025-02-10", "2025-03-10", "2025-03-10", "2025-04-10"),
        time(8, 30),
        np.array([1.0, 5.0, 2.0, 2.0]),
    )


def test_a_value_that_is_repeated_is_no_vintage() -> None:
    found = _published()
    assert found.periods.astype(str).tolist() == [A, A, B]
    assert found.values.tolist() == [1.0, 2.0, 5.0]
    assert found.vintage_days.astype(str).tolist() == ["2025-02-10", "2025-03-10"]


def test_a_value_holds_until_the_day_before_the_next_one() -> None:
    assert _published().valid_until.tolist() == [date(2025, 3, 9), FOREVER, FOREVER]


def test_a_value_is_known_from_its_hour_on_in_summer_time_too() -> None:
    found = _published()
    assert len(found.known(datetime(2025, 2, 10, 13, 29, tzinfo=UTC))) == 0
    assert len(found.known(datetime(2025, 2, 10, 13, 30, tzinfo=UTC))) == 1
    assert len(found.known(datetime(2025, 3, 10, 12, 29, tzinfo=UTC))) == 1
    assert len(found.known(datetime(2025, 3, 10, 12, 30, tzinfo=UTC))) == 3


def test_what_is_not_known_yet_does_not_end_what_is() -> None:
    known = _published().known(datetime(2025, 3, 1, tzinfo=UTC))
    assert known.valid_until.tolist() == [FOREVER]


def test_as_of_a_day_there_is_one_value_per_period() -> None:
    found = _published()
    assert found.as_of(date(2025, 2, 9)).values.tolist() == []
    assert found.as_of(date(2025, 2, 10)).values.tolist() == [1.0]
    assert found.as_of(date(2025, 3, 10)).values.tolist() == [2.0, 5.0]
    assert found.newest().values.tolist() == [2.0, 5.0]
    assert found.first().values.tolist() == [1.0, 5.0]


def test_of_two_values_on_one_day_the_last_given_counts() -> None:
    found = publish(_days(A, A), _days(B, B), time(8, 30), np.array([1.0, 3.0]))
    assert found.values.tolist() == [3.0]


def test_nothing_published_is_no_rows() -> None:
    found = publish(_days(), _days(), time(8, 30), np.array([]))
    assert len(found.known(datetime(2025, 1, 1, tzinfo=UTC))) == 0
