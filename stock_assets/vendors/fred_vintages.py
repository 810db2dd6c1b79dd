"""FRED's observations with their validity, to vintages.

Belongs here: the meaning of ``realtime_start`` and ``realtime_end``, windows of vintages and how
clipped intervals are joined again, values that the vendor stops saying.
Does not belong here: requests (fred.py), when a vintage is known (release_clock.py).
Source: fred.stlouisfed.org/docs/api/fred/series_observations.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stock_assets.tables import MACRO
from stock_assets.vendors.fred_observations import Row, as_columns, as_said, day_numbers
from stock_assets.vendors.observations import (
    BAD_DAY,
    BAD_VALUE,
    aside,
    macro_table,
    numbers_of,
    said_by,
    settle,
)
from stock_assets.vendors.release_clock import clock_of_series, known_at

VENDOR: Final = "fred"
OUTSIDE: Final = ("vintage_in_window", "its vintage ends before it begins, or was not asked for")

_MISSING: Final = "."
_SHARED: Final = {"vendor": VENDOR, "country": "USA"}

Observed: TypeAlias = Sequence[Row] | pa.Table
"""Observations as rows, or as columns where all rows are alike."""
Days = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Window:
    """A span of real time, both days included. FRED clips validity to it."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What FRED says about a series: its id, the length of its periods, its unit."""

    series: str
    frequency: str
    unit: str | None


@dataclass(frozen=True, slots=True)
class Vintages:
    """Rows of MACRO, rows put aside, and how many identical doubles were dropped."""

    rows: pa.Table
    rejected: pa.Table | None
    doubled: int


@dataclass(frozen=True, slots=True)
class _Spells:
    """Values and the days on which the vendor said them, by period and first day."""

    period: Days
    first: Days
    last: Days
    value: NDArray[np.float64]
    bad: NDArray[np.bool_]
    """The value cannot be read: it is no row, and ends what was said before all the same."""
    opens: NDArray[np.bool_]
    """It begins with its window."""

    def at(self, where: NDArray[Any]) -> _Spells:
        """Some of them."""
        columns = (self.period, self.first, self.last, self.value, self.bad, self.opens)
        return _Spells(*(column[where] for column in columns))


@dataclass(frozen=True, slots=True)
class _Read:
    """All rows as they came: readable or ``lost``, inside their windows or ``outside``."""

    period: pa.Array
    first: pa.Array
    spells: _Spells
    lost: NDArray[np.bool_]
    outside: NDArray[np.bool_]


def windows(vintages: Sequence[date], today: date, at_most: int) -> tuple[Window, ...]:
    """Spans of real time that leave no day out and hold up to ``at_most`` vintages each.

    The last one ends ``today``. ``vintages`` are in order.
    """
    starts = list(vintages[::at_most])
    ends = [following - timedelta(days=1) for following in starts[1:]]
    return tuple(map(Window, starts, [*ends, today]))


def vintages_of(
    facts: SeriesFacts, answered: Sequence[tuple[Window, Observed]], *, after: date | None
) -> Vintages:
    """What all windows together say, as if they had been asked for in one.

    A row per period and day from which on the vendor says another value than before. Where the
    vendor stops saying any value, a missing one is known from the day after. ``after``: only
    vintages after that day; the first window begins on it.

    Weekly series carry the vendor's own date of the week, which at FRED is its last day.
    """
    if not any(len(rows) for _, rows in answered):
        return Vintages(MACRO.row_schema.empty_table(), None, 0)
    read = _read(answered)
    sound = ~(read.lost | read.outside)
    kept, doubled = _once(read.spells if sound.all() else read.spells.at(sound))
    today = max(window.last for window, _ in answered)
    found = _changes(kept, int(np.datetime64(today, "D").astype(np.int64)))
    rules = (
        (BAD_DAY, read.lost),
        (OUTSIDE, read.outside),
        (BAD_VALUE, read.spells.bad & sound),
    )
    broken = [(rule, where) for rule, where in rules if where.any()]
    said = [row for _, rows in answered for row in as_said(rows)] if broken else []
    rejected = [
        aside(_raw(facts, read, where), rule, said_by([said[n] for n in np.flatnonzero(where)]))
        for rule, where in broken
    ]
    rows, against, more = settle(_rows(facts, found, after), rejected)
    return Vintages(rows, against, doubled + more)


def _read(answered: Sequence[tuple[Window, Observed]]) -> _Read:
    """The rows of all windows as numbers, clipped to their windows."""
    edges = [_edges(window, len(rows)) for window, rows in answered]
    begins, ends = (np.concatenate([edge[n] for edge in edges]) for n in (0, 1))
    columns = pa.concat_tables([as_columns(rows) for _, rows in answered]).combine_chunks()
    days = [columns[name].chunk(0) for name in ("date", "realtime_start", "realtime_end")]
    value, unreadable = numbers_of(columns["value"].chunk(0), _MISSING)
    lost = np.zeros(len(columns), dtype=bool)
    for column in days:
        if column.null_count:
            lost |= pc.is_null(column).to_numpy(False)
    period, first, last = (day_numbers(column) for column in days)
    outside = ~lost & ((first > last) | (first > ends) | (last < begins))
    spells = _Spells(
        period,
        np.maximum(first, begins),
        np.minimum(last, ends),
        value.to_numpy(False),
        unreadable.to_numpy(False),
        first <= begins,
    )
    return _Read(days[0], days[1], spells, lost, outside)


def _edges(window: Window, count: int) -> tuple[Days, Days]:
    first, last = np.array([window.first, window.last], "datetime64[D]").astype(np.int64)
    return np.full(count, first), np.full(count, last)


def _once(spells: _Spells) -> tuple[_Spells, int]:
    """In order of period and first day, identical doubles once."""
    later = np.diff(spells.period)
    if bool(((later > 0) | ((later == 0) & (np.diff(spells.first) > 0))).all()):
        return spells, 0
    value = np.nan_to_num(spells.value, nan=np.inf)
    order = np.lexsort((spells.bad, value, spells.last, spells.first, spells.period))
    ordered, value = spells.at(order), value[order]
    same = np.zeros(len(order), dtype=bool)
    same[1:] = (
        (np.diff(ordered.period) == 0)
        & (np.diff(ordered.first) == 0)
        & (np.diff(ordered.last) == 0)
        & (value[1:] == value[:-1])
        & (ordered.bad[1:] == ordered.bad[:-1])
    )
    return ordered.at(~same), int(same.sum())


def _changes(spells: _Spells, today: int) -> _Spells:
    """The days on which a value changes, withdrawn values included."""
    count = len(spells.period)
    again = np.zeros(count, dtype=bool)
    follows = np.diff(spells.period) == 0
    value = np.nan_to_num(spells.value, nan=np.inf)
    # A window's first day cuts a value in two that the vendor has said all along.
    again[1:] = (
        follows
        & spells.opens[1:]
        & (spells.first[1:] == spells.last[:-1] + 1)
        & (value[1:] == value[:-1])
        & ~(spells.bad[1:] | spells.bad[:-1])
    )
    until = np.full(count, today + 1)
    until[:-1][follows] = spells.first[1:][follows]
    withdrawn = (spells.last + 1 < until) & ~np.isnan(spells.value) & ~spells.bad
    gone = spells.at(withdrawn)
    stays = spells.at(~again & ~spells.bad)
    return _Spells(
        np.concatenate([stays.period, gone.period]),
        np.concatenate([stays.first, gone.last + 1]),
        np.concatenate([stays.last, gone.last]),
        np.concatenate([stays.value, np.full(len(gone.value), np.nan)]),
        np.concatenate([stays.bad, gone.bad]),
        np.concatenate([stays.opens, gone.opens]),
    )


def _rows(facts: SeriesFacts, spells: _Spells, after: date | None) -> pa.Table:
    vintage = pa.array(spells.first.astype(np.int32), pa.int32()).cast(pa.date32())
    columns = {
        **_SHARED,
        "series": facts.series,
        "period_start": pa.array(spells.period.astype(np.int32), pa.int32()).cast(pa.date32()),
        "vintage_on": vintage,
        "frequency": facts.frequency,
        "value": pa.array(spells.value, pa.float64(), from_pandas=True),
        "unit": facts.unit,
        "known_at": known_at(vintage, clock_of_series(facts.series)),
    }
    rows = macro_table(columns, len(vintage))
    return rows if after is None else rows.filter(pc.greater(rows["vintage_on"], pa.scalar(after)))


def _raw(facts: SeriesFacts, read: _Read, where: NDArray[np.bool_]) -> pa.Table:
    mask = pa.array(where)
    columns = {
        **_SHARED,
        "series": facts.series,
        "period_start": read.period.filter(mask),
        "vintage_on": read.first.filter(mask),
        "frequency": facts.frequency,
        "value": None,
        "unit": facts.unit,
        "known_at": None,
    }
    return macro_table(columns, int(where.sum()))
