"""Keeping house from the graph: dry unless asked, what goes is shown, what stays has a reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import dagster as dg
import pytest

from stock_assets.automation.jobs import HOUSEKEEPING
from stock_assets.automation.schedules import housekeeping_schedule
from stock_assets.definitions import build_definitions
from stock_assets.lake.locks import one_writer
from stock_assets.settings import read_settings
from stock_assets.tables import FUNDAMENTALS, LOADS, NEWS, PRICES, REMOVALS
from stock_assets.warehouse.snapshot import write_lake_snapshot
from stock_assets_tests.lake import looks
from stock_assets_tests.lake.bars import grid, open_lake
from stock_assets_tests.lake.looks import Past, fingerprint

IN_EARNEST: Final = {
    "ops": {
        f"operations__{name}": {"config": {"dry_run": False}}
        for name in ("compaction", "retention")
    }
}


@pytest.fixture
def past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Past:
    """A home with an old answer that nobody needs, one that is held, and a day of old looks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(looks, "TODAY", datetime.now(UTC))
    past = Past(tmp_path / "home")
    past.news(100, past.keep(b"old", 100))
    held = past.keep(b"held", 100)
    past.news(101, held)
    monkeypatch.setenv("STOCK_ASSETS_RETENTION_HOLD", held)
    past.news(0, past.keep(b"young", 0))
    for hour in range(24):
        past.look(looks.TODAY - timedelta(days=102, hours=-hour), 7.0)
    return past


def keep_house(past: Past, run_config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Run the job; the metadata of both assets, by name."""
    definitions = build_definitions(read_settings(home=past.home, environment="sandbox"))
    job = definitions.resolve_job_def(HOUSEKEEPING)
    with dg.DagsterInstance.ephemeral() as instance:
        done = job.execute_in_process(instance=instance, run_config=run_config)
    return {
        name: {
            key: value.value
            for key, value in done.asset_materializations_for_node(f"operations__{name}")[
                0
            ].metadata.items()
        }
        for name in ("compaction", "retention")
    }


def test_a_run_by_hand_is_dry_shows_everything_and_changes_nothing(past: Past) -> None:
    before = fingerprint(past.home)
    shown = keep_house(past)
    after = fingerprint(past.home)
    assert {path: after.get(path) for path in before} == before
    assert not [path for path in after.keys() - before.keys() if not path.endswith(".lock")]
    retention, compaction = shown["retention"], shown["compaction"]
    assert retention["dry run"]
    assert compaction["dry run"]
    assert retention["bytes that would be freed"] > 0
    assert "| news | 60 days | answers | 1 |" in retention["what would go"]
    assert "| financial | 90 days | hourly rows |" in retention["what would go"]
    assert compaction["files after"] < compaction["files before"]
    assert compaction["tables rewritten"] == 0
    assert "| fundamentals | 24 | 1 |" in compaction["by table"]


def test_in_earnest_it_frees_what_the_dry_run_promised_and_records_it(past: Past) -> None:
    promised = keep_house(past)["retention"]
    rows = {table.name: past.lake.count(table) for table in (NEWS, LOADS)}
    done = keep_house(past, IN_EARNEST)
    assert done["retention"]["bytes freed"] == promised["bytes that would be freed"]
    assert done["retention"]["things that went"] == promised["things that would go"]
    removed = past.lake.read(REMOVALS).to_pylist()
    assert sum(row["size_bytes"] or 0 for row in removed) == done["retention"]["bytes freed"]
    assert past.lake.count(FUNDAMENTALS) < 24
    assert past.lake.count(NEWS) == rows["news"], "no row of news goes"
    assert past.lake.count(LOADS) >= rows["loads"]


def test_everything_old_that_stays_has_its_reason(past: Past) -> None:
    shown = keep_house(past, IN_EARNEST)["retention"]
    said = shown["what stays, and why"]
    lines = [line for line in said.splitlines() if line.startswith("| ")][1:]
    assert all(line.rstrip(" |").rpartition("| ")[2] for line in lines)
    assert "an audit needs it (STOCK_ASSETS_RETENTION_HOLD)" in said
    assert "the last look of its day" in said
    assert "All else is younger than the span of its kind." in said
    assert shown["old things that stay"] > 1


def test_a_second_time_finds_nothing_to_do(past: Past) -> None:
    keep_house(past, IN_EARNEST)
    again = keep_house(past, IN_EARNEST)["retention"]
    assert (again["bytes freed"], again["things that went"]) == (0, 0)
    assert again["what went"] == "Nothing goes."


def test_tables_are_compacted_with_the_same_rows(past: Past) -> None:
    for days_ago in range(8, 2, -1):
        past.load(PRICES, grid((f"S{days_ago}",)), days_ago)
    history = past.lake.history(PRICES)
    compaction = keep_house(past, IN_EARNEST)["compaction"]
    assert compaction["tables rewritten"] >= 3
    assert "| prices | 6 | 1 |" in compaction["by table"]
    assert len(past.lake.files(PRICES)) == 1
    assert past.lake.history(PRICES).equals(history)


def test_files_that_the_last_build_or_a_reader_of_this_week_holds_stay(past: Past) -> None:
    for days_ago in range(8, 2, -1):
        past.load(PRICES, grid((f"S{days_ago}",)), days_ago)
    settings = read_settings(home=past.home, environment="sandbox")
    snapshot = past.lake.snapshot(settings.lake_copies)
    write_lake_snapshot(snapshot, settings.lake_snapshot)
    for _ in range(2):
        shown = keep_house(past, IN_EARNEST)["retention"]
    assert (
        "replaced within the last 7 days; a reader may still hold it"
        in (shown["what stays, and why"])
    )
    assert all(Path(file).exists() for one in snapshot.values() for file in one.files)


def test_a_table_that_somebody_is_writing_is_waited_for_and_not_touched(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stock_assets.assets.failures.MAX_RETRIES", 0)
    settings = read_settings(home=past.home, environment="sandbox")
    impatient = open_lake(past.home / "lake", locks=settings.locks, lock_wait_s=0.1)
    definitions = build_definitions(settings, replace={"lake": impatient})
    before = past.lake.history(FUNDAMENTALS)
    with (
        dg.DagsterInstance.ephemeral() as instance,
        one_writer(settings.locks, FUNDAMENTALS.name, 1.0),
    ):
        done = definitions.resolve_job_def(HOUSEKEEPING).execute_in_process(
            instance=instance,
            run_config=IN_EARNEST,
            raise_on_error=False,
        )
    assert not done.success
    assert past.lake.history(FUNDAMENTALS).equals(before)
    assert past.lake.count(REMOVALS) == 0


def test_builds_of_the_warehouse_and_housekeeping_wait_for_each_other() -> None:
    graph = build_definitions().resolve_asset_graph()
    for key in ("operations/compaction", "operations/retention", "marts/training_set"):
        assert graph.get(dg.AssetKey(key.split("/"))).pools == {"warehouse"}


def test_the_weekly_run_is_in_earnest(past: Past) -> None:
    at = datetime(2024, 6, 2, 7, 20, tzinfo=UTC)
    schedule = housekeeping_schedule(HOUSEKEEPING)
    with dg.build_schedule_context(scheduled_execution_time=at) as context:
        request = schedule(context)
    assert isinstance(request, dg.RunRequest)
    done = keep_house(past, json.loads(json.dumps(request.run_config)))
    assert not done["retention"]["dry run"]
    assert not done["compaction"]["dry run"]
