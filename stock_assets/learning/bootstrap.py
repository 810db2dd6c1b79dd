"""How sure we are: intervals from resampling whole sessions, in blocks of neighbours.

Belongs here: which sessions each resample holds, and intervals from the resampled values.
Does not belong here: the metrics (evaluate.py).

Rows of one session share the market's move, and neighbouring sessions share its mood, so neither
rows nor single sessions are independent. Each resample strings together blocks of ``block``
neighbouring sessions, begun anywhere and wrapped at the end, until it is as long as the original:
the circular block bootstrap (Politis and Romano, 1992, after Kuensch, 1989). Blocks of five
sessions, a trading week, are long enough for labels that reach one session ahead and short enough
to leave many blocks. A resample is kept as how often it holds each session, so that a metric made
of sums over sessions is one matrix product, and the same resamples serve every model: differences
between models are paired.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stock_assets.errors import InputError

RESAMPLES: Final = 1000
BLOCK_SESSIONS: Final = 5
LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value on all unseen rows, and its 95 % interval over the resamples."""

    value: float
    low: float
    high: float

    @property
    def is_finite(self) -> bool:
        """Whether the value and both ends are numbers."""
        return bool(np.isfinite([self.value, self.low, self.high]).all())


def session_weights(
    sessions: int, *, resamples: int = RESAMPLES, block: int = BLOCK_SESSIONS, seed: int
) -> NDArray[np.float64]:
    """How often each resample holds each session; shape (resamples, sessions).

    Each row sums to ``sessions``.

    Raises:
        InputError: when there is nothing to resample.
    """
    if min(sessions, resamples, block) < 1:
        raise InputError(
            f"sessions={sessions}, resamples={resamples}, block={block}",
            reason="each must be at least 1",
            next_action="judge at least one session with at least one resample",
        )
    length = min(block, sessions)
    starts = np.random.default_rng(seed).integers(
        sessions, size=(resamples, -(-sessions // length), 1)
    )
    drawn = ((starts + np.arange(length)) % sessions).reshape(resamples, -1)[:, :sessions]
    flat = drawn + sessions * np.arange(resamples)[:, None]
    counts = np.bincount(flat.ravel(), minlength=resamples * sessions)
    return counts.reshape(resamples, sessions).astype(np.float64)


def estimate(value: float, draws: NDArray[np.float64]) -> Estimate:
    """The percentile interval; not a number as soon as one resample has no value."""
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(draws, [tail, 1.0 - tail])
    return Estimate(float(value), float(low), float(high))
