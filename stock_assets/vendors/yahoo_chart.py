"""Yahoo's chart: from its bytes to bars and actions as traded.

Belongs here: the contract of ``/v8/finance/chart``, and undoing Yahoo's split adjustment.
Does not belong here: fetching it (yahoo.py, yahoo_session.py).
Source: the answers of Yahoo's v8 chart as yfinance 1.7 reads them. Times are seconds since 1970 at
the opening bell; the bar of a session in progress carries the time of the last trade. Prices,
volumes and dividends are stated in shares of the vendor's today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds
from numpy.typing import NDArray

from stock_assets.errors import ContractError, NotFound, PayloadError
from stock_assets.vendors.bars import Longs, plain_numbers, session_index
from stock_assets.vendors.doubled_keys import doubled_key
from stock_assets.vendors.novelties import tell_of_new_fields

Doubles = NDArray[np.float64]

VENDOR: Final = "yahoo"
PRICES: Final = ("open", "high", "low", "close")

_DECIMALS: Final = (2, 4)
_SECONDS_PER_DAY: Final = 86_400
_SECONDS_TO_EASTERN: Final = 4 * 3_600
_OLDEST_EVENT: Final = -25_567
"""The day number of the first day of 1900."""
_OTHER_HOURS: Final = frozenset({"FUTURE", "CURRENCY", "CRYPTOCURRENCY"})
"""Kinds whose day is not the exchange's session: their bars are known later than its close."""
_HALF_STEP: Final = 0.51
"""A little more than half the distance between two single-precision numbers."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart, checked, in the vendor's order.

    ``days``: New York day numbers of the bars. ``at_open``: whether the bar's time is the opening
    bell (a live bar's is not). ``quotes``: open, high, low, close, volume as doubles, NaN where
    the vendor has none, in today's shares. ``splits``, ``dividends``: (day number, value).
    """

    symbol: str
    days: Longs
    at_open: NDArray[np.bool_]
    quotes: Mapping[str, Doubles]
    splits: tuple[tuple[int, float], ...]
    dividends: tuple[tuple[int, float], ...]
    capital_gains: tuple[tuple[int, float], ...]


def parse_chart(symbol: str, body: bytes) -> Chart:
    """Read a chart that was asked for ``symbol`` (Yahoo's spelling), by day.

    Raises:
        PayloadError: it is not JSON.
        NotFound: Yahoo says so with the status of an answer.
        ContractError: another symbol, currency, time zone or interval, or a kind that has other
            hours; arrays of different lengths; values that are not numbers; times outside the
            calendar.
    """
    result = _result(symbol, body)
    _check_meta(symbol, result.get("meta"))
    stamps = _whole(symbol, "timestamp", result.get("timestamp", []))
    days = (stamps - _SECONDS_TO_EASTERN) // _SECONDS_PER_DAY
    index = session_index()
    if not index.covers(days):
        raise _broken(symbol, "a timestamp lies outside the calendar (seconds since 1970 expected)")
    events = result.get("events") or {}
    if not isinstance(events, dict):
        raise _broken(symbol, "events is not an object")
    return Chart(
        symbol,
        days,
        stamps == index.open_s[days - index.first],
        _quotes(symbol, result, len(stamps)),
        _events(symbol, events, "splits", ("numerator", "denominator")),
        _events(symbol, events, "dividends", ("amount",)),
        _events(symbol, events, "capitalGains", ("amount",)),
    )


def split_factors(days: Longs, splits: tuple[tuple[int, float], ...]) -> Doubles:
    """Shares of today per share of each day: the product of the splits that came after it."""
    ordered = sorted(splits)
    after = np.ones(len(ordered) + 1)
    for place in range(len(ordered) - 1, -1, -1):
        after[place] = after[place + 1] * ordered[place][1]
    ex_dates = np.array([day for day, _ in ordered], dtype=np.int64)
    return np.asarray(after[np.searchsorted(ex_dates, days, side="right")])


def as_traded(values: Doubles, factors: Doubles) -> Doubles:
    """Prices in the shares of their own day, USD.

    Yahoo sends single-precision numbers (213.49000549316406); times a split ratio their noise
    grows. Of all the values that such a number can stand for, the one with the fewest decimals
    (2, then 4) is taken; otherwise it is rounded to six.
    """
    # What no price can be may become infinite here; it is put aside for that (tables/).
    with np.errstate(invalid="ignore", over="ignore"):
        raised = values * factors
        single = values.astype(np.float32)
        exact = single.astype(np.float64) == values
        step = np.where(exact, np.spacing(np.abs(single)).astype(np.float64), 0.0)
        leeway = np.maximum(step * factors * _HALF_STEP, np.abs(raised) * 1e-12)
        plain = np.round(raised, 6)
        for decimals in sorted(_DECIMALS, reverse=True):
            shorter = np.round(raised, decimals)
            plain = np.where(np.abs(shorter - raised) <= leeway, shorter, plain)
    return np.asarray(plain)


def _result(symbol: str, body: bytes) -> Mapping[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise PayloadError(
            symbol,
            reason=f"not one whole JSON document ({error.msg} at byte {error.pos} of {len(body)})",
            next_action="run again; the bytes are kept",
            vendor=VENDOR,
        ) from None
    # The last of two columns of one name would be read, whatever the first one says.
    doubled = doubled_key(body, content)
    if doubled is not None:
        raise _broken(symbol, f"{doubled!r:.40} stands twice and differs")
    chart = content.get("chart") if isinstance(content, dict) else None
    if not isinstance(chart, dict):
        raise _broken(symbol, "there is no chart in the answer")
    results, refused = chart.get("result"), chart.get("error")
    if isinstance(refused, dict) and refused.get("code") == "Not Found":
        raise NotFound(
            f"chart of {symbol}",
            reason="Yahoo does not know it, and says so in an answer",
            next_action="check the symbol; a renamed one has another",
            vendor=VENDOR,
        )
    if refused is not None or not isinstance(results, list) or len(results) != 1:
        raise _broken(symbol, "the chart does not hold exactly one result and no error")
    if not isinstance(results[0], dict):
        raise _broken(symbol, "the chart's result is not an object")
    return results[0]


def _check_meta(symbol: str, meta: object) -> None:
    if not isinstance(meta, dict):
        raise _broken(symbol, "the chart has no meta")
    agreed = {
        "symbol": symbol,
        "currency": "USD",
        "exchangeTimezoneName": "America/New_York",
        "dataGranularity": "1d",
    }
    wrong = [f"{k} is {meta.get(k)!r}, not {v!r}" for k, v in agreed.items() if meta.get(k) != v]
    kind = meta.get("instrumentType")
    if isinstance(kind, str) and kind in _OTHER_HOURS:
        wrong.append(f"instrumentType is {kind!r}, which has other hours")
    if wrong:
        raise _broken(symbol, "; ".join(wrong))


def _quotes(symbol: str, result: Mapping[str, Any], count: int) -> dict[str, Doubles]:
    indicators = result.get("indicators")
    quote = indicators.get("quote") if isinstance(indicators, dict) else None
    if not isinstance(quote, list) or len(quote) != 1 or not isinstance(quote[0], dict):
        raise _broken(symbol, "indicators.quote is not a list of one object")
    names = (*PRICES, "volume")
    if not count and not quote[0]:
        return {name: np.empty(0) for name in names}
    lengths = {
        name: len(values) if isinstance(values := quote[0].get(name), list) else None
        for name in names
    }
    if set(lengths.values()) != {count}:
        raise _broken(symbol, f"{count} timestamps, but other lengths among {lengths}")
    tell_of_new_fields(VENDOR, "charts", quote[0], names)
    return {name: _doubles(symbol, name, quote[0][name]) for name in names}


def _doubles(symbol: str, name: str, values: list[Any]) -> Doubles:
    """Numbers with NaN for null; text is never taken for a number."""
    array = _numbers(symbol, name, values)
    return np.asarray(pc.fill_null(array.cast(pa.float64(), safe=False), np.nan).to_numpy())


def _whole(symbol: str, name: str, values: object) -> Longs:
    if not isinstance(values, list):
        raise _broken(symbol, f"{name} is not a list")
    array = _numbers(symbol, name, values)
    if array.null_count or not (kinds.is_integer(array.type) or not values):
        raise _broken(symbol, f"{name} holds something else than whole seconds")
    return np.asarray(array.cast(pa.int64()).to_numpy())


def _numbers(symbol: str, name: str, values: list[Any]) -> pa.Array:
    array = plain_numbers(values)
    if array is None:
        raise _broken(symbol, f"{name} holds something else than numbers")
    return array


def _events(
    symbol: str, events: Mapping[str, Any], kind: str, fields: tuple[str, ...]
) -> tuple[tuple[int, float], ...]:
    """Events of one kind as (New York day number, value); a split's value is new per old share."""
    found = events.get(kind) or {}
    if not isinstance(found, dict):
        raise _broken(symbol, f"events.{kind} is not an object")
    read, index = [], session_index()
    for event in found.values():
        values = [event.get(name) for name in ("date", *fields)] if isinstance(event, dict) else []
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        if len(numbers) != len(fields) + 1:
            raise _broken(symbol, f"an event among {kind} lacks {' or '.join(('date', *fields))}")
        day = (int(numbers[0]) - _SECONDS_TO_EASTERN) // _SECONDS_PER_DAY
        if not _OLDEST_EVENT <= day < index.first + len(index.close_us):
            raise _broken(symbol, f"an event among {kind} lies outside the calendar")
        if kind == "splits" and not (numbers[1] > 0 and numbers[2] > 0):
            raise _broken(symbol, f"a split has the ratio {numbers[1]}:{numbers[2]}")
        read.append((day, numbers[1] / (numbers[2] if len(numbers) > 2 else 1)))
    return tuple(sorted(read))


def _broken(symbol: str, reason: str) -> ContractError:
    return ContractError(
        f"chart of {symbol}",
        reason=reason,
        next_action="keep what is stored; compare the kept answer with what Yahoo used to send",
        vendor=VENDOR,
    )


def day_of(number: int) -> date:
    """The date of a day number."""
    return date.fromordinal(number + date(1970, 1, 1).toordinal())
