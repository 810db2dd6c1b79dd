"""The jobs: which assets run together.

Belongs here: ``daily``, ``backfill_prices``, ``train``, as selections of keys.
Does not belong here: when they run (schedules.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import dagster as dg

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

POLYGON_KEYS: Final = ("raw/polygon_prices", "raw/corporate_actions", "raw/listings")
YAHOO_KEYS: Final = ("raw/yahoo_prices",)
CALENDAR_KEYS: Final = ("raw/sessions",)
DAILY: Final = "daily"
MODEL_KEYS: Final = ("models/candidates", "models/evaluation", "models/champion")


def raw_keys(*, with_polygon: bool) -> tuple[str, ...]:
    """The feeds that can run: those whose key is configured."""
    return CALENDAR_KEYS + YAHOO_KEYS + (POLYGON_KEYS if with_polygon else ())


def jobs(*, with_polygon: bool) -> list[UnresolvedAssetJobDefinition]:
    """All jobs, without the feeds whose key is missing."""
    raw = dg.AssetSelection.assets(*raw_keys(with_polygon=with_polygon))
    every_raw = dg.AssetSelection.groups("raw")
    models = dg.AssetSelection.assets(*MODEL_KEYS)
    everything = dg.AssetSelection.all()
    daily = dg.define_asset_job(
        DAILY,
        selection=(everything - models - every_raw) | raw,
        description=(
            "One session from the vendors to published predictions: fetch, build, predict, "
            "watch, publish, each step when the one before is done."
        ),
    )
    backfill_prices = dg.define_asset_job(
        "backfill_prices",
        selection=raw,
        description="A range of sessions from the vendors in one run: only what is missing.",
    )
    train = dg.define_asset_job(
        "train",
        selection=(
            dg.AssetSelection.groups("staging", "intermediate", "features", "labels", "marts")
            | models
        ),
        description="Build the training set, train candidates, judge them, promote one if better.",
    )
    return [daily, backfill_prices, train]
