"""The twin's time: the real one, shifted, or standing still; nothing dated after it is served.

Belongs here: what time it is on the twin's market. Does not belong here: the pace of rate limits
(limits.py), which is real time even when the market's clock stands still.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from stock_assets import market
from stock_assets.errors import BadRange


class TwinClock:
    """A clock that can be fixed, moved and set free again. Thread-safe; instants are UTC."""

    def __init__(self, fixed: datetime | None = None) -> None:
        self._lock = threading.Lock()
        self._fixed = None if fixed is None else as_utc(fixed)

    def now(self) -> datetime:
        """The market's instant."""
        with self._lock:
            return self._fixed or datetime.now(UTC)

    @property
    def is_fixed(self) -> bool:
        """Whether it stands still."""
        return self._fixed is not None

    def fix(self, instant: datetime) -> datetime:
        """Stand still at ``instant``, earlier or later than before."""
        with self._lock:
            self._fixed = as_utc(instant)
            return self._fixed

    def advance(self, by: timedelta) -> datetime:
        """Move on (or back) and stand still there."""
        return self.fix(self.now() + by)

    def release(self) -> datetime:
        """Follow the real time again."""
        with self._lock:
            self._fixed = None
        return self.now()


def as_utc(instant: datetime) -> datetime:
    """The instant in UTC, checked.

    Raises:
        BadRange: when it names no time zone, because then it names no instant, or lies outside
            the exchange's calendar.
    """
    if instant.tzinfo is None:
        raise BadRange(
            instant.isoformat(),
            reason="a time without a zone is not an instant",
            next_action="add Z or an offset, such as 2025-03-14T21:00:00Z",
        )
    last_year = datetime.now(UTC).year + market.YEARS_AHEAD
    if not market.FIRST_DAY.year < instant.year <= last_year:
        raise BadRange(
            instant.isoformat(),
            reason=f"the twin's market is open from {market.FIRST_DAY.year + 1} to {last_year}",
            next_action="choose an instant in these years",
        )
    return instant.astimezone(UTC)
