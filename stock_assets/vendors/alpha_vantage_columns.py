"""Alpha Vantage's entries of text, to columns of days and numbers.

Belongs here: its marks for what is missing, a quick way over entries that are plain throughout and
a careful one that puts aside what cannot be read.
Does not belong here: what the columns mean (alpha_vantage_rows.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from itertools import chain
from operator import itemgetter
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stock_assets.errors import ContractError
from stock_assets.vendors.alpha_vantage_body import VENDOR
from stock_assets.vendors.bars import Longs, day_number
from stock_assets.vendors.plain_text import plain_days, plain_doubles
from stock_assets.vendors.rowwise import Aside, Row, broken

Columns = tuple[Longs, dict[str, NDArray[np.float64]]]

_NUMBER: Final = re.compile(r"-?\d{1,18}(\.\d{1,12})?")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_MISSING: Final = frozenset({"None", "-"})


def read_entries(symbol: str, entries: Row, fields: Mapping[str, str], aside: Aside) -> Columns:
    """Day numbers, and each field's values by our name for it, in the order of the days.

    ``entries``: a day's text to its fields; ``fields``: our names to the vendor's. Entries of which
    the day or a field cannot be read go to ``aside``.
    """
    read = _read_plainly(entries, fields)
    days, values = read or _read_carefully(symbol, entries, fields, aside)
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
    if value is None or value in _MISSING:
        return None
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise broken("Alpha Vantage", f"{field} is {value!r:.40}, not a number in text", VENDOR)
    return float(value)


def _read_plainly(entries: Row, fields: Mapping[str, str]) -> Columns | None:
    """Days and values of all entries at once; None unless each of them is plain."""
    try:
        columns = (map(itemgetter(name), entries.values()) for name in fields.values())
        texts = list(chain.from_iterable(columns))
        days, numbers = plain_days(pa.array(entries, pa.string())), pa.array(texts, pa.string())
    except (KeyError, TypeError, pa.ArrowInvalid):
        return None
    values = plain_doubles(numbers)
    if days is None or values is None or values.null_count:
        return None
    table = values.to_numpy().reshape(len(fields), len(entries))
    return days.cast(pa.int32()).to_numpy().astype(np.int64), dict(zip(fields, table, strict=True))


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
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise broken("daily series", f"{text!r:.40} is not a day", VENDOR)
