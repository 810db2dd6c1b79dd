"""The rows in a vendor's JSON, whichever of three ways they are laid out.

Belongs here: finding them, their days, and doing to all or the newest of them what no single place
can show. Does not belong here: single places (mutations.py).

Records: a list of objects (Polygon, FRED ...). Columns: lists of equal length side by side, one of
them of times (Yahoo's chart). Dated: an object whose keys are days (Alpha Vantage).
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol

from stock_assets.sandbox.faults.jsonpath import Slot
from stock_assets.sandbox.faults.values import day_of, later, scaled

TIMES: Final = (
    "t", "timestamp", "date", "datetime", "record_date", "publishedAt", "published_utc",
    "ex_dividend_date", "execution_date", "auction_date", "time", "pubDate",
)  # fmt: skip
"""What vendors call the time of a row, the first that is there."""


class Rows(Protocol):
    """Rows of a document, changed in place."""

    def restate(self, field: str, factor: float, first: date) -> None:
        """Multiply a number in all rows from the day ``first`` (in New York) on."""
        ...

    def repeat_newest(self, days: float) -> None:
        """The newest row once more, dated so many days later."""
        ...

    def lists(self) -> list[Slot]:
        """The lists that grow together when there are more rows."""
        ...


def found(root: list[Any]) -> Rows | None:
    """The rows of the document that ``root`` alone holds; None when it has none."""
    places = list(_places(root))
    for holder, key in places:
        if isinstance(dated := holder[key], dict) and dated and all(map(_is_day, dated)):
            return Dated(dated)
    lists = [(holder, key) for holder, key in places if isinstance(holder[key], list)]
    for holder, key in lists:
        if key in TIMES and holder[key]:
            size = len(holder[key])
            columns = [slot for slot in lists if _is_column(*slot, size)]
            return Columns([*columns, (holder, key)], str(key))
    records = [slot for slot in lists if any(isinstance(row, dict) for row in slot[0][slot[1]])]
    longest = max(records, key=lambda slot: len(slot[0][slot[1]]), default=None)
    return None if longest is None else Records(longest)


@dataclass(frozen=True, slots=True)
class Records:
    """A list of objects. What is no object in it is no row, and left alone."""

    slot: Slot

    def restate(self, field: str, factor: float, first: date) -> None:
        """See :class:`Rows`."""
        for row in self._list:
            if isinstance(row, dict) and field in row and _is_from(row.get(_time_of(row)), first):
                row[field] = scaled(row[field], factor)

    def repeat_newest(self, days: float) -> None:
        """See :class:`Rows`."""
        rows = self._list
        times = [row.get(_time_of(row)) if isinstance(row, dict) else None for row in rows]
        newest = _newest(times)
        if newest is None:
            return
        time = _time_of(rows[newest])
        again = {
            name: later(value, days) if name == time or isinstance(value, str) else value
            for name, value in rows[newest].items()
        }
        is_newest_first = newest == 0 and len(rows) > 1
        rows.insert(0 if is_newest_first else newest + 1, copy.deepcopy(again))

    def lists(self) -> list[Slot]:
        """See :class:`Rows`."""
        return [self.slot]

    @property
    def _list(self) -> list[Any]:
        holder, key = self.slot
        rows: list[Any] = holder[key]
        return rows


@dataclass(frozen=True, slots=True)
class Columns:
    """Lists of numbers of equal length; ``time`` is the name of the last one, which holds times."""

    slots: list[Slot]
    time: str

    def restate(self, field: str, factor: float, first: date) -> None:
        """See :class:`Rows`."""
        holder, key = self.slots[-1]
        chosen = [row for row, time in enumerate(holder[key]) if _is_from(time, first)]
        for holder, key in self.slots:
            if key == field:
                for row in chosen:
                    holder[key][row] = scaled(holder[key][row], factor)

    def repeat_newest(self, days: float) -> None:
        """See :class:`Rows`."""
        holder, key = self.slots[-1]
        newest = _newest(holder[key])
        if newest is None:
            return
        for holder, key in self.slots:
            value = holder[key][newest]
            holder[key].append(later(value, days) if key == self.time else value)

    def lists(self) -> list[Slot]:
        """See :class:`Rows`."""
        return self.slots


@dataclass(frozen=True, slots=True)
class Dated:
    """An object whose keys are days."""

    rows: dict[str, Any]

    def restate(self, field: str, factor: float, first: date) -> None:
        """See :class:`Rows`."""
        for key, row in self.rows.items():
            if isinstance(row, dict) and field in row and _is_from(key, first):
                row[field] = scaled(row[field], factor)

    def repeat_newest(self, days: float) -> None:
        """See :class:`Rows`."""
        newest = max(self.rows)
        others = dict(self.rows)
        self.rows.clear()
        self.rows[str(later(newest, days))] = copy.deepcopy(others[newest])
        self.rows.update(others)

    def lists(self) -> list[Slot]:
        """See :class:`Rows`."""
        return []


def _places(root: list[Any]) -> Iterator[Slot]:
    """Every object and list, from the outside in."""
    waiting: deque[Slot] = deque([(root, 0)] if isinstance(root[0], dict | list) else [])
    while waiting:
        holder, key = waiting.popleft()
        yield holder, key
        inner = holder[key]
        keys = inner if isinstance(inner, dict) else range(len(inner))
        waiting += [(inner, each) for each in keys if isinstance(inner[each], dict | list)]


def _is_column(holder: Any, key: object, size: int) -> bool:
    column = holder[key]
    return (
        isinstance(key, str)
        and key not in TIMES
        and len(column) == size
        and all(isinstance(value, int | float | None) for value in column)
    )


def _time_of(row: dict[str, Any]) -> str:
    return next((name for name in TIMES if day_of(row.get(name)) is not None), "")


def _is_from(time: object, first: date) -> bool:
    day = day_of(time)
    return day is not None and day >= first


def _newest(times: list[Any]) -> int | None:
    known = [(day, -index) for index, time in enumerate(times) if (day := day_of(time))]
    return -max(known)[1] if known else None


def _is_day(key: object) -> bool:
    with suppress(ValueError):
        return isinstance(key, str) and bool(date.fromisoformat(key[:10]))
    return False
