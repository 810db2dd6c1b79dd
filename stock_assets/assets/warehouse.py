"""The warehouse: dbt builds it from the lake, model by model.

Belongs here: dbt's models and tests as assets and checks. Two sets, because predictions are made
between them: what predictions are made from, and what watches predictions.
Does not belong here: SQL (dbt_project/), the lake's views for dbt (warehouse/).
"""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import dagster as dg
import orjson
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource
from dagster_dbt.asset_utils import (
    DAGSTER_DBT_EXCLUDE_METADATA_KEY,
    DAGSTER_DBT_SELECT_METADATA_KEY,
)

from stock_assets.assets.failures import as_dagster_failures
from stock_assets.lake import Lake
from stock_assets.settings import Settings
from stock_assets.warehouse import (
    discard_unreadable,
    forget_old_builds,
    warehouse_lock,
    write_lake_snapshot,
)

MONITORING: Final = "monitoring"
_BUILD: Final = ("build", "--exclude-resource-type", "unit_test")
"""Unit tests test the SQL, not the data: they belong to the test suite."""
POOL: Final = "warehouse"
"""One writer at a time: DuckDB refuses a second one."""
EVERYTHING_ELSE: Final = {
    DAGSTER_DBT_SELECT_METADATA_KEY: "fqn:*",
    DAGSTER_DBT_EXCLUDE_METADATA_KEY: f"tag:{MONITORING}",
}
WHAT_WATCHES: Final = {DAGSTER_DBT_SELECT_METADATA_KEY: f"tag:{MONITORING}"}
"""What dbt is told to build; it must name the same nodes as ``dbt_specs``."""


class ByFolder(DagsterDbtTranslator):
    """Groups and owners follow the folders of ``dbt_project/models``."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The first folder below models; what watches predictions is one group."""
        return MONITORING if _watches(dbt_resource_props) else str(dbt_resource_props["fqn"][1])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Everything that SQL derives belongs to the analytics team."""
        return ["team:analytics"]


def warehouse_assets(manifest: Path) -> list[dg.AssetsDefinition]:
    """The dbt assets of a parsed project."""
    content = orjson.loads(manifest.read_bytes())
    return [
        _dbt_assets("warehouse", content, EVERYTHING_ELSE, watching=False),
        _dbt_assets("monitoring", content, WHAT_WATCHES, watching=True),
    ]


def dbt_specs(
    manifest: Mapping[str, Any], *, watching: bool
) -> tuple[list[dg.AssetSpec], list[dg.AssetCheckSpec]]:
    """The models that watch predictions, or all others, with the dbt tests that belong to them.

    What ``@dbt_assets`` makes of the same selection (a test compares the two), without dbt's
    selection engine: importing that alone costs every process a tenth of its start.
    """
    translator = ByFolder(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))
    nodes = manifest["nodes"]
    models = {name for name, node in nodes.items() if node["resource_type"] == "model"}
    watchers = {name for name in models if _watches(nodes[name])}
    chosen = watchers if watching else models - watchers
    specs = {name: translator.get_asset_spec(manifest, name, None) for name in sorted(chosen)}
    checks: dict[str, dg.AssetCheckSpec] = {}
    for name, node in sorted(nodes.items()):
        parents = models.intersection(node["depends_on"].get("nodes", ()))
        # A test of several models watches when one of them does.
        if node["resource_type"] == "test" and bool(parents & watchers) == watching:
            for parent in sorted(parents & chosen):
                check = translator.get_asset_check_spec(specs[parent], manifest, name, None)
                if check:
                    checks[check.get_python_identifier()] = check
    return list(specs.values()), list(checks.values())


def _dbt_assets(
    name: str, manifest: Mapping[str, Any], selection: Mapping[str, str], *, watching: bool
) -> dg.AssetsDefinition:
    specs, checks = dbt_specs(manifest, watching=watching)

    @dg.multi_asset(
        name=name, specs=specs, check_specs=checks, can_subset=True, op_tags=selection, pool=POOL
    )
    def build(
        context: dg.AssetExecutionContext,
        dbt: DbtCliResource,
        lake: dg.ResourceParam[Lake],
        settings: dg.ResourceParam[Settings],
    ) -> Iterator[Any]:
        yield from _build(context, dbt, lake, settings)

    return build


def _watches(node: Mapping[str, Any]) -> bool:
    return MONITORING in node["tags"]


def _build(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, lake: Lake, settings: Settings
) -> Iterator[Any]:
    """Pin the lake's present version for this build, then run dbt on it."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    with as_dagster_failures(), warehouse_lock(settings.warehouse):
        if why := discard_unreadable(settings.warehouse):
            context.log.warning("the warehouse could not be opened and is built anew: %s", why)
        forget_old_builds(settings.dbt_project_dir, time.time())
        write_lake_snapshot(lake.snapshot(settings.lake_copies), settings.lake_snapshot)
        build = dbt.cli(_BUILD, context=context)
        try:
            yield from build.stream().fetch_row_counts()
        finally:
            # Rows were counted in this process: left open, that would keep all others out.
            if build.adapter:
                build.adapter.cleanup_connections()
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
