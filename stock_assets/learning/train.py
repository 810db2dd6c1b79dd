"""Training from end to end: walk forward, judge what was unseen, ask the gate, fit on everything.

Belongs here: the order of the steps.
Does not belong here: each step's own knowledge (splits, models, evaluate, promote), storing the
result (tracking.py, registry.py), where the training set comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from stock_assets.errors import InputError
from stock_assets.learning.audit import refuse_foresight
from stock_assets.learning.dataset import Dataset
from stock_assets.learning.evaluate import Judge, Scores
from stock_assets.learning.importance import permutation_importance
from stock_assets.learning.models import RECIPES, Recipe, recipe_of
from stock_assets.learning.promote import FALLBACK, judge
from stock_assets.learning.result import CHAMPION, FoldReport, Plan, TrainingResult
from stock_assets.learning.splits import Fold

__all__ = ["CHAMPION", "Champion", "FoldReport", "Plan", "Progress", "TrainingResult", "train"]

Progress = Callable[[str, float], None]
"""Told what has just been done, and which share of the work that makes (0..1)."""

Probabilities = Mapping[str, NDArray[np.float64]]
"""Probability of up for each judged row, by model."""

_FINAL_FIT_COST: Final = 1.5
"""A fit on all rows costs about as much as one and a half folds."""


class Champion(Protocol):
    """What serves: its family, the instant its newest label was known, its estimator."""

    @property
    def family(self) -> str:
        """One of the recipes."""

    @property
    def trained_through(self) -> datetime:
        """UTC instant."""

    @property
    def estimator(self) -> Any:
        """Fitted, with ``predict_proba``."""


def train(
    dataset: Dataset,
    plan: Plan,
    *,
    champion: Champion | None = None,
    recipes: Mapping[str, Recipe] = RECIPES,
    progress: Progress | None = None,
) -> TrainingResult:
    """Train the plan's candidate on what ``dataset`` holds, judge it, and ask the gate.

    Every model is judged on the same rows, none of which it has seen. The champion says what it
    would have said: where it was trained later than a decision, its recipe is walked forward like
    the others; from its ``trained_through`` on, the stored model itself speaks.

    Raises:
        NotEnoughHistory: when there are too few sessions to walk forward.
        ModelError: when a family is not known to this version.
        QualityError: when a feature foretells the outcome so well that it must have seen it.
        InputError: when the plan cannot be, such as an embargo shorter than the horizon.
    """
    _refuse_without_fallback(plan)
    splitter = plan.splitter
    dataset.need(sessions=splitter.min_sessions)
    refuse_foresight(dataset)
    folds = tuple(splitter.folds(dataset.sessions, dataset.targets))
    chosen = _recipes_to_walk(plan, champion, recipes)
    walk = _Walk(dataset, plan, folds, progress)
    walked, last_candidate = walk.go(chosen)
    probabilities = {family: walked[family] for family in (plan.candidate, *plan.baselines)}
    if champion is not None:
        recipe = chosen[champion.family]
        probabilities[CHAMPION] = _champion_says(
            champion, recipe, dataset, walk.judged, walked[recipe.family]
        )
    scores = _judged(dataset, plan, walk.judged, probabilities)
    verdict = judge(
        plan.candidate,
        scores[plan.candidate],
        {name: scores[name] for name in plan.baselines},
        scores.get(CHAMPION),
    )
    candidate = chosen[plan.candidate]
    return TrainingResult(
        plan=plan,
        dataset=dataset,
        folds=_reports(folds, dataset, probabilities),
        unseen=_unseen(folds, dataset, walk.judged, probabilities),
        scores=scores,
        verdict=verdict,
        models=walk.fit_on_everything({f: chosen[f] for f in (plan.candidate, FALLBACK)}),
        importance=permutation_importance(
            candidate, last_candidate, dataset, folds[-1].test, seed=plan.seed
        ),
        recipes=recipes,
    )


@dataclass(frozen=True)
class _Walk:
    """Fits every recipe on each fold and keeps what it says about the sessions that follow."""

    dataset: Dataset
    plan: Plan
    folds: tuple[Fold, ...]
    progress: Progress | None

    @property
    def judged(self) -> NDArray[np.intp]:
        """Positions of the judged rows, in the order of the folds."""
        return np.concatenate([fold.test for fold in self.folds])

    def go(self, recipes: Mapping[str, Recipe]) -> tuple[dict[str, NDArray[np.float64]], Any]:
        """Each recipe's probabilities on the judged rows, and the candidate's last fitted model."""
        said: dict[str, list[NDArray[np.float64]]] = {family: [] for family in recipes}
        last: Any = None
        for fold in self.folds:
            for family, recipe in recipes.items():
                fitted = self._fit(recipe, fold.train)
                said[family].append(recipe.probability_up(fitted, self.dataset, fold.test))
                last = fitted if family == self.plan.candidate else last
            self._tell(
                f"fold {fold.number} of {len(self.folds)}: sessions to {fold.test_last} judged",
                fold.number,
            )
        return {family: np.concatenate(parts) for family, parts in said.items()}, last

    def fit_on_everything(self, recipes: Mapping[str, Recipe]) -> dict[str, Any]:
        """Each recipe fitted on all rows."""
        rows = np.arange(len(self.dataset))
        models = {family: self._fit(recipe, rows) for family, recipe in recipes.items()}
        self._tell("fitted on all sessions", len(self.folds) + _FINAL_FIT_COST)
        return models

    def _fit(self, recipe: Recipe, rows: NDArray[np.intp]) -> Any:
        return recipe.fit(self.dataset, rows, seed=self.plan.seed, jobs=self.plan.jobs)

    def _tell(self, what: str, done: float) -> None:
        if self.progress is not None:
            self.progress(what, done / (len(self.folds) + _FINAL_FIT_COST))


def _recipes_to_walk(
    plan: Plan, champion: Champion | None, recipes: Mapping[str, Recipe]
) -> dict[str, Recipe]:
    serving = () if champion is None else (champion.family,)
    return {f: recipe_of(f, recipes) for f in (plan.candidate, *plan.baselines, *serving)}


def _judged(
    dataset: Dataset, plan: Plan, judged: NDArray[np.intp], probabilities: Probabilities
) -> dict[str, Scores]:
    bench = Judge(
        dataset.session_codes[judged],
        dataset.labels[judged],
        resamples=plan.resamples,
        block=plan.block_sessions,
        seed=plan.seed,
    )
    return {name: bench.scores(up) for name, up in probabilities.items()}


def _champion_says(
    champion: Champion,
    recipe: Recipe,
    dataset: Dataset,
    judged: NDArray[np.intp],
    walked: NDArray[np.float64],
) -> NDArray[np.float64]:
    decided = dataset.rows["decided_at"].to_numpy()[judged]
    through = np.datetime64(champion.trained_through.astimezone(UTC).replace(tzinfo=None), "us")
    own = decided >= through
    said = walked.copy()
    if own.any():
        said[own] = recipe.probability_up(champion.estimator, dataset, judged[own])
    return said


def _reports(
    folds: tuple[Fold, ...], dataset: Dataset, probability: Probabilities
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
    probability: Probabilities,
) -> pa.Table:
    kept = dataset.rows.take(judged)
    columns = {
        name: kept[name] for name in ("symbol", "session", "target_session", "decided_at", "is_up")
    }
    columns["fold"] = pa.array(
        np.concatenate([np.full(len(fold.test), fold.number) for fold in folds])
    )
    return pa.table({**columns, **{f"p_{name}": pa.array(up) for name, up in probability.items()}})


def _refuse_without_fallback(plan: Plan) -> None:
    if FALLBACK not in plan.baselines:
        raise InputError(
            f"baselines={plan.baselines}",
            reason=f"{FALLBACK} must be among them: evidence is measured against it",
            next_action=f"add {FALLBACK}",
        )
