"""Yahoo's chart of an index or a currency: from its bytes to days and values.

Belongs here: what was agreed about such a chart. Does not belong here: shares, whose splits must
be undone (yahoo_chart.py); which bars count (yahoo_context.py).
Source: the answers of Yahoo's v8 chart. Times are seconds since 1970: of an index the opening bell,
of a currency midnight in London; the bar in progress carries the time of the last trade.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from stock_assets.errors import ContractError, PayloadError
from stock_assets.vendors.bars import plain_numbers
from stock_assets.vendors.yahoo_chart import PRICES, VENDOR, Doubles, as_traded

_QUOTES: Final = (*PRICES, "volume")
_EARLIEST: Final = date(1920, 1, 1)
_LATEST: Final = date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the chart of one symbol must say about itself. ``symbols``: Yahoo's spellings of it."""

    symbols: tuple[str, ...]
    kind: str
    currency: str
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContextChart:
    """A chart in the vendor's order: ``days`` in the exchange's zone, ``stamps`` in seconds.

    ``values``: open, high, low, close and volume as doubles, NaN where the vendor has none.
    """

    days: tuple[date, ...]
    stamps: tuple[int, ...]
    values: Mapping[str, Doubles]


def parse_context_chart(agreed: Agreed, body: bytes) -> ContextChart:
    """Read a chart.

    Raises:
        PayloadError: it is not JSON.
        ContractError: another symbol, kind, currency, zone or interval; arrays of different
            lengths; values that are not numbers; times that cannot be.
    """
    name = agreed.symbols[0]
    result = _result(name, body)
    zone = _checked_zone(agreed, result.get("meta"))
    stamps = _stamps(name, result.get("timestamp", []))
    try:
        days = tuple(datetime.fromtimestamp(stamp, zone).date() for stamp in stamps)
    except (OverflowError, ValueError, OSError):
        days = (date.max,)
    if days and not _EARLIEST <= min(days) <= max(days) < _LATEST:
        raise _broken(name, "a timestamp lies in no year of ours (seconds since 1970 expected)")
    return ContextChart(days, stamps, _values(name, result, len(stamps)))


def _result(name: str, body: bytes) -> Mapping[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise PayloadError(
            name,
            reason=f"not one whole JSON document ({error.msg} at byte {error.pos} of {len(body)})",
            next_action="run again; the bytes are kept",
            vendor=VENDOR,
        ) from None
    chart = content.get("chart") if isinstance(content, dict) else None
    results = chart.get("result") if isinstance(chart, dict) and not chart.get("error") else None
    if not isinstance(results, list) or len(results) != 1 or not isinstance(results[0], dict):
        raise _broken(name, "the chart does not hold exactly one result and no error")
    return results[0]


def _checked_zone(agreed: Agreed, meta: object) -> ZoneInfo:
    name = agreed.symbols[0]
    if not isinstance(meta, dict):
        raise _broken(name, "the chart has no meta")
    allowed = {
        "symbol": agreed.symbols,
        "instrumentType": (agreed.kind,),
        "currency": (agreed.currency,),
        "exchangeTimezoneName": agreed.zones,
        "dataGranularity": ("1d",),
    }
    wrong = [
        f"{key} is {meta.get(key)!r}, not {' or '.join(map(repr, known))}"
        for key, known in allowed.items()
        if meta.get(key) not in known
    ]
    if wrong:
        raise _broken(name, "; ".join(wrong))
    return ZoneInfo(str(meta["exchangeTimezoneName"]))


def _stamps(name: str, given: object) -> tuple[int, ...]:
    array = plain_numbers(given) if isinstance(given, list) else None
    if array is None or array.null_count or (given and not kinds.is_integer(array.type)):
        raise _broken(name, "timestamp is not a list of whole seconds")
    return tuple(int(stamp) for stamp in array.to_pylist())


def _values(name: str, result: Mapping[str, Any], count: int) -> dict[str, Doubles]:
    """Values with the digits that Yahoo's single precision stands for."""
    indicators = result.get("indicators")
    quote = indicators.get("quote") if isinstance(indicators, dict) else None
    if not isinstance(quote, list) or len(quote) != 1 or not isinstance(quote[0], dict):
        raise _broken(name, "indicators.quote is not a list of one object")
    if not count and not quote[0]:
        return {column: np.empty(0) for column in _QUOTES}
    values = {}
    for column in _QUOTES:
        given = quote[0].get(column)
        array = plain_numbers(given) if isinstance(given, list) else None
        if array is None or len(array) != count:
            raise _broken(name, f"{count} timestamps, but {column} is no list of as many numbers")
        doubles = pc.fill_null(array.cast(pa.float64(), safe=False), np.nan).to_numpy()
        values[column] = doubles if column == "volume" else as_traded(doubles, np.ones(count))
    return values


def _broken(name: str, reason: str) -> ContractError:
    return ContractError(
        f"chart of {name}",
        reason=reason,
        next_action="keep what is stored; compare the kept answer with what Yahoo used to send",
        vendor=VENDOR,
    )
