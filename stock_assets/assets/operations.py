"""What keeping this running costs: the use of vendors' budgets, and of the disk.

Belongs here: assets about our own doing. Does not belong here: the ledger (ingest/usage.py), what
may be removed and how files are rewritten (lake/).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import dagster as dg
from pydantic import Field

from stock_assets.assets.exhibits import bar_chart, preview
from stock_assets.assets.failures import as_dagster_failures
from stock_assets.assets.upkeep import place_of, policy_of
from stock_assets.assets.warehouse import POOL
from stock_assets.ingest.feeds import FEEDS
from stock_assets.ingest.usage import usage_of
from stock_assets.lake import Lake
from stock_assets.market import Clock
from stock_assets.settings import Settings
from stock_assets.tables import API_USAGE

if TYPE_CHECKING:
    from stock_assets.ingest.usage import Usage
    from stock_assets.lake.compaction import Compaction
    from stock_assets.lake.retention import Plan, Policy

MONTH: Final = timedelta(days=30)
OWNERS: Final = ("team:data",)
_SHOWN: Final = 10
_NAMES: Final = {"answer": "answers", "rows": "hourly rows", "file": "replaced files"}


@dg.asset(
    key=["operations", "api_usage"],
    group_name="operations",
    owners=OWNERS,
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


class Housekeeping(dg.Config):
    """Whether anything is changed: by hand only when that is asked for."""

    dry_run: bool = Field(
        default=True, description="Only show what would be done. Set it to false to do it."
    )


@dg.asset(
    key=["operations", "compaction"],
    group_name="operations",
    owners=OWNERS,
    kinds={"python", "deltalake"},
    # No build begins meanwhile; single writers wait for their table's lock.
    pool=POOL,
)
def compaction(config: Housekeeping, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
    """Many small files of each table into few large ones, with the same rows.

    Dry unless `dry_run` is set to false. Files that were replaced stay for a week, because
    somebody may be reading them; then `operations/retention` removes them.
    """
    from stock_assets.lake.compaction import compact

    with as_dagster_failures():
        done = compact(lake, dry_run=config.dry_run)
    return dg.MaterializeResult(
        metadata={
            "dry run": config.dry_run,
            "files before": sum(one.files_before for one in done),
            "files after": sum(one.files_after for one in done),
            "tables rewritten": 0 if config.dry_run else sum(one.changes for one in done),
            "bytes of all tables": sum(one.size_bytes_after for one in done),
            "by table": dg.MetadataValue.md(by_table(done)),
        }
    )


@dg.asset(
    key=["operations", "retention"],
    group_name="operations",
    owners=OWNERS,
    kinds={"python", "deltalake"},
    # No build begins meanwhile, whose files could be among those that go.
    pool=POOL,
)
def retention(
    config: Housekeeping, lake: dg.ResourceParam[Lake], settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult[None]:
    """What was kept long enough and is needed by nobody goes; what old stays, and why.

    Dry unless `dry_run` is set to false. Vendors' kept answers, hourly looks at companies but the
    last of each day, and replaced data files may go; no row of bars, news, vintages or predictions.
    """
    from stock_assets.lake.retention.work import apply, plan

    # Ages are those of files and loads: by the machine's clock, not by the market's.
    now = datetime.now(UTC)
    with as_dagster_failures():
        policy, place = policy_of(settings), place_of(settings, lake)
        found = plan(place, policy, now=now)
        if not config.dry_run:
            found = apply(found, place, policy, now=now)
    freed = "bytes that would be freed" if config.dry_run else "bytes freed"
    went = "would go" if config.dry_run else "went"
    return dg.MaterializeResult(
        metadata={
            "dry run": config.dry_run,
            freed: found.size_bytes,
            f"things that {went}": sum(share.count for share in found.shares()),
            "old things that stay": sum(one.count for one in found.staying),
            f"what {went}": dg.MetadataValue.md(what_goes(found, policy)),
            "what stays, and why": dg.MetadataValue.md(what_stays(found)),
        }
    )


def by_table(done: "Sequence[Compaction]") -> str:
    """Files and bytes before and after as a markdown table."""
    lines = ["| table | files before | after | MB before | after |", "|---|---|---|---|---|"]
    lines += [
        f"| {one.table} | {one.files_before:,} | {one.files_after:,} | "
        f"{one.size_bytes_before / 1e6:,.2f} | {one.size_bytes_after / 1e6:,.2f} |"
        for one in done
    ]
    return "\n".join(lines)


def what_goes(plan: "Plan", policy: "Policy") -> str:
    """What goes of each kind as a markdown table, or that nothing does."""
    if not plan.going:
        return "Nothing goes."
    lines = [
        "| kind | kept for | what | count | MB | oldest | newest |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {share.kind} | {policy.span(share.kind).days} days | {_NAMES[share.what]} | "
        f"{share.count:,} | {share.size_bytes / 1e6:,.2f} | {share.oldest:%Y-%m-%d %H:%M} | "
        f"{share.newest:%Y-%m-%d %H:%M} |"
        for share in plan.shares()
    ]
    return "\n".join(lines)


def what_stays(plan: "Plan") -> str:
    """What old stays, with its reason, as a markdown table, and what is said of the rest."""
    rest = "All else is younger than the span of its kind."
    if not plan.staying:
        return rest
    lines = ["| kind | what | count | MB | because |", "|---|---|---|---|---|"]
    lines += [
        f"| {one.kind} | {_NAMES[one.what]} | {one.count:,} | {one.size_bytes / 1e6:,.2f} | "
        f"{one.reason} |"
        for one in plan.staying
    ]
    return "\n".join([*lines, "", rest])
