"""MLflow's database: made whole or not at all, quickly, and without telemetry."""

import multiprocessing
import os
import sqlite3
import time
from pathlib import Path
from typing import Any, cast

import pytest

from stock_assets.errors import StorageBusy, StorageUnavailable
from stock_assets.learning.mlflow_store import connect, import_mlflow, speaking_to_mlflow


def test_a_new_home_gets_a_database_and_the_second_connection_finds_it(tmp_path: Path) -> None:
    places = tmp_path / "home" / "mlflow.db", tmp_path / "home" / "mlflow-artifacts"
    first, again = connect(*places), connect(*places)
    assert first.experiment_id == again.experiment_id
    location = first.client.get_experiment(first.experiment_id).artifact_location
    assert location == places[1].as_uri()
    assert [path.name for path in places[0].parent.iterdir()] == ["mlflow.db"]
    with sqlite3.connect(places[0]) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)


def test_the_database_is_one_that_mlflow_takes_for_its_own_newest(tmp_path: Path) -> None:
    """It is made by MLflow's migrations; MLflow checks their version on every opening."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    connect(tmp_path / "mlflow.db", tmp_path / "a")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    store: Any = cast("Any", SqlAlchemyStore)(uri, str(tmp_path / "a"))
    assert store.search_experiments()
    store.engine.dispose()


def test_the_durability_of_later_writes_is_not_switched_off(tmp_path: Path) -> None:
    tracking = connect(tmp_path / "mlflow.db", tmp_path / "a")
    store = tracking.client._tracking_client.store
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "delete"


def test_telemetry_is_off() -> None:
    import_mlflow()
    from mlflow.telemetry import get_telemetry_client

    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert get_telemetry_client() is None


def test_what_a_killed_start_leaves_behind_does_not_matter(tmp_path: Path) -> None:
    left = tmp_path / ".mlflow-killed"
    left.mkdir()
    (left / "mlflow.db").write_bytes(b"half a database")
    assert connect(tmp_path / "mlflow.db", tmp_path / "a").experiment_id


def _connect(home: Any, barrier: Any, found: Any) -> None:
    connect_to = home / "mlflow.db", home / "a"
    barrier.wait()
    found.put(connect(*connect_to).experiment_id)


@pytest.mark.slow
def test_two_processes_may_start_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, found = context.Barrier(2), context.Queue()
    both = [context.Process(target=_connect, args=(tmp_path, barrier, found)) for _ in range(2)]
    for process in both:
        process.start()
    ids = {found.get(timeout=60) for _ in both}
    for process in both:
        process.join()
    assert len(ids) == 1


def test_a_place_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, not a directory")
    with pytest.raises(StorageUnavailable, match="cannot be made"):
        connect(tmp_path / "home" / "mlflow.db", tmp_path / "a")


@pytest.mark.parametrize(
    ("code", "error"),
    [("TEMPORARILY_UNAVAILABLE", StorageBusy), ("INTERNAL_ERROR", StorageUnavailable)],
)
def test_mlflows_errors_become_ours_and_say_whether_waiting_helps(code: str, error: Any) -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import ErrorCode

    with pytest.raises(error, match="database is locked"), speaking_to_mlflow("the registry"):
        raise MlflowException("database\n is locked", error_code=ErrorCode.Value(code))


def test_the_first_start_does_not_wait_for_the_disk_at_every_migration(tmp_path: Path) -> None:
    connect(tmp_path / "warm.db", tmp_path / "a")
    started = time.process_time()
    connect(tmp_path / "mlflow.db", tmp_path / "a")
    assert time.process_time() - started < 4
