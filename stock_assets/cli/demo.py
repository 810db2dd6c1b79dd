"""``stock-assets demo``: from the vendors to published predictions, on this machine alone.

Belongs here: the command and the order of its stages.
Does not belong here: what a stage does (assets), what is said at the end (summary.py).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from stock_assets.cli.options import (
    DemoOptions,
    check_range,
    check_symbol_option,
    last_decided_day,
    sessions_asked,
)
from stock_assets.cli.remembered import RememberedTwin
from stock_assets.cli.twin import TwinAddress, twin_process
from stock_assets.errors import BadSymbol
from stock_assets.market import calendar, decision_time

if TYPE_CHECKING:
    from rich.console import Console

    from stock_assets.cli.stages import Stages
    from stock_assets.cli.summary import Summary
    from stock_assets.lake import Lake
    from stock_assets.settings import Settings

LOG_WIDTH: Final = 110
LIVE_SESSIONS: Final = 5
"""The model is trained as of so many sessions before the last one and then predicts each of
them, so that the newest predictions stand beside some whose outcome is known."""


@click.command("demo", short_help="Vendors to predictions on this machine: no key, no network.")
@click.option(
    "--market",
    type=click.Choice(["edge", "null"]),
    default="edge",
    show_default=True,
    help="A generated market with a known, findable edge, or one that nobody can predict.",
)
@click.option("--seed", default=7, show_default=True, help="Seed of the generated market.")
@click.option(
    "--symbols", default="50", show_default=True, metavar="N|A,B,…", help="How many, or which."
)
@click.option("--years", type=click.FloatRange(min=0, min_open=True), help="History; default 3.")
@click.option(
    "--from",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="First day; instead of --years.",
)
@click.option(
    "--to", "last", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Default: the newest."
)
@click.option(
    "--recorded",
    type=click.Path(path_type=Path),
    help="Your own bars: Parquet or CSV, as traded, with dividends and splits.",
)
@click.option("--home", type=click.Path(path_type=Path), help="Overrides STOCK_ASSETS_HOME.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Summary for machines.")
def demo_command(
    market: Literal["edge", "null"],
    seed: int,
    symbols: str,
    years: float | None,
    first: datetime | None,
    last: datetime | None,
    recorded: Path | None,
    home: Path | None,
    json_file: Path | None,
) -> None:
    """Run everything once, from the vendors' answers to a table of predictions.

    Starts a twin of the vendors on a free loopback port, fetches the bars through the vendors'
    real clients, builds features with dbt, trains and judges models, predicts the next session
    and publishes. No key and no network are needed. A second run fetches only what is missing.

    \b
    Examples:
      stock-assets demo
      stock-assets demo --market null
      stock-assets demo --recorded bars.parquet --symbols 100 --from 2016-01-01 --to 2021-04-21
    """  # noqa: D301 - click reads the backspace
    options = DemoOptions(
        market=market,
        seed=seed,
        symbols=check_symbol_option(symbols),
        years=years,
        first=first.date() if first else None,
        last=last.date() if last else None,
        recorded=recorded,
        json=json_file.absolute() if json_file else None,
    )
    run_demo(options, home)


def run_demo(options: DemoOptions, home: Path | None) -> Summary:
    """The stages in order; returns what was said at the end."""
    from rich.console import Console

    from stock_assets.resources import open_lake

    # A log file has no width of its own, and must not cut names.
    console = Console(
        file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else LOG_WIDTH
    )
    started = time.monotonic()
    check_range(options)
    arguments = _twin_arguments(options)
    with twin_process(arguments) as twin:
        _check_known(options, twin)
        sessions = sessions_asked(options, twin.first_session, twin.last_session)
        days = [session.day for session in sessions]
        remembered = RememberedTwin.of(arguments, twin.symbols, days)
        settings = remembered.settings(twin.url, home)
        _greet(console, options, twin, days)
        lake = open_lake(settings)
        remembered.save(settings.twin_file)
        summary = _run_stages(options, settings, lake, twin, days, console)
    summary.seconds["in all"] = time.monotonic() - started
    from stock_assets.cli.summary import show

    show(summary, console)
    console.print(
        f"[dim]{summary.seconds['in all']:.0f} s, {summary.peak_memory_mib:,.0f} MiB at most[/dim]"
    )
    if not summary.changed:
        console.print("[green]Nothing changed:[/green] everything was there already.")
    if options.json:
        text = json.dumps(summary.as_json(), default=str, indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")
    return summary


def _twin_arguments(options: DemoOptions) -> list[str]:
    if options.last is not None:
        return [*options.twin_arguments, "--now", decision_time(options.last).isoformat()]
    if options.recorded is not None:
        return options.twin_arguments
    return [*options.twin_arguments, "--now", decision_time(last_decided_day()).isoformat()]


def _check_known(options: DemoOptions, twin: TwinAddress) -> None:
    asked = () if options.symbols.isdigit() else tuple(options.symbols.split(","))
    unknown = [symbol for symbol in asked if symbol not in twin.symbols]
    if unknown:
        raise BadSymbol(
            ", ".join(unknown),
            reason="this market has no such symbol",
            next_action=f"choose among {', '.join(twin.symbols[:8])} …",
        )


def _greet(console: Console, options: DemoOptions, twin: TwinAddress, days: Sequence[date]) -> None:
    what = (
        f"recorded bars from {options.recorded.name}"
        if options.recorded
        else f"a generated market ({options.market}, seed {options.seed})"
    )
    console.print(
        f"[bold]stock_assets demo[/bold]: {len(twin.symbols)} symbols, {len(days)} sessions from "
        f"{days[0]} to {days[-1]}, {what}, served by a twin of the vendors at {twin.url}"
    )


def _run_stages(
    options: DemoOptions,
    settings: Settings,
    lake: Lake,
    twin: TwinAddress,
    days: Sequence[date],
    console: Console,
) -> Summary:
    from stock_assets.cli.stages import Stages
    from stock_assets.cli.summary import Summary, read_summary

    # Before any stage: dbt's runner leaves this process in another working directory.
    web_ui = _web_ui_command(settings)
    before = _state(settings)
    with Stages(settings, console) as stages:
        _fetch(stages, settings, lake, days)
        as_of = calendar().before(days[-1], LIVE_SESSIONS).day
        stages.run(
            "build features, train, judge",
            "train",
            config={"models__candidates": {"config": {"as_of": as_of.isoformat()}}},
        )
        stages.run(
            "predict, watch, publish",
            "daily",
            days=days[-LIVE_SESSIONS - 1 :],
            groups=("predictions", "monitoring", "published"),
        )
        summary = Summary(environment=_environment(options, twin, days), seconds=stages.seconds)
    summary.changed = _state(settings) != before
    summary.files = {
        "published tables": str(settings.serving),
        "predictions": str(settings.predictions_csv),
        "lake": settings.lake_root,
        "web UI": web_ui,
    }
    read_summary(summary, lake, settings.serving)
    if options.recorded is None:
        from stock_assets.cli.achievable import achievable_auc

        first, last = summary.judged_sessions
        summary.achievable_auc = achievable_auc(
            settings.warehouse,
            symbols=twin.symbols,
            market=options.market,
            seed=options.seed,
            first=first,
            last=last,
        )
    return summary


def _fetch(stages: Stages, settings: Settings, lake: Lake, days: Sequence[date]) -> None:
    from stock_assets.resources import pending_sessions

    pending = pending_sessions(settings, lake, days)
    if not pending:
        stages.say("fetch: every bar is here already")
        return
    wanted = [day for day in days if pending[0] <= day <= pending[-1]]
    stages.run(f"fetch {len(wanted)} sessions", "backfill_prices", days=wanted)


def _environment(options: DemoOptions, twin: TwinAddress, days: Sequence[date]) -> dict[str, Any]:
    return {
        "market": "recorded" if options.recorded else options.market,
        "seed": None if options.recorded else options.seed,
        "symbols": len(twin.symbols),
        "sessions": len(days),
        "first_session": days[0].isoformat(),
        "last_session": days[-1].isoformat(),
    }


def _state(settings: Settings) -> tuple[object, ...]:
    """What a run that changes nothing leaves as it is: the published build and the ledger."""
    link = settings.serving
    target = link.resolve().name if link.is_symlink() else None
    csv = settings.predictions_csv
    return target, csv.read_bytes() if csv.exists() else None


def _web_ui_command(settings: Settings) -> str:
    default = settings.home == Path("data").resolve()
    return "make up" if default else f"STOCK_ASSETS_HOME={settings.home} make up"
