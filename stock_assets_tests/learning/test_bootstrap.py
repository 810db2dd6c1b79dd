"""Intervals that cover what they promise."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from stock_assets.errors import InputError
from stock_assets.learning.bootstrap import Estimate, estimate, session_weights
from stock_assets.learning.evaluate import Judge


def test_each_resample_is_as_long_as_the_original() -> None:
    weights = session_weights(53, resamples=40, block=5, seed=1)
    assert weights.shape == (40, 53)
    assert (weights.sum(axis=1) == 53).all()
    assert weights.min() >= 0
    assert abs(weights.mean(axis=0) - 1).max() < 0.7


def test_resamples_hold_whole_blocks_of_neighbours() -> None:
    weights = session_weights(60, resamples=1, block=60, seed=1)
    assert (weights == 1).all()
    singles = session_weights(400, resamples=200, block=1, seed=1)
    blocks = session_weights(400, resamples=200, block=10, seed=1)

    def together(weights: Any) -> float:
        return float(np.mean([np.corrcoef(row[:-1], row[1:])[0, 1] for row in weights]))

    assert abs(together(singles)) < 0.02
    assert together(blocks) > 0.8


def test_equal_seeds_give_equal_resamples() -> None:
    first, again = (session_weights(30, resamples=9, block=5, seed=4) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (first != session_weights(30, resamples=9, block=5, seed=5)).any()


def test_fewer_sessions_than_a_block_are_one_block() -> None:
    assert (session_weights(3, resamples=10, block=5, seed=0) == 1).all()


@pytest.mark.parametrize("zero", ["sessions", "resamples", "block"])
def test_nothing_cannot_be_resampled(zero: str) -> None:
    arguments = {"sessions": 9, "resamples": 9, "block": 5, zero: 0}
    with pytest.raises(InputError):
        session_weights(arguments.pop("sessions"), seed=0, **arguments)


def test_an_interval_with_one_undefined_resample_is_not_a_number() -> None:
    assert not estimate(0.5, np.array([0.4, np.nan, 0.6])).is_finite
    assert estimate(0.5, np.array([0.4, 0.6])).is_finite
    assert not Estimate(float("nan"), 0.0, 1.0).is_finite


def test_on_noise_with_a_shared_market_the_intervals_cover_the_truth() -> None:
    """95 % intervals by session cover about 95 %; by row, as if rows were independent, far fewer.

    Rows of one session share the market's move, the scores of one session share a level, and both
    carry over to the next session.
    """
    rng = np.random.default_rng(11)
    sessions, symbols, rounds = 120, 10, 150
    codes = np.repeat(np.arange(sessions), symbols)
    covered, covered_by_row = [], []
    for turn in range(rounds):
        shock = rng.standard_normal(sessions)
        level = rng.standard_normal(sessions)
        for day in range(1, sessions):
            level[day] = 0.7 * level[day - 1] + 0.7 * level[day]
        labels = 1.5 * shock[codes] + rng.standard_normal(len(codes)) > 0
        scores = norm.cdf(0.3 * (1.5 * level[codes] + rng.standard_normal(len(codes))))
        auc = Judge(codes, labels, resamples=150, seed=turn).scores(scores).estimates["auc"]
        covered.append(auc.low <= 0.5 <= auc.high)
        if turn < 30:
            rows = Judge(np.arange(len(codes)), labels, resamples=150, block=1, seed=turn)
            auc = rows.scores(scores).estimates["auc"]
            covered_by_row.append(auc.low <= 0.5 <= auc.high)
    assert 0.89 <= np.mean(covered) <= 0.99
    assert np.mean(covered_by_row) < 0.8
