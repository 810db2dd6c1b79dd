"""Bars between a vendor's answer and the lake: what a call returns, and which bars count.

Belongs here: the shape of an answer in rows, the step from a vendor's instants to sessions, and
the sorting into rows, rows put aside and bars that are not final yet. The same for all vendors.
Does not belong here: any vendor's format; the rules about values (tables/, applied by lake/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds
from numpy.typing import NDArray

from stock_assets import market
from stock_assets.tables import PRICES, Table
from stock_assets.vendors.messages import Answer

Longs = NDArray[np.int64]

NOT_A_SESSION: Final = ("bar_on_a_session", "the exchange is shut on that day, yet there is a bar")
CONFLICT: Final = ("one_bar_per_session", "several bars of one session differ within one answer")

_NUMBERS: Final = frozenset({int, float, type(None)})
_EPOCH: Final = date(1970, 1, 1)
_UNKNOWN: Final = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Bars:
    """What one request for prices brought.

    ``prices`` and ``actions`` have the row schemas of PRICES and CORPORATE_ACTIONS. ``rejected``
    holds rows that cannot be accepted, in the target's columns and ``target``, ``rule``,
    ``reason``; None when there are none. ``missing``: sessions for which the vendor sent a row
    without any value. ``unfinished``: bars left out because their session is not over (or, at
    Yahoo, the live bar beside the proper one). ``doubled``: identical doubles that were dropped.
    """

    symbol: str | None
    prices: pa.Table
    actions: pa.Table
    answers: tuple[Answer, ...]
    rejected: pa.Table | None = None
    missing: tuple[date, ...] = ()
    unfinished: int = 0
    doubled: int = 0


@dataclass(frozen=True, slots=True)
class Sorted:
    """Candidate rows, sorted: what counts, what is put aside, how many do not count yet."""

    rows: pa.Table
    rejected: pa.Table | None
    unfinished: int
    doubled: int


@dataclass(frozen=True)
class SessionIndex:
    """Sessions by day number since 1970, for looking up millions of bars at once.

    ``midnight_ms``: 00:00 New York of each day; ``open_s``: the opening bell; ``close_us``: the
    closing bell, or a sentinel on days on which the exchange is shut.
    """

    first: int
    midnight_ms: Longs = field(repr=False)
    open_s: Longs = field(repr=False)
    close_us: Longs = field(repr=False)

    def covers(self, days: Longs) -> bool:
        """Whether all these day numbers lie inside the calendar."""
        inside = (days >= self.first) & (days < self.first + len(self.close_us))
        return bool(inside.all())

    def known_at(self, days: Longs) -> pa.Array:
        """When the market knew the bars of these days: their close; null where it was shut."""
        closes = self.close_us[days - self.first]
        shut = closes == _UNKNOWN
        return pa.array(closes, pa.timestamp("us", tz="UTC"), mask=shut if shut.any() else None)

    def closed_through(self, now: datetime) -> date:
        """The newest day whose session, if it has one, is final by ``now``."""
        limit = int(
            (now - market.FINAL_AFTER - datetime.fromtimestamp(0, UTC)) / timedelta(microseconds=1)
        )
        final = np.flatnonzero((self.close_us != _UNKNOWN) & (self.close_us <= limit))
        return _EPOCH + timedelta(days=self.first + int(final[-1]) if len(final) else 0)


@lru_cache(maxsize=1)
def session_index() -> SessionIndex:
    """The XNYS calendar as arrays; built once per process."""
    calendar = market.calendar()
    sessions = calendar.sessions
    first = market.FIRST_DAY.toordinal() - _EPOCH.toordinal()
    count = sessions[-1].day.toordinal() - market.FIRST_DAY.toordinal() + 1
    days = [market.FIRST_DAY + timedelta(days=n) for n in range(count)]
    midnights = [datetime.combine(d, time(), market.NEW_YORK).timestamp() for d in days]
    opens = np.full(count, _UNKNOWN, dtype=np.int64)
    closes = np.full(count, _UNKNOWN, dtype=np.int64)
    where = [s.day.toordinal() - market.FIRST_DAY.toordinal() for s in sessions]
    opens[where] = [int(s.open_at.timestamp()) for s in sessions]
    closes[where] = [int(s.close_at.timestamp()) * 1_000_000 for s in sessions]
    return SessionIndex(first, (np.array(midnights) * 1000).astype(np.int64), opens, closes)


def plain_numbers(values: Sequence[object]) -> pa.Array | None:
    """The values as doubles, or integers where all are; None unless each is a number or null.

    Text is never taken for a number, nor true and false for one and zero.
    """
    if not set(map(type, values)) <= _NUMBERS:
        return None
    try:
        array = pa.array(values)
    except (pa.ArrowInvalid, OverflowError):
        # Whole numbers beyond 64 bits, alone or among doubles.
        return pa.array([None if v is None else float(v) for v in values], pa.float64())  # type: ignore[arg-type]
    return array.cast(pa.float64()) if kinds.is_null(array.type) else array


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH.toordinal()


def new_york_midnight(day: date) -> datetime:
    """00:00 in New York of that day, as a UTC instant: when an ex-date begins."""
    return datetime.combine(day, time(), market.NEW_YORK).astimezone(UTC)


def price_rows(
    vendor: str, symbols: pa.Array, days: Longs, values: Mapping[str, pa.Array | pa.ChunkedArray]
) -> pa.Table:
    """Rows of PRICES as traded. ``values``: open, high, low, close (USD) and volume (shares).

    ``known_at`` is the session's close, and missing where the exchange was shut.
    """
    count = len(days)
    return pa.table(
        [
            pa.repeat(pa.scalar(vendor), count),
            symbols,
            pa.array(days.astype(np.int32), pa.int32()).cast(pa.date32()),
            *(values[name] for name in ("open", "high", "low", "close", "volume")),
            pa.repeat(pa.scalar("as_traded"), count),
            session_index().known_at(days),
        ],
        schema=PRICES.row_schema,
    )


def sort_out(rows: pa.Table, first: date, last: date, closed_through: date) -> Sorted:
    """Clip to ``first`` … ``last``, leave out what is not final, put aside what cannot be.

    Rows come back by symbol and session as they came, or sorted when they were not in order.
    """
    day, until, unfinished = rows["session"], min(last, closed_through), 0
    reach = pc.min_max(day).as_py()
    if day.null_count or not len(day) or reach["min"] < first or reach["max"] > until:
        # Bars of days to come are counted, whether they were asked for or not.
        unfinished = pc.sum(pc.greater(day, pa.scalar(closed_through))).as_py() or 0
        after = pc.greater_equal(day, pa.scalar(first))
        rows = rows.filter(pc.and_(after, pc.less_equal(day, pa.scalar(until))))
    aside = []
    shut = pc.is_null(rows["known_at"])
    if pc.any(shut).as_py():
        aside.append(put_aside(PRICES, rows.filter(shut), *NOT_A_SESSION))
        rows = rows.filter(pc.invert(shut))
    rows, doubled, conflicts = _one_per_key(rows)
    if conflicts is not None:
        aside.append(put_aside(PRICES, conflicts, *CONFLICT))
    return Sorted(rows, pa.concat_tables(aside) if aside else None, unfinished, doubled)


def put_aside(table: Table, rows: pa.Table, rule: str, reason: str) -> pa.Table:
    """Rows that cannot be accepted, with the table they were meant for, the rule and the reason."""
    for name, value in (("target", table.name), ("rule", rule), ("reason", reason)):
        rows = rows.append_column(name, pa.repeat(pa.scalar(value), rows.num_rows))
    return rows


def _one_per_key(rows: pa.Table) -> tuple[pa.Table, int, pa.Table | None]:
    """Rows in order, identical doubles once, and all rows of keys whose values differ."""
    if _strictly_ordered(rows):
        return rows, 0, None
    distinct = rows.group_by(rows.column_names, use_threads=False).aggregate([])
    doubled = rows.num_rows - distinct.num_rows
    counted = distinct.group_by(["symbol", "session"]).aggregate([([], "count_all")])
    good = counted.filter(pc.equal(counted["count_all"], 1)).select(["symbol", "session"])
    keys = ["symbol", "session"]
    order = [(key, "ascending") for key in keys]
    accepted = distinct.join(good, keys, join_type="left semi").sort_by(order)
    conflicts = distinct.join(good, keys, join_type="left anti").sort_by(order)
    return accepted, doubled, conflicts if conflicts.num_rows else None


def _strictly_ordered(rows: pa.Table) -> bool:
    if rows.num_rows < 2:
        return True
    codes = rows["symbol"].combine_chunks().dictionary_encode().indices.to_numpy()
    days = rows["session"].cast(pa.int32()).to_numpy()
    steps = np.diff(codes.astype(np.int64) * 1_000_000 + days)
    # Codes are given in order of appearance, so a symbol that comes back steps down.
    return bool((steps > 0).all())
