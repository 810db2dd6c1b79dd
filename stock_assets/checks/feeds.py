"""Checks that every feed has: is it collected, fresh, quick and sound.

Belongs here: the thresholds and the sentences. One check step per feed judges all of them.
Does not belong here: the figures (ingest/usage.py, tables/), bars (raw.py).
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import dagster as dg

from stock_assets.checks.expectations import as_check_result
from stock_assets.ingest.feeds import Feed
from stock_assets.ingest.usage import Usage, usage_of
from stock_assets.lake import Lake
from stock_assets.market import Clock
from stock_assets.tables import GAPS, LOADS

if TYPE_CHECKING:
    import pandas as pd

    from stock_assets.tables import Table

LOOK_BACK: Final = timedelta(days=1)
MIN_SUCCESS_RATE: Final = 0.95
MAX_RESPONSE_S: Final = 5.0
MAX_ERROR_RATE: Final = 0.01
BLOCKING_ERROR_RATE: Final = 0.05
"""From this share of rows put aside on, what follows would be built on a biased sample."""
FRESH_WITHIN: Final = {
    "hourly": timedelta(hours=2),
    "daily": timedelta(days=4, hours=6),
    "macro": timedelta(days=2),
    "policy": timedelta(days=8),
}
"""A feed is stale when it was collected so long ago; weekends and holidays are included: runs of
the daily rhythm begin at one hour, up to four days apart, and take their time."""
OPEN_FOR: Final = timedelta(days=30)
"""What failed longer ago and was not asked for again since is told, and does not fail the check."""
JUDGED_ROWS: Final = 50_000
"""The loads of one run are judged newest first, until so many rows are together."""
FRESH: Final = "fresh"

CHECKS: Final = ("collected", FRESH, "quick", "sound")


def feed_checks(feed: Feed) -> dg.AssetChecksDefinition:
    """The checks of one feed, and the shape and bounds of what it brought in its last run.

    Each can be run alone, whenever: what it judges stands in the lake.
    """
    asset = dg.AssetKey(feed.key.split("/"))
    shapes = {f"shape_of_{table.name}": table for table in feed.tables}
    specs = [
        *(dg.AssetCheckSpec(name, asset=asset, blocking=name == "sound") for name in CHECKS),
        *(dg.AssetCheckSpec(name, asset=asset, blocking=True) for name in shapes),
    ]

    @dg.multi_asset_check(specs=specs, name=f"{feed.name}_checks", can_subset=True)
    def judge(
        context: dg.AssetCheckExecutionContext,
        lake: dg.ResourceParam[Lake],
        clock: dg.ResourceParam[Clock],
    ) -> Iterator[dg.AssetCheckResult]:
        now = clock.now()
        usage = usage_of(lake, feed.key, now, LOOK_BACK)
        verdicts: dict[str, Callable[[], dg.AssetCheckResult]] = {
            "collected": lambda: collected(usage, *open_failures(lake, feed.key, now)),
            FRESH: lambda: fresh(lake, feed, now),
            "quick": lambda: quick(usage),
            "sound": lambda: sound(usage),
        }
        for name, table in shapes.items():
            verdicts[name] = partial(_shape, lake, table, feed, usage.last_started_at)
        asked = {key.name for key in context.selected_asset_check_keys}
        for name, verdict in verdicts.items():
            if name in asked:
                yield verdict()._replace(check_name=name, asset_key=asset)

    return judge


def collected(usage: Usage, failures: int, older: int = 0) -> dg.AssetCheckResult:
    """More than 95 % of the day's requests brought an answer, and no gap is left open.

    Nor did the last run give up. ``older`` gaps, open for longer than we look back, are told only.
    """
    answered = "no request was sent"
    if usage.requests:
        answered = f"{usage.success_rate:.1%} of {usage.requests:,} requests answered"
    words = [answered, f"{failures:,} gaps open"]
    if older:
        words.append(f"{older:,} older than {OPEN_FOR.days} days beside")
    if usage.gave_up:
        words.append(f"the last run gave up: {usage.gave_up}")
    return _result(
        passed=usage.success_rate > MIN_SUCCESS_RATE and failures == 0 and not usage.gave_up,
        words=", ".join(words),
        success_rate=usage.success_rate,
        requests=usage.requests,
        errors=usage.errors,
        open_gaps=failures,
        older_gaps=older,
    )


def fresh(lake: Lake, feed: Feed, now: datetime) -> dg.AssetCheckResult:
    """The feed was collected less than the span ago that its rhythm allows.

    A run all of whose requests failed has collected nothing, nor has one that gave up before any.
    """
    allowed = FRESH_WITHIN[feed.cadence]
    last = usage_of(lake, feed.key, now, 2 * allowed).last_collected_at
    return _result(
        passed=last is not None and now - last < allowed,
        words=f"last collected at {last:%Y-%m-%d %H:%M} UTC" if last else "not collected lately",
        last_collected=str(last),
        allowed_hours=allowed.total_seconds() / 3600,
    )


def quick(usage: Usage) -> dg.AssetCheckResult:
    """The vendor answers in less than five seconds on average."""
    mean = usage.mean_s
    return _result(
        passed=mean is None or mean < MAX_RESPONSE_S,
        words="no request was needed" if mean is None else f"{mean:.2f} s per answer on average",
        mean_s=mean or 0.0,
        slowest_s=usage.slowest_s or 0.0,
    )


def sound(usage: Usage) -> dg.AssetCheckResult:
    """Less than 1 % of the rows break a rule; from 5 % on what follows is blocked."""
    rate = usage.error_rate
    return _result(
        passed=rate < MAX_ERROR_RATE,
        words=f"{usage.rows_quarantined:,} of {usage.rows_received:,} rows put aside ({rate:.2%})",
        blocking=rate >= BLOCKING_ERROR_RATE,
        error_rate=rate,
        rows_received=usage.rows_received,
        rows_quarantined=usage.rows_quarantined,
    )


def open_failures(lake: Lake, feed: str, now: datetime) -> tuple[int, int]:
    """Days and subjects that failed and have not been collected since: of late, and earlier."""
    failed = f"feed = '{feed}' and cause = 'failed' and known_at"
    since = f"timestamptz '{(now - OPEN_FOR).isoformat()}'"
    recent = lake.count(GAPS, where=f"{failed} >= {since}")
    return recent, lake.count(GAPS, where=f"{failed} < {since}")


def newest_rows(
    lake: Lake, table: "Table", feed: Feed, since: datetime | None = None
) -> "pd.DataFrame":
    """What the feed's loads brought ``since`` its run began, all columns, as a data frame.

    At least one load, and no more once ``JUDGED_ROWS`` are together. Where the run brought
    nothing, or there was none lately, what the newest load with rows brought.
    """
    where = f"feed = '{feed.key}' and target = '{table.name}' and rows_appended > 0"
    columns = ("load", "rows_appended", "known_at")
    loads = lake.read(LOADS, where=where, columns=columns).sort_by([("load", "descending")])
    chosen: list[str] = []
    together = 0
    for load in loads.to_pylist():
        of_the_run = since is not None and load["known_at"] >= since
        if chosen and (not of_the_run or together >= JUDGED_ROWS):
            break
        chosen.append(load["load"])
        together += load["rows_appended"]
    named = ", ".join(f"'{load}'" for load in chosen) or "''"
    rows: pd.DataFrame = lake.read(table, where=f"load_id in ({named})").to_pandas()
    return rows


def _shape(lake: Lake, table: "Table", feed: Feed, since: datetime | None) -> dg.AssetCheckResult:
    rows = newest_rows(lake, table, feed, since)
    return as_check_result(table, rows, severity=dg.AssetCheckSeverity.ERROR)


def _result(
    *, passed: bool, words: str, blocking: bool = False, **figures: float | str
) -> dg.AssetCheckResult:
    severity = dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        passed=passed, severity=severity, description=words, metadata=dict(figures)
    )
