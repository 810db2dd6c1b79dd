"""Where MLflow keeps its things: one SQLite database and one directory, both local.

Belongs here: importing MLflow without telemetry, making and opening the database, its errors.
Does not belong here: what is recorded (tracking.py), versions and aliases (registry.py).
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from stock_assets.errors import StorageBusy, StorageUnavailable
from stock_assets.names import MODEL_NAME


@dataclass(frozen=True)
class Tracking:
    """A connection to MLflow: its client, our experiment, and where the database lies."""

    client: Any
    experiment_id: str
    database: Path


def connect(database: Path, artifacts: Path) -> Tracking:
    """Open MLflow's database, made on first use; both paths are local.

    Raises:
        StorageUnavailable: when the database cannot be opened or made.
    """
    mlflow = import_mlflow()
    with speaking_to_mlflow("MLflow's database"):
        try:
            database.parent.mkdir(parents=True, exist_ok=True)
            if not database.exists():
                _create_database(database, artifacts)
        except OSError as error:
            raise StorageUnavailable(
                str(database),
                reason=f"MLflow's database cannot be made: {error.strerror}",
                next_action="make the directory writable, or choose another STOCK_ASSETS_HOME",
            ) from error
        uri = f"sqlite:///{database.resolve()}"
        client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
        experiment_id = _our_experiment(client, artifacts)
    return Tracking(client, experiment_id, database.resolve())


@contextlib.contextmanager
def speaking_to_mlflow(what: str) -> Iterator[None]:
    """Turn MLflow's exceptions into ours: busy may pass, the rest needs somebody to look."""
    import_mlflow()
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        busy = error.error_code == "TEMPORARILY_UNAVAILABLE"
        raise (StorageBusy if busy else StorageUnavailable)(
            what,
            reason=" ".join(str(error.message).split())[:300],
            next_action="try again" if busy else "look at mlflow.db under STOCK_ASSETS_HOME",
            code=error.error_code,
        ) from error


@lru_cache(maxsize=1)
def import_mlflow() -> Any:
    """MLflow without telemetry: import it through here, before anything of it by name.

    It is switched off by an environment variable alone, which is read when MLflow is imported, and
    again by ``set_telemetry_client`` where somebody else imported it before us.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    import mlflow
    from mlflow.telemetry import set_telemetry_client

    set_telemetry_client()  # type: ignore[no-untyped-call]

    with warnings.catch_warnings():
        # Both are said of MLflow's own code, while it is being imported.
        warnings.filterwarnings("ignore", message="The ``noload`` loader strategy is deprecated")
        warnings.filterwarnings("ignore", message=".*Any type hint is inferred as AnyType")
        import mlflow.pyfunc
        import mlflow.store.tracking.sqlalchemy_store

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    return mlflow


def _our_experiment(client: Any, artifacts: Path) -> str:
    """The id of our experiment, made on first use; another process may make it meanwhile."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(MODEL_NAME)
    if found is None:
        location = artifacts.resolve().as_uri()
        try:
            return str(client.create_experiment(MODEL_NAME, artifact_location=location))
        except MlflowException as error:
            found = client.get_experiment_by_name(MODEL_NAME)
            if found is None or error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
    return str(found.experiment_id)


def _create_database(database: Path, artifacts: Path) -> None:
    """Make the database beside its place, without waiting for the disk, then move it in whole.

    MLflow's first start runs dozens of migrations, each waiting for the disk, and one that is
    killed leaves a database that does not start again. A process that was faster wins.
    """
    import sqlalchemy
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    def hurry(connection: Any, record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA journal_mode=MEMORY")

    with tempfile.TemporaryDirectory(dir=database.parent, prefix=".mlflow-") as folder:
        draft = Path(folder) / database.name
        sqlalchemy.event.listen(sqlalchemy.engine.Engine, "connect", hurry)
        try:
            store = SqlAlchemyStore(  # type: ignore[no-untyped-call]
                f"sqlite:///{draft}", artifacts.resolve().as_uri()
            )
            store.engine.dispose()
        finally:
            sqlalchemy.event.remove(sqlalchemy.engine.Engine, "connect", hurry)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, database)
