"""When a vendor's day begins."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from stock_assets.vendors.vendor_day import ALPHA_VANTAGE_FREE, NEWS_API_DEVELOPER, DailyLimit


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "next_day"),
    [
        ("2024-01-05T04:59:59", "2024-01-05T05:00:00"),
        ("2024-01-05T05:00:00", "2024-01-06T05:00:00"),
        # 23 hours and 25 hours: the clocks change.
        ("2024-03-10T05:00:00", "2024-03-11T04:00:00"),
        ("2024-11-03T04:00:00", "2024-11-04T05:00:00"),
    ],
)
def test_a_calendar_day_ends_at_midnight_in_new_york(now: str, next_day: str) -> None:
    assert ALPHA_VANTAGE_FREE.next_day(at(now)) == at(next_day)
    assert NEWS_API_DEVELOPER.next_day(at(now)) == at(now) + 86_400


def test_a_calendar_days_allowance_comes_back_all_at_once() -> None:
    limit = DailyLimit(2)
    granted = [at("2024-01-05T04:00:00"), at("2024-01-05T06:00:00"), at("2024-01-05T20:00:00")]
    now = at("2024-01-05T21:00:00")
    assert limit.used(granted, now) == 2
    assert limit.free_at(granted, now) == at("2024-01-06T05:00:00")
    assert limit.free_at(granted[:2], now) == now


def test_a_sliding_days_allowance_comes_back_one_by_one() -> None:
    limit = DailyLimit(2, zone=None)
    granted = [at("2024-01-05T04:00:00"), at("2024-01-05T06:00:00"), at("2024-01-05T20:00:00")]
    assert limit.free_at(granted, at("2024-01-05T21:00:00")) == at("2024-01-06T06:00:00")
    assert limit.used(granted, at("2024-01-06T06:00:00")) == 1


def test_half_of_the_day_comes_in_any_twelve_hours_and_no_more_than_the_day_in_all() -> None:
    limit = DailyLimit(5, zone=None, parts=2)
    now = at("2024-01-05T04:00:00")
    granted: list[float] = []
    for _ in range(9):
        now = limit.free_at(granted, now)
        granted.append(now)
    hours = [(one - granted[0]) / 3600 for one in granted]
    assert hours == [0, 0, 0, 12, 12, 24, 24, 24, 36]
    assert limit.used(granted[:5], granted[4]) == 5


def test_a_part_counts_from_its_own_first_request(rng: np.random.Generator) -> None:
    granted: list[float] = []
    now = at("2024-01-05T04:00:00")
    for pause in rng.exponential(600.0, size=500):
        now = NEWS_API_DEVELOPER.free_at(granted, now + pause)
        granted.append(now)
    for span_s, most in ((43_200.0, 50), (86_400.0, 100)):
        ends = np.searchsorted(granted, np.array(granted) + span_s, side="left")
        assert (ends - np.arange(len(granted))).max() == most


def test_a_calendar_day_can_come_in_parts_too() -> None:
    limit = DailyLimit(4, parts=2)
    granted = [at("2024-01-05T05:00:00"), at("2024-01-05T06:00:00")]
    assert limit.free_at(granted, at("2024-01-05T07:00:00")) == at("2024-01-05T17:00:00")
    granted += [at("2024-01-05T17:00:00"), at("2024-01-05T18:00:00")]
    assert limit.free_at(granted, at("2024-01-05T19:00:00")) == at("2024-01-06T05:00:00")


def test_requests_promised_for_tomorrow_count_tomorrow() -> None:
    limit = DailyLimit(1)
    promised = [at("2024-01-06T05:00:01")]
    assert limit.free_at(promised, at("2024-01-05T21:00:00")) == at("2024-01-05T21:00:00")
    assert limit.free_at(promised, at("2024-01-06T05:00:00")) == at("2024-01-07T05:00:00")


def test_a_limit_says_what_a_day_is() -> None:
    assert str(ALPHA_VANTAGE_FREE) == "25 requests per day"
    assert str(DailyLimit(100, zone=None)) == "100 requests per 24 hours"
    assert str(NEWS_API_DEVELOPER) == "100 requests per 24 hours (50 per 12 hours)"
