"""dbt's models and tests as assets and checks: two sets, each whole, none twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import orjson
import pytest
from dagster_dbt import DagsterDbtTranslatorSettings, dbt_assets

from stock_assets.assets.warehouse import MONITORING, ByFolder, dbt_specs, warehouse_assets
from stock_assets.settings import PROJECT_ROOT
from stock_assets.warehouse import ensure_manifest


@pytest.fixture(scope="module")
def manifest() -> Path:
    return ensure_manifest(PROJECT_ROOT / "dbt_project")


@pytest.mark.parametrize(
    ("watching", "selection"),
    [(True, {"select": f"tag:{MONITORING}"}), (False, {"exclude": f"tag:{MONITORING}"})],
)
def test_assets_and_checks_are_those_that_dbts_own_selection_gives(
    manifest: Path, watching: bool, selection: dict[str, Any]
) -> None:
    theirs = dbt_assets(
        manifest=manifest,
        name="theirs",
        dagster_dbt_translator=ByFolder(
            DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)
        ),
        **selection,
    )(nothing)
    ours = warehouse_assets(manifest)[1 if watching else 0]
    assert dict(ours.op.tags) == dict(theirs.op.tags)
    assert ours.can_subset == theirs.can_subset
    specs, checks = dbt_specs(orjson.loads(manifest.read_bytes()), watching=watching)
    assert sorted(map(look, specs)) == sorted(map(look, theirs.specs))
    assert {(c.asset_key, c.name, c.description, c.blocking) for c in checks} == {
        (c.asset_key, c.name, c.description, c.blocking) for c in theirs.check_specs
    }


def nothing(context: dg.AssetExecutionContext) -> Iterator[Any]:
    """A body for definitions that are compared and never run."""
    del context
    yield from ()


def look(spec: dg.AssetSpec) -> tuple[Any, ...]:
    return (
        spec.key.path,
        sorted(dep.asset_key.path for dep in spec.deps),
        spec.group_name,
        spec.description,
        sorted(spec.kinds),
        sorted(spec.owners),
        sorted(spec.tags.items()),
        spec.code_version,
        spec.skippable,
        sorted(spec.metadata),
    )
