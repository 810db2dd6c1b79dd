"""Dagster's event log with kept connections: what is written is heard, and kept."""

from __future__ import annotations

import queue
import warnings
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from stock_assets.cli.dagster_home import prepare_dagster_home
from stock_assets.event_log import EVENTS_AT_ONCE, KeptConnectionsEventLog
from stock_assets.partitions import session_partitions
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


RANGE = {
    "dagster/asset_partition_range_start": "2019-12-02",
    "dagster/asset_partition_range_end": "2024-01-31",
}


BARS = dg.AssetKey("bars")


def backfill(instance: dg.DagsterInstance) -> str:
    with warnings.catch_warnings():
        # Single-run backfills are beta in Dagster.
        warnings.simplefilter("ignore", dg.BetaWarning)

        @dg.asset(
            key=BARS,
            partitions_def=session_partitions(),
            backfill_policy=dg.BackfillPolicy.single_run(),
        )
        def bars() -> dg.MaterializeResult[None]:
            return dg.MaterializeResult(metadata={"rows": 7})

    @dg.asset_check(asset=BARS)
    def plausible() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    @dg.asset_check(asset=BARS)
    def doubtful() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN)

    definitions = dg.Definitions(
        assets=[bars],
        asset_checks=[plausible, doubtful],
        jobs=[dg.define_asset_job("backfill", [bars])],
    )
    job = definitions.resolve_job_def("backfill")
    done = job.execute_in_process(instance=instance, tags=RANGE)
    assert done.success
    return done.run_id


def test_a_backfill_written_in_batches_says_what_dagsters_own_storage_says(
    writer: dg.DagsterInstance, watcher: dg.DagsterInstance
) -> None:
    keys = session_partitions().get_partition_keys_in_range(dg.PartitionKeyRange(*RANGE.values()))
    assert len(keys) > EVENTS_AT_ONCE
    with dg.DagsterInstance.ephemeral() as plain:
        told = {instance: backfill(instance) for instance in (plain, writer)}
        for name in ("ASSET_MATERIALIZATION", "ASSET_MATERIALIZATION_PLANNED"):
            kind = dg.DagsterEventType[name]
            theirs, ours = (
                [
                    (entry.dagster_event.partition, entry.dagster_event.asset_key, entry.step_key)
                    for entry in instance.all_logs(run, of_type=kind)
                    if entry.dagster_event
                ]
                for instance, run in told.items()
            )
            assert sorted(map(str, ours)) == sorted(map(str, theirs))
            assert len(ours) == len(keys)
    for instance in (writer, watcher):
        assert instance.get_materialized_partitions(BARS) == set(keys)
        last = instance.get_latest_materialization_event(BARS)
        assert last
        assert last.asset_materialization
        assert last.asset_materialization.partition == keys[-1]
        records = instance.fetch_materializations(BARS, limit=3).records
        assert [record.partition_key for record in records] == keys[:-4:-1]


def test_a_check_of_a_backfill_is_planned_once_and_answered_once(
    writer: dg.DagsterInstance,
) -> None:
    backfill(writer)
    for name, passed in (("plausible", True), ("doubtful", False)):
        key = dg.AssetCheckKey(BARS, name)
        history = writer.event_log_storage.get_asset_check_execution_history(key, limit=10)
        assert [record.status.value for record in history] == ["SUCCEEDED" if passed else "FAILED"]
