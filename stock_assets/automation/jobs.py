"""The jobs: which assets run together.

Belongs here: ``daily``, ``backfill_prices``, ``train``, one job per rhythm of collecting,
``housekeeping``.
Does not belong here: when they run (schedules.py), what a feed needs (ingest/feeds.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import dagster as dg

from stock_assets.ingest.feeds import FEEDS, Feed

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

DAILY: Final = "daily"
HOURLY: Final = "hourly"
MOVEMENTS: Final = "movements"
MACRO: Final = "macro"
POLICY: Final = "policy"
REBUILD: Final = "rebuild"
HOUSEKEEPING: Final = "housekeeping"
MODEL_KEYS: Final = ("models/candidates", "models/evaluation", "models/champion")
SENTIMENT: Final = "news_sentiment"
SENTIMENT_JOB: Final = "sentiment"
USAGE: Final = "operations/api_usage"
UPKEEP: Final = ("operations/compaction", "operations/retention")
MOVING: Final = ("raw/yahoo_prices", "raw/yahoo_indices")
BUILT: Final = ("staging", "intermediate", "features", "labels", "marts")
COLLECTED: Final = ("raw", "news", "context", "operations")


def jobs(scheduled: Sequence[Feed]) -> list[UnresolvedAssetJobDefinition]:
    """All jobs; feeds that are not ``scheduled`` are in none of them."""
    able = {feed.key for feed in scheduled}

    def feeds(*keys: str) -> dg.AssetSelection:
        return dg.AssetSelection.assets(*(key for key in keys if key in able))

    by_rhythm = {
        cadence: tuple(feed.key for feed in FEEDS if feed.cadence == cadence)
        for cadence in ("daily", "hourly", "macro", "policy")
    }
    raw = feeds(*by_rhythm["daily"])
    models = dg.AssetSelection.assets(*MODEL_KEYS)
    everything = dg.AssetSelection.all()
    return [
        dg.define_asset_job(
            DAILY,
            selection=(everything - models - dg.AssetSelection.groups(*COLLECTED)) | raw,
            description=(
                "One session from the vendors to published predictions: fetch, build, predict, "
                "watch, publish, each step when the one before is done."
            ),
        ),
        dg.define_asset_job(
            "backfill_prices",
            selection=raw,
            description="A range of sessions from the vendors in one run: only what is missing.",
        ),
        dg.define_asset_job(
            "train",
            selection=dg.AssetSelection.groups(*BUILT) | models,
            description=(
                "Build the training set, train candidates, judge them, promote one if better."
            ),
        ),
        dg.define_asset_job(
            REBUILD,
            selection=dg.AssetSelection.groups(*BUILT, "monitoring", "published"),
            description="Build and publish again from what is stored; nothing is fetched.",
        ),
        dg.define_asset_job(
            SENTIMENT_JOB,
            selection=dg.AssetSelection.assets(SENTIMENT),
            description="How the stored headlines of a day sound, once more; nothing is fetched.",
        ),
        dg.define_asset_job(
            HOURLY,
            selection=feeds(*by_rhythm["hourly"]) | dg.AssetSelection.assets(SENTIMENT, USAGE),
            description=(
                "Today's news, how it sounds, fundamentals and currencies, once more; and what "
                "collecting has cost."
            ),
        ),
        dg.define_asset_job(
            MOVEMENTS,
            selection=feeds(*MOVING),
            description="What is still missing of the newest session's bars and index levels.",
        ),
        dg.define_asset_job(
            MACRO,
            selection=feeds(*by_rhythm["macro"]),
            description="The economy: what has been published and revised this month.",
        ),
        dg.define_asset_job(
            POLICY,
            selection=feeds(*by_rhythm["policy"]),
            description="The Federal Reserve, the Treasury, calendars, who is in the index.",
        ),
        dg.define_asset_job(
            HOUSEKEEPING,
            selection=dg.AssetSelection.assets(*UPKEEP),
            description=(
                "Small files into large ones, and what was kept long enough goes. Dry unless each "
                "step's dry_run is set to false, as the schedule does."
            ),
        ),
    ]
