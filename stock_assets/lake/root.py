"""Where a lake lies: a local directory or a bucket, and whose data it holds.

Belongs here: opening the root, its marker (twin or live), addresses of tables, durability.
Does not belong here: what is in a table (stored.py).
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stock_assets.errors import ConfigError, EnvironmentMixed, StorageCorrupt, StorageUnavailable
from stock_assets.lake.failures import not_writable

MARKER: Final = "lake.json"
LOG: Final = "_delta_log"
_UNUSABLE: Final = frozenset("%*?[]")
"""Delta decodes percent signs in local paths; DuckDB takes the others for patterns."""


@dataclass(frozen=True, slots=True)
class LakeRoot:
    """The place of a lake. ``directory`` is None when it lies behind an address (``gs://``)."""

    address: str
    directory: Path | None

    @classmethod
    def open(cls, root: str, environment: str) -> LakeRoot:
        """Open or found the lake at ``root``.

        Raises:
            EnvironmentMixed: it belongs to the other environment (twin or live).
            StorageUnavailable: it cannot be created or written.
            ConfigError: the path cannot hold Delta tables.
        """
        if "://" in root:
            found = cls(root.rstrip("/"), None)
        else:
            directory = Path(root).absolute()
            _check_path(directory)
            found = cls(str(directory), directory)
        found._claim(environment)
        return found

    @classmethod
    def owner_at(cls, root: str) -> str | None:
        """Whose data lies at ``root``; None where no lake is yet. Nothing is founded.

        Raises:
            StorageUnavailable: the place cannot be read.
            StorageCorrupt: its marker cannot be understood.
        """
        found = cls(root.rstrip("/"), None if "://" in root else Path(root).absolute())
        try:
            said = found._read_marker()
        except OSError as error:
            raise not_writable(None, found.address, error.strerror or str(error)) from error
        return None if said is None else _environment_in(said, found.address)

    @property
    def is_local(self) -> bool:
        """Whether files have paths, locks work and fsync means something."""
        return self.directory is not None

    def table(self, name: str) -> str:
        """Where a table lies."""
        return f"{self.address}/{name}"

    def _claim(self, environment: str) -> None:
        try:
            said = self._read_marker()
            if said is None:
                self._write_marker(json.dumps({"environment": environment}))
                said = self._read_marker()
        except OSError as error:
            raise not_writable(None, self.address, error.strerror or str(error)) from error
        owner = _environment_in(said, self.address)
        if owner != environment:
            raise EnvironmentMixed(
                self.address,
                reason=f"this lake holds {owner} data, and was opened for {environment}",
                next_action="give each environment its own STOCK_ASSETS_HOME and lake",
            )
        if self.directory is not None and not os.access(self.directory, os.W_OK | os.X_OK):
            raise not_writable(None, self.address, "no permission")

    def _read_marker(self) -> bytes | None:
        if self.directory is not None:
            marker = self.directory / MARKER
            return marker.read_bytes() if marker.exists() else None
        from pyarrow.fs import FileSystem, FileType

        system, path = FileSystem.from_uri(self.table(MARKER))
        if system.get_file_info(path).type == FileType.NotFound:
            return None
        with system.open_input_stream(path) as stream:
            return bytes(stream.read())

    def _write_marker(self, text: str) -> None:
        if self.directory is None:
            from pyarrow.fs import FileSystem

            system, path = FileSystem.from_uri(self.table(MARKER))
            system.create_dir(path.rpartition("/")[0], recursive=True)
            with system.open_output_stream(path) as stream:
                stream.write(text.encode())
            return
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.directory / f".{MARKER}.{uuid.uuid4().hex}"
        write_durably(draft, text.encode())
        try:
            # A link fails where a rename would overwrite: the first process decides for ever.
            os.link(draft, self.directory / MARKER)
        except FileExistsError:
            return
        finally:
            draft.unlink()


def write_durably(path: Path, body: bytes) -> None:
    """Write a new file that only its owner may read, and force it to the disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())


def make_durable(files: Iterable[Path]) -> None:
    """Force files and the directories that name them to the disk, so that a load outlives power."""
    paths = tuple(files)
    for path in (*paths, *{path.parent for path in paths}):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _check_path(directory: Path) -> None:
    bad = sorted(_UNUSABLE.intersection(str(directory)))
    if bad:
        raise ConfigError(
            str(directory),
            reason=f"a lake's path must not contain {' '.join(bad)}",
            next_action="choose a directory without these characters",
        )
    if directory.exists() and not directory.is_dir():
        raise StorageUnavailable(
            str(directory),
            reason="is a file, and the lake needs a directory",
            next_action="move the file away or set STOCK_ASSETS_HOME elsewhere",
        )


def _environment_in(marker: bytes | None, address: str) -> str:
    try:
        return str(json.loads(marker or b"")["environment"])
    except (ValueError, KeyError, TypeError) as error:
        raise StorageCorrupt(
            f"{address}/{MARKER}",
            reason="the marker that says whose data this is cannot be read",
            next_action='restore it: {"environment": "live"} or {"environment": "sandbox"}',
        ) from error
