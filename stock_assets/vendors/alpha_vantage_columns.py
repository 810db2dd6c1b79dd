"""Alpha Vantage's entries of text, to columns of days and numbers.

Belongs here: its marks for what is missing, and the careful way over entries, which puts aside what
cannot be read.
Does not belong here: what the columns mean (alpha_vantage_rows.py); the quick way over entries that
are plain throughout (plain_entries.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stock_assets.errors import ContractError
from stock_assets.vendors.alpha_vantage_body import VENDOR
from stock_assets.vendors.bars import Longs, day_number, session_index
from stock_assets.vendors.plain_entries import PlainEntries
from stock_assets.vendors.rowwise import Aside, Row, broken

Columns = tuple[Longs, dict[str, NDArray[np.float64]]]

_NUMBER: Final = re.compile(r"-?\d{1,18}(\.\d{1,12})?")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_MISSING: Final = frozenset({"None", "-"})


def read_entries(
    symbol: str, entries: Row | PlainEntries, fields: Mapping[str, str], aside: Aside
) -> Columns:
    """Day numbers, and each field's values by our name for it, in the order of the days.

    ``entries``: a day's text to its fields; ``fields``: our names to the vendor's. Entries of which
    the day or a field cannot be read go to ``aside``.
    """
    if isinstance(entries, PlainEntries):
        return entries.days, {name: entries.values[field] for name, field in fields.items()}
    days, values = _read_carefully(symbol, entries, fields, aside)
    order = np.argsort(days)
    return days[order], {name: column[order] for name, column in values.items()}


def required(entry: object, field: str) -> float:
    """A number.

    Raises:
        ContractError: it is missing, or something else.
    """
    value = optional(entry, field) if isinstance(entry, dict) and field in entry else None
    if value is None:
        raise broken("Alpha Vantage", f"{field} is missing", VENDOR)
    return value


def optional(entry: Mapping[str, Any], field: str) -> float | None:
    """A number, None where the vendor marks it as missing.

    Raises:
        ContractError: it is something else.
    """
    value = entry.get(field)
    if value is None or (isinstance(value, str) and value in _MISSING):
        return None
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise broken("Alpha Vantage", f"{field} is {value!r:.40}, not a number in text", VENDOR)
    return float(value)


def _read_carefully(symbol: str, entries: Row, fields: Mapping[str, str], aside: Aside) -> Columns:
    """Days and values entry by entry; those that cannot be read are put aside."""
    days: list[int] = []
    values: dict[str, list[float]] = {name: [] for name in fields}
    for text, entry in entries.items():
        known: dict[str, Any] = {"vendor": VENDOR, "symbol": symbol}
        try:
            day = known["session"] = _day(text)
            found = {name: required(entry, field) for name, field in fields.items()}
        except ContractError as error:
            aside.add(known, {text: entry}, "entry_readable", error.reason)
            continue
        days.append(day_number(day))
        for name, value in found.items():
            values[name].append(value)
    columns = {name: np.array(column, dtype=np.float64) for name, column in values.items()}
    return np.array(days, dtype=np.int64), columns


def _day(text: object) -> date:
    if isinstance(text, str) and _DAY.fullmatch(text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            pass
        else:
            index = session_index()
            if 0 <= day_number(day) - index.first < len(index.close_us):
                return day
            raise broken("daily series", f"{text} is outside of the exchange's calendar", VENDOR)
    raise broken("daily series", f"{text!r:.40} is not a day", VENDOR)
