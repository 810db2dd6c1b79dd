"""``stock-assets gaps``: what was expected and did not come, why, and its second chance.

Belongs here: the two commands and what they print.
Does not belong here: causes and what is settled (ingest/), asking again (the feeds' next run).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from stock_assets.cli.opened import open_home
from stock_assets.errors import BadRange, InputError
from stock_assets.ingest.reopening import CAUSES, SETTLING, Wanted, gaps_like, reopen, reopenable

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console

_WIDTH: Final = 160
_DATE: Final = click.DateTime(["%Y-%m-%d"])
Command = Callable[..., None]


def _narrowed(causes: tuple[str, ...]) -> Callable[[Command], Command]:
    """The options that choose gaps, the same for both commands."""
    options = (
        click.option(
            "--home", type=click.Path(path_type=Path), help="Overrides STOCK_ASSETS_HOME."
        ),
        click.option("--feed", "feeds", multiple=True, help="Only of this feed; may be repeated."),
        click.option("--symbol", "symbols", multiple=True, help="Only this symbol or subject."),
        click.option(
            "--cause", "causes", type=click.Choice(causes), multiple=True, help="Only this cause."
        ),
        click.option("--from", "first", type=_DATE, metavar="DATE", help="First day."),
        click.option("--to", "last", type=_DATE, metavar="DATE", help="Last day."),
    )

    def narrow(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return narrow


@click.group("gaps", short_help="What did not come, and why: list, reopen.")
def gaps_command() -> None:
    """Look at the gaps, and have those that are settled asked for again.

    Every bar, and every day of another subject, that was expected and did not come is a gap with a
    cause. An old gap that the vendor has answered about is settled: it is not asked for again, and
    so is one beyond what the plan reaches back to, or one whose bar broke a rule. When that has
    changed, such as after an upgrade of the plan, reopen them.

    \b
    Examples:
      stock-assets gaps list --cause failed
      stock-assets gaps list --feed raw/polygon_prices --symbol AAPL --from 2024-01-01
      stock-assets gaps reopen --feed raw/polygon_prices --cause not_on_plan
      stock-assets gaps reopen --feed raw/polygon_prices --cause not_on_plan --apply
    """  # noqa: D301 - click reads the backspace


@gaps_command.command("list")
@_narrowed(CAUSES)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Rows shown.")
def list_command(home: Path | None, limit: int, **chosen: Any) -> None:
    """By feed, symbol and day: which gap, its cause, since when; filled ones by their cause."""
    from rich.table import Table as Grid
    from rich.text import Text

    wanted = _wanted(**chosen)
    _, lake = open_home(home)
    gaps = gaps_like(lake, wanted)
    grid = Grid("feed", "symbol", "day", "cause", "since", "in words")
    for row in gaps.slice(0, limit).to_pylist():
        since = f"{row['known_at']:%Y-%m-%d %H:%M}"
        cells = (row["feed"], row["symbol"], str(row["session"]), row["cause"], since)
        # Vendors' words are text, not markup.
        grid.add_row(*(Text(cell, no_wrap=True) for cell in cells), Text(row["detail"] or ""))
    console = _console()
    if gaps.num_rows:
        console.print(grid)
    shown = f", {limit:,} shown" if gaps.num_rows > limit else ""
    console.print(f"{_counted(gaps)}{shown}")


@gaps_command.command("reopen")
@_narrowed(SETTLING)
@click.option(
    "--dry-run/--apply", default=True, show_default=True, help="Only show it, or reopen them."
)
def reopen_command(home: Path | None, *, dry_run: bool, **chosen: Any) -> None:
    """Show, and with --apply reopen, settled gaps: the next run over their days asks again.

    A reopened gap is one more row with the cause `reopened`; what was said before stays in the
    table's history. Gaps that are asked for again anyhow are left alone, so a second time changes
    nothing. Until they are asked for, the check `complete` counts reopened bars as missing.
    """
    from stock_assets.market import Clock

    wanted = _wanted(**chosen)
    if not wanted.is_narrow:
        raise InputError(
            "gaps reopen",
            reason="nothing says which gaps, and all of them may cost many requests",
            next_action="choose with --feed, --symbol, --cause, --from or --to",
        )
    settings, lake = open_home(home)
    found = gaps_like(lake, wanted)
    settled = reopenable(found)
    if not dry_run:
        reopen(lake, settled, Clock(settings.now).now())
    _show(settled, others=found.num_rows - settled.num_rows, applied=not dry_run)


def _wanted(
    feeds: tuple[str, ...],
    symbols: tuple[str, ...],
    causes: tuple[str, ...],
    first: datetime | None,
    last: datetime | None,
) -> Wanted:
    from stock_assets.ingest.feeds import BY_KEY

    if first and last and first > last:
        raise BadRange(
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d}",
            reason="the first day is after the last one",
            next_action="swap the two dates",
        )
    unknown = [key for key in feeds if key not in {*BY_KEY, "predictions"}]
    if unknown:
        raise InputError(
            ascii(unknown[0])[1:-1][:60],
            reason="no feed has that key",
            next_action=f"choose from {', '.join(BY_KEY)}",
        )
    return Wanted(feeds, symbols, causes, first and first.date(), last and last.date())


def _show(settled: pa.Table, *, others: int, applied: bool) -> None:
    from rich.table import Table as Grid

    title = "reopened" if applied else "would be reopened"
    grid = Grid("feed", "cause", title=title, title_justify="left")
    for name in ("gaps", "symbols"):
        grid.add_column(name, justify="right")
    grid.add_column("first day")
    grid.add_column("last day")
    groups: dict[tuple[str, str], list[tuple[str, date]]] = {}
    for row in settled.to_pylist():
        groups.setdefault((row["feed"], row["cause"]), []).append((row["symbol"], row["session"]))
    for (feed, cause), gaps in sorted(groups.items()):
        days = [day for _, day in gaps]
        symbols = len({symbol for symbol, _ in gaps})
        grid.add_row(feed, cause, f"{len(gaps):,}", f"{symbols:,}", str(min(days)), str(max(days)))
    console = _console()
    if groups:
        console.print(grid)
    console.print(f"{settled.num_rows:,} gaps {title}")
    if others:
        console.print(f"left alone, because they are asked for again anyhow: {others:,}")
    if groups and applied:
        console.print("the next run over these days asks for them, such as a backfill of them")
    elif groups:
        console.print("nothing was changed; --apply reopens them")


def _counted(gaps: pa.Table) -> str:
    causes = Counter(gaps["cause"].to_pylist())
    by_cause = ", ".join(f"{count:,} {cause}" for cause, count in sorted(causes.items()))
    return f"{gaps.num_rows:,} gaps" + (f": {by_cause}" if causes else "")


def _console() -> Console:
    from rich.console import Console

    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
