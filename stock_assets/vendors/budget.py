"""How often we may ask: one token bucket per vendor and key, shared by all our processes.

Belongs here: the bucket and its file. The file's name is a hash; the key is never written.
Does not belong here: how long a refusal makes us wait (transport.py decides, ``pause`` applies).
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from stock_assets.errors import RateLimited, StorageUnavailable

WINDOW_S: Final = 60.0
_BUSY_S: Final = 10.0
_LONGEST_PAUSE_S: Final = 7 * 86_400.0
_TABLES: Final = (
    "create table if not exists taken (slot integer primary key, at real not null)",
    "create table if not exists state (id integer primary key, next integer, paused_until real)",
    "insert or ignore into state values (0, 0, 0)",
)


class Budget:
    """At most ``per_minute`` requests in any 60 seconds, counted over all processes.

    The bucket remembers when each of its tokens was last taken, so a burst of the whole minute's
    allowance is possible and the next token is free exactly one window after it was used. Below
    one per minute the window is longer instead. Waiting is first come, first served.

    ``max_wait_s``: who would have to wait longer is refused with RateLimited and takes nothing.
    ``clock`` must be common to all processes (seconds since 1970).
    """

    def __init__(
        self,
        locks: Path,
        vendor: str,
        key: str | None,
        per_minute: float,
        *,
        max_wait_s: float = 300.0,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.vendor = vendor
        self.tokens = max(1, int(per_minute))
        self.window_s = WINDOW_S * self.tokens / per_minute
        self._max_wait_s, self._clock, self._sleep = max_wait_s, clock, sleep
        owner = hashlib.sha256(f"{vendor}\0{key or ''}".encode()).hexdigest()[:16]
        self.path = locks / f"budget-{vendor}-{owner}-{self.tokens}.sqlite"

    @property
    def interval_s(self) -> float:
        """Seconds between two requests when asking evenly."""
        return self.window_s / self.tokens

    def take(self) -> float:
        """Wait for a token and take it.

        Returns:
            The seconds waited.

        Raises:
            RateLimited: when the wait would be longer than ``max_wait_s``.
        """
        wait = self._reserve()
        if wait > 0:
            self._sleep(wait)
        return wait

    def pause(self, seconds: float) -> None:
        """Nobody with this key asks before ``seconds`` have passed: the vendor said so."""
        until = self._clock() + min(seconds, _LONGEST_PAUSE_S)
        with self._transaction() as db:
            db.execute("update state set paused_until = max(paused_until, ?)", (until,))

    def _reserve(self) -> float:
        with self._transaction() as db:
            now = self._clock()
            number, paused_until = db.execute("select next, paused_until from state").fetchone()
            slot = number % self.tokens
            row = db.execute("select at from taken where slot = ?", (slot,)).fetchone()
            at = max(now, row[0] + self.window_s if row else now)
            if at - now > self._max_wait_s + self.window_s:
                # Nobody is ever granted such a wait: the clock has been set back meanwhile.
                at = now
            if paused_until - now <= _LONGEST_PAUSE_S:
                at = max(at, paused_until)
            if at - now > self._max_wait_s:
                raise self._refusal(at - now)
            db.execute("insert or replace into taken values (?, ?)", (slot, at))
            db.execute("update state set next = ?", (number + 1,))
        return float(at - now)

    def _refusal(self, wait: float) -> RateLimited:
        return RateLimited(
            self.vendor,
            reason=f"our own budget of {self.tokens} requests per {self.window_s:g} s is spent",
            next_action=f"run again in {wait:.0f} s, or raise the vendor's requests per minute",
            retry_after_s=round(wait, 1),
        )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with closing(sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)) as db:
                db.execute("pragma synchronous = off")
                with db:
                    db.execute("begin immediate")
                    for statement in _TABLES:
                        db.execute(statement)
                    yield db
        except (sqlite3.Error, OSError) as error:
            raise StorageUnavailable(
                self.path,
                reason=f"the shared request budget cannot be kept there ({error})",
                next_action="make the directory writable; if the file is damaged, delete it",
            ) from None
