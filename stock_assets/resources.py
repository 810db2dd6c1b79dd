"""What stands behind each name in each environment.

Belongs here: building lake, vendors, dbt and model registry from settings. The names are the same
everywhere; only what stands behind them changes.
Does not belong here: what is done with them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster_dbt import DbtCliResource

from stock_assets.ingest.feeds import Feed, price_feeds_of
from stock_assets.ingest.price_source import PriceSource
from stock_assets.ingest.prices import PriceFeed
from stock_assets.ingest.universes import companies_of
from stock_assets.lake import Lake
from stock_assets.market import Clock, calendar
from stock_assets.settings import Settings
from stock_assets.suppliers import open_alpha_vantage, open_polygon, open_yahoo
from stock_assets.warehouse import dbt_environment

if TYPE_CHECKING:
    from stock_assets.learning.tracking import Tracking


def resources_for(settings: Settings) -> dict[str, dg.ResourceDefinition]:
    """Each name with its maker; nothing is opened before a run needs it."""
    return {
        "settings": _made(lambda: settings),
        "clock": _made(lambda: Clock(settings.now)),
        "calendar": _made(calendar),
        "lake": _made(lambda: open_lake(settings)),
        "yahoo": _made(lambda: open_yahoo(settings)),
        "polygon": _made(lambda: open_polygon(settings)),
        "alpha_vantage": _made(lambda: open_alpha_vantage(settings)),
        "tracking": _made(lambda: open_tracking(settings)),
        "dbt": _made(lambda: open_dbt(settings)),
    }


def open_lake(settings: Settings) -> Lake:
    """The lake of this home; it refuses rows of another environment."""
    return Lake(
        settings.lake_root,
        environment=settings.environment,
        now=Clock(settings.now).now,
        locks=settings.locks,
    )


def open_prices(feed: Feed, settings: Settings, lake: Lake) -> PriceFeed:
    """A feed of daily bars with its vendor's client behind it.

    Raises:
        AuthError: the vendor's key is not set.
    """
    openers: dict[str, Callable[[Settings], PriceSource]] = {
        "yahoo": open_yahoo,
        "polygon": open_polygon,
        "alpha_vantage": open_alpha_vantage,
    }
    source = openers[feed.vendor](settings)
    return PriceFeed(feed.key, source, lake, calendar(), Clock(settings.now).now)


def pending_sessions(settings: Settings, lake: Lake, days: Sequence[date]) -> tuple[date, ...]:
    """The sessions among ``days`` for which some configured feed would ask for something."""
    feeds = [open_prices(feed, settings, lake) for feed in price_feeds_of(settings)]
    companies = companies_of(settings, lake, days)
    pending = {day for feed in feeds for day in feed.pending(companies, days)}
    return tuple(sorted(pending))


def open_tracking(settings: Settings) -> Tracking:
    """MLflow's database and registry of this home."""
    from stock_assets.learning.tracking import connect

    return connect(settings.mlflow_database, settings.mlflow_artifacts)


def dbt_environment_of(settings: Settings) -> dict[str, str]:
    """What dbt is told of this home."""
    return dbt_environment(
        warehouse=settings.warehouse,
        lake_snapshot=settings.lake_snapshot,
        vendor_priority=settings.vendor_priority,
        target=settings.warehouse_target,
    )


def open_dbt(settings: Settings) -> DbtCliResource:
    """Hand dbt the paths of this home through the environment of its process."""
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    # dagster-dbt hands dbt a copy of this process's environment and offers no other way in.
    os.environ.update(dbt_environment_of(settings))
    return DbtCliResource(
        project_dir=str(settings.dbt_project_dir),
        profiles_dir=str(settings.dbt_project_dir),
        # The dbt beside this interpreter, whatever else is on the PATH.
        dbt_executable=str(Path(sys.executable).with_name("dbt")),
    )


def _made(make: Callable[[], Any]) -> dg.ResourceDefinition:
    return dg.ResourceDefinition(lambda _: make())
