"""The twin as a child process: started on a free port, stopped when we leave.

Belongs here: starting and stopping. A process of its own, so that the pipeline cannot see the
twin's truth, only its answers.
Does not belong here: the twin (sandbox/).
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from stock_assets.errors import TwinFailed

STOP_AFTER_S: Final = 5.0


@dataclass(frozen=True)
class TwinAddress:
    """Where the twin answers, its control token, and what its market holds."""

    url: str
    token: str
    symbols: tuple[str, ...]
    first_session: date
    last_session: date


@contextlib.contextmanager
def twin_process(arguments: Sequence[str]) -> Iterator[TwinAddress]:
    """Run ``stock-assets sandbox`` with these arguments on a free port.

    Raises:
        TwinFailed: with the twin's own last words, when it cannot start.
    """
    command = [sys.executable, "-m", "stock_assets", "sandbox", "--port", "0", *arguments]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own arguments
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()
            try:
                process.wait(STOP_AFTER_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(process: subprocess.Popen[str]) -> TwinAddress:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        words = process.stderr.read().strip() if process.stderr else ""
        reason, _, cure = words.splitlines()[-1].rpartition(" Next: ") if words else ("", "", "")
        raise TwinFailed(
            "the market",
            reason=reason or "the twin ended without a word",
            next_action=cure or "run stock-assets sandbox with the same options and look",
            exit_code=process.wait() or 1,
        )
    told = json.loads(line)
    return TwinAddress(
        url=told["url"],
        token=told["token"],
        symbols=tuple(told["symbols"]),
        first_session=date.fromisoformat(told["first_session"]),
        last_session=date.fromisoformat(told["last_session"]),
    )
