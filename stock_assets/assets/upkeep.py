"""What keeping house needs to know of a home: spans, and who recorded versions of the lake.

Belongs here: putting retention's place and policy together from the settings, for the assets and
for the command line. Does not belong here: what may go (lake/retention/).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from stock_assets.lake.retention import Policy

if TYPE_CHECKING:
    from stock_assets.lake import Lake
    from stock_assets.lake.retention.work import Place
    from stock_assets.settings import Settings


def policy_of(settings: Settings) -> Policy:
    """The spans that are set, and what an audit holds back."""
    return Policy(
        {
            "financial": settings.retention_days_financial,
            "movements": settings.retention_days_movements,
            "news": settings.retention_days_news,
            "macro": settings.retention_days_macro,
            "policy": settings.retention_days_policy,
        },
        hold=settings.retention_hold,
    )


def place_of(settings: Settings, lake: Lake) -> Place:
    """Where retention looks in this home; who recorded versions is asked each time anew."""
    from stock_assets.lake.retention.work import Place

    return Place(lake, settings.payload_root, settings.locks, lambda: recorded_versions(settings))


def recorded_versions(settings: Settings) -> dict[str, Mapping[str, int | None]]:
    """Who recorded versions of the lake's tables: registered models, the warehouse's last build.

    Raises:
        StorageUnavailable: the registry cannot be read.
        StorageCorrupt: a registered model or the warehouse does not say what it was made from.
    """
    found: dict[str, Mapping[str, int | None]] = {}
    if settings.lake_snapshot.exists():
        from stock_assets.warehouse.lake_plugin import read_snapshot

        snapshot = read_snapshot(str(settings.lake_snapshot))
        found["the warehouse's last build"] = {
            table: entry["version"] for table, entry in snapshot.items()
        }
    if settings.mlflow_database.exists():
        from stock_assets.learning.mlflow_store import connect
        from stock_assets.learning.provenance import lake_versions_of_models

        found |= lake_versions_of_models(
            connect(settings.mlflow_database, settings.mlflow_artifacts)
        )
    return found
