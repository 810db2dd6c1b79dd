"""Training from end to end: walk forward, judge what was unseen, ask the gate, fit on everything.

Belongs here: the order of the steps and what a training leaves behind.
Does not belong here: each step's own knowledge (splits, models, evaluate, promote), storing the
result (tracking.py, registry.py), where the training set comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from stock_assets.errors import InputError
from stock_assets.learning.bootstrap import BLOCK_SESSIONS, RESAMPLES, Estimate
from stock_assets.learning.dataset import Dataset
from stock_assets.learning.evaluate import METRICS, Judge, Metric, Scores
from stock_assets.learning.importance import Importance, permutation_importance
from stock_assets.learning.models import RECIPES, Recipe, recipe_of
from stock_assets.learning.promote import FALLBACK, Verdict, judge
from stock_assets.learning.splits import Fold, PurgedWalkForward
from stock_assets.tables import EVALUATIONS

Progress = Callable[[str, float], None]
"""Told what has just been done, and which share of the work that makes (0..1)."""

CHAMPION: Final = "champion"
"""The name under which the serving model stands among the judged ones."""

_FINAL_FIT_COST: Final = 2.0
"""A fit on all rows, with its overhead, costs about as much as two folds."""


class Champion(Protocol):
    """What serves: its family, the instant its newest label was known, its estimator."""

    @property
    def family(self) -> str: ...
    @property
    def trained_through(self) -> datetime: ...
    @property
    def estimator(self) -> Any: ...


@dataclass(frozen=True)
class Plan:
    """How to train and to judge. The defaults take 50 symbols and three years in half a minute."""

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
    """One step of the walk: what trained, what was judged, each model's AUC there (NaN: one class)."""

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


def train(
    dataset: Dataset,
    plan: Plan,
    *,
    champion: Champion | None = None,
    recipes: Mapping[str, Recipe] = RECIPES,
    progress: Progress | None = None,
) -> TrainingResult:
    """Train the plan's candidate on what ``dataset`` holds, judge it, and ask the gate.

    Every model is judged on the same rows, unseen by it. The champion says what it would have said:
    where it was trained later than a decision, its recipe is walked forward like the others; from
    its ``trained_through`` on, the stored model itself speaks.

    Raises:
        NotEnoughHistory: when there are too few sessions to walk forward.
        ModelError: when a family is not known to this version.
        InputError: when the plan cannot be, such as an embargo shorter than the horizon.
    """
    if FALLBACK not in plan.baselines:
        raise InputError(
            f"baselines={plan.baselines}",
            reason=f"{FALLBACK} must be among them: evidence is measured against it",
            next_action=f"add {FALLBACK}",
        )
    splitter = plan.splitter
    dataset.need(sessions=splitter.min_sessions)
    folds = tuple(splitter.folds(dataset.sessions, dataset.targets))
    steps = _Steps(progress, len(folds) + _FINAL_FIT_COST)
    families = (plan.candidate, *plan.baselines)
    walked = {recipe_of(f, recipes).family for f in families}
    if champion is not None:
        walked.add(recipe_of(champion.family, recipes).family)

    said: dict[str, list[NDArray[np.float64]]] = {family: [] for family in sorted(walked)}
    last: Any = None
    for fold in folds:
        for family, parts in said.items():
            fitted = recipes[family].fit(dataset, fold.train, seed=plan.seed, jobs=plan.jobs)
            parts.append(recipes[family].probability_up(fitted, dataset, fold.test))
            last = fitted if family == plan.candidate else last
        steps.done(f"fold {fold.number} of {len(folds)}, judged to {fold.test_last}")
    probability = {family: np.concatenate(parts) for family, parts in said.items()}
    judged = np.concatenate([fold.test for fold in folds])
    if champion is not None:
        probability[CHAMPION] = _champion_says(
            champion, recipes[champion.family], dataset, judged, probability[champion.family]
        )
    names = [*families, *([CHAMPION] if champion is not None else [])]
    probability = {name: probability[name] for name in names}

    bench = Judge(
        dataset.session_codes[judged],
        dataset.labels[judged],
        resamples=plan.resamples,
        block=plan.block_sessions,
        seed=plan.seed,
    )
    scores = {name: bench.scores(up) for name, up in probability.items()}
    verdict = judge(
        plan.candidate,
        scores[plan.candidate],
        {name: scores[name] for name in plan.baselines},
        scores.get(CHAMPION),
    )
    importance = permutation_importance(
        recipes[plan.candidate], last, dataset, folds[-1].test, seed=plan.seed
    )
    everything = np.arange(len(dataset))
    models = {
        family: recipes[family].fit(dataset, everything, seed=plan.seed, jobs=plan.jobs)
        for family in dict.fromkeys((plan.candidate, FALLBACK))
    }
    steps.done("fitted on all sessions", cost=_FINAL_FIT_COST)
    return TrainingResult(
        plan=plan,
        dataset=dataset,
        folds=_reports(folds, dataset, probability),
        unseen=_unseen(folds, dataset, judged, probability),
        scores=scores,
        verdict=verdict,
        models=models,
        importance=importance,
        recipes=recipes,
    )


def _champion_says(
    champion: Champion,
    recipe: Recipe,
    dataset: Dataset,
    judged: NDArray[np.intp],
    walked: NDArray[np.float64],
) -> NDArray[np.float64]:
    decided = dataset.rows["decided_at"].to_numpy()[judged]
    through = np.datetime64(champion.trained_through.replace(tzinfo=None), "us")
    own = decided >= through
    said = walked.copy()
    if own.any():
        said[own] = recipe.probability_up(champion.estimator, dataset, judged[own])
    return said


def _reports(
    folds: tuple[Fold, ...], dataset: Dataset, probability: Mapping[str, NDArray[np.float64]]
) -> tuple[FoldReport, ...]:
    reports, start = [], 0
    for fold in folds:
        stop = start + len(fold.test)
        labels = dataset.labels[fold.test]
        both = len(np.unique(labels)) == 2
        auc = {
            name: float(roc_auc_score(labels, up[start:stop])) if both else float("nan")
            for name, up in probability.items()
        }
        reports.append(FoldReport(fold, auc))
        start = stop
    return tuple(reports)


def _unseen(
    folds: tuple[Fold, ...],
    dataset: Dataset,
    judged: NDArray[np.intp],
    probability: Mapping[str, NDArray[np.float64]],
) -> pa.Table:
    kept = dataset.rows.take(judged)
    columns = {
        name: kept[name] for name in ("symbol", "session", "target_session", "decided_at", "is_up")
    }
    columns["fold"] = pa.array(
        np.concatenate([np.full(len(fold.test), fold.number) for fold in folds])
    )
    return pa.table({**columns, **{f"p_{name}": pa.array(up) for name, up in probability.items()}})


class _Steps:
    """Adds up the work done and tells whoever wants to know."""

    def __init__(self, progress: Progress | None, total: float) -> None:
        self._progress, self._total, self._sum = progress, total, 0.0

    def done(self, what: str, cost: float = 1.0) -> None:
        self._sum += cost
        if self._progress is not None:
            self._progress(what, min(1.0, self._sum / self._total))


__all__ = ["CHAMPION", "METRICS", "Champion", "FoldReport", "Plan", "TrainingResult", "train"]
