"""Versions and who serves: no doubles, no lost decisions, no surprises."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stock_assets.errors import NoChampion, StorageBusy, StorageCorrupt
from stock_assets.learning.dataset import Dataset
from stock_assets.learning.mlflow_store import Tracking, connect
from stock_assets.learning.promote import Verdict
from stock_assets.learning.registry import (
    champion_version,
    decide,
    load_champion,
    orphans,
    register,
)
from stock_assets.learning.result import TrainingResult
from stock_assets.learning.tracking import Provenance, record
from stock_assets.names import MODEL_NAME

YES = Verdict(True, "random_forest", "edge", ("first champion",))
NO = Verdict(False, "random_forest", "edge", ("not better",))


@pytest.fixture(scope="module")
def recorded(
    tmp_path_factory: pytest.TempPathFactory, trained: TrainingResult, provenance: Provenance
) -> tuple[Tracking, list[str]]:
    """Two recorded trainings, made once."""
    home = tmp_path_factory.mktemp("home")
    tracking = connect(home / "mlflow.db", home / "mlflow-artifacts")
    codes = (replace(provenance, code_version=code) for code in ("1", "2"))
    return tracking, [record(tracking, trained, code) for code in codes]


@pytest.fixture
def tracking(recorded: tuple[Tracking, list[str]]) -> Tracking:
    """The recorded trainings, with an empty registry."""
    client = recorded[0].client
    for model in client.search_registered_models():
        client.delete_registered_model(model.name)
    return recorded[0]


@pytest.fixture
def versions(recorded: tuple[Tracking, list[str]], tracking: Tracking) -> list[str]:
    """Two registered versions."""
    return [register(tracking, run) for run in recorded[1]]


def test_before_the_first_training_nobody_serves_and_the_error_says_what_to_run(
    tracking: Tracking,
) -> None:
    assert champion_version(tracking) is None
    assert orphans(tracking) == ()
    with pytest.raises(NoChampion, match=r"run the train job"):
        load_champion(tracking)


def test_what_serves_says_the_same_as_what_was_trained(
    tracking: Tracking, trained: TrainingResult, provenance: Provenance, edge_data: Dataset
) -> None:
    version = register(tracking, record(tracking, trained, replace(provenance, code_version="1")))
    decision = decide(tracking, version, trained.verdict, expected=None)
    assert (decision.champion, decision.changed) == (version, True)
    served = load_champion(tracking)
    assert (served.name, served.version, served.family) == (MODEL_NAME, "1", "random_forest")
    assert served.trained_through == trained.trained_through
    assert served.evidence == "edge"
    inputs = edge_data.matrix(trained.recipes["random_forest"].inputs)
    before = trained.models["random_forest"].predict_proba(inputs)
    np.testing.assert_array_equal(served.estimator.predict_proba(inputs), before)


def test_registering_again_gives_the_same_version(
    tracking: Tracking, versions: list[str], trained: TrainingResult, provenance: Provenance
) -> None:
    """F13."""
    run_id = record(tracking, trained, replace(provenance, code_version="1"))
    assert register(tracking, run_id) == versions[0]
    assert len(tracking.client.search_model_versions(f"name = '{MODEL_NAME}'")) == 2


def test_a_version_whose_training_was_interrupted_is_listed_until_it_is_decided(
    tracking: Tracking, versions: list[str]
) -> None:
    """F13: registered, alias not moved."""
    assert orphans(tracking) == ("1", "2")
    assert champion_version(tracking) is None
    decide(tracking, versions[0], YES, expected=None)
    assert orphans(tracking) == ("2",)
    decide(tracking, versions[1], NO, expected="1")
    assert orphans(tracking) == ()


def test_the_alias_moves_only_from_the_champion_it_was_judged_against(
    tracking: Tracking, versions: list[str]
) -> None:
    """G10."""
    decide(tracking, versions[0], YES, expected=None)
    with pytest.raises(StorageBusy, match="judged against champion None, but 1 serves by now"):
        decide(tracking, versions[1], YES, expected=None)
    assert champion_version(tracking) == "1"
    assert decide(tracking, versions[1], YES, expected="1").changed
    assert champion_version(tracking) == "2"


def test_of_two_decisions_at_once_one_is_carried_out_and_the_other_told(
    tracking: Tracking, versions: list[str]
) -> None:
    """G10: both versions survive, the alias points to the winner."""

    def attempt(version: Any) -> str | None:
        try:
            return decide(tracking, version, YES, expected=None).version
        except StorageBusy:
            return None

    with ThreadPoolExecutor(2) as pool:
        won = [version for version in pool.map(attempt, versions) if version]
    assert won == [champion_version(tracking)]
    assert len(tracking.client.search_model_versions(f"name = '{MODEL_NAME}'")) == 2


def test_repeating_a_decision_changes_nothing(tracking: Tracking, versions: list[str]) -> None:
    decide(tracking, versions[0], YES, expected=None)
    again = decide(tracking, versions[0], YES, expected=None)
    assert (again.champion, again.changed) == ("1", False)
    assert not decide(tracking, versions[0], NO, expected="1").changed
    assert champion_version(tracking) == "1"


def test_a_refused_version_is_kept_as_challenger_and_the_champion_stays(
    tracking: Tracking, versions: list[str]
) -> None:
    """J04."""
    decide(tracking, versions[0], YES, expected=None)
    decision = decide(tracking, versions[1], NO, expected="1")
    assert (decision.champion, decision.changed) == ("1", False)
    aliases = tracking.client.get_registered_model(MODEL_NAME).aliases
    assert {name: str(number) for name, number in aliases.items()} == {
        "champion": "1",
        "challenger": "2",
    }
    assert decide(tracking, versions[1], YES, expected="1").changed
    assert set(tracking.client.get_registered_model(MODEL_NAME).aliases) == {"champion"}


def test_missing_files_of_the_champion_are_said_so(tracking: Tracking, versions: list[str]) -> None:
    decide(tracking, versions[0], YES, expected=None)
    artifacts = tracking.database.parent / "mlflow-artifacts"
    artifacts.rename(artifacts.with_name("gone"))
    try:
        with pytest.raises(StorageCorrupt, match="restore the artifacts"):
            load_champion(tracking)
    finally:
        artifacts.with_name("gone").rename(artifacts)


def test_a_version_that_somebody_else_registered_is_not_served(
    tracking: Tracking, versions: list[str]
) -> None:
    made = tracking.client.create_model_version(MODEL_NAME, source="file:///nowhere")
    tracking.client.set_registered_model_alias(MODEL_NAME, "champion", made.version)
    with pytest.raises(StorageCorrupt, match="registered without family"):
        load_champion(tracking)
