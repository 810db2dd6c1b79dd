"""``stock-assets compact``: many small files of a table into few large ones.

Belongs here: the command and its table. Does not belong here: the rewriting (lake/compaction.py),
removing the files that were replaced (``stock-assets retention``).
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from stock_assets.cli.opened import open_home
from stock_assets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stock_assets.lake.compaction import Compaction

_WIDTH: Final = 120


@click.command("compact", short_help="Rewrite small files of the lake into large ones.")
@click.option("--home", type=click.Path(path_type=Path), help="Overrides STOCK_ASSETS_HOME.")
@click.option("--table", "names", multiple=True, help="Only this table; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def compact_command(home: Path | None, names: tuple[str, ...], *, as_json: bool) -> None:
    """Rewrite each table's small files into large ones: same rows, one commit per table.

    Readers keep the files that they hold; `stock-assets retention` removes those a week later. A
    second time changes nothing, so it may run every night.

    \b
    Examples:
      stock-assets compact
      stock-assets compact --table prices --table loads
    """  # noqa: D301 - click reads the backspace
    from stock_assets.lake.compaction import compact
    from stock_assets.tables import TABLES

    unknown = [name for name in names if name not in TABLES]
    if unknown:
        raise InputError(
            ascii(unknown[0])[1:-1][:70],
            reason="no table of the lake",
            next_action=f"choose from {', '.join(TABLES)}",
        )
    _, lake = open_home(home)
    chosen = [table for name, table in TABLES.items() if not names or name in names]
    done = compact(lake, chosen)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in done], indent=2))
    else:
        _show(done)


def _show(done: Sequence[Compaction]) -> None:
    from rich.console import Console
    from rich.table import Table as Grid

    grid = Grid("table")
    for name in ("files before", "after", "MB before", "after"):
        grid.add_column(name, no_wrap=True, justify="right")
    for one in done:
        grid.add_row(
            one.table,
            f"{one.files_before:,}",
            f"{one.files_after:,}",
            f"{one.size_bytes_before / 1e6:,.2f}",
            f"{one.size_bytes_after / 1e6:,.2f}",
        )
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDTH)
    if done:
        console.print(grid)
    changed = sum(one.changes for one in done)
    console.print(f"{changed} of {len(done)} tables rewritten")
