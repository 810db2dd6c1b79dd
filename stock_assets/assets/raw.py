"""Raw: what the suppliers said, stored as they said it.

Belongs here: one asset per vendor feed.
Does not belong here: how a vendor is spoken to (vendors/), which bars are missing (ingest/).
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from stock_assets.assets.exhibits import bar_chart, feed_metadata, glance, line_chart, preview
from stock_assets.assets.failures import as_dagster_failures
from stock_assets.assets.feeds import why_not_collected
from stock_assets.errors import VendorError
from stock_assets.ingest.feeds import BY_KEY, price_feeds_of
from stock_assets.ingest.prices import PriceFeed
from stock_assets.ingest.reference import (
    fetch_corporate_actions,
    fetch_listings,
    store_sessions,
)
from stock_assets.ingest.report import FeedReport
from stock_assets.ingest.universes import companies_of
from stock_assets.ingest.usage import counted
from stock_assets.lake import Lake
from stock_assets.market import Calendar, Clock
from stock_assets.partitions import session_partitions, sessions_of
from stock_assets.settings import Settings
from stock_assets.tables import CORPORATE_ACTIONS, LISTINGS, PRICES, SESSIONS
from stock_assets.vendors.forecast import cost_under

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from stock_assets.ingest.price_source import PriceSource

GROUP: Final = "raw"
OWNERS: Final = ("team:data",)
SESSIONS_CHARTED: Final = 260
ACTIONS_SHOWN: Final = ("symbol", "kind", "ex_date", "split_ratio", "dividend_usd")
LISTINGS_SHOWN: Final = ("symbol", "name", "exchange", "is_active", "formerly")
_DAYS_PER_YEAR: Final = 365.25
_LOGGED_STEPS: Final = 10


@dg.asset(key=["raw", "sessions"], group_name=GROUP, owners=OWNERS, kinds={"python", "deltalake"})
def sessions(
    lake: dg.ResourceParam[Lake],
    calendar: dg.ResourceParam[Calendar],
    clock: dg.ResourceParam[Clock],
) -> dg.MaterializeResult[None]:
    """The trading days of XNYS with open, close and decision time. One row per session."""
    with as_dagster_failures():
        report = store_sessions(lake, calendar, clock.now())
    stored = lake.count(SESSIONS)
    return dg.MaterializeResult(metadata=feed_metadata(report, stored=stored))


@dg.asset(
    key=["raw", "yahoo_prices"],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "yahoo", "deltalake"},
    partitions_def=session_partitions(),
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="yahoo",
)
def yahoo_prices(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    calendar: dg.ResourceParam[Calendar],
    clock: dg.ResourceParam[Clock],
    yahoo: dg.ResourceParam[Any],
) -> dg.MaterializeResult[None]:
    """Daily bars as traded, with the splits and dividends in the same answers, from Yahoo.

    One row per symbol and session. Only bars that are missing are asked for; the first run ever
    also fetches STOCK_ASSETS_BACKFILL_YEARS of history.
    """
    return _prices(context, "raw/yahoo_prices", yahoo, settings, lake, calendar, clock)


@dg.asset(
    key=["raw", "polygon_prices"],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "polygon", "deltalake"},
    partitions_def=session_partitions(),
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="polygon",
)
def polygon_prices(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    calendar: dg.ResourceParam[Calendar],
    clock: dg.ResourceParam[Clock],
    polygon: dg.ResourceParam[Any],
) -> dg.MaterializeResult[None]:
    """Daily bars as traded from Polygon. One row per symbol and session.

    Only bars that are missing are asked for: by ticker and range, or by day, whichever needs
    fewer requests. Needs POLYGON_API_KEY.
    """
    return _prices(context, "raw/polygon_prices", polygon, settings, lake, calendar, clock)


@dg.asset(
    key=["raw", "alpha_vantage_prices"],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "alpha_vantage", "deltalake"},
    partitions_def=session_partitions(),
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="alpha_vantage",
)
def alpha_vantage_prices(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    calendar: dg.ResourceParam[Calendar],
    clock: dg.ResourceParam[Clock],
    alpha_vantage: dg.ResourceParam[Any],
) -> dg.MaterializeResult[None]:
    """Daily bars as traded from Alpha Vantage. One row per symbol and session.

    The free plan has the newest hundred sessions and 25 requests a day, one per symbol: the third
    vendor, for those that the others fail. Part of the daily job where STOCK_ASSETS_VENDOR_PRIORITY
    names it. Needs ALPHA_VANTAGE_API_KEY.
    """
    return _prices(
        context, "raw/alpha_vantage_prices", alpha_vantage, settings, lake, calendar, clock
    )


@dg.asset(
    key=["raw", "corporate_actions"],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "polygon", "deltalake"},
    pool="polygon",
)
def corporate_actions(
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    clock: dg.ResourceParam[Clock],
    polygon: dg.ResourceParam[Any],
) -> dg.MaterializeResult[None]:
    """Splits and dividends from Polygon. One row per symbol, kind and ex-date.

    The first run asks for the whole backfill, later ones for what may have changed since.
    """
    today = clock.now().date()
    first = today - timedelta(days=settings.backfill_years * _DAYS_PER_YEAR)
    with as_dagster_failures():
        report = counted(
            lake,
            polygon.transport,
            clock.now,
            lambda: fetch_corporate_actions(
                lake, polygon, companies_of(settings, lake, (first, today)), first, today
            ),
            lambda: FeedReport("raw/corporate_actions", "polygon"),
        )
    stored = lake.read(CORPORATE_ACTIONS, where="vendor = 'polygon'")
    return dg.MaterializeResult(
        metadata={"preview": preview(stored, ACTIONS_SHOWN)}
        | feed_metadata(report, stored=stored.num_rows)
    )


@dg.asset(
    key=["raw", "listings"],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "polygon", "deltalake"},
    pool="polygon",
)
def listings(
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    clock: dg.ResourceParam[Clock],
    polygon: dg.ResourceParam[Any],
) -> dg.MaterializeResult[None]:
    """Who is listed where and since when, under which former symbol, from Polygon.

    One row per symbol; delisted companies stay.
    """
    today = clock.now().date()
    since = today - timedelta(days=settings.backfill_years * _DAYS_PER_YEAR)
    with as_dagster_failures():
        report = counted(
            lake,
            polygon.transport,
            clock.now,
            lambda: fetch_listings(
                lake, polygon, companies_of(settings, lake, (since, today)), today
            ),
            lambda: FeedReport("raw/listings", "polygon"),
        )
    stored = lake.read(LISTINGS)
    return dg.MaterializeResult(
        metadata={"preview": preview(stored, LISTINGS_SHOWN)}
        | feed_metadata(report, stored=stored.num_rows)
    )


def raw_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets of this module; those that no job collects say why."""

    def told(spec: dg.AssetSpec) -> dg.AssetSpec:
        why_not = why_not_collected(BY_KEY[spec.key.to_user_string()], settings)
        return spec.replace_attributes(description=f"{spec.description}{why_not}")

    every = (
        sessions,
        yahoo_prices,
        polygon_prices,
        alpha_vantage_prices,
        corporate_actions,
        listings,
    )
    return [one.map_asset_specs(told) for one in every]


def _prices(
    context: dg.AssetExecutionContext,
    feed: str,
    source: "PriceSource",
    settings: Settings,
    lake: Lake,
    calendar: Calendar,
    clock: Clock,
) -> dg.MaterializeResult[None]:
    def tell(done: int, total: int, what: str) -> None:
        if done == total or done % max(1, total // _LOGGED_STEPS) == 0:
            context.log.info("%s: %d of %d requests, %s", feed, done, total, what)

    with as_dagster_failures():
        prices = PriceFeed(feed, source, lake, calendar, clock.now, tell)
        asked = sessions_of(context)
        days = prices.with_first_backfill(
            companies_of(settings, lake, asked), asked, settings.backfill_years
        )
        planned = len(prices.requests(companies_of(settings, lake, days), days))
        cost = cost_under(source.transport.budget, planned)
        context.log.info("%s, %d sessions: %s", feed, len(days), cost)
        report, why = _fetch(prices, settings, lake, clock, days)
    if why:
        context.log.error("%s gave up; other vendors' bars count instead: %s", feed, why)
    stored = lake.count(PRICES, where=f"vendor = '{source.vendor}'")
    return dg.MaterializeResult(
        metadata=_look(lake, source.vendor, report)
        | feed_metadata(report, stored=stored)
        | ({"gave up": why} if why else {})
    )


def _fetch(
    prices: PriceFeed, settings: Settings, lake: Lake, clock: Clock, days: "Sequence[date]"
) -> tuple[FeedReport, str]:
    """Fetch; where other vendors' bars count too, a vendor that lets us down is no failed run.

    Returns the report and why the vendor gave up, "" when it did not. What is missing stands in
    the gaps; the check of completeness warns, and blocks where all vendors together have too few.
    """
    try:
        report = counted(
            lake,
            prices.source.transport,
            clock.now,
            lambda: prices.fetch(companies_of(settings, lake, days), days),
            lambda: prices.report,
        )
    except VendorError as error:
        if not any(f.vendor != prices.source.vendor for f in price_feeds_of(settings)):
            raise
        return prices.report, f"{type(error).__name__}: {error}"
    return report, ""


def _look(lake: Lake, vendor: str, report: FeedReport) -> dict[str, Any]:
    """The newest session's bars, and pictures: one symbol's closes, the day's volumes."""
    if report.last_session is None:
        return {}
    newest = f"vendor = '{vendor}' and session = date '{report.last_session}'"
    columns = ["symbol", "open_usd", "high_usd", "low_usd", "close_usd", "volume_shares"]
    rows = lake.read(PRICES, where=newest, columns=columns).sort_by("symbol")
    if rows.num_rows == 0:
        return {}
    symbol = rows["symbol"][0].as_py()
    one = f"vendor = '{vendor}' and symbol = '{symbol}' and session <= date '{report.last_session}'"
    series = lake.read(PRICES, where=one, columns=["session", "close_usd"]).sort_by("session")
    series = series.slice(max(0, series.num_rows - SESSIONS_CHARTED))
    days, closes = series["session"].to_pylist(), series["close_usd"].to_pylist()
    title = f"{symbol}, close in USD as traded"
    look = {"preview": preview(rows)}
    if len(closes) > 1:
        look["glance"] = glance(title, closes)
    if report.first_session != report.last_session:
        return look | {"picture": line_chart(title, days, {symbol: closes})}
    top = rows.sort_by([("volume_shares", "descending")]).slice(0, 10)
    names, volumes = top["symbol"].to_pylist(), top["volume_shares"].to_pylist()
    title = f"Most traded on {report.last_session}"
    return look | {"picture": bar_chart(title, names, volumes, unit="shares")}
