"""Files under a path or an address: which ones, how large, how old; and removing them.

Belongs here: looking and deleting. Does not belong here: deciding (answers.py, replaced.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from stock_assets.lake.failures import storage_failures


@dataclass(frozen=True, slots=True)
class Found:
    """A file: its size in bytes and when it was last written or used again, UTC."""

    size_bytes: int
    changed_at: datetime


def files_under(root: str) -> dict[str, Found]:
    """Every file below ``root`` by its path from there; nothing where there is no such place.

    Raises:
        StorageUnavailable: it cannot be read.
    """
    from pyarrow.fs import FileSelector, FileType

    with storage_failures("retention", root):
        system, base = _open(root)
        selector = FileSelector(base, allow_not_found=True, recursive=True)
        return {
            info.path[len(base) :].lstrip("/"): Found(info.size, info.mtime)
            for info in system.get_file_info(selector)
            if info.type == FileType.File
        }


def remove_files(root: str, paths: Iterable[str], *, used_since: datetime | None = None) -> None:
    """Delete files below ``root``, but none that was written or used again after ``used_since``.

    Those that are gone already are passed over.

    Raises:
        StorageUnavailable: one cannot be deleted; the others before it are gone.
    """
    with storage_failures("retention", root):
        system, base = _open(root)
        for path in paths:
            full = f"{base}/{path}"
            changed_at = system.get_file_info(full).mtime
            if used_since is not None and changed_at is not None and changed_at > used_since:
                continue
            with suppress(FileNotFoundError):
                system.delete_file(full)


def _open(root: str) -> tuple[Any, str]:
    from pyarrow.fs import FileSystem, LocalFileSystem

    if "://" in root:
        system, base = FileSystem.from_uri(root.rstrip("/"))
        return system, str(base)
    return LocalFileSystem(), str(Path(root).absolute())
