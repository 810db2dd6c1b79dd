"""``stock-assets doctor``: which feeds can run, and what is missing for the others.

Belongs here: the command and its table. Does not belong here: what a feed needs (ingest/feeds.py),
opening vendors (suppliers.py).
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from stock_assets.errors import ConfigError, VendorError
from stock_assets.ingest.feeds import FEEDS, Feed
from stock_assets.settings import Settings, read_settings

if TYPE_CHECKING:
    from stock_assets.lake import Lake

WEEK: Final = timedelta(days=7)
_WIDTH: Final = 150


@dataclass(frozen=True)
class Finding:
    """What is known of one feed. ``wrong``: what has to be set or done, "" when nothing."""

    feed: str
    vendor: str
    rhythm: str
    configured: bool
    reachable: bool | None
    left_today: int | None
    last_collected: str | None
    success_rate: float | None
    wrong: str


@click.command("doctor", short_help="Which feeds are configured, reachable, within quota.")
@click.option("--home", type=click.Path(path_type=Path), help="Overrides STOCK_ASSETS_HOME.")
@click.option("--offline", is_flag=True, help="Ask no vendor; look at settings and home only.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def doctor_command(home: Path | None, *, offline: bool, as_json: bool) -> None:
    """Look at every feed: its key, its vendor, its quota, its last week; say what to set where.

    One small request goes to each vendor, without a key and outside of your quota. The exit code
    is 1 when a configured feed cannot run.

    \b
    Examples:
      stock-assets doctor
      stock-assets doctor --offline --json
    """  # noqa: D301 - click reads the backspace
    settings = read_settings(**({} if home is None else {"home": home}))
    found = examine(settings, offline=offline)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    else:
        _show(found)
    if any(one.configured and one.wrong for one in found):
        sys.exit(1)


def examine(settings: Settings, *, offline: bool) -> list[Finding]:
    """What is known of every feed, in the order of the list."""
    lake = _lake(settings)
    vendors = {feed.vendor for feed in FEEDS if not feed.missing(settings)}
    reached = {} if offline else {vendor: _reach(settings, vendor) for vendor in sorted(vendors)}
    return [_finding(feed, settings, lake, reached) for feed in FEEDS]


def _finding(
    feed: Feed, settings: Settings, lake: Lake | None, reached: dict[str, str | None]
) -> Finding:
    from stock_assets.ingest.usage import usage_of
    from stock_assets.suppliers import BY_SUBJECT, open_supply

    missing = feed.missing(settings)
    asked = reached.get(feed.vendor)
    left = None
    usage = None
    if lake is not None:
        usage = usage_of(lake, feed.key, _now(settings), WEEK)
        if feed in BY_SUBJECT and not missing:
            left = open_supply(feed, settings, lake).left_today
    wrong = ""
    if missing:
        wrong = f"set {', '.join(missing)} in the environment, .env or credentials.json"
    elif asked:
        wrong = asked
    elif left == 0:
        wrong = "today's quota is spent; it goes on by itself tomorrow"
    last = usage.last_started_at if usage else None
    return Finding(
        feed.key,
        feed.vendor,
        feed.cadence,
        configured=not missing,
        reachable=None if feed.vendor not in reached else not asked,
        left_today=left,
        last_collected=last.isoformat() if last else None,
        success_rate=usage.success_rate if usage and usage.requests else None,
        wrong=wrong,
    )


def _reach(settings: Settings, vendor: str) -> str | None:
    """Why a vendor cannot be reached; None when it can, whatever it answers."""
    from stock_assets.suppliers import address_of, open_probe
    from stock_assets.vendors.messages import Request

    address = address_of(vendor)
    if address is None:
        return None
    try:
        open_probe(settings, vendor).send(
            Request(address, accept=None, json=False, keep=False, attempts=1)
        )
    except VendorError as error:
        return f"{error.reason}. {error.next_action}"
    return None


def _lake(settings: Settings) -> Lake | None:
    from stock_assets.lake.root import LakeRoot
    from stock_assets.resources import open_lake

    owner = LakeRoot.owner_at(settings.lake_root)
    if owner is None:
        return None
    if owner != settings.environment:
        raise ConfigError(
            settings.lake_root,
            reason=f"holds {owner} data, and STOCK_ASSETS_ENVIRONMENT is {settings.environment}",
            next_action="name another home with --home, or set STOCK_ASSETS_ENVIRONMENT",
        )
    return open_lake(settings)


def _now(settings: Settings) -> datetime:
    from stock_assets.market import Clock

    return Clock(settings.now).now()


def _show(found: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for name in ("feed", "rhythm", "key", "reached", "left today", "last collected", "answered"):
        table.add_column(name, no_wrap=True)
    table.add_column("to do")
    for one in found:
        table.add_row(
            one.feed,
            one.rhythm,
            "[green]ok[/green]" if one.configured else "[yellow]missing[/yellow]",
            {None: "not asked", True: "[green]yes[/green]", False: "[red]no[/red]"}[one.reachable],
            "no limit" if one.left_today is None else f"{one.left_today:,}",
            one.last_collected[:16].replace("T", " ") if one.last_collected else "never",
            "" if one.success_rate is None else f"{one.success_rate:.1%}",
            one.wrong,
        )
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDTH)
    console.print(table)
    able = sum(one.configured and not one.wrong for one in found)
    console.print(f"{able} of {len(found)} feeds can run")
