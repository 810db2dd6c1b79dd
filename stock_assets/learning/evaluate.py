"""How good a model is on rows it has not seen: five metrics with intervals, and paired differences.

Belongs here: the metrics, computed from sums per session so that a thousand resamples cost little.
Does not belong here: who wins (promote.py), the resampling itself (bootstrap.py).

All metrics equal scikit-learn's on the same rows. ``up`` is predicted where the probability is
above one half. Units: shares and probabilities 0..1, log loss in nats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stock_assets.learning.bootstrap import (
    BLOCK_SESSIONS,
    RESAMPLES,
    Estimate,
    estimate,
    session_weights,
)

Metric = Literal["accuracy", "auc", "log_loss", "brier", "mcc"]
METRICS: Final[tuple[Metric, ...]] = get_args(Metric)
LOWER_IS_BETTER: Final = frozenset({"log_loss", "brier"})

_EPSILON: Final = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Scores:
    """One model's metrics on all rows (``values``) and on each resample (``draws``)."""

    values: Mapping[Metric, float]
    draws: Mapping[Metric, NDArray[np.float64]] = field(repr=False)

    @property
    def estimates(self) -> dict[Metric, Estimate]:
        """Each metric with its interval."""
        return {m: estimate(self.values[m], self.draws[m]) for m in METRICS}

    def minus(self, other: Scores) -> dict[Metric, Estimate]:
        """This model's metrics minus the other's, on the same rows and the same resamples."""
        return {
            m: estimate(self.values[m] - other.values[m], self.draws[m] - other.draws[m])
            for m in METRICS
        }


class Judge:
    """Judges models on the same rows with the same resamples.

    Args:
        sessions: session of each row, any sortable values; shape (rows,).
        labels: 1 for up, 0 for down; shape (rows,).
        resamples, block, seed: see ``bootstrap.session_weights``.
    """

    def __init__(
        self,
        sessions: ArrayLike,
        labels: ArrayLike,
        *,
        resamples: int = RESAMPLES,
        block: int = BLOCK_SESSIONS,
        seed: int,
    ) -> None:
        days, codes = np.unique(np.asarray(sessions), return_inverse=True)
        self._codes: NDArray[np.intp] = codes
        self._up: NDArray[np.bool_] = np.asarray(labels).astype(np.int8) == 1
        self.sessions = len(days)
        self.rows = len(codes)
        self._weights = session_weights(self.sessions, resamples=resamples, block=block, seed=seed)

    def scores(self, probability_up: ArrayLike) -> Scores:
        """Metrics of these probabilities; all are NaN as soon as one of them is not a number."""
        up = np.asarray(probability_up, dtype=np.float64)
        once = np.ones((1, self.sessions))
        if not np.isfinite(up).all():
            nothing = np.full(len(self._weights), np.nan)
            return Scores(dict.fromkeys(METRICS, float("nan")), dict.fromkeys(METRICS, nothing))
        sums = _SessionSums(up, self._up, self._codes, self.sessions)
        values = {metric: float(found[0]) for metric, found in sums.metrics(once).items()}
        return Scores(values, sums.metrics(self._weights))


@dataclass(frozen=True)
class _SessionSums:
    """What the metrics need to know of each session; any resample is a weighted sum of it."""

    probability: NDArray[np.float64]
    is_up: NDArray[np.bool_]
    codes: NDArray[np.intp]
    sessions: int

    def metrics(self, weights: NDArray[np.float64]) -> dict[Metric, NDArray[np.float64]]:
        """Each metric under each row of ``weights`` (resamples, sessions); shape (resamples,)."""
        tp, fp, fn, tn, log_loss, brier = (weights @ self._sums).T
        rows = tp + fp + fn + tn
        ups, downs = tp + fn, fp + tn
        pairs = ((weights @ self._pairs_won) * weights).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            auc = pairs / (ups * downs)
            spread = np.sqrt(ups * downs * (tp + fp) * (fn + tn))
            mcc = np.where(spread > 0, (tp * tn - fp * fn) / spread, 0.0)
        return {
            "accuracy": (tp + tn) / rows,
            "auc": auc,
            "log_loss": log_loss / rows,
            "brier": brier / rows,
            "mcc": mcc,
        }

    @cached_property
    def _sums(self) -> NDArray[np.float64]:
        """Per session: true, false positives, false, true negatives, losses; (sessions, 6)."""
        said_up, up = self.probability > 0.5, self.is_up
        chance = np.clip(self.probability, _EPSILON, 1.0 - _EPSILON)
        parts = (
            said_up & up,
            said_up & ~up,
            ~said_up & up,
            ~said_up & ~up,
            -np.log(np.where(up, chance, 1.0 - chance)),
            (self.probability - up) ** 2,
        )
        return np.column_stack([np.bincount(self.codes, part, self.sessions) for part in parts])

    @cached_property
    def _pairs_won(self) -> NDArray[np.float64]:
        """AUC's numerator by pairs of sessions; shape (sessions, sessions).

        Entry (s, t): pairs of an up of session s and a down of session t in which the up has the
        higher probability, ties counting one half. Summed with the weights of both sessions it is
        the Mann-Whitney statistic of a resample, without sorting again.
        """
        levels, level_of = np.unique(self.probability, return_inverse=True)
        down_levels, down_codes = level_of[~self.is_up], self.codes[~self.is_up]
        up_levels, up_codes = level_of[self.is_up], self.codes[self.is_up]
        order = np.argsort(up_codes, kind="stable")
        bounds = np.searchsorted(up_codes[order], np.arange(self.sessions + 1))
        won = np.zeros((self.sessions, self.sessions))
        for session in range(self.sessions):
            mine = up_levels[order[bounds[session] : bounds[session + 1]]]
            at = np.bincount(mine, minlength=len(levels)).astype(np.float64)
            above = len(mine) - np.cumsum(at) + 0.5 * at
            won[session] = np.bincount(down_codes, above[down_levels], self.sessions)
        return won
