from __future__ import annotations

import numpy as np
import pytest

from stock_assets.sandbox.truth.edge import LOOKBACK, probability_up, strength_for


def _history(last_five: float) -> np.ndarray:
    returns = np.tile([0.01, -0.01], LOOKBACK // 2).astype(np.float64)
    returns[-5:] = last_five
    return returns[:, None]


STEADY = np.ones((LOOKBACK, 1))


def test_five_strong_sessions_make_a_rise_less_likely_and_five_weak_ones_more() -> None:
    assert probability_up(_history(0.01), STEADY, 0.06)[0] < 0.5
    assert probability_up(_history(-0.01), STEADY, 0.06)[0] > 0.5


def test_unusual_volume_makes_the_rule_stronger() -> None:
    busy = STEADY.copy()
    busy[-1] = 3.0
    calm = probability_up(_history(0.01), STEADY, 0.06)[0]
    assert probability_up(_history(0.01), busy, 0.06)[0] < calm


def test_too_short_a_history_says_nothing() -> None:
    returns = _history(0.01)
    returns[0] = np.nan
    assert probability_up(returns, STEADY, 0.06)[0] == 0.5


def test_the_market_without_an_edge_is_a_fair_coin_whatever_happened() -> None:
    assert strength_for("null", 0.6) == 0.0
    assert probability_up(_history(0.05), STEADY, strength_for("null", 0.6))[0] == 0.5


def test_no_strength_makes_anything_certain() -> None:
    p = probability_up(_history(0.05), STEADY, 10.0)[0]
    assert p == pytest.approx(0.02)
