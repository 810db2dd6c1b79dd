"""Everything that can go wrong, drawn as a tree.

    StockAssetsError
    ├── InputError              somebody asked for something that cannot be
    │   ├── BadSymbol             not a symbol, or not one that we know
    │   ├── NotASession           the exchange is shut on that date
    │   ├── BadRange              the range is inverted, empty or outside the calendar
    │   └── BadRecording          a file of recorded bars cannot be used as a market
    ├── ConfigError             a setting is missing or wrong
    │   └── EnvironmentMixed      twin and real data must not share a home
    ├── SecurityError           refused on purpose: a host, a path or a file that is not allowed
    ├── VendorError             a supplier let us down
    │   ├── TransportError        no whole answer arrived (retry)
    │   ├── RateLimited           too many requests (reschedule after ``retry_after_s``)
    │   ├── VendorOutage          the vendor says it is unwell (retry later)
    │   ├── PayloadError          the answer cannot be read (kept; retry once)
    │   ├── ContractError         the answer is readable, and not what was agreed (stop this feed)
    │   ├── AuthError             the key is wrong or missing (tell the human)
    │   ├── EntitlementError      the plan does not include it (tell the human)
    │   ├── NotFound              the vendor does not know the symbol (recorded)
    │   └── FeedIncomplete        some symbols failed; the others are stored
    ├── QualityError            rows broke a rule, and what follows would be wrong
    ├── StorageError            the lake, the warehouse or the disk
    │   ├── StorageUnavailable    cannot be written or read at all
    │   ├── StorageBusy           another process holds it (retry with jitter)
    │   ├── StorageCorrupt        what is stored is not what was written (stop)
    │   └── SchemaTooNew          written by a newer version of this program
    ├── BuildError              dbt did not build the warehouse
    ├── ModelError              training, judging or predicting
    │   ├── NotEnoughHistory      too few sessions or rows to learn or to judge
    │   ├── NoChampion            nothing serves yet
    │   └── ModelFromTheFuture    the model has seen what it is asked to predict
    ├── PortInUse               a server cannot start where it was asked to
    ├── ServerFailed            a server's process ended by itself; its log says why
    ├── RunFailed               a run of the graph failed; the failing step says why
    └── TwinFailed              the twin's process ended before it answered

Belongs here: the types, and the one sentence form that each follows: which value, why, what to
do next. Whether another attempt can help is a property of the type (``retryable``).
Does not belong here: how a status code or an exception of a library maps to a type; that is
decided where the library is called (``vendors/``, ``lake/``, ``warehouse/``).
"""

from __future__ import annotations

from typing import ClassVar


class StockAssetsError(Exception):
    """Base of all our errors: ``value`` was wrong, ``reason`` why, ``next_action`` is the cure.

    The text is always ``"<value>: <reason>. Next: <next_action>."``, so that a log line, a Dagster
    failure and a terminal say the same. Extra keyword arguments become ``context`` (feed, symbol,
    partition, status, attempts, rule …) and are shown in brackets.
    """

    retryable: ClassVar[bool] = False
    exit_code: int = 1

    def __init__(self, value: object, *, reason: str, next_action: str, **context: object) -> None:
        self.value = str(value)
        self.reason = reason.rstrip(".")
        self.next_action = next_action.rstrip(".")
        self.context = {k: v for k, v in context.items() if v is not None}
        super().__init__(str(self))

    def __str__(self) -> str:
        known = ", ".join(f"{k}={v}" for k, v in self.context.items())
        where = f" [{known}]" if known else ""
        return f"{self.value}: {self.reason}{where}. Next: {self.next_action}."

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the trip between processes with all fields."""
        state = (type(self), self.value, self.reason, self.next_action, self.context, self.__dict__)
        return (_rebuild, state)


def _rebuild(
    cls: type[StockAssetsError],
    value: str,
    reason: str,
    next_action: str,
    context: dict[str, object],
    attributes: dict[str, object],
) -> StockAssetsError:
    error = cls.__new__(cls)
    StockAssetsError.__init__(error, value, reason=reason, next_action=next_action, **context)
    error.__dict__.update(attributes)
    return error


class InputError(StockAssetsError):
    """Somebody asked for something that cannot be."""

    exit_code = 2


class BadSymbol(InputError):
    """Not a symbol, or not one that we know."""


class NotASession(InputError):
    """A date was given on which the exchange is shut."""


class BadRange(InputError):
    """A range of dates is inverted, empty or outside the calendar."""


class BadRecording(InputError):
    """A file of recorded bars cannot be used as a market."""


class ConfigError(StockAssetsError):
    """A setting is missing or wrong."""

    exit_code = 2


class EnvironmentMixed(ConfigError):
    """Twin and real data must not share a home."""


class SecurityError(StockAssetsError):
    """Refused on purpose: a host, a path or a file that is not allowed."""

    exit_code = 3


class VendorError(StockAssetsError):
    """A supplier let us down."""


class TransportError(VendorError):
    """No whole answer arrived: connection, time-out, reset, truncation."""

    retryable = True


class RateLimited(VendorError):
    """Too many requests. ``retry_after_s``: seconds until asking again can help, if known."""

    retryable = True

    def __init__(
        self,
        value: object,
        *,
        reason: str,
        next_action: str,
        retry_after_s: float | None = None,
        **context: object,
    ) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(
            value, reason=reason, next_action=next_action, retry_after_s=retry_after_s, **context
        )


class VendorOutage(VendorError):
    """The vendor says that it is unwell (5xx, maintenance page)."""

    retryable = True


class PayloadError(VendorError):
    """The answer cannot be read: truncated, not JSON, wrong content type. The bytes are kept."""

    retryable = True


class ContractError(VendorError):
    """The answer is readable, and not what was agreed: fields, counts, units or symbol differ."""


class AuthError(VendorError):
    """The key is wrong or missing."""


class EntitlementError(VendorError):
    """The plan behind the key does not include what was asked."""


class NotFound(VendorError):
    """The vendor does not know the symbol."""


class FeedIncomplete(VendorError):
    """Some symbols failed; the others are stored, and the gaps are recorded."""


class QualityError(StockAssetsError):
    """Rows broke a rule, and what follows would be wrong."""


class StorageError(StockAssetsError):
    """The lake, the warehouse or the disk."""


class StorageUnavailable(StorageError):
    """A place cannot be written or read at all."""


class StorageBusy(StorageError):
    """Another process holds it."""

    retryable = True


class StorageCorrupt(StorageError):
    """What is stored is not what was written."""


class SchemaTooNew(StorageError):
    """Written by a newer version of this program."""


class BuildError(StockAssetsError):
    """dbt did not build the warehouse."""


class ModelError(StockAssetsError):
    """Training, judging or predicting."""


class NotEnoughHistory(ModelError):
    """Too few sessions or rows to learn from or to judge on."""


class NoChampion(ModelError):
    """No model serves yet."""


class ModelFromTheFuture(ModelError):
    """The model has seen what it is asked to predict."""


class PortInUse(StockAssetsError):
    """A server cannot start where it was asked to."""

    exit_code = 2


class ServerFailed(StockAssetsError):
    """A server's process ended by itself; its log says why."""


class RunFailed(StockAssetsError):
    """A run of the graph failed; the failing step says why."""


class TwinFailed(StockAssetsError):
    """The twin's process ended before it answered; the exit code is the process's own."""

    def __init__(
        self,
        value: object,
        *,
        reason: str,
        next_action: str,
        exit_code: int = 1,
        **context: object,
    ) -> None:
        super().__init__(value, reason=reason, next_action=next_action, **context)
        self.exit_code = exit_code
