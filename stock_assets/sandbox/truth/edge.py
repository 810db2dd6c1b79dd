"""The known edge: how likely the next session's total return is above zero, given the past.

Belongs here: the rule of the market with an edge, and the rule of the market without one.
Does not belong here: how bars come out of it (simulation.py), the moods themselves (mood.py).

Two things carry the edge, and they are added. The larger one is in the bars: after five strong
sessions a stock is a little less likely to rise, after five weak ones a little more, and up to half
as much again on unusual volume. The smaller one is in the news: after a session on which the news
about a company sounded good, it is a little more likely to rise.

    x = momentum_5d / (volatility_20d * sqrt(5))
    g = -tanh(STEEPNESS * x) * (0.8 + 0.4 / (1 + exp(-6 * (volume_ratio_20 - 1))))
    probability_up = 1/2 + strength * (g + SHARE * mood)

with momentum_5d the total return of the last five sessions, volatility_20d the sample standard
deviation of the last twenty total returns, volume_ratio_20 the volume over the mean of the last
twenty (today's included), in shares of today, and mood the company's mood of the session, -1 to 1,
which its articles had told by the decision time. The first three can be computed from the product's
ten features, and the mood shows in the words of the articles, so that a model can find the rule;
nothing else in the market says anything about the next direction. Whoever reads no news can find
a good nine tenths of the edge (measured: :data:`WITHOUT_NEWS`).
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from stock_assets.sandbox.truth.model import Floats

Market = Literal["edge", "null"]

LOOKBACK: Final = 20
MOMENTUM: Final = 5
STEEPNESS: Final = 4.0
SHARE: Final = 0.3
"""How much the best mood weighs, where five strong sessions weigh about one."""
SPREAD: Final = 1.043
"""Mean absolute difference of g + SHARE * mood between two rows drawn at random.

For probabilities 1/2 + strength * (g + SHARE * mood) the best achievable AUC is
1/2 + strength * SPREAD. Measured as Gini's mean difference of (probability_up - 1/2) / strength
over the 148,488 rows of ``optimal_probabilities`` from 2015 to November 2026, at an AUC of 0.56:
with the seeds 0 to 7 it came to 1.042 to 1.045.
"""
WITHOUT_NEWS: Final = 0.946
"""Share of (best AUC - 1/2) that is left to whoever orders the same rows by g alone.

Measured on the same markets: 0.946 with every seed; by the mood alone one finds a quarter.
"""
DEFAULT_AUC: Final = 0.56
LOWEST_PROBABILITY: Final = 0.02


def strength_for(market: Market, edge_auc: float) -> float:
    """How far the rule moves the probability so that the best achievable AUC is ``edge_auc``."""
    return 0.0 if market == "null" else (edge_auc - 0.5) / SPREAD


def probability_up(returns: Floats, volumes: Floats, mood: Floats, strength: float) -> Floats:
    """P(next total return > 0) per symbol.

    Args:
        returns: the last LOOKBACK total returns, shape (LOOKBACK, symbols), newest last; NaN where
            a symbol has not traded that long.
        volumes: the same for volumes in shares of today.
        mood: that of the newest session, shape (symbols,), -1 to 1, 0 where nobody wrote.
        strength: see :func:`strength_for`.

    Returns:
        Probabilities, shape (symbols,); one half where the history is too short.
    """
    momentum = np.prod(1.0 + returns[-MOMENTUM:], axis=0) - 1.0
    volatility = returns.std(axis=0, ddof=1)
    ratio = volumes[-1] / volumes.mean(axis=0)
    scaled = momentum / (volatility * np.sqrt(MOMENTUM))
    weight = 0.8 + 0.4 / (1.0 + np.exp(-6.0 * (ratio - 1.0)))
    signal = -np.tanh(STEEPNESS * scaled) * weight + SHARE * mood
    raw = 0.5 + strength * np.where(np.isfinite(signal), signal, 0.0)
    return np.clip(raw, LOWEST_PROBABILITY, 1.0 - LOWEST_PROBABILITY)
