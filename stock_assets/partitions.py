"""How work is sliced: by session of XNYS, by calendar day, by calendar month.

Belongs here: the partition definitions, and the step from a Dagster context to days.
Does not belong here: the calendar itself (market.py).

Sessions: a daily cron with the exchange's closures left out. Friday's partition appears on Saturday
00:00 New York, never waits for Monday, and each window is exactly its day. (A weekday cron would
stretch Friday's window to Monday; ``end_offset=1`` would name a session that has not happened.)

News happens on every day, context (the economy, policy, who is in an index) is fetched by month:
nobody backfills it by the day, and every partition costs an event. Both are days of UTC and have a
partition for the present one, which is collected again and again until it is over.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final

import dagster as dg

from stock_assets.market import NEW_YORK

FIRST_SESSION: Final = datetime(1990, 1, 2)  # noqa: DTZ001 - Dagster reads it in ``timezone``
KEY_FORMAT: Final = "%Y-%m-%d"
MONTH_FORMAT: Final = "%Y-%m"
FIRST_NEWS_DAY: Final = "2010-01-01"
FIRST_MONTH: Final = "1990-01"
PARTITION: Final = "dagster/partition"
RANGE_START: Final = "dagster/asset_partition_range_start"
RANGE_END: Final = "dagster/asset_partition_range_end"
"""Tags in which Dagster keeps the partitions of a run."""
_WEEKENDS: Final = "0 0 * * 6,0"


@cache
def weekday_closures() -> tuple[date, ...]:
    """Weekdays on which XNYS is shut, 1990 to 2035.

    Kept as a file because computing the calendar takes a second, and every process that loads
    the graph would pay it; a test compares the file with exchange-calendars.
    """
    text = files("stock_assets").joinpath("closures.txt").read_text(encoding="ascii")
    return tuple(date.fromisoformat(line) for line in text.split())


@cache
def session_partitions() -> dg.TimeWindowPartitionsDefinition:
    """One partition per session, keyed by its date."""
    closures = [datetime(day.year, day.month, day.day) for day in weekday_closures()]  # noqa: DTZ001
    return dg.TimeWindowPartitionsDefinition(
        start=FIRST_SESSION,
        fmt=KEY_FORMAT,
        cron_schedule="0 0 * * *",
        timezone=str(NEW_YORK),
        exclusions=[_WEEKENDS, *closures],
    )


@cache
def day_partitions() -> dg.DailyPartitionsDefinition:
    """One partition per calendar day of UTC, the present one included."""
    return dg.DailyPartitionsDefinition(FIRST_NEWS_DAY, timezone="UTC", end_offset=1)


@cache
def month_partitions() -> dg.MonthlyPartitionsDefinition:
    """One partition per calendar month of UTC, the present one included."""
    return dg.MonthlyPartitionsDefinition(
        FIRST_MONTH, fmt=MONTH_FORMAT, timezone="UTC", end_offset=1
    )


def days_of(context: dg.AssetExecutionContext) -> tuple[date, ...]:
    """The calendar days that a run is about, whichever way it is sliced."""
    return tuple(day for key in context.partition_keys for day in days_in(key))


def days_in(key: str) -> tuple[date, ...]:
    """The days of one partition: of a day or session that day, of a month all of them."""
    if len(key) == len("2025-01-31"):
        return (date.fromisoformat(key),)
    first = date.fromisoformat(f"{key}-01")
    following = (first + timedelta(days=31)).replace(day=1)
    return tuple(first + timedelta(days=step) for step in range((following - first).days))


def sessions_of(context: dg.AssetExecutionContext) -> tuple[date, ...]:
    """The sessions that a run is about: one, or a range in a single-run backfill."""
    return tuple(date.fromisoformat(key) for key in context.partition_keys)


def sessions_checked(context: dg.AssetCheckExecutionContext, otherwise: date) -> tuple[date, ...]:
    """The sessions of the run that a check belongs to; ``otherwise`` one when it runs alone.

    Checks are not partitioned themselves: Dagster calls partitioned checks a preview, and each
    would write two more events per session of a backfill. One result per run names the sessions.
    """
    tags = context.run.tags
    if PARTITION in tags:
        return (date.fromisoformat(tags[PARTITION]),)
    if RANGE_START not in tags:
        return (otherwise,)
    span = dg.PartitionKeyRange(tags[RANGE_START], tags[RANGE_END])
    keys = session_partitions().get_partition_keys_in_range(span)
    return tuple(date.fromisoformat(key) for key in keys)
