"""Running the demo as its users do: a process of its own, a home of its own, a summary in JSON.

Belongs here: starting, killing and comparing runs. Does not belong here: what is expected of them.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

DEADLINE_S: Final = 420.0
PUBLISHED: Final = (
    "prices_daily",
    "features_daily",
    "predictions",
    "prediction_outcomes",
    "model_performance",
)
_OF_THE_RUN: Final = ("created_at",)


@dataclass(frozen=True)
class Home:
    """A home directory and what a demo is asked for there."""

    path: Path
    arguments: tuple[str, ...]

    def start(self, *more: str) -> subprocess.Popen[str]:
        """Start the demo as the leader of its own group of processes."""
        return subprocess.Popen(
            [sys.executable, "-m", "stock_assets", "demo", *self.arguments, *more],
            env={**os.environ, "STOCK_ASSETS_HOME": str(self.path), "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *more: str) -> tuple[dict[str, Any], str]:
        """Run the demo to its end; its summary and what it printed."""
        report = self.path.with_suffix(".json")
        with self.start(*more, "--json", str(report)) as process:
            try:
                printed, _ = process.communicate(timeout=DEADLINE_S)
            finally:
                kill(process)
        assert process.returncode == 0, printed
        return json.loads(report.read_text(encoding="utf-8")), printed

    def kill_when(self, reached: Callable[[], bool]) -> bool:
        """Start the demo and SIGKILL it and its children once ``reached``; False if it ended."""
        with self.start() as process:
            deadline = time.monotonic() + DEADLINE_S
            while process.poll() is None and not reached():
                assert time.monotonic() < deadline, "the moment to kill never came"
                time.sleep(0.002)
            alive = process.poll() is None
            kill(process)
            process.communicate()
        return alive

    def published(self) -> dict[str, pa.Table]:
        """The published tables in the order of their keys, without what depends on the run."""
        link = (self.path / "serving.duckdb").resolve()
        with duckdb.connect(str(link), read_only=True) as connection:
            tables = {}
            for name in PUBLISHED:
                columns = ", ".join(
                    f'"{column}"'
                    for column in connection.table(name).columns
                    if column not in _OF_THE_RUN
                )
                relation = connection.sql(f"select {columns} from {name} order by all")
                tables[name] = relation.to_arrow_table()
        return tables


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL the whole group; nothing gets a chance to clean up."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
