"""The training as a job: repeated or interrupted anywhere, it does nothing twice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stock_assets.errors import NoChampion, StorageBusy, StorageCorrupt
from stock_assets.learning.dataset import Dataset
from stock_assets.learning.job import (
    Training,
    current_run,
    evaluation_rows,
    promote,
    train_once,
)
from stock_assets.learning.mlflow_store import Tracking, connect
from stock_assets.learning.registry import champion_version, load_champion, orphans, register
from stock_assets.learning.tracking import (
    EVALUATIONS_FILE,
    JUDGED_AGAINST_TAG,
    VERDICT_FILE,
    Provenance,
)
from stock_assets.names import MODEL_NAME
from stock_assets.tables import EVALUATIONS
from stock_assets_tests.learning.conftest import QUICK, SMALL_FOREST, decision_time, weekdays

DAYS = weekdays(241)
EARLY, LATE = decision_time(DAYS[200]), decision_time(DAYS[240])
"""Two instants at which labels are cut: with the sessions to the 200th, and with all of them."""
KNOWN_AT = decision_time(date(2024, 1, 2))


@dataclass
class Job:
    """The job on one market and one MLflow database."""

    tracking: Tracking
    rows: pa.Table
    provenance: Provenance
    told: list[float] = field(default_factory=list)

    def train(
        self, known_by: datetime = EARLY, *, provenance: Provenance | None = None
    ) -> Training:
        """Train as the asset does, with a smaller forest."""
        return train_once(
            self.tracking,
            self.rows,
            provenance or self.provenance,
            known_by=known_by,
            plan=QUICK,
            recipes=SMALL_FOREST,
            progress=lambda what, share: self.told.append(share),
        )

    def runs(self) -> int:
        """How many runs are recorded."""
        return len(self.tracking.client.search_runs([self.tracking.experiment_id]))

    def versions(self) -> int:
        """How many versions are registered."""
        return len(self.tracking.client.search_model_versions(f"name = '{MODEL_NAME}'"))

    def judged_against(self, run_id: str) -> str:
        """Whom a run's model was judged against."""
        return str(self.tracking.client.get_run(run_id).data.tags[JUDGED_AGAINST_TAG])


@pytest.fixture(scope="module")
def trained_job(
    tmp_path_factory: pytest.TempPathFactory, edge_market: pa.Table, provenance: Provenance
) -> Job:
    """One training as of EARLY, recorded while nobody served."""
    home = tmp_path_factory.mktemp("home")
    job = Job(connect(home / "mlflow.db", home / "artifacts"), edge_market, provenance)
    assert job.train().is_new
    return job


@pytest.fixture
def job(trained_job: Job) -> Job:
    """That training as the current one, and an empty registry."""
    for model in trained_job.tracking.client.search_registered_models():
        trained_job.tracking.client.delete_registered_model(model.name)
    trained_job.train()
    return trained_job


def test_before_anything_was_trained_there_is_no_current_run(tracking: Tracking) -> None:
    with pytest.raises(NoChampion, match="nothing has been trained yet") as caught:
        current_run(tracking)
    assert "models/candidates" in caught.value.next_action


def test_the_same_training_is_not_repeated_and_stays_the_current_one(job: Job) -> None:
    before = job.runs()
    again = job.train()
    assert (again.is_new, again.run_id) == (False, current_run(job.tracking))
    assert job.runs() == before


def test_only_labels_known_by_then_are_learnt_from(job: Job, edge_data: Dataset) -> None:
    early = job.train()
    known = pc.less_equal(job.rows["label_known_at"], pa.scalar(EARLY))
    assert early.rows == pc.sum(known).as_py() < len(edge_data)
    assert early.sessions == early.rows // 12


def test_a_serving_models_own_training_is_found_again(job: Job) -> None:
    """Retrained on the same data while it serves: nothing to judge, nothing to record."""
    first = current_run(job.tracking)
    promote(job.tracking, first)
    before = job.runs()
    again = job.train()
    assert (again.run_id, again.is_new) == (first, False)
    assert job.runs() == before
    decision, _ = promote(job.tracking, again.run_id)
    assert (decision.champion, decision.changed) == ("1", False)


def test_new_data_is_trained_once_and_judged_against_who_serves(job: Job) -> None:
    promote(job.tracking, current_run(job.tracking))
    newer = job.train(LATE)
    assert job.judged_against(newer.run_id) == "1"
    assert current_run(job.tracking) == newer.run_id
    again = job.train(LATE)
    assert (again.run_id, again.is_new) == (newer.run_id, False)
    decision, verdict = promote(job.tracking, newer.run_id)
    assert decision.champion == ("2" if verdict.promote else "1")
    assert decision.version == "2"


def test_the_evaluation_has_the_tables_columns_and_the_candidates_version(job: Job) -> None:
    rows = evaluation_rows(job.tracking, current_run(job.tracking), KNOWN_AT)
    assert rows.schema.equals(EVALUATIONS.row_schema)
    assert rows.num_rows == 15
    assert set(rows["known_at"].to_pylist()) == {KNOWN_AT}
    assert set(rows["run_id"].to_pylist()) == {current_run(job.tracking)}
    models = zip(rows["model_name"].to_pylist(), rows["model_version"].to_pylist(), strict=True)
    assert dict(models) == {"random_forest": "1", "base_rate": None, "last_sign": None}


def test_asking_for_the_evaluation_again_registers_nothing_and_says_the_same(job: Job) -> None:
    first = evaluation_rows(job.tracking, current_run(job.tracking), KNOWN_AT)
    assert evaluation_rows(job.tracking, current_run(job.tracking), KNOWN_AT).equals(first)
    assert job.versions() == 1


def test_promoting_again_changes_nothing(job: Job) -> None:
    first, verdict = promote(job.tracking, current_run(job.tracking))
    again, same = promote(job.tracking, current_run(job.tracking))
    assert (first.champion, first.changed) == ("1", True)
    assert (again.champion, again.changed) == ("1", False)
    assert same == verdict
    assert job.versions() == 1


def test_after_a_kill_between_registering_and_the_alias_one_run_finishes_the_work(
    job: Job,
) -> None:
    """F13."""
    version = register(job.tracking, current_run(job.tracking))
    assert (champion_version(job.tracking), orphans(job.tracking)) == (None, (version,))
    decision, _ = promote(job.tracking, current_run(job.tracking))
    assert (decision.version, decision.champion, decision.changed) == (version, version, True)
    assert (job.versions(), orphans(job.tracking)) == (1, ())
    assert load_champion(job.tracking).run_id == current_run(job.tracking)


def test_after_a_kill_between_the_alias_and_its_note_one_run_finishes_the_work(job: Job) -> None:
    """F13."""
    version = register(job.tracking, current_run(job.tracking))
    job.tracking.client.set_registered_model_alias(MODEL_NAME, "champion", version)
    decision, _ = promote(job.tracking, current_run(job.tracking))
    assert (decision.champion, decision.changed) == (version, False)
    tags = job.tracking.client.get_model_version(MODEL_NAME, version).tags
    assert tags["decision"] == "promoted"


def test_a_verdict_against_somebody_who_serves_no_longer_is_not_carried_out(job: Job) -> None:
    """G10: both were judged while nobody served; the second must be judged anew."""
    first = current_run(job.tracking)
    other = job.train(provenance=replace(job.provenance, code_version="0.2.0"))
    promote(job.tracking, first)
    with pytest.raises(StorageBusy, match="judged against champion None, but 1 serves by now"):
        promote(job.tracking, other.run_id)
    assert champion_version(job.tracking) == "1"


def test_a_file_that_has_gone_is_said_so(job: Job) -> None:
    run_id = current_run(job.tracking)
    for name, step in (
        (EVALUATIONS_FILE, lambda: evaluation_rows(job.tracking, run_id, KNOWN_AT)),
        (VERDICT_FILE, lambda: promote(job.tracking, run_id)),
    ):
        (file,) = job.tracking.database.parent.rglob(f"{run_id}/artifacts/{name}")
        moved = file.rename(file.with_suffix(".gone"))
        with pytest.raises(StorageCorrupt, match="restore the artifacts") as caught:
            step()
        moved.rename(file)
        assert caught.value.context == {"run": run_id}
    assert champion_version(job.tracking) is None


def test_progress_is_told_while_training_and_not_when_nothing_is_trained(job: Job) -> None:
    assert job.told[-1] == 1.0
    before = len(job.told)
    job.train()
    assert len(job.told) == before
