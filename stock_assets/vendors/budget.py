"""How often we may ask: one token bucket per vendor and key, shared by all our processes.

Belongs here: the bucket, the day's count and their file. The file's name is a hash; the key is
never written.
Does not belong here: how long a refusal makes us wait (transport.py decides, ``pause`` applies);
when a vendor's day begins (vendor_day.py).
"""

from __future__ import annotations

import hashlib
import math
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from stock_assets.errors import RateLimited, StorageUnavailable
from stock_assets.vendors.vendor_day import LONGEST_DAY_S, DailyLimit

WINDOW_S: Final = 60.0
SLACK_S: Final = 0.5
"""So much longer than the vendor's window is ours: a request that travelled slowly and one that
travelled fast, sent a window apart, reach the vendor closer together than that."""
_REMEMBERED_S: Final = 2 * 3_600.0
_BUSY_S: Final = 10.0
_BLUR_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 7 * 86_400.0
_TABLES: Final = (
    "create table if not exists granted (at real not null)",
    "create index if not exists by_instant on granted (at)",
    "create table if not exists state (id integer primary key, paused_until real not null)",
    "insert or ignore into state values (0, 0)",
)


class Budget:
    """At most ``per_minute`` requests in any 60 seconds, counted over all processes.

    The bucket remembers when requests were granted, so a burst of the whole minute's allowance is
    possible, and a token is free again one window and ``SLACK_S`` after it was used. Below one per
    minute the window is longer instead. Waiting is first come, first served. Processes with other
    settings share it as well: what was granted to anybody counts for everybody, and each request
    is held to the settings of who asks.

    ``per_day``: at most so many requests in the vendor's day besides.
    ``spacing_s``: at least so long between any two requests, for vendors that forbid bursts.
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
        per_day: DailyLimit | None = None,
        spacing_s: float = 0.0,
        max_wait_s: float = 300.0,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.vendor, self.per_day, self.spacing_s = vendor, per_day, spacing_s
        self.tokens = max(1, int(per_minute))
        self.window_s = WINDOW_S * self.tokens / per_minute
        self._max_wait_s, self._clock, self._sleep = max_wait_s, clock, sleep
        owner = hashlib.sha256(f"{vendor}\0{key or ''}".encode()).hexdigest()[:16]
        self.path = locks / f"budget-{vendor}-{owner}.sqlite"

    @property
    def interval_s(self) -> float:
        """Seconds between two requests when asking evenly."""
        return self.window_s / self.tokens

    def take(self) -> float:
        """Wait for a token and take it.

        Returns:
            The seconds waited.

        Raises:
            RateLimited: when the wait would be longer than ``max_wait_s``, with the seconds
                until asking helps: until the vendor's next day where its day is spent.
        """
        with self._transaction() as db:
            now = self._clock()
            at, spent = self._next(db, now)
            if at - now > self._max_wait_s:
                raise self._refusal(at - now, spent)
            db.execute("insert into granted values (?)", (at,))
            remembered = LONGEST_DAY_S if self.per_day else max(_REMEMBERED_S, 2 * self.window_s)
            db.execute("delete from granted where at < ?", (now - remembered,))
        if at > now:
            self._sleep(at - now)
        return at - now

    def peek(self) -> float:
        """The seconds that :meth:`take` would wait now. Takes nothing, waits for nothing."""
        with self._transaction() as db:
            now = self._clock()
            return self._next(db, now)[0] - now

    def left_today(self) -> int | None:
        """Requests left of the vendor's day, for all processes together; None without a limit.

        None are left while the vendor itself has told us to wait for its next day.
        """
        if self.per_day is None:
            return None
        with self._transaction() as db:
            now = self._clock()
            used = self.per_day.used(self._lately(db, now), now)
            (paused_until,) = db.execute("select paused_until from state").fetchone()
        beyond = paused_until - self.per_day.next_day(now)
        if -_BLUR_S <= beyond <= _LONGEST_PAUSE_S:
            return 0
        return max(0, self.per_day.requests - used)

    def pause(self, seconds: float) -> None:
        """Nobody with this key asks before ``seconds`` have passed: the vendor said so."""
        until = self._clock() + min(seconds, _LONGEST_PAUSE_S)
        with self._transaction() as db:
            db.execute("update state set paused_until = max(paused_until, ?)", (until,))

    def _next(self, db: sqlite3.Connection, now: float) -> tuple[float, bool]:
        """The instant of the next request, and whether the day makes it wait."""
        (paused_until,) = db.execute("select paused_until from state").fetchone()
        at = max(
            now,
            self._newest_but(db, now, self.tokens - 1) + self.window_s + SLACK_S,
            self._newest_but(db, now, 0) + self.spacing_s,
        )
        if paused_until - now <= _LONGEST_PAUSE_S:
            at = max(at, paused_until)
        if self.per_day is None:
            return at, False
        free = self.per_day.free_at(self._lately(db, now), at)
        return max(at, free), free > at

    def _newest_but(self, db: sqlite3.Connection, now: float, newer: int) -> float:
        """When the newest request but so many ``newer`` ones was granted; long ago if never."""
        row = db.execute(
            "select at from granted where at <= ? order by at desc limit 1 offset ?",
            (now + self._max_wait_s, newer),
        ).fetchone()
        return float(row[0]) if row else -math.inf

    def _lately(self, db: sqlite3.Connection, now: float) -> list[float]:
        """When requests were granted, in order, without those of a clock that was set back."""
        rows = db.execute(
            "select at from granted where at <= ? order by at", (now + self._max_wait_s,)
        )
        return [at for (at,) in rows]

    def _refusal(self, wait: float, spent: bool) -> RateLimited:
        what = f"{self.tokens} requests per {self.window_s:g} s"
        setting = "minute"
        if spent and self.per_day:
            what, setting = str(self.per_day), "day"
        return RateLimited(
            self.vendor,
            reason=f"our own budget of {what} is spent",
            next_action=f"run again in {wait:.0f} s, or raise the vendor's requests per {setting}",
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
