"""Running jobs in this process, with progress that people can follow.

Belongs here: the Dagster instance of a home, one job run as one stage, and the listener that
turns a run's events into what the terminal shows.
Does not belong here: which stages there are (demo.py).
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from stock_assets.cli.dagster_home import prepare_dagster_home
from stock_assets.errors import RunFailed, StockAssetsError
from stock_assets.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

RANGE_START: Final = "dagster/asset_partition_range_start"
RANGE_END: Final = "dagster/asset_partition_range_end"


class Progress(logging.Handler):
    """Shows the newest message of a run beside a spinner; keeps nothing."""

    def __init__(self) -> None:
        super().__init__(level=logging.INFO)
        self.status: Status | None = None
        self.title = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Show one message, cut to a line."""
        if self.status is None:
            return
        meta: Mapping[str, Any] = getattr(record, "dagster_meta", {})
        step = str(meta.get("step_key") or "").replace("__", "/")
        words = str(meta.get("orig_message") or record.getMessage()).splitlines()[0]
        line = f"{step}  {words}" if step and step not in words else words
        self.status.update(f"{self.title}  [dim]{line[:110]}[/dim]")


@dataclass
class Stages:
    """Runs jobs of one home, one after the other, and remembers how long each took."""

    settings: Settings
    console: Console
    seconds: dict[str, float] = field(default_factory=dict)
    _progress: Progress = field(default_factory=Progress)
    _definitions: dg.Definitions | None = field(default=None, init=False)
    _instance: dg.DagsterInstance | None = field(default=None, init=False)

    def __enter__(self) -> Stages:
        self._instance = dg.DagsterInstance.from_config(str(prepare_dagster_home(self.settings)))
        return self

    def __exit__(self, *exc: object) -> None:
        if self._instance is not None:
            self._instance.dispose()

    def definitions(self) -> dg.Definitions:
        """The graph, loaded once, with our listener instead of Dagster's console log."""
        if self._definitions is None:
            from stock_assets.definitions import build_definitions

            self._definitions = build_definitions(
                self.settings, loggers={"console": _listening(self._progress)}
            )
        return self._definitions

    def run(
        self,
        title: str,
        job: str,
        *,
        days: Sequence[date] = (),
        groups: Sequence[str] = (),
        config: Mapping[str, Any] | None = None,
    ) -> None:
        """Run one job, or those of its assets that are in ``groups``, over a range of sessions.

        Raises:
            StockAssetsError: the typed error that failed the run.
            RunFailed: when a blocking check or anything else failed it.
        """
        started = time.monotonic()
        tags = {RANGE_START: days[0].isoformat(), RANGE_END: days[-1].isoformat()} if days else {}
        graph = self.definitions().resolve_asset_graph()
        keys = sorted(dg.AssetSelection.groups(*groups).resolve(graph)) if groups else None
        log = self.settings.home / "demo.log"
        with (
            self.console.status(title) as status,
            log.open("a", encoding="utf-8") as words,
            contextlib.redirect_stdout(words),
            contextlib.redirect_stderr(words),
        ):
            self._progress.title, self._progress.status = title, status
            result = (
                self.definitions()
                .resolve_job_def(job)
                .execute_in_process(
                    instance=self._instance,
                    tags=tags,
                    asset_selection=keys,
                    run_config={"ops": config} if config else None,
                    raise_on_error=False,
                )
            )
            self._progress.status = None
        self.seconds[title] = time.monotonic() - started
        if not result.success:
            raise _cause_of(result, title)
        self.say(title, self.seconds[title])

    def say(self, what: str, seconds: float | None = None) -> None:
        """One line that stays."""
        took = f"  [dim]{seconds:.1f} s[/dim]" if seconds is not None else ""
        self.console.print(f"[green]✓[/green] {what}{took}")


def _listening(progress: Progress) -> dg.LoggerDefinition:
    def listener(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.getLogger("stock_assets.run")
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.handlers = [progress]
        return logger

    return dg.LoggerDefinition(listener, description="Shows a run's progress.")


def _cause_of(result: dg.ExecuteInProcessResult, title: str) -> StockAssetsError:
    """Why a run failed: the blocking checks that did not pass, or the first failed step."""
    refused = [
        check
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
    ]
    if refused:
        return RunFailed(
            title,
            reason="; ".join(
                f"check {c.check_name} of {c.asset_key.to_user_string()}: {c.description}"
                for c in refused
            ),
            next_action="look at the failing rows in the web UI (make up), cure them, run again",
            run=result.run_id,
        )
    failures = result.get_step_failure_events()
    words = [f"step {event.step_key}: {_words_of(event)}" for event in failures]
    return RunFailed(
        title,
        reason="; ".join(words) or "the run ended without success, and no step says why",
        next_action="cure that and start again; everything stored so far is kept",
        run=result.run_id,
    )


def _words_of(event: dg.DagsterEvent) -> str:
    """Our own sentence where the failure is ours; else the innermost error's."""
    data = event.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return str(data.user_failure_data.description)
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return " ".join(error.message.split()) if error else "no error was recorded"
