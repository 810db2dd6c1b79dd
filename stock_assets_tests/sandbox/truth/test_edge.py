from __future__ import annotations

import numpy as np
import pytest

from stock_assets.sandbox.truth.edge import (
    LOOKBACK,
    SHARE,
    probability_up,
    strength_for,
)


def _history(last_five: float) -> np.ndarray:
    returns = np.tile([0.01, -0.01], LOOKBACK // 2).astype(np.float64)
    returns[-5:] = last_five
    return returns[:, None]


STEADY = np.ones((LOOKBACK, 1))
SILENCE = np.zeros(1)


def test_five_strong_sessions_make_a_rise_less_likely_and_five_weak_ones_more() -> None:
    assert probability_up(_history(0.01), STEADY, SILENCE, 0.06)[0] < 0.5
    assert probability_up(_history(-0.01), STEADY, SILENCE, 0.06)[0] > 0.5


def test_unusual_volume_makes_the_rule_stronger() -> None:
    busy = STEADY.copy()
    busy[-1] = 3.0
    calm = probability_up(_history(0.01), STEADY, SILENCE, 0.06)[0]
    assert probability_up(_history(0.01), busy, SILENCE, 0.06)[0] < calm


def test_good_news_make_a_rise_more_likely_by_the_same_amount_whatever_the_bars_say() -> None:
    for returns in (_history(0.01), _history(-0.01)):
        silent, good, bad = (
            probability_up(returns, STEADY, np.array([mood]), 0.06)[0] for mood in (0.0, 1.0, -1.0)
        )
        assert good - silent == pytest.approx(0.06 * SHARE)
        assert silent - bad == pytest.approx(0.06 * SHARE)


def test_too_short_a_history_says_nothing() -> None:
    returns = _history(0.01)
    returns[0] = np.nan
    assert probability_up(returns, STEADY, np.ones(1), 0.06)[0] == 0.5


def test_the_market_without_an_edge_is_a_fair_coin_whatever_happened() -> None:
    assert strength_for("null", 0.6) == 0.0
    assert probability_up(_history(0.05), STEADY, np.ones(1), strength_for("null", 0.6))[0] == 0.5


def test_no_strength_makes_anything_certain() -> None:
    p = probability_up(_history(0.05), STEADY, SILENCE, 10.0)[0]
    assert p == pytest.approx(0.02)
