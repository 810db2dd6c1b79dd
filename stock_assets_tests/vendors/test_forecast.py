"""What a plan costs is said before it is carried out, and is what it then costs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stock_assets.errors import InputError
from stock_assets.vendors.budget import SLACK_S, Budget
from stock_assets.vendors.forecast import forecast
from stock_assets_tests.vendors.conftest import Waiting

PACE = "requests at 5 a minute"
SPENT = "of a day's 25; only"


@pytest.mark.parametrize(("requests", "per_minute"), [(1, 5), (5, 5), (6, 5), (23, 5), (3, 0.5)])
def test_the_minutes_are_those_that_the_budget_makes_us_wait(
    tmp_path: Path, waiting: Waiting, requests: int, per_minute: float
) -> None:
    ours = Budget(
        tmp_path, "acme", "k", per_minute, clock=waiting.now, sleep=waiting.sleep, max_wait_s=1e6
    )
    began = waiting.at
    for _ in range(requests):
        ours.take()
    # The half second that each window is longer for safety is left out of the forecast.
    waited = waiting.at - began - SLACK_S * len(waiting.waits)
    assert forecast(requests, per_minute).minutes == pytest.approx(waited / 60)


@pytest.mark.parametrize(
    ("asked", "days", "sentence"),
    [
        ((0, 5), 0, "Nothing to ask for."),
        ((1, 5), 1, "1 request at 5 a minute: at once."),
        ((50, 5), 1, "50 requests at 5 a minute: 9 minutes."),
        ((10, 5, 25, 20), 1, f"10 {PACE}: 1 minute, 40% of a day's 25, 20 left today."),
        ((30, 5, 25, 5), 2, f"30 {PACE}: 4 minutes, 120% {SPENT} 5 left today, so 2 days."),
        ((30, 5, 25, 4), 3, f"30 {PACE}: 4 minutes, 120% {SPENT} 4 left today, so 3 days."),
        ((25, 5, 25, 0), 2, f"25 {PACE}: 4 minutes, 100% {SPENT} 0 left today, so 2 days."),
    ],
)
def test_the_cost_is_one_sentence(asked: tuple[int, ...], days: int, sentence: str) -> None:
    cost = forecast(*asked)
    assert cost.days == days
    assert str(cost) == sentence


def test_a_cost_that_may_become_more_says_so() -> None:
    assert str(forecast(50, 5, at_least=True)) == "At least 50 requests at 5 a minute: 9 minutes."
    assert str(forecast(1, 5, 25, at_least=True)).startswith("At least 1 request at 5 a minute")
    assert str(forecast(0, 5, at_least=True)) == "Nothing to ask for."


def test_the_shares_are_of_a_day_and_of_what_is_left_of_it() -> None:
    cost = forecast(30, 5, 25, 20)
    assert (cost.share_of_day, cost.share_of_left, cost.fits_today) == (1.2, 1.5, False)
    assert forecast(5, 5, 25).fits_today
    assert forecast(5, 5, 25).share_of_left == 0.2
    assert forecast(5, 5, 25, 0).share_of_left is None
    assert forecast(500, 5).share_of_day is None


def test_a_day_whose_requests_come_in_halves_lasts_half_a_day_longer() -> None:
    assert forecast(50, 60, 100, parts=2).minutes == forecast(50, 60, 100).minutes == 0
    assert forecast(51, 60, 100, parts=2).minutes == 12 * 60
    assert forecast(100, 200, 100, parts=2).days == 1


@given(st.integers(0, 300), st.integers(1, 40), st.integers(0, 60))
def test_the_days_are_those_of_a_calendar_counted_one_by_one(
    requests: int, per_day: int, left: int
) -> None:
    days, open_today, waiting = 0, min(left, per_day), requests
    while waiting:
        days += 1
        waiting -= min(waiting, open_today)
        open_today = per_day
    assert forecast(requests, 5, per_day, left).days == days


@pytest.mark.parametrize("per_minute", [5.0, 7.0, 30.0, 49.0, 120.0])
def test_a_pace_worked_out_from_the_budgets_interval_is_the_budgets_pace(
    tmp_path: Path, per_minute: float
) -> None:
    interval_s = Budget(tmp_path, "acme", "k", per_minute).interval_s
    for requests in (int(per_minute), int(per_minute) + 1):
        expected = forecast(requests, per_minute).minutes
        assert forecast(requests, 60.0 / interval_s).minutes == pytest.approx(expected)


@pytest.mark.parametrize("asked", [(-1, 5), (1, 0), (1, 5, 0)])
def test_what_cannot_be_is_refused(asked: tuple[int, ...]) -> None:
    with pytest.raises(InputError):
        forecast(*asked)
