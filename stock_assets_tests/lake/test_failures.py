"""What storage libraries say becomes a typed error with the place and the next action."""

from __future__ import annotations

import errno
import os

import duckdb
import pytest
from deltalake.exceptions import CommitFailedError, DeltaError

from stock_assets.errors import (
    InputError,
    StorageBusy,
    StorageCorrupt,
    StorageError,
    StorageUnavailable,
)
from stock_assets.lake.failures import storage_failures, where_failures


def os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("raised", "becomes", "said"),
    [
        (os_error(errno.ENOSPC), StorageUnavailable, "the disk is full"),
        (os_error(errno.EFBIG), StorageUnavailable, "the disk is full"),
        (os_error(errno.EACCES), StorageUnavailable, "cannot be written"),
        (os_error(errno.EROFS), StorageUnavailable, "cannot be written"),
        (
            DeltaError("Generic error: No space left on device (os error 28)"),
            StorageUnavailable,
            "full",
        ),
        (DeltaError("Permission denied (os error 13)"), StorageUnavailable, "cannot be written"),
        (DeltaError("Invalid JSON in log"), StorageCorrupt, "cannot be read"),
        (CommitFailedError("Transaction failed"), StorageBusy, "committed at the same time"),
        (duckdb.IOException("IO Error: no such file"), StorageCorrupt, "cannot be read"),
        (OSError("No magic bytes"), StorageCorrupt, "cannot be read"),
    ],
)
def test_the_cause_decides_the_type_and_both_are_kept(
    raised: Exception, becomes: type[StorageError], said: str
) -> None:
    with pytest.raises(becomes, match=said) as caught, storage_failures("prices", "/lake/prices"):
        raise raised
    assert caught.value.value == "/lake/prices"
    assert caught.value.__cause__ is raised
    assert caught.value.retryable is (becomes is StorageBusy)


def test_our_own_errors_pass_through_unchanged() -> None:
    mine = InputError("x", reason="y", next_action="z")
    with pytest.raises(InputError) as caught, storage_failures("prices", "/lake"):
        raise mine
    assert caught.value is mine


def test_a_condition_that_fails_is_shown_with_what_was_wrong() -> None:
    with (
        pytest.raises(InputError, match="is not a condition on prices"),
        where_failures("prices", "x"),
    ):
        duckdb.sql("select x")
