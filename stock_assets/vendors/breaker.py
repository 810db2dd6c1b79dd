"""Whoever could not be reached several times in a row is left alone for a while, by everybody here.

Belongs here: counting tries that reached nobody, by vendor and address, for all transports of this
process: each run of a feed opens its own, and being offline is no news to the next one.
Does not belong here: what counts as unreachable (wire.py), other processes (budget.py).
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Final

from stock_assets.errors import VendorError
from stock_assets.vendors.messages import Limits
from stock_assets.vendors.wire import Unreachable


class Breaker:
    """Open for some seconds after some tries in a row that reached nobody. Thread-safe.

    Instants are the caller's own, in seconds; all callers of a process use one clock.
    """

    def __init__(self, vendor: str) -> None:
        self.vendor, self._lock = vendor, Lock()
        self._unreached, self._open_until = 0, 0.0

    def is_open(self, now: float) -> bool:
        """Whether nobody is to be asked at ``now``."""
        with self._lock:
            return now < self._open_until

    def check(self, now: float, said: str) -> None:
        """Let the request ``said`` (redacted) go ahead.

        Raises:
            Unreachable: nobody is to be asked at ``now``.
        """
        if self.is_open(now):
            raise Unreachable(
                said,
                reason=f"{self.vendor} could not be reached just now (offline?)",
                next_action="check the network, then run again; what is stored stays usable",
                vendor=self.vendor,
                attempts=0,
            )

    def reached(self) -> None:
        """Somebody answered, whatever it was."""
        with self._lock:
            self._unreached = 0

    def count(self, error: VendorError, now: float, limits: Limits) -> None:
        """A try failed with ``error``: the last one that ``limits`` allow in a row opens it."""
        if not isinstance(error, Unreachable):
            self.reached()
            return
        with self._lock:
            self._unreached += 1
            if self._unreached >= limits.breaker_tries:
                self._unreached, self._open_until = 0, now + limits.breaker_s


_BREAKERS: Final[dict[tuple[str, str, Path], Breaker]] = {}
_BREAKERS_LOCK: Final = Lock()


def breaker_of(vendor: str, address: str | None, home: Path) -> Breaker:
    """The breaker that all transports of this process share.

    ``address``: of the twin, None for the vendor itself. ``home``: where the budgets are kept;
    homes have nothing to do with each other.
    """
    with _BREAKERS_LOCK:
        return _BREAKERS.setdefault((vendor, address or "", home), Breaker(vendor))
