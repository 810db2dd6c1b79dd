"""What may be asked of FRED: keys, dates, real-time periods, limits, in FRED's words.

Belongs here: reading parameters and refusing them. Does not belong here: answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from stock_assets.sandbox.fred_words import Refused
from stock_assets.sandbox.limits import Rate

FRED_FREE_KEY: Final = "twinfree".ljust(32, "0")
FRED_UNLIMITED_KEY: Final = "twinunlimited".ljust(32, "0")
FRED_FREE: Final = Rate(120, 60.0)
FIRST_DAY: Final = date(1776, 7, 4)
LAST_DAY: Final = date(9999, 12, 31)

_CENTRAL: Final = ZoneInfo("America/Chicago")
_KEY: Final = re.compile(r"[0-9a-z]{32}")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_READ: Final = "  Read https://fred.stlouisfed.org/docs/api/api_key.html for more information."

Query = Mapping[str, str]
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class RealTime:
    """The days between which what was known is asked for, both included."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of the rows, and in which order."""

    limit: int
    offset: int
    order: str

    def of(self, rows: Sequence[_Row]) -> Sequence[_Row]:
        """That part of rows that are in ascending order."""
        ordered = rows if self.order == "asc" else rows[::-1]
        return ordered[self.offset : self.offset + self.limit]


def check_key(query: Query) -> str:
    """The key.

    Raises:
        Refused: without one, for one of another shape, for one that nobody has registered.
    """
    key = query.get("api_key", "")
    if not key:
        raise Refused("Bad Request.  Variable api_key has not been set.")
    if not _KEY.fullmatch(key):
        raise Refused(
            "Bad Request.  The value for variable api_key is not a 32 character alpha-numeric "
            f"lower-case string.{_READ}"
        )
    if key not in (FRED_FREE_KEY, FRED_UNLIMITED_KEY):
        raise Refused(f"Bad Request.  The value for variable api_key is not registered.{_READ}")
    return key


def central_day(now: datetime) -> date:
    """Today in St. Louis."""
    return now.astimezone(_CENTRAL).date()


def day_of(query: Query, name: str, default: date) -> date:
    """A date parameter.

    Raises:
        Refused: when it is not a date.
    """
    text = query.get(name)
    return default if text is None else _day(name, text)


def _day(name: str, text: str) -> date:
    if not _DAY.fullmatch(text):
        raise Refused(
            f"Bad Request.  Variable {name} is not a YYYY-MM-DD formatted date (e.g. 2000-02-24)."
        )
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"Bad Request.  Variable {name} is not a valid calendar date.") from None


def real_time(
    query: Query, now: datetime, *, default: tuple[date, date] | None = None, future: bool = False
) -> RealTime:
    """The real-time period; today in St. Louis by default.

    Raises:
        Refused: for a period that ends before it starts, that starts before 1776-07-04, or
            (unless ``future``) that lies after today and does not end on 9999-12-31.
    """
    today = central_day(now)
    first, last = default or (today, today)
    found = {
        "realtime_start": day_of(query, "realtime_start", first),
        "realtime_end": day_of(query, "realtime_end", last),
    }
    for name, day in found.items():
        if day < FIRST_DAY:
            raise Refused(f'Bad Request.  Variable {name} ("{day}") is before min date 1776-07-04.')
        if not future and today < day < LAST_DAY:
            raise Refused(_after_today(name, today))
    window = RealTime(found["realtime_start"], found["realtime_end"])
    _ordered("realtime_start", window.start, "realtime_end", window.end)
    return window


def vintages_asked(query: Query, now: datetime) -> tuple[date, ...]:
    """The days in ``vintage_dates`` in order, none when it is not given.

    Raises:
        Refused: when one of them is no date, or has not come.
    """
    today = central_day(now)
    texts = [text.strip() for text in query.get("vintage_dates", "").split(",") if text.strip()]
    days = sorted({_day("vintage_dates", text) for text in texts})
    if days and days[-1] > today:
        raise Refused(_after_today("vintage_dates", today))
    return tuple(days)


def observation_window(query: Query) -> tuple[date, date]:
    """First and last day of the observations asked for.

    Raises:
        Refused: when they are not dates, or not in order.
    """
    first = day_of(query, "observation_start", FIRST_DAY)
    last = day_of(query, "observation_end", LAST_DAY)
    _ordered("observation_start", first, "observation_end", last)
    return first, last


def slice_of(query: Query, most: int, order: str = "asc", limit: int | None = None) -> Slice:
    """``limit``, ``offset`` and ``sort_order``.

    Raises:
        Refused: outside what FRED takes.
    """
    wanted = query.get("sort_order", order)
    if wanted not in ("asc", "desc"):
        raise Refused('Bad Request.  Variable sort_order is not one of the values: "asc", "desc".')
    size = whole(query, "limit", limit or most, 1, most)
    return Slice(size, whole(query, "offset", 0, 0, 2**31), wanted)


def whole(query: Query, name: str, default: int, least: int, most: int) -> int:
    """A whole number.

    Raises:
        Refused: when it is none, or out of bounds.
    """
    text = query.get(name, str(default))
    if text.isascii() and text.isdigit() and least <= int(text) <= most:
        return int(text)
    raise Refused(f"Bad Request.  Variable {name} is not between {least} and {most}.")


def _after_today(name: str, today: date) -> str:
    return (
        f"Bad Request.  Variable {name} can not be after today's date ({today}) unless it's "
        "equal to the real-time max date 9999-12-31."
    )


def _ordered(low: str, first: date, high: str, last: date) -> None:
    if first > last:
        raise Refused(
            f'Bad Request.  The date set by variable {low} ("{first}") can not be after the date '
            f'set by variable {high} ("{last}").'
        )
