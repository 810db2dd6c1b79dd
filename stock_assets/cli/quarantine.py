"""``stock-assets quarantine``: rows that broke a rule, why, and their second chance.

Belongs here: the three commands and what they print.
Does not belong here: rules (tables/), putting aside and replaying (lake/).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stock_assets.cli.opened import open_home
from stock_assets.errors import InputError

if TYPE_CHECKING:
    from stock_assets.tables import Table

_HOME = click.option("--home", type=click.Path(path_type=Path), help="Overrides STOCK_ASSETS_HOME.")
_TABLE = click.option("--table", "target", help="Only rows that were meant for this table.")
_SHORT = 12
_WIDTH = 160


@click.group("quarantine", short_help="Rows that broke a rule: list, show, replay.")
def quarantine_command() -> None:
    """Look at the rows that were put aside, and append those that pass by now.

    A row that breaks a rule of its table, or that a vendor's answer contradicts, is never lost and
    never used: it is put aside with the rule's name, the reason and the load that brought it.

    \b
    Examples:
      stock-assets quarantine list
      stock-assets quarantine list --table prices --rule high_usd_not_below_low_usd
      stock-assets quarantine show 3f9ac1
      stock-assets quarantine replay --table prices
    """  # noqa: D301 - click reads the backspace


@quarantine_command.command("list")
@_HOME
@_TABLE
@click.option("--rule", help="Only rows that broke this rule.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Rows shown.")
def list_command(home: Path | None, target: str | None, rule: str | None, limit: int) -> None:
    """Newest first: which row, which rule, why."""
    from rich.console import Console
    from rich.table import Table as Grid

    from stock_assets.tables import QUARANTINE

    wanted = None if target is None else _declared(target).name
    _, lake = open_home(home)
    rows = lake.read(QUARANTINE).sort_by([("ingested_at", "descending")]).to_pylist()
    if wanted is not None:
        rows = [row for row in rows if row["target"] == wanted]
    if rule is not None:
        rows = [row for row in rows if row["rule"] == rule]
    grid = Grid("id", "table", "symbol", "session")
    grid.add_column("rule", no_wrap=True)
    grid.add_column("reason")
    grid.add_column("put aside at", no_wrap=True)
    for row in rows[:limit]:
        grid.add_row(
            row["quarantine_id"][:_SHORT],
            row["target"],
            row["symbol"] or "",
            str(row["session"] or ""),
            row["rule"],
            row["reason"],
            f"{row['ingested_at']:%Y-%m-%d %H:%M}",
        )
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDTH)
    if rows:
        console.print(grid)
    console.print(f"{len(rows):,} rows put aside" + (f", {limit} shown" * (len(rows) > limit)))


@quarantine_command.command("show")
@_HOME
@click.argument("quarantine_id")
def show_command(home: Path | None, quarantine_id: str) -> None:
    """One row in full, with the request and the kept answer behind it; the id may be shortened."""
    from stock_assets.tables import LOADS, QUARANTINE

    _, lake = open_home(home)
    rows = [
        row
        for row in lake.read(QUARANTINE).to_pylist()
        if row["quarantine_id"].startswith(quarantine_id.lower())
    ]
    if len(rows) != 1:
        raise InputError(
            ascii(quarantine_id)[1:-1][:70],
            reason=f"{len(rows)} rows put aside have an id that begins so",
            next_action="take an id from: stock-assets quarantine list",
        )
    (row,) = rows
    loads = lake.read(LOADS).to_pylist()
    load = next((one for one in loads if one["load"] == row["load_id"]), None)
    said: dict[str, Any] = {
        "id": row["quarantine_id"],
        "table": row["target"],
        "rule": row["rule"],
        "reason": row["reason"],
        "judged by": row["judged_by"],
        "put aside at": row["ingested_at"].isoformat(),
        "row": json.loads(row["row"]),
        "load": row["load_id"],
        "feed": load and load["feed"],
        "requests": load and load["requests"],
        "payloads": load and load["payloads"],
    }
    click.echo(json.dumps(said, indent=2, default=str, ensure_ascii=True))


@quarantine_command.command("replay")
@_HOME
@_TABLE
def replay_command(home: Path | None, target: str | None) -> None:
    """Append the rows that pass the rules by now; a second time changes nothing.

    A row whose key was stored since stays aside: the later word counts. So does what the vendor's
    code rejected: it never was a row.
    """
    from stock_assets.tables import QUARANTINE, TABLES

    _, lake = open_home(home)
    named = set(lake.read(QUARANTINE, columns=["target"])["target"].to_pylist())
    tables: Sequence[Table] = (
        [_declared(target)] if target else [t for name, t in TABLES.items() if name in named]
    )
    for table in tables:
        result = lake.replay(table)
        click.echo(
            f"{table.name}: {result.appended:,} rows appended, {result.unchanged:,} were there, "
            f"{result.quarantined_rows:,} still break a rule"
        )
    if not tables:
        click.echo("nothing is put aside")


def _declared(name: str) -> Table:
    from stock_assets.tables import TABLES

    if name not in TABLES:
        raise InputError(
            ascii(name)[1:-1][:70],
            reason="no table of the lake",
            next_action=f"choose from {', '.join(TABLES)}",
        )
    return TABLES[name]
