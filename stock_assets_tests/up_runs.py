"""Running ``stock-assets up`` as its users do: a process of its own on a home of its own.

Belongs here: starting, reading its words, stopping. Does not belong here: what is expected of it.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STOP_WITHIN_S: Final = 90.0
_PRIVATE: Final = re.compile(r"^STOCK_ASSETS_|_API_KEY$|^DAGSTER_|_proxy$", re.IGNORECASE)
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "GRPC_PROXY")


@dataclass(frozen=True)
class Up:
    """A running ``stock-assets up``, and what it said when it was ready."""

    process: subprocess.Popen[str]
    url: str
    words: str


def start_up(home: Path, *arguments: str, proxy: str | None = None) -> subprocess.Popen[str]:
    """Start it without the developer's own settings, keys and proxies; ``proxy``: this one."""
    environment = {name: value for name, value in os.environ.items() if not _PRIVATE.search(name)}
    for name in _PROXIES if proxy else ():
        environment |= {name: str(proxy), name.lower(): str(proxy)}
    return subprocess.Popen(
        [sys.executable, "-m", "stock_assets", "up", "--home", str(home), *arguments],
        cwd=home.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextlib.contextmanager
def running_up(home: Path, *, proxy: str | None = None) -> Iterator[Up]:
    """Serve ``home`` on a free port while the block runs; it must be ready, and end as asked."""
    with start_up(home, "--port", "0", proxy=proxy) as process:
        try:
            words = _until_ready(process)
            found = re.search(r"http://127\.0\.0\.1:\d+", words)
            assert found, words
            yield Up(process, found[0], words)
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=STOP_WITHIN_S)
            assert process.returncode == 0, rest
        finally:
            if process.poll() is None:
                process.terminate()


def _until_ready(process: subprocess.Popen[str]) -> str:
    """What it says up to its last line, or all of it when it ends before that."""
    assert process.stdout is not None
    words = ""
    for line in process.stdout:
        words += line
        if line.startswith("Ctrl-C"):
            break
    return words
