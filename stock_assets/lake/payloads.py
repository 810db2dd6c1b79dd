"""The vendors' answers, kept as they came: found by their SHA-256, compressed, stored once.

Belongs here: the store of bytes. Does not belong here: what the bytes mean (vendors/).
"""

from __future__ import annotations

import hashlib
import os
import re
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Final

from stock_assets.errors import InputError, StorageCorrupt
from stock_assets.lake.failures import storage_failures
from stock_assets.lake.root import write_durably

_SHA: Final = re.compile(r"[0-9a-f]{64}")
_DRAFTS: Final = ".drafts"
_DRAFT_AGE_S: Final = 3600.0
MAX_BYTES: Final = 1 << 30
"""No answer is larger; a file that claims to be is refused before it is unpacked."""


class PayloadStore:
    """Bytes by hash under a directory or an address (``gs://``); safe for many writers.

    Directories are 0700, files 0600. Drafts of processes that died are swept when a store opens.
    """

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")
        self._directory = None if "://" in root else Path(root).absolute()
        if self._directory is not None:
            with storage_failures("payloads", self.root):
                _make_directory(self._directory / _DRAFTS)
                self._sweep(self._directory / _DRAFTS)

    def put(self, body: bytes) -> str:
        """Keep the bytes; returns their SHA-256 in hex. What is there already is not written.

        Raises:
            StorageUnavailable: disk full or directory not writable; nothing half written stays.
        """
        sha = hashlib.sha256(body).hexdigest()
        with storage_failures("payloads", self.root):
            if not self._use_again(sha):
                self._write(sha, _compress(body))
        return sha

    def get(self, sha: str) -> bytes:
        """The bytes behind a hash.

        Raises:
            InputError: not a hash, or nothing is kept under it.
            StorageCorrupt: what is stored is not what was put.
        """
        from zstandard import ZstdError

        _check(sha)
        with storage_failures("payloads", self.root):
            try:
                packed = self._read(sha)
            except FileNotFoundError:
                raise InputError(
                    sha,
                    reason="no answer is kept under this hash",
                    next_action="look it up in the payloads of the table loads, and in removals",
                ) from None
        try:
            body = _decompress(packed)
        except ZstdError as error:
            raise self._corrupt(sha, str(error)) from error
        if hashlib.sha256(body).hexdigest() != sha:
            raise self._corrupt(sha, "the bytes do not have this hash")
        return body

    def __contains__(self, sha: str) -> bool:
        _check(sha)
        with storage_failures("payloads", self.root):
            return self._exists(sha)

    def _corrupt(self, sha: str, said: str) -> StorageCorrupt:
        return StorageCorrupt(
            self._address(sha),
            reason=f"a kept answer is not what was received: {said}",
            next_action="restore the file from a copy; rows that came from it are still whole",
        )

    def _address(self, sha: str) -> str:
        return f"{self.root}/{sha[:2]}/{sha[2:4]}/{sha}.zst"

    def _exists(self, sha: str) -> bool:
        if self._directory is not None:
            return Path(self._address(sha)).exists()
        from pyarrow.fs import FileSystem, FileType

        system, path = FileSystem.from_uri(self._address(sha))
        return bool(system.get_file_info(path).type == FileType.File)

    def _use_again(self, sha: str) -> bool:
        """Whether it is kept; its age begins anew, so that retention waits for the load's name."""
        if self._directory is None:
            return self._exists(sha)
        try:
            os.utime(self._address(sha))
        except FileNotFoundError:
            return False
        return True

    def _read(self, sha: str) -> bytes:
        if self._directory is not None:
            return Path(self._address(sha)).read_bytes()
        from pyarrow.fs import FileSystem

        system, path = FileSystem.from_uri(self._address(sha))
        with system.open_input_stream(path, compression=None) as stream:
            return bytes(stream.read())

    def _write(self, sha: str, packed: bytes) -> None:
        if self._directory is None:
            from pyarrow.fs import FileSystem

            system, path = FileSystem.from_uri(self._address(sha))
            system.create_dir(path.rpartition("/")[0], recursive=True)
            with system.open_output_stream(path, compression=None) as stream:
                stream.write(packed)
            return
        draft = self._directory / _DRAFTS / uuid.uuid4().hex
        final = Path(self._address(sha))
        _make_directory(final.parent)
        try:
            write_durably(draft, packed)
            draft.replace(final)
        finally:
            draft.unlink(missing_ok=True)

    def _sweep(self, drafts: Path) -> None:
        oldest = time.time() - _DRAFT_AGE_S
        for draft in drafts.iterdir():
            with suppress(FileNotFoundError):  # its writer is alive and has just finished
                if draft.stat().st_mtime < oldest:
                    draft.unlink()


def _compress(body: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(level=3).compress(body)


def _decompress(packed: bytes) -> bytes:
    import zstandard

    size = zstandard.frame_content_size(packed)
    if not 0 <= size <= MAX_BYTES:
        raise zstandard.ZstdError(f"claims to hold {size} bytes")
    return zstandard.ZstdDecompressor().decompress(packed, max_output_size=MAX_BYTES)


def _check(sha: str) -> None:
    if not _SHA.fullmatch(sha):
        raise InputError(
            repr(sha[:80]),
            reason="not a SHA-256 in lower-case hex",
            next_action="use a hash from the payloads of the loads table",
        )


def _make_directory(path: Path) -> None:
    for parent in reversed((path, *path.parents)):
        if not parent.exists():
            parent.mkdir(mode=0o700, exist_ok=True)
