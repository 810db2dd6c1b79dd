from __future__ import annotations

import numpy as np

from stock_assets import market
from stock_assets.sandbox.truth.schedule import (
    DECLARED_BEFORE,
    SPECIAL_DECLARED,
    SPECIAL_EX,
    SPLIT_ANNOUNCED,
    SPLIT_EFFECTIVE,
    schedule,
)

DAYS = [day for day in market.calendar().days if 2015 <= day.year <= 2026]


def test_quarters_leave_room_for_everything_between_two_dividends() -> None:
    assert 0 < SPLIT_ANNOUNCED < SPLIT_EFFECTIVE < SPECIAL_DECLARED < SPECIAL_EX
    for seed in range(40):
        regular = schedule(np.random.default_rng(seed), DAYS).regular
        assert np.diff(regular).min() > SPECIAL_EX + DECLARED_BEFORE


def test_there_is_one_review_for_splits_a_year() -> None:
    for seed in range(40):
        reviews = schedule(np.random.default_rng(seed), DAYS).reviews
        years = [DAYS[i].year for i in reviews]
        assert len(years) == len(set(years)) >= 11


def test_who_pays_nothing_pays_no_specials_either() -> None:
    plans = [schedule(np.random.default_rng(seed), DAYS) for seed in range(40)]
    assert all(not len(p.specials) for p in plans if p.annual_yield == 0.0)
    assert 15 <= sum(p.annual_yield > 0 for p in plans) <= 33
