"""A training as a job that can be repeated: train once per data, judge once, decide once.

Belongs here: what the three model assets do, each step idempotent, handing over through MLflow.
Does not belong here: training (train.py), recording (tracking.py), the registry (registry.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stock_assets.errors import NoChampion, StorageCorrupt
from stock_assets.learning.dataset import Dataset
from stock_assets.learning.models import RECIPES, Recipe, recipe_of
from stock_assets.learning.promote import Verdict
from stock_assets.learning.registry import (
    Decision,
    ServingModel,
    decide,
    load_champion,
    register,
)
from stock_assets.learning.tracking import (
    CONTENT_TAG,
    EVALUATIONS_FILE,
    JUDGED_AGAINST_TAG,
    NOBODY,
    VERDICT_FILE,
    Provenance,
    Tracking,
    content_key,
    finished_run,
    record,
    speaking_to_mlflow,
    training_key,
)
from stock_assets.learning.train import Plan, train
from stock_assets.tables import EVALUATIONS

CURRENT_RUN_TAG: Final = "current_run"


@dataclass(frozen=True)
class Training:
    """A recorded training: its MLflow run, whether it was there before, and its size."""

    run_id: str
    is_new: bool
    rows: int
    sessions: int


def train_once(
    tracking: Tracking,
    training_set: pa.Table,
    provenance: Provenance,
    *,
    known_by: datetime,
    plan: Plan | None = None,
    recipes: Mapping[str, Recipe] = RECIPES,
    progress: Callable[[str, float], None] | None = None,
) -> Training:
    """Train on the labels known by ``known_by`` (UTC), unless the same training is recorded.

    ``training_set`` has the columns of ``marts.training_set``. The run becomes the current one,
    which ``evaluation_rows`` and ``promote`` are about.
    """
    plan = plan or Plan()
    dataset = Dataset.from_table(training_set).as_of(known_by)
    champion = _champion(tracking)
    judged = replace(provenance, judged_against=champion.version if champion else None)
    recipe = recipe_of(plan.candidate, recipes)
    run_id = _recorded(tracking, dataset, plan, recipe, judged, champion)
    is_new = run_id is None
    if run_id is None:
        result = train(dataset, plan, champion=champion, recipes=recipes, progress=progress)
        run_id = record(tracking, result, judged)
    with speaking_to_mlflow("MLflow's experiment"):
        tracking.client.set_experiment_tag(tracking.experiment_id, CURRENT_RUN_TAG, run_id)
    return Training(run_id, is_new, len(dataset), len(dataset.session_days))


def current_run(tracking: Tracking) -> str:
    """The run that was trained, or found to be trained, last.

    Raises:
        NoChampion: when nothing has been trained yet.
    """
    with speaking_to_mlflow("MLflow's experiment"):
        tags = tracking.client.get_experiment(tracking.experiment_id).tags
    if CURRENT_RUN_TAG not in tags:
        raise NoChampion(
            "models/candidates",
            reason="nothing has been trained yet",
            next_action="materialize models/candidates first, or run the train job",
        )
    return str(tags[CURRENT_RUN_TAG])


def evaluation_rows(tracking: Tracking, run_id: str, known_at: datetime) -> pa.Table:
    """How the run's models did on unseen sessions, as ``EVALUATIONS.row_schema``.

    The run's model is registered first, so that its rows carry its version.
    """
    version = register(tracking, run_id)
    family = _run_tags(tracking, run_id)["family"]
    rows = pq.read_table(_artifact(tracking, run_id, EVALUATIONS_FILE))
    versions = pc.if_else(pc.equal(rows["model_name"], family), version, None)
    known = pa.repeat(pa.scalar(known_at, rows.schema.field("known_at").type), rows.num_rows)
    rows = rows.set_column(rows.column_names.index("model_version"), "model_version", versions)
    rows = rows.set_column(rows.column_names.index("known_at"), "known_at", known)
    return rows.cast(EVALUATIONS.row_schema)


def promote(tracking: Tracking, run_id: str) -> tuple[Decision, Verdict]:
    """Carry out what the gate said of the run: once, however often this is called."""
    verdict = _verdict(tracking, run_id)
    against = _run_tags(tracking, run_id).get(JUDGED_AGAINST_TAG, NOBODY)
    expected = None if against == NOBODY else against
    return decide(tracking, register(tracking, run_id), verdict, expected=expected), verdict


def _recorded(
    tracking: Tracking,
    dataset: Dataset,
    plan: Plan,
    recipe: Recipe,
    provenance: Provenance,
    champion: ServingModel | None,
) -> str | None:
    """The run of the same training: the champion's own, or one judged against this champion."""
    if champion is not None:
        mine = _run_tags(tracking, champion.run_id).get(CONTENT_TAG)
        if mine == content_key(dataset, plan, recipe, provenance):
            return champion.run_id
    return finished_run(tracking, training_key(dataset, plan, recipe, provenance))


def _champion(tracking: Tracking) -> ServingModel | None:
    try:
        return load_champion(tracking)
    except NoChampion:
        return None


def _run_tags(tracking: Tracking, run_id: str) -> dict[str, str]:
    with speaking_to_mlflow("MLflow's runs"):
        return dict(tracking.client.get_run(run_id).data.tags)


def _verdict(tracking: Tracking, run_id: str) -> Verdict:
    said = json.loads(_artifact(tracking, run_id, VERDICT_FILE).read_text(encoding="utf-8"))
    return Verdict(
        promote=said["promote"],
        family=said["family"],
        evidence=said["evidence"],
        reasons=tuple(said["reasons"]),
    )


def _artifact(tracking: Tracking, run_id: str, name: str) -> Path:
    """A file of a run.

    Raises:
        StorageCorrupt: it is not there.
    """
    from mlflow.exceptions import MlflowException

    try:
        return Path(tracking.client.download_artifacts(run_id, name))
    except (OSError, MlflowException) as error:
        raise StorageCorrupt(
            name,
            reason="this file of a recorded training is not there",
            next_action="restore the artifacts, or delete the run in MLflow and train again",
            run=run_id,
        ) from error
