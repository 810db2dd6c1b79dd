from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from stock_assets.errors import BuildError
from stock_assets.settings import PROJECT_ROOT
from stock_assets.warehouse import (
    dbt_environment,
    ensure_manifest,
    forget_old_builds,
    manifest_hash,
    manifest_path,
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the dbt project, without anything that was parsed before."""
    copy = tmp_path / "dbt_project"
    shutil.copytree(
        PROJECT_ROOT / "dbt_project", copy, ignore=shutil.ignore_patterns("target", "logs")
    )
    return copy


def test_dbt_is_handed_paths_priority_and_no_telemetry() -> None:
    environment = dbt_environment(
        warehouse=Path("/home/w.duckdb"),
        lake_snapshot=Path("/home/s.json"),
        vendor_priority=("yahoo", "polygon"),
    )
    assert environment["STOCK_ASSETS_WAREHOUSE"] == "/home/w.duckdb"
    assert environment["STOCK_ASSETS_LAKE_SNAPSHOT"] == "/home/s.json"
    assert environment["STOCK_ASSETS_VENDOR_PRIORITY"] == "yahoo,polygon"
    assert environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"


def test_what_builds_left_behind_goes_after_a_day_and_nothing_else(tmp_path: Path) -> None:
    for name, age_h in (("old", 25), ("today", 23)):
        folder = tmp_path / "target" / name
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")
        os.utime(folder, (1e9 - age_h * 3600,) * 2)
    (tmp_path / "target" / "manifest.json").write_text("{}")
    assert forget_old_builds(tmp_path, 1e9) == 1
    assert sorted(entry.name for entry in (tmp_path / "target").iterdir()) == [
        "manifest.json",
        "today",
    ]


@pytest.mark.slow
def test_the_manifest_is_parsed_once_and_again_only_when_a_file_changed(project: Path) -> None:
    manifest = ensure_manifest(project)
    assert manifest == manifest_path(project)
    first, digest = manifest.stat().st_mtime_ns, manifest_hash(manifest)
    assert ensure_manifest(project).stat().st_mtime_ns == first
    assert not [entry for entry in manifest.parent.iterdir() if entry.is_dir()]

    model = project / "models" / "monitoring" / "predictions.sql"
    model.write_text(model.read_text().replace("select * from predictions", "select * from oops"))
    later = first + 10**9
    os.utime(model, ns=(later, later))
    assert manifest_hash(ensure_manifest(project)) != digest


@pytest.mark.slow
def test_a_project_that_dbt_cannot_parse_is_a_build_error_that_quotes_dbt(project: Path) -> None:
    (project / "models" / "marts" / "broken.sql").write_text("select {{ ref('nobody') }}")
    with pytest.raises(BuildError, match="nobody"):
        ensure_manifest(project)
    assert not manifest_path(project).exists()


def test_a_directory_without_a_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no dbt project"):
        ensure_manifest(tmp_path)


def test_the_sources_are_the_assets_that_the_graph_knows() -> None:
    manifest = json.loads(ensure_manifest(PROJECT_ROOT / "dbt_project").read_bytes())
    keys = {
        f"{node['source_name']}.{node['name']}": node["config"]["meta"]["dagster"]["asset_key"]
        for node in manifest["sources"].values()
        if node["source_name"] != "ops"
    }
    assert keys == {
        "yahoo.prices": ["raw", "yahoo_prices"],
        "yahoo.gaps": ["raw", "yahoo_prices"],
        "yahoo.corporate_actions": ["raw", "yahoo_prices"],
        "alpha_vantage.prices": ["raw", "alpha_vantage_prices"],
        "alpha_vantage.gaps": ["raw", "alpha_vantage_prices"],
        "polygon.prices": ["raw", "polygon_prices"],
        "polygon.gaps": ["raw", "polygon_prices"],
        "polygon.corporate_actions": ["raw", "corporate_actions"],
        "polygon.listings": ["raw", "listings"],
        "exchange.sessions": ["raw", "sessions"],
        "ledger.predictions": ["predictions"],
        "ledger.evaluations": ["models", "evaluation"],
    }


def test_whatever_reads_the_ledger_is_monitoring_and_nothing_else_reads_monitoring() -> None:
    """Predictions are made between the two, so an arrow back would be a circle."""
    manifest = json.loads(ensure_manifest(PROJECT_ROOT / "dbt_project").read_bytes())
    models = {
        name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }
    monitoring = {name for name, node in models.items() if "monitoring" in node["tags"]}
    for name, node in models.items():
        above = node["depends_on"]["nodes"]
        from_ledger = any(".ledger." in parent for parent in above)
        assert (name in monitoring) or not (from_ledger or monitoring & set(above)), name
    assert len(monitoring) == 5


def test_every_model_is_described_down_to_its_grain_and_its_columns() -> None:
    manifest = json.loads(ensure_manifest(PROJECT_ROOT / "dbt_project").read_bytes())
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert models
    for node in models:
        assert "One row per " in node["description"].strip().rsplit(". ", 1)[-1], node["name"]
        assert all(column["description"] for column in node["columns"].values()), node["name"]
        if node["fqn"][1] in {"features", "marts", "monitoring"}:
            assert node["config"]["contract"]["enforced"], node["name"]
