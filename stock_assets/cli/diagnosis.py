"""What the doctor found, for people and for machines.

Belongs here: what is known of a feed and of a home, the table, the words around it, the JSON.
Does not belong here: finding it out (doctor.py).
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stock_assets.credentials import CREDENTIALS_FILE, DOTENV_FILE

if TYPE_CHECKING:
    from stock_assets.settings import Settings

_WIDTH: Final = 150
_UNLIMITED: Final = 100_000
"""Nobody's plan allows so many requests a minute or a day: a setting of twins."""


@dataclass(frozen=True)
class Finding:
    """What is known of one feed.

    ``reachable`` is None where nobody was asked. ``per_minute`` to ``wait_s``: the vendor's
    allowance, requests and seconds; None where there is no vendor or no limit per day.
    ``last_collected``: ISO 8601, UTC. ``success_rate``: of the last seven days' requests, 0..1.
    ``open_gaps``: days and subjects that failed and are still missing; ``last_failure``: why the
    newest of them failed. ``to_set``: variables without which it cannot run. ``wrong``: why a feed
    that is configured cannot run, and what to do; "" when it can.
    """

    feed: str
    vendor: str
    rhythm: str
    in_jobs: bool
    configured: bool
    to_set: tuple[str, ...]
    reachable: bool | None
    per_minute: float | None
    per_day: int | None
    left_today: int | None
    wait_s: float | None
    last_collected: str | None
    success_rate: float | None
    open_gaps: int
    last_failure: str | None
    wrong: str

    @property
    def is_able(self) -> bool:
        """Whether it would run now."""
        return self.configured and not self.wrong


@dataclass(frozen=True)
class Diagnosis:
    """All feeds of one home. ``has_lake``: something was stored there before."""

    settings: Settings
    has_lake: bool
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """Whether every feed that is configured would run now."""
        return not any(one.configured and one.wrong for one in self.findings)


def as_json(found: Diagnosis) -> str:
    """One object: the home, and a list of feeds."""
    settings = found.settings
    told = {
        "home": str(settings.home),
        "environment": settings.environment,
        "twin": settings.sandbox_url,
        "has_lake": found.has_lake,
        "is_well": found.is_well,
        "feeds": [asdict(one) | {"is_able": one.is_able} for one in found.findings],
    }
    return json.dumps(told, indent=2)


def show(found: Diagnosis) -> None:
    """The home, the table of feeds, what to do and to set, what failed before, the sum."""
    from rich.console import Console

    console = Console(
        file=sys.stdout, width=None if sys.stdout.isatty() else _WIDTH, highlight=False
    )
    settings, findings = found.settings, found.findings
    stored = "" if found.has_lake else " (nothing stored yet)"
    vendors = f"the twin at {settings.sandbox_url}" if settings.sandbox_url else "the real ones"

    def say(line: str) -> None:
        # What vendors and paths say is no markup.
        console.print(line, markup=False, soft_wrap=True)

    say(f"Home {settings.home}{stored}. Vendors: {vendors}.")
    console.print(_table(findings))
    for line in (*_obstacles(findings), *_failures(findings), *_keys_wanted(findings)):
        say(line)
    able = sum(one.is_able for one in findings)
    broken = sum(one.configured and not one.is_able for one in findings)
    more = f", {broken} cannot although they are configured" if broken else ""
    say(f"{able} of {len(findings)} feeds can run{more}.")


def _table(findings: tuple[Finding, ...]) -> object:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("feed", "state", "allowed", "last collected", "answered"):
        table.add_column(name, no_wrap=True)
    for one in findings:
        table.add_row(
            one.feed,
            _state(one),
            _allowed(one),
            one.last_collected[:16].replace("T", " ") if one.last_collected else "never",
            "" if one.success_rate is None else f"{one.success_rate:.1%}",
        )
    return table


def _state(one: Finding) -> str:
    if not one.configured:
        return "[yellow]no key[/yellow]"
    if one.wrong:
        return "[red]down[/red]" if one.reachable is False else "[red]must wait[/red]"
    if not one.in_jobs:
        return "in no job"
    return "configured" if one.reachable is None and one.per_minute else "[green]ready[/green]"


def _allowed(one: Finding) -> str:
    if one.per_minute is None:
        return ""
    if one.per_day is not None and one.left_today is not None and one.per_day < _UNLIMITED:
        return f"{one.left_today:,} of {one.per_day:,} today"
    return f"{one.per_minute:g} a minute" if one.per_minute < _UNLIMITED else "no limit"


def _obstacles(findings: tuple[Finding, ...]) -> list[str]:
    waiting = [f"{one.feed}: {one.wrong}" for one in findings if one.configured and one.wrong]
    return waiting + [
        f"{one.feed}: no job collects it. Add {one.vendor} to STOCK_ASSETS_VENDOR_PRIORITY, or "
        "leave it."
        for one in findings
        if one.is_able and not one.in_jobs
    ]


def _failures(findings: tuple[Finding, ...]) -> list[str]:
    return [
        f"{one.feed}: {one.open_gaps:,} failed before and still missing; the last one: "
        f"{one.last_failure}"
        for one in findings
        if one.open_gaps
    ]


def _keys_wanted(findings: tuple[Finding, ...]) -> list[str]:
    wanted: dict[str, list[str]] = {}
    for one in findings:
        for variable in one.to_set:
            wanted.setdefault(variable, []).append(one.feed)
    if not wanted:
        return []
    where = f"in the environment, or in {DOTENV_FILE} or {CREDENTIALS_FILE} of {Path.cwd()}"
    return [
        f"To collect more, set {where} (chmod 600):",
        *(f"  {variable} for {', '.join(feeds)}" for variable, feeds in wanted.items()),
    ]
