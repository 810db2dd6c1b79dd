"""Feeds that are asked by subject and days: news, the economy, policy, indices, currencies.

Belongs here: one asset per feed of the list that is collected in this way.
Does not belong here: the list (ingest/feeds.py), what a feed asks of whom (suppliers/).
"""

import warnings
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from stock_assets.assets.exhibits import feed_metadata, preview
from stock_assets.assets.failures import as_dagster_failures
from stock_assets.errors import EntitlementError, RateLimited, TransportError, VendorOutage
from stock_assets.ingest.feeds import Feed, scheduled
from stock_assets.ingest.usage import counted
from stock_assets.lake import Lake
from stock_assets.market import Clock
from stock_assets.partitions import day_partitions, days_of, month_partitions, session_partitions
from stock_assets.settings import Settings
from stock_assets.suppliers import BY_SUBJECT, Supply, open_supply
from stock_assets.tables import NEWS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from stock_assets.ingest.report import FeedReport

OWNERS: Final = ("team:data",)
_SLICES: Final[dict[str, Callable[[], dg.TimeWindowPartitionsDefinition]]] = {
    "session": session_partitions,
    "day": day_partitions,
    "month": month_partitions,
}
_LOGGED_STEPS: Final = 10


def feed_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """An asset for each feed that is asked by subject; those without their key say so."""
    with warnings.catch_warnings():
        # Single-run backfills are beta in Dagster.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return [_asset(feed, why_not_collected(feed, settings)) for feed in BY_SUBJECT]


def why_not_collected(feed: Feed, settings: Settings) -> str:
    """Why no job collects a feed, to be added to its description; "" where one does."""
    if missing := feed.missing(settings):
        return f" **Not part of any job: {', '.join(missing)} is not set.**"
    if feed not in scheduled(settings):
        return f" **Not part of any job: STOCK_ASSETS_VENDOR_PRIORITY leaves out {feed.vendor}.**"
    return ""


def _asset(feed: Feed, why_not: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=feed.key.split("/"),
        group_name=_group(feed),
        owners=OWNERS,
        kinds={"python", feed.vendor, "deltalake"},
        partitions_def=_SLICES[feed.slices](),
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=feed.vendor,
        description=(
            f"{feed.brings[0].upper()}{feed.brings[1:]}, from {feed.vendor}. "
            f"{'; '.join(table.grain for table in feed.tables).capitalize()}. Only what has not "
            f"been answered yet is asked for.{why_not}"
        ),
        metadata={
            "needs": ", ".join(name.upper() for name in feed.needs) or "no key",
            "rhythm": feed.cadence,
        },
    )
    def collect(
        context: dg.AssetExecutionContext,
        settings: dg.ResourceParam[Settings],
        lake: dg.ResourceParam[Lake],
        clock: dg.ResourceParam[Clock],
    ) -> dg.MaterializeResult[None]:
        def tell(done: int, total: int, what: str) -> None:
            if done == total or done % max(1, total // _LOGGED_STEPS) == 0:
                context.log.info("%s: %d of %d questions, %s", feed.key, done, total, what)

        with as_dagster_failures():
            days = days_of(context)
            supply = open_supply(feed, settings, lake, tell, days=days)
            context.log.info("%s: %s", feed.key, supply.forecast(days))
            report, why = _fetch(supply, lake, clock, days)
        if why:
            context.log.error("%s gave up, and goes on where it was next time: %s", feed.key, why)
        gave_up = {"gave up": why} if why else {}
        return dg.MaterializeResult(metadata=_look(lake, feed, report) | gave_up)

    return collect


def _fetch(
    supply: Supply, lake: Lake, clock: Clock, days: "Sequence[date]"
) -> tuple["FeedReport", str]:
    """Fetch; what the vendor denies for now, or the plan for good, is no failed run.

    Returns the report and why the vendor was left alone, "" when it was not. What is missing
    stands in the gaps, which the check ``collected`` shows, and is asked for at the next run;
    what follows in this run, such as the sentiment of other vendors' news, goes on.
    """
    try:
        report = counted(
            lake,
            supply.transport,
            clock.now,
            lambda: supply.feed.fetch(supply.subjects, days),
            lambda: supply.feed.report,
        )
    except (RateLimited, EntitlementError, VendorOutage, TransportError) as error:
        return supply.feed.report, f"{type(error).__name__}: {error}"
    return report, ""


def _group(feed: Feed) -> str:
    if NEWS in feed.tables:
        return "news"
    return "context" if feed.slices == "month" else "raw"


def _look(lake: Lake, feed: Feed, report: "FeedReport") -> dict[str, Any]:
    """The run's figures, and the newest rows of each table."""
    stored, shown = 0, {}
    for table in feed.tables:
        mine = f"vendor = '{feed.vendor}'" if "vendor" in table.schema.names else None
        stored += lake.count(table, where=mine)
        newest = [(name, "descending") for name in table.key if _is_time(table, name)]
        recent = f"known_at >= timestamptz '{_since(report)}'"
        rows = lake.read(table, where=f"({mine or 'true'}) and {recent}")
        order = newest or [(table.key[0], "ascending")]
        shown[f"newest {table.name}"] = preview(rows.sort_by(order), table.row_schema.names)
    # Dagster draws figures over time: this one is how fast the feed's tables grow.
    size = sum(lake.size(table) for table in feed.tables)
    return shown | feed_metadata(report, stored=stored) | {"bytes stored": size}


def _is_time(table: Any, name: str) -> bool:
    return any(c.name == name and c.kind in {"date", "instant"} for c in table.columns)


def _since(report: "FeedReport") -> str:
    first = report.first_session
    return str(first - timedelta(days=1)) if first else "1970-01-01"
