"""The warehouse: dbt builds it from the lake, model by model.

Belongs here: dbt's models and tests as assets and checks. Two sets, because predictions are made
between them: what predictions are made from, and what watches predictions.
Does not belong here: SQL (dbt_project/), the lake's views for dbt (warehouse/).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliResource,
    dbt_assets,
)

from stock_assets.assets.failures import as_dagster_failures
from stock_assets.lake import Lake
from stock_assets.settings import Settings
from stock_assets.warehouse import warehouse_lock, write_lake_snapshot

MONITORING: Final = "tag:monitoring"
_BUILD: Final = ("build", "--exclude-resource-type", "unit_test")
"""Unit tests test the SQL, not the data: they belong to the test suite."""
POOL: Final = "warehouse"
"""One writer at a time: DuckDB refuses a second one."""


class ByFolder(DagsterDbtTranslator):
    """Groups and owners follow the folders of ``dbt_project/models``."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The first folder below models; what watches predictions is one group."""
        watches = "monitoring" in dbt_resource_props["tags"]
        return "monitoring" if watches else str(dbt_resource_props["fqn"][1])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Everything that SQL derives belongs to the analytics team."""
        return ["team:analytics"]


TRANSLATOR: Final = ByFolder(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))


def warehouse_assets(manifest: Path) -> list[dg.AssetsDefinition]:
    """The dbt assets of a parsed project."""

    @dbt_assets(
        manifest=manifest,
        name="warehouse",
        exclude=MONITORING,
        dagster_dbt_translator=TRANSLATOR,
        pool=POOL,
    )
    def warehouse(
        context: dg.AssetExecutionContext,
        dbt: DbtCliResource,
        lake: dg.ResourceParam[Lake],
        settings: dg.ResourceParam[Settings],
    ) -> Iterator[Any]:
        yield from _build(context, dbt, lake, settings)

    @dbt_assets(
        manifest=manifest,
        name="monitoring",
        select=MONITORING,
        dagster_dbt_translator=TRANSLATOR,
        pool=POOL,
    )
    def monitoring(
        context: dg.AssetExecutionContext,
        dbt: DbtCliResource,
        lake: dg.ResourceParam[Lake],
        settings: dg.ResourceParam[Settings],
    ) -> Iterator[Any]:
        yield from _build(context, dbt, lake, settings)

    return [warehouse, monitoring]


def _build(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, lake: Lake, settings: Settings
) -> Iterator[Any]:
    """Pin the lake's present version for this build, then run dbt on it."""
    with as_dagster_failures(), warehouse_lock(settings.warehouse):
        write_lake_snapshot(lake.snapshot(), settings.lake_snapshot)
        yield from dbt.cli(_BUILD, context=context).stream().fetch_row_counts()
