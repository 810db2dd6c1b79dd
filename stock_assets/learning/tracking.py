"""The record of every training: parameters, metrics, pictures, the model itself, and where from.

Belongs here: one MLflow run per training, found again by a key so that nothing is recorded twice.
Does not belong here: where MLflow's database lies (mlflow_store.py), versions and aliases
(registry.py), how pictures are drawn (plots.py).

The model is stored in the skops format, which holds no code; pickle is neither written nor read.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from stock_assets.errors import ModelError
from stock_assets.learning.dataset import Dataset
from stock_assets.learning.mlflow_store import Tracking, connect, import_mlflow, speaking_to_mlflow
from stock_assets.learning.models import Recipe
from stock_assets.learning.plots import draw_all
from stock_assets.learning.result import Plan, TrainingResult
from stock_assets.learning.storage import MODEL_FILE, TRUSTED_TYPES, sha256_of
from stock_assets.names import FEATURES

__all__ = [
    "Provenance",
    "Tracking",
    "connect",
    "content_key",
    "finished_run",
    "record",
    "save_model",
    "speaking_to_mlflow",
    "training_key",
]

KEY_TAG: Final = "training_key"
CONTENT_TAG: Final = "content_key"
JUDGED_AGAINST_TAG: Final = "judged_against"
NOBODY: Final = "nobody"
MODEL_DIRECTORY: Final = "model"
VERDICT_FILE: Final = "verdict.json"
EVALUATIONS_FILE: Final = "evaluations.parquet"


@dataclass(frozen=True)
class Provenance:
    """What a training was made from, so that it can be rebuilt.

    ``lake_versions``: version of each lake table read. ``code_version``, ``lock_hash``: of this
    program and of its lock file. ``as_of``: the session whose decision time cut the data.
    ``environment``: sandbox or live. ``judged_against``: the version that served meanwhile.
    """

    lake_versions: Mapping[str, int]
    dbt_manifest_hash: str
    code_version: str
    lock_hash: str
    as_of: date
    environment: str
    judged_against: str | None = None


def training_key(dataset: Dataset, plan: Plan, recipe: Recipe, provenance: Provenance) -> str:
    """SHA-256 of what a training learns and of whom it was judged against."""
    content = content_key(dataset, plan, recipe, provenance)
    return hashlib.sha256(f"{content} {provenance.judged_against}".encode()).hexdigest()


def content_key(dataset: Dataset, plan: Plan, recipe: Recipe, provenance: Provenance) -> str:
    """SHA-256 of everything that decides what a training learns: equal keys, equal models."""
    decisive = {
        "data": dataset.fingerprint,
        "plan": {k: v for k, v in asdict(plan).items() if k != "jobs"},
        "recipe": recipe.params,
        "code": provenance.code_version,
        "lock": provenance.lock_hash,
        "environment": provenance.environment,
    }
    return hashlib.sha256(json.dumps(decisive, sort_keys=True, default=str).encode()).hexdigest()


def finished_run(tracking: Tracking, key: str) -> str | None:
    """The run that recorded a training with this key completely, if there is one."""
    with speaking_to_mlflow("MLflow's runs"):
        runs = tracking.client.search_runs(
            [tracking.experiment_id],
            f"tags.{KEY_TAG} = '{key}' and attributes.status = 'FINISHED'",
            max_results=1,
        )
    return str(runs[0].info.run_id) if runs else None


def record(tracking: Tracking, result: TrainingResult, provenance: Provenance) -> str:
    """Record a training and its model (the verdict's family); returns the run's id.

    A training that is already recorded completely is not recorded again. One that was interrupted
    is closed as killed, and recorded anew.
    """
    recipe = result.recipes[result.plan.candidate]
    key = training_key(result.dataset, result.plan, recipe, provenance)
    known = finished_run(tracking, key)
    if known is not None:
        return known
    with speaking_to_mlflow("MLflow's runs"):
        _close_interrupted(tracking, key)
        name = f"{result.verdict.family} as of {provenance.as_of}"
        run = tracking.client.create_run(
            tracking.experiment_id,
            run_name=name,
            tags=_tags(
                result,
                provenance,
                key,
                content_key(result.dataset, result.plan, recipe, provenance),
            ),
        )
        run_id = str(run.info.run_id)
        with tempfile.TemporaryDirectory() as folder:
            digest = _write_artifacts(result, run_id, Path(folder))
            tracking.client.log_artifacts(run_id, folder)
        _log_numbers(tracking.client, run_id, result, recipe)
        tracking.client.set_tag(run_id, "model_sha256", digest)
        tracking.client.set_terminated(run_id, status="FINISHED")
    return run_id


def _close_interrupted(tracking: Tracking, key: str) -> None:
    left = tracking.client.search_runs(
        [tracking.experiment_id], f"tags.{KEY_TAG} = '{key}' and attributes.status = 'RUNNING'"
    )
    for run in left:
        tracking.client.set_terminated(run.info.run_id, status="KILLED")


def _tags(result: TrainingResult, provenance: Provenance, key: str, content: str) -> dict[str, str]:
    return {
        KEY_TAG: key,
        CONTENT_TAG: content,
        "family": result.verdict.family,
        "evidence": result.verdict.evidence,
        "verdict": str(result.verdict),
        "trained_through": result.trained_through.isoformat(),
        "as_of": provenance.as_of.isoformat(),
        JUDGED_AGAINST_TAG: provenance.judged_against or NOBODY,
        "lake_versions": json.dumps(dict(provenance.lake_versions), sort_keys=True),
        "dbt_manifest_hash": provenance.dbt_manifest_hash,
        "code_version": provenance.code_version,
        "lock_hash": provenance.lock_hash,
        "environment": provenance.environment,
        "data_sha256": result.dataset.fingerprint,
        "seed": str(result.plan.seed),
    }


def _log_numbers(client: Any, run_id: str, result: TrainingResult, recipe: Recipe) -> None:
    from mlflow.entities import Metric, Param

    now = int(client.get_run(run_id).info.start_time)
    first, last, sessions = result.judged_sessions
    plan = {k: v for k, v in asdict(result.plan).items() if k != "jobs"}
    shape = {
        "rows": len(result.dataset),
        "rows_left_out_incomplete": result.dataset.incomplete,
        "judged": f"{first} to {last}, {sessions} sessions",
        "features": ", ".join(FEATURES),
    }
    params = [Param(k, str(v)) for k, v in {**plan, **dict(recipe.params), **shape}.items()]
    metrics = [
        Metric(f"{name}/{metric}{end}", value, now, 0)
        for name, estimates in result.estimates.items()
        for metric, found in estimates.items()
        for end, value in (("", found.value), ("_low", found.low), ("_high", found.high))
    ]
    metrics += [
        Metric(f"{name}/auc_by_fold", auc, now, report.fold.number)
        for report in result.folds
        for name, auc in report.auc.items()
    ]
    client.log_batch(run_id, metrics=metrics, params=params)


def _write_artifacts(result: TrainingResult, run_id: str, folder: Path) -> str:
    """Model, pictures, verdict, metrics and unseen predictions; returns the model's SHA-256."""
    pq.write_table(result.unseen, folder / "unseen.parquet")
    metrics = result.evaluations(run_id=run_id, model_version=None, known_at=result.trained_through)
    pq.write_table(metrics, folder / EVALUATIONS_FILE)
    verdict = {**asdict(result.verdict), "estimates": result.estimates}
    text = json.dumps(verdict, indent=2, default=asdict)
    (folder / VERDICT_FILE).write_text(text + "\n", encoding="utf-8")
    draw_all(result, folder / "plots")
    return save_model(result.models[result.verdict.family], folder / MODEL_DIRECTORY)


def save_model(estimator: Any, folder: Path) -> str:
    """Write an estimator as an MLflow model in skops format; returns the file's SHA-256.

    Raises:
        ModelError: when the estimator holds a type that we do not read back.
    """
    import_mlflow()
    import mlflow.sklearn
    from mlflow.exceptions import MlflowException
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    try:
        mlflow.sklearn.save_model(
            estimator,
            folder,
            serialization_format="skops",
            skops_trusted_types=list(TRUSTED_TYPES),
            signature=ModelSignature(
                inputs=Schema([ColSpec("double", name) for name in FEATURES]),
                outputs=Schema([ColSpec("double", "down"), ColSpec("double", "up")]),
            ),
            pyfunc_predict_fn="predict_proba",
            pip_requirements=[
                f"{name}=={installed(name)}" for name in ("numpy", "scikit-learn", "skops")
            ],
        )
    except MlflowException as error:
        raise ModelError(
            type(estimator).__name__,
            reason=f"cannot be stored without pickle: {str(error.message).splitlines()[0]}",
            next_action="build it from scikit-learn's types or add its own to TRUSTED_TYPES",
        ) from error
    return sha256_of(folder / MODEL_FILE)
