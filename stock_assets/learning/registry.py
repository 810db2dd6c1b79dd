"""Versions and who serves: registration that can be repeated, an alias that moves only as expected.

Belongs here: MLflow's model registry under one name, the aliases ``champion`` and ``challenger``,
loading what serves. Does not belong here: whether a model deserves it (promote.py), the record of
the training (tracking.py), how a file is read safely (storage.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

from filelock import FileLock, Timeout

from stock_assets.errors import NoChampion, StorageBusy, StorageCorrupt
from stock_assets.learning.mlflow_store import Tracking, import_mlflow, speaking_to_mlflow
from stock_assets.learning.promote import Evidence, Verdict
from stock_assets.learning.storage import load_model
from stock_assets.learning.tracking import MODEL_DIRECTORY
from stock_assets.names import MODEL_NAME

CHAMPION_ALIAS: Final = "champion"
CHALLENGER_ALIAS: Final = "challenger"
_DECISION: Final = "decision"
_COPIED_TAGS: Final = ("family", "evidence", "trained_through", "model_sha256", "as_of")
_LOCK_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True)
class ServingModel:
    """A registered model, loaded and checked.

    ``trained_through``: the instant (UTC) at which its newest training label became known;
    ``evidence``: what the gate said when it was promoted.
    """

    name: str
    version: str
    family: str
    trained_through: datetime
    evidence: Evidence
    run_id: str
    estimator: Any = field(repr=False)


@dataclass(frozen=True)
class Decision:
    """What came of a verdict: its version, who serves now, and whether that changed."""

    version: str
    champion: str | None
    changed: bool


def champion_version(tracking: Tracking) -> str | None:
    """The version that serves, or None."""
    with speaking_to_mlflow("the model registry"):
        return _aliases(tracking).get(CHAMPION_ALIAS)


def register(tracking: Tracking, run_id: str) -> str:
    """The version of this run's model, registered if it is not yet: once per run, however often."""
    with _alone(tracking), speaking_to_mlflow("the model registry"):
        client = tracking.client
        if not client.search_registered_models(f"name = '{MODEL_NAME}'"):
            client.create_registered_model(MODEL_NAME)
        found = client.search_model_versions(f"name = '{MODEL_NAME}' and run_id = '{run_id}'")
        if found:
            return str(min(int(version.version) for version in found))
        run = client.get_run(run_id)
        made = client.create_model_version(
            MODEL_NAME,
            source=f"{run.info.artifact_uri}/{MODEL_DIRECTORY}",
            run_id=run_id,
            tags={tag: run.data.tags[tag] for tag in _COPIED_TAGS},
            description=run.data.tags["verdict"],
        )
        return str(made.version)


def decide(tracking: Tracking, version: str, verdict: Verdict, *, expected: str | None) -> Decision:
    """Carry out a verdict: move ``champion`` to ``version``, or mark it as ``challenger``.

    The alias moves only if it still points to ``expected``, the champion that the verdict was
    reached against (None: there was none), so two trainings cannot overwrite each other's decision.
    Repeating a decision that was carried out changes nothing.

    Raises:
        StorageBusy: when somebody else moved the alias in between; judging again is the cure.
    """
    with _alone(tracking), speaking_to_mlflow("the model registry"):
        serving = _aliases(tracking).get(CHAMPION_ALIAS)
        if serving == version:
            _remember(tracking, version, "promoted")
            return Decision(version, serving, changed=False)
        if not verdict.promote:
            tracking.client.set_registered_model_alias(MODEL_NAME, CHALLENGER_ALIAS, version)
            _remember(tracking, version, "refused")
            return Decision(version, serving, changed=False)
        if serving != expected:
            raise StorageBusy(
                f"{MODEL_NAME} version {version}",
                reason=f"judged against champion {expected}, but {serving} serves by now",
                next_action="run the train job again, so that it is judged against that one",
                expected=expected,
                found=serving,
            )
        tracking.client.set_registered_model_alias(MODEL_NAME, CHAMPION_ALIAS, version)
        if _aliases(tracking).get(CHALLENGER_ALIAS) == version:
            tracking.client.delete_registered_model_alias(MODEL_NAME, CHALLENGER_ALIAS)
        _remember(tracking, version, "promoted")
        return Decision(version, version, changed=True)


def orphans(tracking: Tracking) -> tuple[str, ...]:
    """Versions that were registered and never decided about (their training was interrupted)."""
    with speaking_to_mlflow("the model registry"):
        versions = tracking.client.search_model_versions(f"name = '{MODEL_NAME}'")
        named = set(_aliases(tracking).values())
    left = [
        int(v.version) for v in versions if _DECISION not in v.tags and str(v.version) not in named
    ]
    return tuple(str(number) for number in sorted(left))


def load_champion(tracking: Tracking) -> ServingModel:
    """The model that serves, read back safely.

    Raises:
        NoChampion: when none does yet.
        SecurityError, StorageCorrupt: when what is stored is not what was registered.
    """
    version = champion_version(tracking)
    if version is None:
        raise NoChampion(
            MODEL_NAME,
            reason="no version serves yet",
            next_action="run the train job: dagster job execute -j train",
        )
    return load_version(tracking, version)


def load_version(tracking: Tracking, version: str) -> ServingModel:
    """One registered version, read back safely."""
    import_mlflow()
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    with speaking_to_mlflow("the model registry"):
        found = tracking.client.get_model_version(MODEL_NAME, version)
        missing = [tag for tag in _COPIED_TAGS if tag not in found.tags]
        if missing:
            raise StorageCorrupt(
                f"{MODEL_NAME} version {version}",
                reason=f"registered without {', '.join(missing)}",
                next_action="run the train job",
            )
    try:
        folder = Path(download_artifacts(artifact_uri=found.source))
    except (OSError, MlflowException) as error:
        raise StorageCorrupt(
            str(found.source),
            reason="the model's files are not there",
            next_action="restore the artifacts, or run the train job",
        ) from error
    return ServingModel(
        name=MODEL_NAME,
        version=str(found.version),
        family=found.tags["family"],
        trained_through=datetime.fromisoformat(found.tags["trained_through"]),
        evidence=cast("Evidence", found.tags["evidence"]),
        run_id=str(found.run_id),
        estimator=load_model(folder, sha256=found.tags["model_sha256"]),
    )


def _aliases(tracking: Tracking) -> dict[str, str]:
    models = tracking.client.search_registered_models(f"name = '{MODEL_NAME}'")
    return {k: str(v) for k, v in models[0].aliases.items()} if models else {}


def _remember(tracking: Tracking, version: str, decision: str) -> None:
    tracking.client.set_model_version_tag(MODEL_NAME, version, _DECISION, decision)


def _alone(tracking: Tracking) -> Any:
    """MLflow has no compare-and-set: whoever reads and then writes does it behind one lock."""
    lock = FileLock(f"{tracking.database}.lock")
    try:
        return lock.acquire(timeout=_LOCK_TIMEOUT_S)
    except Timeout as error:
        raise StorageBusy(
            str(tracking.database),
            reason=f"another process has held the registry's lock for {_LOCK_TIMEOUT_S:.0f} s",
            next_action="wait for it to end, then run again",
        ) from error
