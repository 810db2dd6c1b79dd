"""What keeping this running costs: the use of vendors' budgets.

Belongs here: assets about our own doing. Does not belong here: the ledger (ingest/usage.py).
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from stock_assets.assets.exhibits import bar_chart, preview
from stock_assets.ingest.feeds import FEEDS
from stock_assets.ingest.usage import usage_of
from stock_assets.lake import Lake
from stock_assets.market import Clock
from stock_assets.tables import API_USAGE

if TYPE_CHECKING:
    from stock_assets.ingest.usage import Usage

MONTH: Final = timedelta(days=30)
_SHOWN: Final = 10


@dg.asset(
    key=["operations", "api_usage"],
    group_name="operations",
    owners=("team:data",),
    kinds={"python", "deltalake"},
    deps=[feed.key.split("/") for feed in FEEDS if feed.vendor != "exchange"],
)
def api_usage(
    lake: dg.ResourceParam[Lake], clock: dg.ResourceParam[Clock]
) -> dg.MaterializeResult[None]:
    """Calls, errors, rows, bytes, times and quota left of every feed, over the last thirty days.

    One row per feed's run; each run of a feed writes its own.
    """
    now = clock.now()
    used = {feed.key: usage_of(lake, feed.key, now, MONTH) for feed in FEEDS}
    ran = {feed: usage for feed, usage in used.items() if usage.runs}
    rows = lake.read(API_USAGE).sort_by([("started_at", "descending")])
    metadata: dict[str, Any] = {
        "dagster/row_count": rows.num_rows,
        "requests": sum(usage.requests for usage in ran.values()),
        "errors": sum(usage.errors for usage in ran.values()),
        "bytes received": sum(usage.bytes_received for usage in ran.values()),
        "by feed": dg.MetadataValue.md(by_feed(ran)),
        "newest runs": preview(
            rows, ("feed", "started_at", "requests", "errors", "rows_appended", "mean_s")
        ),
    }
    if ran:
        top = sorted(ran.items(), key=lambda one: -one[1].requests)[:_SHOWN]
        metadata["picture"] = bar_chart(
            "Requests in thirty days",
            [feed for feed, _ in top],
            [usage.requests for _, usage in top],
            unit="requests",
        )
    return dg.MaterializeResult(metadata=metadata)


def by_feed(used: "dict[str, Usage]") -> str:
    """The sums as a markdown table."""
    lines = [
        "| feed | runs | requests | answered | rows new | put aside | MB | mean s | left today |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {feed} | {one.runs} | {one.requests:,} | {one.success_rate:.1%} | "
        f"{one.rows_appended:,} | {one.rows_quarantined:,} | {one.bytes_received / 1e6:.2f} | "
        f"{'' if one.mean_s is None else f'{one.mean_s:.2f}'} | "
        f"{'no limit' if one.left_today is None else f'{one.left_today:,}'} |"
        for feed, one in used.items()
    ]
    return "\n".join(lines)
