"""``stock-assets retention``: what was kept long enough, what old stays and why, and removing it.

Belongs here: the command, its tables, who recorded versions of the lake.
Does not belong here: what may go (lake/retention/), spans (settings.py).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from stock_assets.cli.opened import open_home
from stock_assets.errors import StorageCorrupt
from stock_assets.lake.retention import KINDS, Kind, Plan, Policy

if TYPE_CHECKING:
    from stock_assets.settings import Settings

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
    from stock_assets.lake.retention.work import Place, apply, plan

    settings, lake = open_home(home)
    policy = policy_of(settings)
    place = Place(lake, settings.payload_root, settings.locks, lambda: recorded_versions(settings))
    now = datetime.now(UTC)
    chosen = tuple(kind for kind in KINDS if kind in kinds) or KINDS
    found = plan(place, policy, now=now, kinds=chosen)
    if not dry_run:
        found = apply(found, place, policy, now=now)
    if as_json:
        click.echo(json.dumps(_as_json(found, policy, applied=not dry_run), indent=2, default=str))
    else:
        _show(found, policy, applied=not dry_run)


def policy_of(settings: Settings) -> Policy:
    """The spans that are set, and what an audit holds back."""
    return Policy(
        {
            "financial": settings.retention_days_financial,
            "movements": settings.retention_days_movements,
            "news": settings.retention_days_news,
            "macro": settings.retention_days_macro,
            "policy": settings.retention_days_policy,
        },
        hold=settings.retention_hold,
    )


def recorded_versions(settings: Settings) -> dict[str, Mapping[str, int | None]]:
    """Who recorded versions of the lake's tables: registered models, the warehouse's last build.

    Raises:
        StorageUnavailable: the registry cannot be read.
        StorageCorrupt: a registered model or the warehouse does not say what it was made from.
    """
    found: dict[str, Mapping[str, int | None]] = {}
    if settings.lake_snapshot.exists():
        from stock_assets.warehouse.lake_plugin import read_snapshot

        snapshot = read_snapshot(str(settings.lake_snapshot))
        found["the warehouse's last build"] = {
            table: entry["version"] for table, entry in snapshot.items()
        }
    if settings.mlflow_database.exists():
        found |= _models(settings)
    return found


def _models(settings: Settings) -> dict[str, Mapping[str, int | None]]:
    from stock_assets.learning.mlflow_store import connect, speaking_to_mlflow
    from stock_assets.names import MODEL_NAME

    client = connect(settings.mlflow_database, settings.mlflow_artifacts).client
    found: dict[str, Mapping[str, int | None]] = {}
    token = None
    with speaking_to_mlflow("the model registry"):
        while True:
            page = client.search_model_versions(f"name = '{MODEL_NAME}'", page_token=token)
            for one in page:
                tags = client.get_run(one.run_id).data.tags
                found[f"model version {one.version}"] = _versions(one.version, tags)
            token = page.token
            if not token:
                return found


def _versions(model: str, tags: Mapping[str, str]) -> dict[str, int | None]:
    try:
        return {str(table): version for table, version in json.loads(tags["lake_versions"]).items()}
    except (KeyError, ValueError, AttributeError) as error:
        raise StorageCorrupt(
            f"model version {model}",
            reason="its run does not say which versions of the lake it was trained from",
            next_action="delete that version from the registry if it is not needed any more",
        ) from error


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
