"""From Alpha Vantage's answers to rows: daily series, quotes, overviews.

Belongs here: its fields, all of which are text, and its marks for what is missing.
Does not belong here: asking, refusals (alpha_vantage.py).

Prices are as traded, also in the adjusted series; its adjusted close is not used. Days are New
York's. The newest entry is a bar that is not over while the market is open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stock_assets.errors import NotFound
from stock_assets.market import NEW_YORK, calendar
from stock_assets.tables import CORPORATE_ACTIONS, PRICES
from stock_assets.vendors.alpha_vantage_body import VENDOR
from stock_assets.vendors.alpha_vantage_columns import optional, read_entries, required
from stock_assets.vendors.bars import Longs, new_york_midnight, price_rows
from stock_assets.vendors.novelties import tell_of_new_fields
from stock_assets.vendors.plain_entries import PlainEntries
from stock_assets.vendors.rowwise import Aside, Row, broken

SERIES: Final = "Time Series (Daily)"
QUOTE: Final = "Global Quote"
SYMBOL: Final = "Symbol"

_META: Final = "Meta Data"
_OHLC: Final = {"open": "1. open", "high": "2. high", "low": "3. low", "close": "4. close"}
_VOLUME: Final = {False: "5. volume", True: "6. volume"}
_ADJUSTED_CLOSE: Final = "5. adjusted close"
_DIVIDEND: Final = "7. dividend amount"
_SPLIT: Final = "8. split coefficient"
_ZONES: Final = frozenset({"US/Eastern", "America/New_York"})
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_CLOSE_ENOUGH: Final = 2e-6
_LARGEST_PART: Final = 50
_EPOCH: Final = date(1970, 1, 1).toordinal()
_QUOTE_FIELDS: Final = {
    "price_usd": "05. price",
    "open_usd": "02. open",
    "high_usd": "03. high",
    "low_usd": "04. low",
    "previous_close_usd": "08. previous close",
}


@dataclass(frozen=True, slots=True)
class Series:
    """A daily series: rows of PRICES and CORPORATE_ACTIONS, and entries put aside.

    ``unfinished``: 1 when the newest entry's session was not over when it was refreshed.
    """

    rows: pa.Table
    actions: pa.Table
    rejected: pa.Table | None
    unfinished: int


def read_series(request: str, symbol: str, content: Row, *, adjusted: bool) -> Series:
    """All of a daily series. Entries with a field that cannot be read are put aside.

    Raises:
        ContractError: it is about another symbol or in another time zone, or it is no series.
    """
    refreshed = _check_meta(request, symbol, content)
    entries = content[SERIES]
    if not isinstance(entries, dict | PlainEntries):
        raise broken(request, f"{SERIES} is not an object", VENDOR)
    fields = {**_OHLC, "volume": _VOLUME[adjusted]}
    extra = {"dividend": _DIVIDEND, "split": _SPLIT} if adjusted else {}
    _check_fields(request, entries, {*fields.values(), *extra.values()})
    aside = Aside(PRICES)
    days, values = read_entries(symbol, entries, fields | extra, aside)
    actions = _all_actions(symbol, days, values) if adjusted else []
    bars = {name: pa.array(values[name]) for name in fields}
    rows = price_rows(VENDOR, pa.repeat(pa.scalar(symbol), len(days)), days, bars)
    if refreshed is not None and _is_open(refreshed):
        rows = rows.filter(pc.not_equal(rows["session"], pa.scalar(refreshed.date())))
    schema = CORPORATE_ACTIONS.row_schema
    return Series(
        rows,
        pa.Table.from_pylist(actions, schema=schema) if actions else schema.empty_table(),
        aside.table(),
        len(days) - rows.num_rows,
    )


def between(actions: pa.Table, first: date, last: date) -> pa.Table:
    """The actions with an ex-date from ``first`` to ``last``."""
    day = actions["ex_date"]
    after = pc.greater_equal(day, pa.scalar(first))
    return actions.filter(pc.and_(after, pc.less_equal(day, pa.scalar(last))))


def joined(*parts: pa.Table | None) -> pa.Table | None:
    """Rejected rows of several origins as one table."""
    tables = [part for part in parts if part is not None]
    return pa.concat_tables(tables, promote_options="permissive") if tables else None


def prices(symbol: str, content: Row) -> dict[str, Any]:
    """Columns of a quote.

    Raises:
        NotFound: it is empty.
        ContractError: it is about another symbol, or a field is no number.
    """
    what = f"quote of {symbol}"
    quote = content[QUOTE]
    if not isinstance(quote, dict):
        raise broken(what, f"{QUOTE} is not an object", VENDOR)
    if not quote:
        raise NotFound(
            symbol,
            reason="Alpha Vantage has no quote of it",
            next_action="check the symbol; a renamed one has another",
            vendor=VENDOR,
        )
    _check_symbol(what, symbol, quote.get("01. symbol"))
    return {name: required(quote, field) for name, field in _QUOTE_FIELDS.items()}


def overview(symbol: str, content: Row) -> dict[str, Any]:
    """Columns of an overview; what it marks as missing is missing.

    Raises:
        ContractError: it is about another symbol, or a field is no number.
    """
    what = f"overview of {symbol}"
    _check_symbol(what, symbol, content[SYMBOL])
    in_usd = content.get("Currency") == "USD"
    share = optional(content, "DividendYield")
    return {
        "volume_shares": None,
        "market_cap_usd": optional(content, "MarketCapitalization") if in_usd else None,
        "pe_ratio": optional(content, "PERatio"),
        "dividend_yield_percent": None if share is None else round(share * 100, 6),
    }


def _check_meta(request: str, symbol: str, content: Row) -> datetime | None:
    """When the series was refreshed, where a time of day is told (New York)."""
    meta = content.get(_META)
    named = {}
    if isinstance(meta, dict):
        # The numbers before the names differ between functions.
        named = {str(key).partition(". ")[2]: value for key, value in meta.items()}
    _check_symbol(request, symbol, named.get("Symbol"))
    zone = named.get("Time Zone")
    if not isinstance(zone, str) or zone not in _ZONES:
        raise broken(request, f"the time zone is {named.get('Time Zone')!r:.40}", VENDOR)
    text = str(named.get("Last Refreshed"))
    if _DAY.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)
    except ValueError:
        raise broken(request, f"Last Refreshed is {text!r:.40}", VENDOR) from None


def _check_symbol(what: str, symbol: str, found: object) -> None:
    if not isinstance(found, str) or found.upper().replace("-", ".") != symbol:
        raise broken(what, f"the answer is about {found!r:.40}", VENDOR)


def _is_open(refreshed: datetime) -> bool:
    """Whether the session of the day on which the series was refreshed was not over."""
    day = refreshed.date()
    return calendar().is_session(day) and refreshed < calendar().session(day).close_at


def _all_actions(
    symbol: str, days: Longs, values: Mapping[str, NDArray[np.float64]]
) -> list[dict[str, Any]]:
    """The actions of all days, in order."""
    dividend, split = values["dividend"], values["split"]
    some = np.flatnonzero((dividend != 0) | ((split != 0) & (split != 1)))
    return [
        action
        for n in some.tolist()
        for action in _actions(
            symbol, date.fromordinal(int(days[n]) + _EPOCH), float(dividend[n]), float(split[n])
        )
    ]


def _actions(symbol: str, day: date, dividend: float, split: float) -> list[dict[str, Any]]:
    what = {"vendor": VENDOR, "symbol": symbol, "ex_date": day, "known_at": new_york_midnight(day)}
    found: list[dict[str, Any]] = []
    if split not in {0.0, 1.0}:
        found.append({**what, "kind": "split", "split_ratio": _ratio(split)})
    if dividend:
        found.append({**what, "kind": "dividend", "dividend_usd": dividend})
    return found


def _ratio(coefficient: float) -> float:
    """New shares per old one; 7.000007 means 7, the vendor computes it from prices."""
    near = Fraction(coefficient).limit_denominator(_LARGEST_PART)
    return float(near) if abs(near - coefficient) <= _CLOSE_ENOUGH * coefficient else coefficient


def _check_fields(request: str, entries: Row | PlainEntries, fields: set[str]) -> None:
    """Refuse a series of which no entry has all the fields: then they have other names now."""
    each = [entries.values] if isinstance(entries, PlainEntries) else list(entries.values())
    if each and not any(isinstance(e, dict) and e.keys() >= fields for e in each):
        raise broken(request, f"no entry has all of {', '.join(sorted(fields))}", VENDOR)
    known = {*fields, _ADJUSTED_CLOSE}
    for entry in each[:1]:
        tell_of_new_fields(VENDOR, "daily bars", entry if isinstance(entry, dict) else (), known)
