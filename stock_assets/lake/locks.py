"""One writer per table at a time; readers are never asked.

Belongs here: the lock around compare and commit, and who holds it.
Does not belong here: anything about rows.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stock_assets.errors import StorageBusy
from stock_assets.lake.failures import not_writable


@contextmanager
def one_writer(directory: Path | None, name: str, wait_s: float) -> Iterator[None]:
    """Hold the table's lock; the system frees it when the process dies.

    ``directory`` None means that there is no lock (a bucket): doubles are then made harmless by
    reading the newest row per key.

    Raises:
        StorageBusy: another process held it for longer than ``wait_s``, naming that process.
    """
    if directory is None:
        yield
        return
    from filelock import FileLock, Timeout

    path = directory / f"lake-{name}.lock"
    holder = directory / f"lake-{name}.holder.json"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(path, timeout=wait_s, poll_interval=0.02, mode=0o600)
        lock.acquire()
    except Timeout:
        raise StorageBusy(
            name,
            reason=f"{_holder(holder)} has been writing this table for more than {wait_s:g} s",
            next_action="wait for it to finish and run it again; nothing was written",
        ) from None
    except OSError as error:
        raise not_writable(name, str(directory), error.strerror or str(error)) from error
    try:
        holder.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
        yield
    finally:
        lock.release()


def _holder(path: Path) -> str:
    try:
        said = json.loads(path.read_text())
        return f"process {said['pid']} on {said['host']}"
    except (OSError, ValueError, KeyError):
        return "another process"
