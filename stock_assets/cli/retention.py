"""``stock-assets retention``: what was kept long enough, what old stays and why, and removing it.

Belongs here: the command and its tables.
Does not belong here: what may go (lake/retention/), spans and who recorded versions of the lake
(assets/upkeep.py).
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from stock_assets.cli.opened import open_home
from stock_assets.lake.retention import KINDS, Kind, Plan, Policy

_WIDTH: Final = 150


@click.command("retention", short_help="Remove what was kept long enough.")
@click.option("--home", type=click.Path(path_type=Path), help="Overrides STOCK_ASSETS_HOME.")
@click.option(
    "--dry-run/--apply", default=True, show_default=True, help="Only show it, or remove it."
)
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, help="Only these kinds.")
@click.option("--json", "as_json", is_flag=True, help="For machines; every single thing by name.")
def retention_command(
    home: Path | None, kinds: tuple[Kind, ...], *, dry_run: bool, as_json: bool
) -> None:
    """Show, and with --apply remove, what is older than its kind's span and needed by nobody.

    That is vendors' kept answers, hourly looks at companies but the last of each day, and data
    files that were replaced. Bars, actions, news, vintages and predictions lose no row. Everything
    removed is recorded in the lake's table `removals`. The kind `records` is our own books, and
    answers that no load names.

    \b
    Examples:
      stock-assets retention
      stock-assets retention --kind news --json
      stock-assets retention --apply
    """  # noqa: D301 - click reads the backspace
    from stock_assets.assets.upkeep import place_of, policy_of
    from stock_assets.lake.retention.work import apply, plan

    settings, lake = open_home(home)
    policy, place = policy_of(settings), place_of(settings, lake)
    now = datetime.now(UTC)
    chosen = tuple(kind for kind in KINDS if kind in kinds) or KINDS
    found = plan(place, policy, now=now, kinds=chosen)
    if not dry_run:
        found = apply(found, place, policy, now=now)
    if as_json:
        click.echo(json.dumps(_as_json(found, policy, applied=not dry_run), indent=2, default=str))
    else:
        _show(found, policy, applied=not dry_run)


def _as_json(plan: Plan, policy: Policy, *, applied: bool) -> dict[str, Any]:
    return {
        "applied": applied,
        "at": plan.made_at.isoformat(),
        "days": {kind: policy.span(kind).days for kind in plan.kinds},
        "size_bytes": plan.size_bytes,
        "shares": [asdict(one) for one in plan.shares()],
        "going": [asdict(one) for one in plan.going],
        "staying": [asdict(one) for one in plan.staying],
    }


def _show(plan: Plan, policy: Policy, *, applied: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(
        file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else _WIDTH
    )
    names = {"answer": "answers", "rows": "hourly rows", "file": "replaced files"}
    goes = Table(title="removed" if applied else "would go", title_justify="left")
    for name in ("kind", "kept for", "what", "count", "MB", "oldest", "newest"):
        goes.add_column(name, no_wrap=True, justify="right" if name in {"count", "MB"} else "left")
    for share in plan.shares():
        goes.add_row(
            share.kind,
            f"{policy.span(share.kind).days} days",
            names[share.what],
            f"{share.count:,}",
            f"{share.size_bytes / 1e6:,.2f}",
            f"{share.oldest:%Y-%m-%d %H:%M}",
            f"{share.newest:%Y-%m-%d %H:%M}",
        )
    if plan.going:
        console.print(goes)
    stays = Table(title="old, and stays", title_justify="left")
    for name in ("kind", "what", "count", "MB"):
        stays.add_column(name, no_wrap=True, justify="right" if name in {"count", "MB"} else "left")
    stays.add_column("because")
    for one in plan.staying:
        size = f"{one.size_bytes / 1e6:,.2f}"
        stays.add_row(one.kind, names[one.what], f"{one.count:,}", size, one.reason)
    if plan.staying:
        console.print(stays)
    verb = "removed" if applied else "would be freed"
    console.print(f"{plan.size_bytes / 1e6:,.2f} MB {verb}" if plan.going else "nothing goes")
    if plan.going and not applied:
        console.print("nothing was changed; --apply removes it")
