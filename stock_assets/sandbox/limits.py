"""How often each key or address may ask, as generous or as stingy as the vendors really are.

Belongs here: token buckets, windows and whose plan is what. Does not belong here: how a vendor
words its refusal (polygon.py, yahoo.py).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FREE_KEY: Final = "twin-free"
UNLIMITED_KEY: Final = "twin-unlimited"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``count`` requests at once, refilled evenly over ``seconds``."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``count`` requests in any ``seconds``, each free again so long after it was used."""

    count: int
    seconds: float


POLYGON_FREE: Final = Rate(5, 60.0)
YAHOO: Final = Rate(6_000, 60.0)
FINNHUB_FREE: Final = Rate(60, 60.0)
FINNHUB_SECOND: Final = Rate(30, 1.0)
"""What Finnhub adds to the plan's own limit."""
NEWSAPI_FREE: Final = Window(50, 43_200.0)
"""100 requests in 24 hours, 50 of them every 12 hours. Of any 12: the strict reading."""


class Limits:
    """Token buckets and windows by name, created when first used. Thread-safe.

    ``speed_up`` makes time pass that many times faster than for the vendor; ``timer`` counts
    seconds (tests hand in their own).
    """

    def __init__(self, speed_up: float = 1.0, timer: Callable[[], float] = time.monotonic) -> None:
        self._speed_up, self._timer = speed_up, timer
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}
        self._windows: dict[str, deque[float]] = {}

    def allows(self, name: str, rate: Rate | Window) -> bool:
        """Take one request of the limit ``name``; False when none is left."""
        with self._lock:
            now = self._timer()
            if isinstance(rate, Window):
                return self._slides(name, rate, now)
            tokens = self._tokens(name, rate, now)
            allowed = tokens >= 1.0
            self._buckets[name] = (tokens - 1.0 if allowed else tokens, now)
            return allowed

    def remaining(self, name: str, rate: Rate) -> int:
        """How many whole tokens the bucket ``name`` holds; takes none."""
        with self._lock:
            return int(self._tokens(name, rate, self._timer()))

    def _slides(self, name: str, window: Window, now: float) -> bool:
        used = self._windows.setdefault(name, deque(maxlen=window.count))
        if len(used) == window.count and used[0] + window.seconds / self._speed_up > now:
            return False
        used.append(now)
        return True

    def _tokens(self, name: str, rate: Rate, now: float) -> float:
        tokens, since = self._buckets.get(name, (float(rate.count), now))
        refill = (now - since) * self._speed_up * rate.count / rate.seconds
        return min(float(rate.count), tokens + refill)
