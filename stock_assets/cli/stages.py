"""Running jobs in this process, with progress that people can follow.

Belongs here: the Dagster instance of a home, one job run as one stage, and the listener that
turns a run's events into what the terminal shows.
Does not belong here: which stages there are (demo.py).
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from stock_assets.errors import RunFailed, StockAssetsError
from stock_assets.settings import PROJECT_ROOT, Settings

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
        home = self.settings.dagster_home
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT_ROOT / "deploy" / "dagster.yaml", home / "dagster.yaml")
        self._instance = dg.DagsterInstance.from_config(str(home))
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
        selection: Sequence[str] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        """Run one job, or a part of it, over a range of sessions.

        Raises:
            StockAssetsError: the typed error that failed the run.
            RunFailed: when a blocking check or anything else failed it.
        """
        started = time.monotonic()
        tags = {RANGE_START: days[0].isoformat(), RANGE_END: days[-1].isoformat()} if days else {}
        keys = [dg.AssetKey(key.split("/")) for key in selection] if selection else None
        with self.console.status(title) as status:
            self._progress.title, self._progress.status = title, status
            result = (
                self.definitions()
                .get_job_def(job)
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
    @dg.logger(description="Shows a run's progress in the terminal.")
    def listener(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.getLogger("stock_assets.run")
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.handlers = [progress]
        return logger

    return listener


def _cause_of(result: dg.ExecuteInProcessResult, title: str) -> StockAssetsError:
    """The first step failure in our own words; else the blocking checks that did not pass."""
    for event in result.get_step_failure_events():
        error = event.step_failure_data.error
        failure = event.step_failure_data.user_failure_data
        words = (failure.description if failure else None) or (error.message if error else "")
        deepest = error
        while deepest is not None and deepest.cause is not None:
            deepest = deepest.cause
        if not failure and deepest is not None:
            words = deepest.message
        return RunFailed(
            title,
            reason=f"step {event.step_key} failed: {words.strip()}",
            next_action="cure that and start again; everything stored so far is kept",
            run=result.run_id,
        )
    return RunFailed(
        title,
        reason="the run ended without success and no step says why",
        next_action="look at the run in the web UI (make up)",
        run=result.run_id,
    )
