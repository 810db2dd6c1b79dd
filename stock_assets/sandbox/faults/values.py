"""Single values of vendors' rows: multiplied, moved, read as days, whatever they are written as.

Belongs here: numbers, numbers in strings, epoch seconds and milliseconds, ISO dates.
Does not belong here: where in a document they stand (jsonpath.py, rows.py).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from stock_assets.market import NEW_YORK

_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIRST_STAMP: Final = 100_000_000
_MILLISECONDS_FROM: Final = 100_000_000_000


def scaled(value: object, factor: float) -> object:
    """The number times ``factor``, written as it was; what is no number stays."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        former = Decimal(value)
        product = former * Decimal(str(factor))
        with suppress(ArithmeticError):
            rounded = product.quantize(former)
            product = product if rounded == former else rounded
        return f"{product:f}"
    return _like(value, lambda number: number * factor)


def moved(value: object, by: float) -> object:
    """A number plus ``by``; an ISO date or instant so many days later; the rest stays."""
    if isinstance(value, str) and _ISO_DAY.match(value):
        return later(value, by)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return f"{Decimal(value) + Decimal(str(by)):f}"
    return _like(value, lambda number: number + by)


def day_of(value: object) -> date | None:
    """The day in New York of an epoch (seconds or milliseconds), of an ISO text, of a year."""
    if isinstance(value, int | float) and value >= _FIRST_STAMP:
        seconds = value / 1000 if value >= _MILLISECONDS_FROM else value
        with suppress(ValueError, OverflowError, OSError):
            return datetime.fromtimestamp(seconds, UTC).astimezone(NEW_YORK).date()
    if isinstance(value, str):
        with suppress(ValueError):
            return date(int(value), 1, 1) if len(value) == 4 else date.fromisoformat(value[:10])
    return None


def later(value: object, days: float) -> object:
    """A time so many days later at the same time in New York; what is no time stays."""
    with suppress(ValueError, OverflowError, OSError):
        if isinstance(value, str) and _ISO_DAY.match(value):
            day = date.fromisoformat(value[:10]) + timedelta(days=days)
            return day.isoformat() + value[10:]
        if isinstance(value, int | float) and day_of(value) is not None:
            unit = 1000 if value >= _MILLISECONDS_FROM else 1
            whole, rest = divmod(value, unit)
            local = datetime.fromtimestamp(whole, UTC).astimezone(NEW_YORK)
            moment = (local + timedelta(days=days)).astimezone(UTC)
            return round(moment.timestamp()) * unit + rest
    return value


def _like(value: object, change: Callable[[float], float]) -> object:
    """The changed number, whole where it was whole and can be."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return value
    try:
        result = change(value)
    except OverflowError:
        return math.inf
    is_whole = isinstance(value, int) and math.isfinite(result) and result == int(result)
    return int(result) if is_whole else result
