"""Watching the collecting itself: the checks ``fresh`` on their own, whether or not anything runs.

Belongs here: the job ``watch`` and its rhythm. A feed's checks otherwise run with the feed, and so
say nothing when nothing runs any more.
Does not belong here: what is fresh (checks/feeds.py), the other jobs and rhythms (jobs.py,
schedules.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import dagster as dg

from stock_assets.ingest.feeds import FEEDS
from stock_assets.suppliers import BY_SUBJECT
from stock_assets.tables import PRICES

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

    from stock_assets.ingest.feeds import Feed

WATCH: Final = "watch"
CHECK: Final = "fresh"


def watch_job(scheduled: Sequence[Feed]) -> UnresolvedAssetJobDefinition:
    """Is every feed that is ``scheduled`` still collected? Nothing is fetched."""
    able = {feed.key for feed in scheduled}
    checks = (
        dg.AssetCheckKey(dg.AssetKey(feed.key.split("/")), CHECK)
        for feed in FEEDS
        if feed.key in able and (feed in BY_SUBJECT or PRICES in feed.tables)
    )
    return dg.define_asset_job(
        WATCH,
        selection=dg.AssetSelection.checks(*checks),
        description="Is each feed still collected in its rhythm? Nothing is fetched.",
    )


def watch_schedule() -> dg.ScheduleDefinition:
    """Ten minutes before each hour, when what began at the hour is done or late."""
    return dg.ScheduleDefinition(
        name="watch_hourly",
        cron_schedule="50 * * * *",
        execution_timezone="UTC",
        job_name=WATCH,
        description=(
            "Every hour at :50: feeds that are not collected in their rhythm any more, say because "
            "their schedule is off, turn amber."
        ),
    )
