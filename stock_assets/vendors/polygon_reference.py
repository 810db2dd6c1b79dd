"""Polygon's reference data: splits, dividends, listings and changes of name, to rows.

Belongs here: the meaning of each field, doubles and contradictions among the vendor's rows.
Does not belong here: pages (polygon.py).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa

from stock_assets.tables import CORPORATE_ACTIONS, LISTINGS
from stock_assets.vendors.bars import new_york_midnight, put_aside
from stock_assets.vendors.polygon_aggs import VENDOR, broken, check_envelope

Row = Mapping[str, Any]

_CONTRADICTION: Final = ("one_action_per_day", "the vendor gives several different values for it")
_FOREIGN: Final = ("paid_in_usd", "the dividend is not paid in USD")


@dataclass(frozen=True, slots=True)
class Actions:
    """Rows of CORPORATE_ACTIONS, rows put aside, and how many identical doubles were dropped."""

    rows: pa.Table
    rejected: pa.Table | None
    doubled: int


def actions(
    symbols: Sequence[str], first: date, last: date, splits: Iterable[Row], dividends: Iterable[Row]
) -> Actions:
    """Our symbols' actions from the whole market's.

    The key is (symbol, kind, ex-date), never the vendor's row: duplicates and contradictions
    occur. Dividends of different types on one day (regular and special) are paid both, and
    summed; the same type with different amounts contradicts itself.

    Raises:
        ContractError: a date or a number is missing or malformed, or a day was not asked for.
    """
    wanted = set(symbols)
    said: dict[tuple[str, str, date], dict[str, list[float]]] = defaultdict(
        lambda: defaultdict(list)
    )
    foreign = []
    for row in splits:
        if _ticker(row) in wanted:
            day = _day("splits", row, "execution_date", first, last)
            ratio = _number("splits", row, "split_to") / (
                _number("splits", row, "split_from") or math.nan
            )
            said[row["ticker"], "split", day]["ratio"].append(ratio)
    for row in dividends:
        if _ticker(row) in wanted:
            day = _day("dividends", row, "ex_dividend_date", first, last)
            amount = _number("dividends", row, "cash_amount")
            if row.get("currency", "USD") != "USD":
                foreign.append(_action(row["ticker"], "dividend", day, amount))
                continue
            said[row["ticker"], "dividend", day][str(row.get("dividend_type"))].append(amount)
    return _settled(said, foreign)


def _settled(
    said: Mapping[tuple[str, str, date], Mapping[str, list[float]]], foreign: list[dict[str, Any]]
) -> Actions:
    rows, against, doubled = [], [], 0
    for (symbol, kind, day), by_type in sorted(said.items()):
        distinct = {name: set(values) for name, values in by_type.items()}
        doubled += sum(len(by_type[name]) - len(distinct[name]) for name in by_type)
        if all(len(values) == 1 for values in distinct.values()):
            total = round(sum(value for values in distinct.values() for value in values), 9)
            rows.append(_action(symbol, kind, day, total))
        else:
            each = sorted(value for values in distinct.values() for value in values)
            against += [_action(symbol, kind, day, value) for value in each]
    aside = [
        put_aside(CORPORATE_ACTIONS, _action_table(group), *why)
        for group, why in ((against, _CONTRADICTION), (foreign, _FOREIGN))
        if group
    ]
    return Actions(_action_table(rows), pa.concat_tables(aside) if aside else None, doubled)


def _action(symbol: str, kind: str, day: date, value: float) -> dict[str, Any]:
    return {
        "vendor": VENDOR,
        "symbol": symbol,
        "kind": kind,
        "ex_date": day,
        "split_ratio": value if kind == "split" else None,
        "dividend_usd": value if kind == "dividend" else None,
        "known_at": new_york_midnight(day),
    }


def _action_table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=CORPORATE_ACTIONS.row_schema)


def by_symbol(symbols: Iterable[str], rows: Iterable[Row]) -> dict[str, Row]:
    """The listings of ours among many."""
    wanted = set(symbols)
    return {row["ticker"]: row for row in rows if _ticker(row) in wanted}


def changes(request: str, envelope: Row) -> Sequence[Row]:
    """The changes of name in an answer of the events endpoint.

    Raises:
        ContractError: the status is another than OK, or there is no list of events.
    """
    check_envelope(envelope, request, 0, adjusted=None)
    results = envelope.get("results")
    events = results.get("events") if isinstance(results, dict) else None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise broken(request, "results.events is not a list of objects")
    return [event for event in events if event.get("type") == "ticker_change"]


def listing(symbol: str, row: Row, events: Sequence[Row], now: datetime) -> dict[str, Any]:
    """One row of LISTINGS. ``formerly``: the symbol before the last change of name, if any.

    Raises:
        ContractError: the vendor does not say whether it is listed, or a date is malformed.
    """
    active = row.get("active")
    if not isinstance(active, bool):
        raise broken(f"listing of {symbol}", f"active is {active!r}")
    renamed_on, formerly = _last_change(symbol, events)
    return {
        "vendor": VENDOR,
        "symbol": symbol,
        "name": row.get("name"),
        "exchange": row.get("primary_exchange"),
        "kind": row.get("type"),
        "is_active": active,
        "figi": row.get("composite_figi"),
        "listed_on": _optional_day(symbol, row.get("list_date")),
        "delisted_on": _optional_day(symbol, row.get("delisted_utc")),
        "formerly": formerly,
        "renamed_on": renamed_on,
        "known_at": now,
    }


def listing_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows of LISTINGS, by symbol."""
    try:
        table = pa.Table.from_pylist(rows, schema=LISTINGS.row_schema)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise broken("listings", f"a field is of another type: {error}") from None
    return table.sort_by("symbol")


def _last_change(symbol: str, events: Sequence[Row]) -> tuple[date | None, str | None]:
    """The day and the former symbol of the change that led to ``symbol``, if there was one."""
    steps = sorted(
        (_optional_day(symbol, event.get("date")) or date.min, _new_symbol(event))
        for event in events
    )
    for (_, before), (day, after) in zip(steps[-2::-1], steps[:0:-1], strict=True):
        if after == symbol and before != symbol:
            return day, before
    return None, None


def _new_symbol(event: Row) -> str:
    change = event.get("ticker_change")
    return str(change.get("ticker", "")) if isinstance(change, dict) else ""


def _ticker(row: Row) -> str | None:
    ticker = row.get("ticker")
    return ticker if isinstance(ticker, str) else None


def _day(what: str, row: Row, name: str, first: date, last: date) -> date:
    day = _optional_day(f"{what} of {row.get('ticker')}", row.get(name))
    if day is None:
        raise broken(f"{what} of {row.get('ticker')}", f"{name} is missing")
    if not first <= day <= last:
        raise broken(f"{what} of {row.get('ticker')}", f"{name} {day} was not asked for")
    return day


def _optional_day(what: str, value: object) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise broken(what, f"{value!r:.40} is not a date") from None


def _number(what: str, row: Row, name: str) -> float:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise broken(f"{what} of {row.get('ticker')}", f"{name} is {value!r:.40}, not a number")
    return float(value)
