"""Typed errors as Dagster's: whether it tries again is the error's own property."""

from __future__ import annotations

import dagster as dg
import pytest

from stock_assets import errors
from stock_assets.assets.failures import (
    LONGEST_WAIT_S,
    MAX_RETRIES,
    RETRY_AFTER_S,
    as_dagster_failures,
)
from stock_assets.errors import AuthError, RateLimited, StockAssetsError

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, StockAssetsError)
]


def made(kind: type[StockAssetsError], **context: object) -> StockAssetsError:
    return kind("AAPL", reason="it broke", next_action="mend it", **context)


@pytest.mark.parametrize("kind", [k for k in KINDS if k.retryable], ids=lambda k: k.__name__)
def test_what_may_pass_by_itself_is_asked_for_again_later(kind: type[StockAssetsError]) -> None:
    error = made(kind)
    with pytest.raises(dg.RetryRequested) as caught, as_dagster_failures():
        raise error
    assert (caught.value.max_retries, caught.value.seconds_to_wait) == (MAX_RETRIES, RETRY_AFTER_S)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("kind", [k for k in KINDS if not k.retryable], ids=lambda k: k.__name__)
def test_what_cannot_pass_fails_for_good_with_its_words_and_context(
    kind: type[StockAssetsError],
) -> None:
    error = made(kind, feed="raw/x", status=403, attempts=1)
    with pytest.raises(dg.Failure) as caught, as_dagster_failures():
        raise error
    assert caught.value.allow_retries is False
    assert caught.value.description == f"{kind.__name__}: {error}"
    assert {name: shown.value for name, shown in caught.value.metadata.items()} == {
        "value": "AAPL",
        "reason": "it broke",
        "next action": "mend it",
        "feed": "raw/x",
        "status": "403",
        "attempts": "1",
    }
    assert caught.value.__cause__ is error


def limited(seconds: float | None) -> RateLimited:
    return RateLimited("polygon", reason="429", next_action="wait", retry_after_s=seconds)


@pytest.mark.parametrize(("asked", "wait"), [(12.5, 12.5), (None, RETRY_AFTER_S)])
def test_a_rate_limit_waits_as_long_as_the_vendor_asks(asked: float | None, wait: float) -> None:
    with pytest.raises(dg.RetryRequested) as caught, as_dagster_failures():
        raise limited(asked)
    assert caught.value.seconds_to_wait == wait


def test_a_wait_until_tomorrow_does_not_block_a_run() -> None:
    """B03."""
    with pytest.raises(dg.Failure) as caught, as_dagster_failures():
        raise limited(LONGEST_WAIT_S + 1)
    assert caught.value.allow_retries is False
    assert caught.value.metadata["retry_after_s"].value == str(LONGEST_WAIT_S + 1)


def test_errors_that_are_not_ours_are_not_touched() -> None:
    with pytest.raises(ZeroDivisionError), as_dagster_failures():
        _ = 1 / 0


def count_starts(error: StockAssetsError) -> int:
    starts: list[int] = []

    @dg.asset(retry_policy=dg.RetryPolicy(max_retries=5))
    def doomed() -> None:
        starts.append(1)
        with as_dagster_failures():
            raise error

    assert not dg.materialize([doomed], raise_on_error=False).success
    return len(starts)


def test_a_bad_key_is_never_tried_twice_whatever_the_policy_of_the_run() -> None:
    assert count_starts(made(AuthError)) == 1


def test_a_rate_limit_is_tried_again_twice_and_then_told() -> None:
    starts: list[int] = []

    @dg.asset
    def limited_asset() -> None:
        starts.append(1)
        with as_dagster_failures():
            raise limited(0.01)

    result = dg.materialize([limited_asset], raise_on_error=False)
    assert len(starts) == 1 + MAX_RETRIES
    (event,) = result.get_step_failure_events()
    error = event.step_failure_data.error
    assert error is not None
    assert error.cause is not None
    assert "polygon: 429" in error.cause.message


def test_a_passing_error_that_passes_leaves_a_successful_step() -> None:
    left = [limited(0.01), limited(0.01)]

    @dg.asset
    def recovering() -> None:
        with as_dagster_failures():
            if left:
                raise left.pop()

    assert dg.materialize([recovering]).success
