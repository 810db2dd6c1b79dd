"""``stock-assets plan``: what a backfill would cost, before it is started.

Belongs here: the command and what it prints. Does not belong here: the arithmetic
(vendors/forecast.py), which days are still to be asked for (ingest/).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from stock_assets.errors import BadRange, InputError
from stock_assets.settings import Settings, read_settings
from stock_assets.tables import PRICES

if TYPE_CHECKING:
    from rich.table import Table

    from stock_assets.ingest.feeds import Feed
    from stock_assets.lake import Lake
    from stock_assets.vendors.forecast import Cost

_WIDTH: Final = 120
_DATE: Final = click.DateTime(["%Y-%m-%d"])


@click.command("plan", short_help="What a backfill of feeds would cost: requests, minutes, quota.")
@click.option("--home", type=click.Path(path_type=Path), help="Overrides STOCK_ASSETS_HOME.")
@click.option("--from", "first", type=_DATE, required=True, metavar="DATE", help="First day.")
@click.option("--to", "last", type=_DATE, required=True, metavar="DATE", help="Last day.")
@click.argument("feeds", nargs=-1)
def plan_command(
    home: Path | None, first: datetime, last: datetime, feeds: tuple[str, ...]
) -> None:
    """Count the requests that are still needed for some days, and hold them against the budgets.

    Nothing is asked. What is stored already is not counted, so that the plan of a backfill that
    was stopped is what is left of it. Of bars, the history that a first run brings is counted too.
    FEEDS are keys such as raw/finnhub_news; default: all that are configured.

    \b
    Examples:
      stock-assets plan --from 2025-01-01 --to 2025-06-30
      stock-assets plan raw/polygon_prices --from 2024-01-01 --to 2024-12-31
      stock-assets plan raw/finnhub_news raw/fred_macro --from 2024-01-01 --to 2024-12-31
    """  # noqa: D301 - click reads the backspace
    from rich.console import Console

    from stock_assets.ingest.feeds import BY_KEY, PRICED
    from stock_assets.suppliers import BY_SUBJECT

    if first > last:
        raise BadRange(
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d}",
            reason="the first day is after the last one",
            next_action="swap the two dates",
        )
    settings = read_settings(**({} if home is None else {"home": home}))
    plannable = (*PRICED, *BY_SUBJECT)
    known = {feed.key for feed in plannable}
    for key in feeds:
        if key not in known:
            raise InputError(
                ascii(key)[1:-1][:60],
                reason="it costs one request or a few, whatever the days"
                if key in BY_KEY
                else "no feed has that key",
                next_action=f"choose from {', '.join(sorted(known))}",
            )
    chosen = [feed for feed in plannable if feed.key in (feeds or known)]
    days = [(first + timedelta(days=n)).date() for n in range((last - first).days + 1)]
    # A home that is still empty stays so.
    with _lake(settings) as lake:
        console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDTH)
        console.print(_table(chosen, settings, lake, days))


def _table(chosen: Sequence[Feed], settings: Settings, lake: Lake, days: Sequence[date]) -> Table:
    from rich.table import Table as Grid

    table = Grid("feed", "subjects", "cost")
    for feed in chosen:
        missing = feed.missing(settings)
        if missing:
            table.add_row(feed.key, "", f"[yellow]{', '.join(missing)} is not set[/yellow]")
            continue
        subjects, cost = _cost(feed, settings, lake, days)
        table.add_row(feed.key, f"{subjects:,}", str(cost))
    return table


def _cost(feed: Feed, settings: Settings, lake: Lake, days: Sequence[date]) -> tuple[int, Cost]:
    """How many subjects a feed has, and what asking about them costs."""
    from stock_assets.ingest.universes import companies_of
    from stock_assets.resources import open_prices
    from stock_assets.suppliers import open_supply
    from stock_assets.vendors.forecast import cost_under

    if PRICES not in feed.tables:
        supply = open_supply(feed, settings, lake, days=days)
        return len(supply.subjects), supply.forecast(days)
    prices = open_prices(feed, settings, lake)
    sessions = [session.day for session in prices.calendar.between(days[0], days[-1])]
    if sessions:
        companies = companies_of(settings, lake, sessions)
        sessions = [*prices.with_first_backfill(companies, sessions, settings.backfill_years)]
    companies = companies_of(settings, lake, sessions)
    requests = prices.requests(companies, sessions)
    return len(companies), cost_under(prices.source.transport.budget, len(requests))


@contextmanager
def _lake(settings: Settings) -> Iterator[Lake]:
    """The home's lake, or an empty one elsewhere where there is none."""
    from stock_assets.lake.root import LakeRoot
    from stock_assets.resources import open_lake

    if LakeRoot.owner_at(settings.lake_root) is not None:
        yield open_lake(settings)
        return
    with tempfile.TemporaryDirectory() as nowhere:
        yield open_lake(settings.model_copy(update={"lake": nowhere}))
