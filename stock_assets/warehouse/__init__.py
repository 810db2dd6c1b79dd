"""Ask the warehouse, and publish from it.

Belongs here: dbt's door to the lake, dbt's environment and manifest, read-only queries, the serving
database. Does not belong here: models (dbt_project/), running them (assets/), the lake itself.
"""

from stock_assets.warehouse.contents import SERVING_TABLES
from stock_assets.warehouse.healing import discard_unreadable
from stock_assets.warehouse.predictions_csv import write_predictions_csv
from stock_assets.warehouse.project import (
    dbt_environment,
    ensure_manifest,
    forget_old_builds,
    manifest_hash,
    manifest_path,
)
from stock_assets.warehouse.publish import Publication, publish
from stock_assets.warehouse.reading import query, query_published, warehouse_lock
from stock_assets.warehouse.snapshot import write_lake_snapshot

__all__ = [
    "SERVING_TABLES",
    "Publication",
    "dbt_environment",
    "discard_unreadable",
    "ensure_manifest",
    "forget_old_builds",
    "manifest_hash",
    "manifest_path",
    "publish",
    "query",
    "query_published",
    "warehouse_lock",
    "write_lake_snapshot",
    "write_predictions_csv",
]
