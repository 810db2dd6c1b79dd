"""What a training is asked for, and what it leaves behind.

Belongs here: the plan, the report of each fold, the result and what can be read off it.
Does not belong here: the steps (train.py), storing the result (tracking.py, registry.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa

from stock_assets.learning.bootstrap import BLOCK_SESSIONS, RESAMPLES, Estimate
from stock_assets.learning.dataset import Dataset
from stock_assets.learning.evaluate import Metric, Scores
from stock_assets.learning.importance import Importance
from stock_assets.learning.models import RECIPES, Recipe
from stock_assets.learning.promote import FALLBACK, Verdict
from stock_assets.learning.splits import Fold, PurgedWalkForward
from stock_assets.tables import EVALUATIONS

CHAMPION: Final = "champion"
"""The name under which the serving model stands among the judged ones."""


@dataclass(frozen=True)
class Plan:
    """How to train and to judge.

    ``candidate`` and ``baselines`` are families (models.py); ``folds`` to ``train_sessions`` are
    explained in splits.py, ``resamples`` and ``block_sessions`` in bootstrap.py. ``jobs`` is the
    number of threads (-1: one per core); it changes the time, never the result.
    """

    candidate: str = "random_forest"
    baselines: tuple[str, ...] = (FALLBACK, "last_sign")
    folds: int = 4
    test_share: float = 0.5
    horizon: int = 1
    embargo: int = 1
    train_sessions: int | None = None
    resamples: int = RESAMPLES
    block_sessions: int = BLOCK_SESSIONS
    seed: int = 17
    jobs: int = -1

    @property
    def splitter(self) -> PurgedWalkForward:
        """The walk-forward that this plan asks for."""
        return PurgedWalkForward(
            self.folds,
            test_share=self.test_share,
            horizon=self.horizon,
            embargo=self.embargo,
            train_sessions=self.train_sessions,
        )


@dataclass(frozen=True)
class FoldReport:
    """One step of the walk, and each model's AUC on it (NaN where only one outcome occurs)."""

    fold: Fold = field(repr=False)
    auc: Mapping[str, float]

    @property
    def train_rows(self) -> int:
        """Rows trained on."""
        return len(self.fold.train)

    @property
    def test_rows(self) -> int:
        """Rows judged."""
        return len(self.fold.test)


@dataclass(frozen=True)
class TrainingResult:
    """What a training leaves behind.

    ``unseen`` has one row per judged row: symbol, session, target_session, decided_at, is_up, fold,
    and ``p_<model>`` for the candidate, the baselines and, where one serves, the champion.
    ``models`` holds the candidate and the base rate, each fitted on all rows.
    """

    plan: Plan
    dataset: Dataset = field(repr=False)
    folds: tuple[FoldReport, ...] = field(repr=False)
    unseen: pa.Table = field(repr=False)
    scores: Mapping[str, Scores] = field(repr=False)
    verdict: Verdict
    models: Mapping[str, Any] = field(repr=False)
    importance: tuple[Importance, ...] = field(repr=False)
    recipes: Mapping[str, Recipe] = field(repr=False, default_factory=lambda: RECIPES)

    @property
    def trained_through(self) -> datetime:
        """The instant at which the newest training label became known (UTC)."""
        return self.dataset.trained_through

    @property
    def judged_sessions(self) -> tuple[date, date, int]:
        """First and last unseen session, and how many there are."""
        days = self.unseen["session"].unique().to_pylist()
        return min(days), max(days), len(days)

    @property
    def estimates(self) -> dict[str, dict[Metric, Estimate]]:
        """Each model's metrics with their intervals."""
        return {name: scores.estimates for name, scores in self.scores.items()}

    def differences(self, family: str) -> dict[str, dict[Metric, Estimate]]:
        """The family's metrics minus those of each other model, paired."""
        mine = self.scores[family]
        return {name: mine.minus(its) for name, its in self.scores.items() if name != family}

    def evaluations(
        self, *, run_id: str, model_version: str | None, known_at: datetime
    ) -> pa.Table:
        """Rows for the table ``evaluations``; ``model_version`` belongs to the verdict's family."""
        first, last, sessions = self.judged_sessions
        rows = [
            {
                "run_id": run_id,
                "model_name": name,
                "model_version": model_version if name == self.verdict.family else None,
                "metric": metric,
                "estimate": found.value,
                "low": found.low,
                "high": found.high,
                "rows_judged": self.unseen.num_rows,
                "sessions_judged": sessions,
                "first_session": first,
                "last_session": last,
                "known_at": known_at,
            }
            for name, metrics in self.estimates.items()
            for metric, found in metrics.items()
        ]
        return pa.Table.from_pylist(rows, schema=EVALUATIONS.row_schema)
