"""How failures of the storage libraries become our typed errors.

Belongs here: the translation of OSError, delta-rs and DuckDB exceptions, in one place.
Does not belong here: deciding what to do about them; the type says it.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from stock_assets.errors import (
    InputError,
    StorageBusy,
    StorageCorrupt,
    StorageError,
    StorageUnavailable,
)

_FULL: Final = ("no space left", "disk quota", "file too large", "quota exceeded")
_REFUSED: Final = (
    "permission denied",
    "read-only file system",
    "not a directory",
    "could not create local directory",
    "operation not permitted",
)
_FULL_NUMBERS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def storage_failures(table: str, place: str) -> Iterator[None]:
    """Raise what goes wrong inside as a StorageError that names table and place.

    Raises:
        StorageUnavailable: disk full, directory missing or not writable. Nothing half written is
            ever visible: rows count only once their commit is in the log.
        StorageBusy: another writer won the race for the commit too often.
        StorageCorrupt: a file that the log names is missing or cannot be read.
    """
    from deltalake.exceptions import CommitFailedError, DeltaError
    from duckdb import Error as DuckDBError

    try:
        yield
    except OSError as error:
        raise _from_os(error, table, place) from error
    except CommitFailedError as error:
        raise StorageBusy(
            place,
            reason=f"another process committed at the same time: {_first_line(error)}",
            next_action="run it again; nothing was written",
            table=table,
        ) from error
    except (DeltaError, DuckDBError) as error:
        raise _from_text(_first_line(error), table, place) from error


@contextmanager
def where_failures(table: str, where: str) -> Iterator[None]:
    """Raise a condition that DuckDB cannot understand as an InputError that shows it."""
    from duckdb import BinderException, ConversionException, ParserException

    try:
        yield
    except (BinderException, ParserException, ConversionException) as error:
        raise InputError(
            where,
            reason=f"is not a condition on {table}: {_first_line(error)}",
            next_action="use SQL over the table's own columns",
        ) from error


def disk_full(table: str, place: str, said: str) -> StorageUnavailable:
    """The error for a full disk."""
    return StorageUnavailable(
        place,
        reason=f"the disk is full: {said}",
        next_action="free space or move the data directory, then run it again; nothing was stored",
        table=table,
    )


def not_writable(table: str | None, place: str, said: str) -> StorageUnavailable:
    """The error for a directory that cannot be used."""
    return StorageUnavailable(
        place,
        reason=f"cannot be written: {said}",
        next_action="make the directory writable for this user, or set STOCK_ASSETS_HOME elsewhere",
        table=table,
    )


def _from_os(error: OSError, table: str, place: str) -> StorageError:
    said = error.strerror or _first_line(error)
    if error.errno in _FULL_NUMBERS:
        return disk_full(table, place, said)
    if error.errno is None:
        return _from_text(said, table, place)
    return not_writable(table, place, said)


def _from_text(said: str, table: str, place: str) -> StorageError:
    lowered = said.lower()
    if any(sign in lowered for sign in _FULL):
        return disk_full(table, place, said)
    if any(sign in lowered for sign in _REFUSED):
        return not_writable(table, place, said)
    return StorageCorrupt(
        place,
        reason=f"what is stored cannot be read: {said}",
        next_action="stop writing; restore this table from a copy, or fetch it again",
        table=table,
    )


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
