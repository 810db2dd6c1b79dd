"""``stock-assets doctor``: which feeds can run, and what is missing for the others.

Belongs here: the command, and what is found out about each feed. Does not belong here: what a
feed needs (ingest/feeds.py), how a vendor is reached (suppliers/), the table (diagnosis.py).
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from stock_assets.cli import diagnosis
from stock_assets.cli.diagnosis import Diagnosis, Finding
from stock_assets.errors import ConfigError, StockAssetsError, StorageUnavailable
from stock_assets.ingest.feeds import FEEDS, Feed, scheduled
from stock_assets.settings import Settings, read_settings

if TYPE_CHECKING:
    from stock_assets.lake import Lake
    from stock_assets.suppliers import Allowance

WEEK: Final = timedelta(days=7)
LONG_WAIT_S: Final = 300.0
"""A feed that must wait longer for its vendor's budget gives up."""
_AT_ONCE: Final = 10


@click.command("doctor", short_help="Which feeds are configured, reachable, within quota.")
@click.option("--home", type=click.Path(path_type=Path), help="Overrides STOCK_ASSETS_HOME.")
@click.option("--offline", is_flag=True, help="Ask no vendor; look at settings and home only.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def doctor_command(home: Path | None, *, offline: bool, as_json: bool) -> None:
    """Look at every feed: its key, its vendor, its quota, its last week; say what to set where.

    One small request goes to each vendor, without a key and outside of your quota. Nothing is
    written. The exit code is 1 when a configured feed cannot run, 2 when a setting is wrong.

    \b
    Examples:
      stock-assets doctor
      stock-assets doctor --offline --json
    """  # noqa: D301 - click reads the backspace
    settings = read_settings(**({} if home is None else {"home": home}))
    found = examine(settings, offline=offline)
    if as_json:
        click.echo(diagnosis.as_json(found))
    else:
        diagnosis.show(found)
    if not found.is_well:
        sys.exit(1)


def examine(settings: Settings, *, offline: bool) -> Diagnosis:
    """What is known of every feed, in the order of the list. Nothing is founded or written.

    Raises:
        ConfigError: the twin's address is missing, or the home belongs to the other environment.
        StorageError: the home cannot be read.
    """
    from stock_assets.suppliers import check_environment, is_vendor

    check_environment(settings)
    _check_home(settings.home)
    lake = _lake(settings)
    vendors = sorted(
        {feed.vendor for feed in FEEDS if not feed.missing(settings) and is_vendor(feed.vendor)}
    )
    reached: dict[str, str] = {}
    if not offline:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            answers = pool.map(lambda vendor: _out_of_reach(settings, vendor), vendors)
            reached = dict(zip(vendors, answers, strict=True))
    allowed = {vendor: _allowance(settings, vendor) for vendor in vendors}
    in_jobs = {feed.key for feed in scheduled(settings)}
    findings = [
        _finding(
            feed,
            settings,
            lake,
            reached.get(feed.vendor),
            allowed.get(feed.vendor),
            in_jobs=feed.key in in_jobs,
        )
        for feed in FEEDS
    ]
    return Diagnosis(settings, lake is not None, tuple(findings))


def _finding(
    feed: Feed,
    settings: Settings,
    lake: Lake | None,
    out_of_reach: str | None,
    allowed: Allowance | str | None,
    *,
    in_jobs: bool,
) -> Finding:
    missing = feed.missing(settings)
    known = allowed if not missing and not isinstance(allowed, str) else None
    wrong = ""
    if not missing:
        wrong = out_of_reach or (allowed if isinstance(allowed, str) else _spent(known))
    last, success_rate, gaps, failure = _history(feed, settings, lake)
    return Finding(
        feed.key,
        feed.vendor,
        feed.cadence,
        in_jobs=in_jobs,
        configured=not missing,
        to_set=missing,
        reachable=None if missing or out_of_reach is None else not out_of_reach,
        per_minute=known.per_minute if known else None,
        per_day=known.per_day if known else None,
        left_today=known.left_today if known else None,
        wait_s=round(known.wait_s, 1) if known else None,
        last_collected=last.isoformat() if last else None,
        success_rate=success_rate,
        open_gaps=gaps,
        last_failure=failure,
        wrong=wrong,
    )


def _spent(allowed: Allowance | None) -> str:
    """Why a vendor's budget lets nothing through now; "" when it does."""
    if allowed is None:
        return ""
    minutes = ceil(allowed.wait_s / 60)
    again = f"Run again in {f'{minutes} minutes' if minutes < 120 else f'{minutes // 60} hours'}."
    if allowed.left_today == 0:
        return f"the day's {allowed.per_day:,} requests are spent. {again}"
    if allowed.wait_s <= LONG_WAIT_S:
        return ""
    ours = "our requests are spent for now, or " if allowed.per_day else ""
    return f"{ours}the vendor has asked us to wait. {again}"


def _history(
    feed: Feed, settings: Settings, lake: Lake | None
) -> tuple[datetime | None, float | None, int, str | None]:
    """When it last ran, how many of its requests were answered, its open gaps and why."""
    from stock_assets.ingest.usage import usage_of
    from stock_assets.market import Clock
    from stock_assets.tables import GAPS, LOADS

    if lake is None:
        return None, None, 0, None
    usage = usage_of(lake, feed.key, Clock(settings.now).now(), WEEK)
    mine = f"feed = '{feed.key}'"
    loads = lake.read(LOADS, where=mine, columns=("ingested_at",))["ingested_at"].to_pylist()
    # Feeds that keep no usage are known by what they stored.
    last = usage.last_started_at or max(loads, default=None)
    gaps = lake.read(GAPS, where=f"{mine} and cause = 'failed'", columns=("detail", "known_at"))
    newest = gaps.sort_by([("known_at", "descending")]).slice(0, 1).to_pylist()
    success_rate = usage.success_rate if usage.requests else None
    return last, success_rate, gaps.num_rows, newest[0]["detail"] if newest else None


def _out_of_reach(settings: Settings, vendor: str) -> str:
    """Why a vendor cannot be asked, in words; "" when it can."""
    from stock_assets.suppliers import reach

    try:
        reach(settings, vendor)
    except StockAssetsError as error:
        return _in_words(error)
    return ""


def _allowance(settings: Settings, vendor: str) -> Allowance | str:
    """What a vendor's budget allows, or in words why nobody knows."""
    from stock_assets.suppliers import allowance

    try:
        return allowance(settings, vendor)
    except StockAssetsError as error:
        return _in_words(error)


def _in_words(error: StockAssetsError) -> str:
    return f"{error.reason}. {error.next_action[:1].upper()}{error.next_action[1:]}."


def _check_home(home: Path) -> None:
    """A home that is there, or the first directory above it that is, must be ours to write."""
    place = next(place for place in (home, *home.parents) if os.path.lexists(place))
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        raise StorageUnavailable(
            home,
            reason=f"{place} is no directory that we may write",
            next_action="name another home with --home or STOCK_ASSETS_HOME",
        )


def _lake(settings: Settings) -> Lake | None:
    from stock_assets.lake.root import LakeRoot
    from stock_assets.resources import open_lake

    owner = LakeRoot.owner_at(settings.lake_root)
    if owner is None:
        return None
    if owner == settings.environment:
        return open_lake(settings)
    cure = {
        "sandbox": "name a home for real data with --home or STOCK_ASSETS_HOME; "
        "`stock-assets up` works with the twin of this one",
        "live": "name another home with --home or STOCK_ASSETS_HOME, or set "
        "STOCK_ASSETS_ENVIRONMENT=live",
    }
    raise ConfigError(
        settings.lake_root,
        reason=f"holds {owner} data, and STOCK_ASSETS_ENVIRONMENT is {settings.environment}",
        next_action=cure[owner],
    )
