"""Checks that every feed has: is it collected, fresh, quick and sound.

Belongs here: the thresholds and the sentences. One check step per feed judges all of them.
Does not belong here: the figures (ingest/usage.py, tables/), bars (raw.py).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import dagster as dg

from stock_assets.checks.expectations import as_check_result
from stock_assets.ingest.feeds import Feed
from stock_assets.ingest.usage import Usage, usage_of
from stock_assets.lake import Lake
from stock_assets.market import Clock
from stock_assets.tables import GAPS

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
    "daily": timedelta(days=4),
    "macro": timedelta(days=2),
    "policy": timedelta(days=8),
}
"""A feed is stale when it was collected so long ago; weekends and holidays are included."""

CHECKS: Final = ("collected", "fresh", "quick", "sound")


def feed_checks(feed: Feed) -> dg.AssetChecksDefinition:
    """The checks of one feed, and the shape and bounds of what it brought in its last run."""
    asset = dg.AssetKey(feed.key.split("/"))
    shapes = {f"shape_of_{table.name}": table for table in feed.tables}
    specs = [
        *(dg.AssetCheckSpec(name, asset=asset, blocking=name == "sound") for name in CHECKS),
        *(dg.AssetCheckSpec(name, asset=asset, blocking=True) for name in shapes),
    ]

    @dg.multi_asset_check(specs=specs, name=f"{feed.name}_checks", can_subset=False)
    def judge(
        lake: dg.ResourceParam[Lake], clock: dg.ResourceParam[Clock]
    ) -> Iterator[dg.AssetCheckResult]:
        now = clock.now()
        usage = usage_of(lake, feed.key, now, LOOK_BACK)
        for name, result in (
            ("collected", collected(usage, open_failures(lake, feed.key))),
            ("fresh", fresh(lake, feed, now)),
            ("quick", quick(usage)),
            ("sound", sound(usage)),
        ):
            yield result._replace(check_name=name, asset_key=asset)
        for name, table in shapes.items():
            rows = newest_rows(lake, table, feed)
            result = as_check_result(table, rows, severity=dg.AssetCheckSeverity.ERROR)
            yield result._replace(check_name=name, asset_key=asset)

    return judge


def collected(usage: Usage, failures: int) -> dg.AssetCheckResult:
    """More than 95 % of the day's requests brought an answer, and no gap is left open."""
    answered = f"{usage.success_rate:.1%} of {usage.requests:,} requests answered"
    return _result(
        passed=usage.success_rate > MIN_SUCCESS_RATE and failures == 0,
        words=f"{answered}, {failures:,} gaps open",
        success_rate=usage.success_rate,
        requests=usage.requests,
        errors=usage.errors,
        open_gaps=failures,
    )


def fresh(lake: Lake, feed: Feed, now: datetime) -> dg.AssetCheckResult:
    """The feed was collected less than the span ago that its rhythm allows.

    A run all of whose requests failed has collected nothing.
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


def open_failures(lake: Lake, feed: str) -> int:
    """Days and subjects that failed and have not been collected since."""
    return lake.count(GAPS, where=f"feed = '{feed}' and cause = 'failed'")


def newest_rows(lake: Lake, table: "Table", feed: Feed) -> "pd.DataFrame":
    """What the feed's last load brought, all columns, as a data frame."""
    import pyarrow.compute as pc

    mine = f"vendor = '{feed.vendor}'" if "vendor" in table.schema.names else "true"
    loads = lake.read(table, where=mine, columns=("load_id",))
    newest = pc.max(loads["load_id"]).as_py()
    rows: pd.DataFrame = lake.read(table, where=f"load_id = '{newest}'").to_pandas()
    return rows


def _result(
    *, passed: bool, words: str, blocking: bool = False, **figures: float | str
) -> dg.AssetCheckResult:
    severity = dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        passed=passed, severity=severity, description=words, metadata=dict(figures)
    )
