"""Dagster's event log with kept connections: what is written is heard, and kept."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from stock_assets.cli.dagster_home import prepare_dagster_home
from stock_assets.event_log import KeptConnectionsEventLog
from stock_assets.settings import read_settings

HEARD_WITHIN_S = 20.0


@pytest.fixture
def dagster_home(tmp_path: Path) -> Path:
    return prepare_dagster_home(read_settings(home=tmp_path / "home"))


@pytest.fixture
def writer(dagster_home: Path) -> Iterator[dg.DagsterInstance]:
    instance = dg.DagsterInstance.from_config(str(dagster_home))
    assert isinstance(instance.event_log_storage, KeptConnectionsEventLog)
    yield instance
    instance.dispose()


@pytest.fixture
def watcher(dagster_home: Path) -> Iterator[dg.DagsterInstance]:
    instance = dg.DagsterInstance.from_config(str(dagster_home))
    yield instance
    instance.dispose()


def test_who_watches_a_run_hears_each_event_while_its_writer_is_still_there(
    writer: dg.DagsterInstance, watcher: dg.DagsterInstance
) -> None:
    heard: queue.Queue[dg.DagsterEventType | None] = queue.Queue()

    def until_heard(name: str) -> None:
        while heard.get(timeout=HEARD_WITHIN_S) is not dg.DagsterEventType[name]:
            pass

    @dg.op
    def wait_until_heard() -> None:
        until_heard("STEP_START")

    @dg.job
    def small() -> None:
        wait_until_heard()

    run_id = "00000000-0000-0000-0000-000000000001"
    watcher.watch_event_logs(run_id, None, lambda entry, _: heard.put(entry.dagster_event_type))
    done = small.execute_in_process(instance=writer, run_id=run_id)
    assert done.success
    until_heard("RUN_SUCCESS")
    assert len(watcher.all_logs(run_id)) == len(writer.all_logs(run_id)) > 4
