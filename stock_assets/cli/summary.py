"""What a demo run came to: read from what was published, for people and for machines.

Belongs here: the closing numbers, the table that people read and the JSON that machines read.
Does not belong here: running anything (demo.py, stages.py).
"""

from __future__ import annotations

import resource
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from stock_assets.tables import GAPS, QUARANTINE, TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from stock_assets.lake import Lake

SHOWN: Final = 5
_KIBIBYTES_PER_MIB: Final = 1024


@dataclass(frozen=True)
class Skill:
    """One model's or baseline's metric on unseen sessions with its 95 % interval."""

    model: str
    metric: str
    estimate: float
    low: float | None
    high: float | None
    rows: int
    sessions: int
    first_session: date
    last_session: date


@dataclass(frozen=True)
class Prediction:
    """One published prediction."""

    symbol: str
    session: date
    target_session: date
    probability_up: float
    direction: str
    evidence: str
    model_name: str
    model_version: str


@dataclass
class Summary:
    """Everything that the demo says at the end."""

    environment: dict[str, Any]
    rows: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    gaps: dict[str, int] = field(default_factory=dict)
    skill: list[Skill] = field(default_factory=list)
    achievable_auc: float | None = None
    champion: dict[str, Any] = field(default_factory=dict)
    predictions: list[Prediction] = field(default_factory=list)
    outcomes: dict[str, Any] = field(default_factory=dict)
    changed: bool = True
    seconds: dict[str, float] = field(default_factory=dict)
    peak_memory_mib: float = 0.0
    files: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The summary for machines; dates are ISO strings, probabilities 0..1."""
        return asdict(self)

    @property
    def judged_sessions(self) -> tuple[date, date]:
        """The first and the last session that models were judged on."""
        return self.skill[0].first_session, self.skill[0].last_session

    def metric(self, model: str, metric: str) -> Skill | None:
        """One model's metric, if it was judged."""
        return next((s for s in self.skill if (s.model, s.metric) == (model, metric)), None)


def read_summary(summary: Summary, lake: Lake, serving: Path) -> Summary:
    """Fill in what the lake and the published tables hold."""
    import duckdb

    summary.rows = {name: lake.count(table) for name, table in TABLES.items()}
    summary.quarantined = dict(Counter(lake.read(QUARANTINE, columns=["rule"])["rule"].to_pylist()))
    open_gaps = lake.read(GAPS, where="cause <> 'filled'", columns=["feed", "cause"])
    summary.gaps = dict(
        Counter(
            f"{feed}: {cause}"
            for feed, cause in zip(
                open_gaps["feed"].to_pylist(), open_gaps["cause"].to_pylist(), strict=True
            )
        )
    )
    with duckdb.connect(str(serving.resolve()), read_only=True) as published:
        for table in ("prices_daily", "features_daily", "prediction_outcomes"):
            summary.rows[f"published {table}"] = published.table(table).shape[0]
        summary.skill = _skill(published)
        summary.predictions = _predictions(published)
        summary.outcomes = _outcomes(published)
    if summary.predictions:
        first = summary.predictions[0]
        summary.champion = {
            "name": first.model_name,
            "version": first.model_version,
            "evidence": first.evidence,
        }
    summary.peak_memory_mib = peak_memory_mib()
    return summary


def peak_memory_mib() -> float:
    """The largest resident size of this process or of one of its children, in MiB."""
    peaks = [
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    per_mib = _KIBIBYTES_PER_MIB * (_KIBIBYTES_PER_MIB if sys.platform == "darwin" else 1)
    return max(peaks) / per_mib


def _skill(published: Any) -> list[Skill]:
    rows = published.execute(
        "select model_name, metric, estimate, low, high, rows_judged, sessions_judged, "
        "first_session, last_session "
        "from model_performance where source = 'walk_forward' "
        "qualify last_session = max(last_session) over () order by model_name, metric"
    ).fetchall()
    return [Skill(*row) for row in rows]


def _predictions(published: Any) -> list[Prediction]:
    rows = published.execute(
        "select symbol, session, target_session, probability_up, direction, evidence, "
        "model_name, model_version from predictions "
        "qualify session = max(session) over () order by probability_up desc, symbol"
    ).fetchall()
    return [Prediction(*row) for row in rows]


def _outcomes(published: Any) -> dict[str, Any]:
    known, correct = published.execute(
        "select count(*), count(*) filter (where correct) from prediction_outcomes"
    ).fetchone()
    return {"known": known, "correct": correct}


def show(summary: Summary, console: Console) -> None:
    """The closing tables: risers, skill against the baselines, counts, where things are."""
    from rich.table import Table as Grid

    if summary.predictions:
        first = summary.predictions[0]
        risers = Grid(
            title=f"Probability of rising on {first.target_session:%A %d %B %Y} "
            f"(decided after {first.session})",
            title_justify="left",
        )
        for name in ("", "symbol", "P(up)", "direction"):
            risers.add_column(name, justify="right" if name == "P(up)" else "left")
        top, bottom = summary.predictions[:SHOWN], summary.predictions[SHOWN:][-SHOWN:]
        for label, rows in (("most likely", top), ("least likely", bottom)):
            for position, p in enumerate(rows):
                risers.add_row(
                    label if position == 0 else "", p.symbol, f"{p.probability_up:.3f}", p.direction
                )
            risers.add_section()
        console.print(risers)
    _show_skill(summary, console, Grid)
    console.print(_verdict(summary))
    console.print(_counts(summary))
    for what, where in summary.files.items():
        console.print(f"[bold]{what}[/bold]  {where}", soft_wrap=True)


def _show_skill(summary: Summary, console: Console, grid: Any) -> None:
    table = grid(
        title="Skill on sessions not seen in training (95 % intervals, sessions resampled)",
        title_justify="left",
    )
    metrics = ("auc", "log_loss", "brier", "accuracy", "mcc")
    table.add_column("model")
    for metric in metrics:
        table.add_column(metric.replace("_", " "), justify="right")
    for model in dict.fromkeys(s.model for s in summary.skill):
        cells = []
        for metric in metrics:
            found = summary.metric(model, metric)
            interval = (
                f"\n[dim]{found.low:.3f} … {found.high:.3f}[/dim]"
                if found and found.low is not None
                else ""
            )
            cells.append(f"{found.estimate:.3f}{interval}" if found else "")
        table.add_row(model, *cells)
    console.print(table)


def _verdict(summary: Summary) -> str:
    auc = summary.metric("random_forest", "auc")
    if auc is None or auc.low is None or auc.high is None:
        return "No model has been judged."
    judged = f"AUC {auc.estimate:.3f} [{auc.low:.3f}, {auc.high:.3f}] on {auc.rows:,} unseen rows"
    if summary.champion.get("evidence") == "edge":
        words = f"[green]Evidence of an edge:[/green] {judged}; 0.5 is chance."
    else:
        words = f"[yellow]No evidence of an edge:[/yellow] {judged}; 0.5 is chance."
    if summary.achievable_auc is not None and summary.achievable_auc > 0.5:
        share = (auc.estimate - 0.5) / (summary.achievable_auc - 0.5)
        words += (
            f" The best that anybody could reach on this market is {summary.achievable_auc:.3f}: "
            f"the model finds {share:.0%} of it."
        )
    if summary.outcomes.get("known"):
        words += (
            f" {summary.outcomes['correct']} of {summary.outcomes['known']} predictions "
            "whose outcome is known were right."
        )
    return words


def _counts(summary: Summary) -> str:
    stored = ", ".join(f"{count:,} {name}" for name, count in summary.rows.items() if count)
    aside = ", ".join(f"{count} by {rule}" for rule, count in summary.quarantined.items()) or "none"
    gaps = ", ".join(f"{count} {cause}" for cause, count in summary.gaps.items()) or "none"
    return f"[bold]Rows[/bold] {stored}\n[bold]Put aside[/bold] {aside}\n[bold]Gaps[/bold] {gaps}"
