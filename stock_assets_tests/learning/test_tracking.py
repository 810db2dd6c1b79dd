"""The record of a training: complete, rebuildable, never twice, without pickle."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sklearn.preprocessing import FunctionTransformer

from stock_assets.errors import ModelError
from stock_assets.learning import tracking as subject
from stock_assets.learning.mlflow_store import Tracking
from stock_assets.learning.result import Plan, TrainingResult
from stock_assets.learning.tracking import (
    Provenance,
    finished_run,
    record,
    save_model,
    training_key,
)
from stock_assets_tests.learning.conftest import SMALL_FOREST

RECIPE = SMALL_FOREST["random_forest"]


def artifacts(tracking: Tracking, run_id: str) -> Path:
    return Path(tracking.database.parent / "mlflow-artifacts" / run_id / "artifacts")


def test_a_run_says_from_what_it_was_made(
    tracking: Tracking, trained: TrainingResult, provenance: Provenance
) -> None:
    """D8: lake versions, manifest hash, code version, lock hash and seeds."""
    run = tracking.client.get_run(record(tracking, trained, provenance))
    tags, params, metrics = run.data.tags, run.data.params, run.data.metrics
    assert json.loads(tags["lake_versions"]) == {"prices": 7, "corporate_actions": 2}
    assert tags["dbt_manifest_hash"] == "m" * 64
    assert tags["lock_hash"] == "l" * 64
    assert tags["code_version"] == "0.1.0"
    assert tags["seed"] == str(trained.plan.seed)
    assert tags["data_sha256"] == trained.dataset.fingerprint
    assert tags["trained_through"] == trained.trained_through.isoformat()
    assert tags["as_of"] == "2019-12-03"
    assert tags["environment"] == "sandbox"
    assert tags["verdict"] == str(trained.verdict)
    assert params["n_estimators"] == "16"
    assert params["folds"] == "3"
    assert metrics["random_forest/auc"] == trained.estimates["random_forest"]["auc"].value
    assert metrics["random_forest/auc_low"] < metrics["random_forest/auc_high"]
    steps = tracking.client.get_metric_history(run.info.run_id, "random_forest/auc_by_fold")
    assert [step.step for step in steps] == [1, 2, 3]
    assert run.info.status == "FINISHED"


def test_a_run_keeps_the_model_the_pictures_and_what_was_said_of_unseen_rows(
    tracking: Tracking, trained: TrainingResult, provenance: Provenance
) -> None:
    folder = artifacts(tracking, record(tracking, trained, provenance))
    assert pq.read_table(folder / "unseen.parquet").equals(trained.unseen)
    assert len(list((folder / "plots").glob("*.png"))) == 3
    said = json.loads((folder / subject.VERDICT_FILE).read_text())
    assert said["reasons"] == list(trained.verdict.reasons)
    auc = trained.estimates["random_forest"]["auc"]
    assert said["estimates"]["random_forest"]["auc"]["low"] == auc.low


def test_the_model_is_stored_as_skops_and_nothing_is_a_pickle(
    tracking: Tracking, trained: TrainingResult, provenance: Provenance
) -> None:
    """S11."""
    from mlflow.models import Model

    folder = artifacts(tracking, record(tracking, trained, provenance))
    flavor = Model.load(str(folder / "model")).flavors["sklearn"]
    assert flavor["serialization_format"] == "skops"
    assert flavor["pickled_model"] == "model.skops"
    assert not [f for f in folder.rglob("*") if f.suffix in {".pkl", ".pickle", ".joblib"}]
    assert (folder / "model" / "model.skops").read_bytes().startswith(b"PK")


def test_the_stored_requirements_name_no_package_that_others_could_publish(
    tracking: Tracking, trained: TrainingResult, provenance: Provenance
) -> None:
    folder = artifacts(tracking, record(tracking, trained, provenance)) / "model"
    names = {line.split("==")[0] for line in (folder / "requirements.txt").read_text().split()}
    assert names <= {"mlflow", "numpy", "scikit-learn", "skops"}


def test_the_same_training_is_recorded_once(
    tracking: Tracking, trained: TrainingResult, provenance: Provenance
) -> None:
    run_id = record(tracking, trained, provenance)
    assert record(tracking, trained, provenance) == run_id
    assert len(tracking.client.search_runs([tracking.experiment_id])) == 1
    key = training_key(trained.dataset, trained.plan, RECIPE, provenance)
    assert finished_run(tracking, key) == run_id


def test_an_interrupted_record_is_closed_and_made_anew(
    tracking: Tracking,
    trained: TrainingResult,
    provenance: Provenance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(subject, "_log_numbers", killed)
        with pytest.raises(KeyboardInterrupt):
            record(tracking, trained, provenance)
    key = training_key(trained.dataset, trained.plan, RECIPE, provenance)
    assert finished_run(tracking, key) is None
    run_id = record(tracking, trained, provenance)
    runs = tracking.client.search_runs([tracking.experiment_id])
    assert {run.info.status for run in runs} == {"KILLED", "FINISHED"}
    assert finished_run(tracking, key) == run_id


def test_the_key_follows_everything_that_decides_what_is_learnt(
    trained: TrainingResult, provenance: Provenance
) -> None:
    def key(
        data: Any = trained.dataset,
        plan: Any = trained.plan,
        recipe: Any = RECIPE,
        made_from: Any = provenance,
    ) -> str:
        return training_key(data, plan, recipe, made_from)

    earlier = trained.dataset.as_of(trained.trained_through.replace(year=2019, month=6))
    different = {
        key(),
        key(data=earlier),
        key(plan=replace(trained.plan, seed=99)),
        key(recipe=SMALL_FOREST["base_rate"]),
        key(made_from=replace(provenance, code_version="0.2.0")),
        key(made_from=replace(provenance, lock_hash="x")),
        key(made_from=replace(provenance, judged_against="7")),
    }
    assert len(different) == 7
    assert key(plan=replace(trained.plan, jobs=4)) == key()
    assert key(made_from=replace(provenance, lake_versions={"prices": 8})) == key()
    assert Plan().jobs == -1


def test_an_estimator_that_needs_pickle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be stored without pickle"):
        save_model(FunctionTransformer(func=artifacts), tmp_path / "model")
