"""How our errors become Dagster's: whether trying again can help is the error's own property.

Belongs here: this one translation. Does not belong here: deciding what is retryable (errors.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import dagster as dg

from stock_assets.errors import RateLimited, StockAssetsError

MAX_RETRIES: Final = 2
RETRY_AFTER_S: Final = 30.0
LONGEST_WAIT_S: Final = 900.0
"""A run waits no longer than this for a vendor; the next one asks for what is missing then."""


@contextmanager
def as_dagster_failures() -> Iterator[None]:
    """Turn typed errors into Dagster's, so that a run-level policy never hammers a vendor.

    Retryable ones ask for a later attempt, unless it is so much later that a run must not wait;
    all others fail the step for good. Both show the error's sentence, its type and its context.
    """
    try:
        yield
    except StockAssetsError as error:
        asked = error.retry_after_s if isinstance(error, RateLimited) else None
        wait = asked or RETRY_AFTER_S
        if error.retryable and wait <= LONGEST_WAIT_S:
            raise dg.RetryRequested(max_retries=MAX_RETRIES, seconds_to_wait=wait) from error
        raise dg.Failure(
            description=f"{type(error).__name__}: {error}",
            metadata={
                "value": error.value,
                "reason": error.reason,
                "next action": error.next_action,
                **{str(name): str(value) for name, value in error.context.items()},
            },
            allow_retries=False,
        ) from error
