"""A market from a file of daily bars that the user has: served as it is, defects included.

Belongs here: the keys and types of a recorded file, splits snapped to simple ratios, a Truth.
Doubtful values (missing prices, a high below the low, a date without a session) are kept: a vendor
would serve them, and what follows must catch them. Refused is only what cannot be a market.
Does not belong here: opening files (files.py), what a column is called (columns.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stock_assets import market
from stock_assets.errors import BadRange, BadRecording, BadSymbol
from stock_assets.sandbox.truth.actions import dividends_in, splits_in
from stock_assets.sandbox.truth.columns import Mapped, map_columns
from stock_assets.sandbox.truth.files import BarFile
from stock_assets.sandbox.truth.model import Bars, Days, Floats, Listing, Stock, Truth

_SHOWN: Final = 5
_DASHED_CLASS: Final = re.compile(r"[A-Z]{1,6}-[A-Z]")

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Rows:
    """All bars in order of symbol and day. ``starts`` has one more entry than ``symbols``."""

    symbols: tuple[str, ...]
    starts: Integers
    days: Days
    values: dict[str, Floats]


def load_recording(
    path: str | Path,
    *,
    symbols: int | Sequence[str] | None = None,
    first: date | None = None,
    last: date | None = None,
    columns: Mapping[str, str] | None = None,
    price_scale: float | None = None,
) -> Truth:
    """Read as-traded daily bars with their dividends and splits.

    Args:
        path: a Parquet or CSV file, recognised by its content.
        symbols: only these, in canonical spelling, or the first so many in the order of the
            alphabet; all by default.
        first: only bars of this day or later.
        last: only bars of this day or earlier; the market ends there.
        columns: role to column name where the names do not tell: symbol, date, open, high, low,
            close, volume, and optionally dividend (USD per share, 0 for none) and split (new
            shares per old one on the ex-date, 1 or 0 for none).
        price_scale: what the four price columns are multiplied by to give USD; by default 1, or
            1e-4 for columns whose names end in ``_e4``.

    Returns:
        The market; ``notes`` say what was assumed. A stock counts as listed from its first bar on,
        and as delisted never, for a file cannot tell.

    Raises:
        BadRecording: naming what is wrong with the file and how to cure it.
        BadRange, BadSymbol: for what was asked.
    """
    source = Path(path)
    if first is not None and last is not None and first > last:
        raise BadRange(
            f"{first} to {last}",
            reason="the first day is after the last one",
            next_action="swap the two dates",
        )
    file = BarFile(source)
    mapped = map_columns(source, file.schema.names, columns or {}, price_scale)
    if isinstance(symbols, int):
        symbols = _first_symbols(file, mapped, symbols)
    wanted = None if symbols is None else market.check_symbols(symbols)
    table = _read(file, mapped, wanted, first, last)
    rows = _ordered(source, table, mapped)
    if absent := [symbol for symbol in wanted or () if symbol not in rows.symbols]:
        raise BadRecording(
            ", ".join(absent[:_SHOWN]),
            reason=f"no bar in {source} in the range asked for",
            next_action="ask for symbols and dates that are in the file",
        )
    stocks, snapped = _stocks(rows)
    notes = mapped.notes
    if snapped:
        notes += (f"{snapped} split ratios were not exact and became the nearest simple ratio",)
    last_day: date = rows.days.max().astype(object)
    return Truth(f"recorded {source.name} rows={len(rows.days)}", stocks, last_day, notes=notes)


def _first_symbols(file: BarFile, mapped: Mapped, count: int) -> tuple[str, ...]:
    """The first ``count`` symbols of the file in the order of the alphabet."""
    column = mapped.by_role["symbol"]
    names = file.read([column], types={column: pa.string()})[column].unique().to_pylist()
    return tuple(sorted({_canonical(file.path, name) for name in names if name}))[:count]


def _read(
    file: BarFile,
    mapped: Mapped,
    wanted: tuple[str, ...] | None,
    first: date | None,
    last: date | None,
) -> pa.Table:
    """The columns by role, in plain types, of the rows asked for."""
    name_of = mapped.by_role
    types = {name: pa.float64() for role, name in name_of.items() if role not in ("symbol", "date")}
    types[name_of["symbol"]] = pa.string()
    only = None
    if wanted is not None:
        spellings = {form for s in wanted for form in (s, s.replace(".", "-"))}
        only = pc.field(name_of["symbol"]).isin(sorted(spellings | {s.lower() for s in spellings}))
    if pa.types.is_date(file.schema.field(name_of["date"]).type):
        for bound, is_first in ((first, True), (last, False)):
            if bound is not None:
                day = pc.field(name_of["date"])
                limit = day >= bound if is_first else day <= bound
                only = limit if only is None else only & limit
    raw = file.read(list(dict.fromkeys(name_of.values())), only=only, types=types)
    table = pa.table(
        {role: _cast(file.path, raw[name], role, name) for role, name in name_of.items()}
    )
    for bound, compare in ((first, pc.greater_equal), (last, pc.less_equal)):
        if bound is not None:
            table = table.filter(compare(table["date"], pa.scalar(bound)))
    if not table.num_rows:
        raise BadRecording(
            str(file.path),
            reason="there is no bar in it for what was asked"
            if raw.num_rows or only is not None
            else "there is no bar in it",
            next_action="check the symbols and dates asked for, and the file itself",
        )
    return table


def _cast(path: Path, column: pa.ChunkedArray, role: str, name: str) -> pa.ChunkedArray:
    kinds = {"symbol": pa.string(), "date": pa.date32()}
    try:
        plain = column.cast(kinds.get(role, pa.float64()), safe=role != "date")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadRecording(
            str(path),
            reason=f"column {name!r} cannot be read as {role}: {str(error)[:120]}",
            next_action="dates are written 2021-04-21, prices as plain numbers",
        ) from error
    if role in kinds and plain.null_count:
        raise BadRecording(
            str(path),
            reason=f"column {name!r} is empty in {plain.null_count} rows",
            next_action="every bar needs a symbol and a date; drop or complete those rows",
        )
    return plain


def _ordered(path: Path, table: pa.Table, mapped: Mapped) -> _Rows:
    """Sort by symbol and day.

    Raises:
        BadRecording: when a symbol and day occur twice.
    """
    encoded = table["symbol"].combine_chunks().dictionary_encode()
    raw_names = encoded.dictionary.to_pylist()
    names = [_canonical(path, name) for name in raw_names]
    symbols = tuple(sorted(set(names)))
    ranks = np.array([symbols.index(name) for name in names], dtype=np.int64)
    code = ranks[encoded.indices.to_numpy(zero_copy_only=False)]
    day = table["date"].cast(pa.int32()).to_numpy().astype(np.int64)
    key = (code << 32) + day
    order = None if bool((key[1:] > key[:-1]).all()) else np.argsort(key, kind="stable")
    if order is not None:
        key = key[order]
        _refuse_duplicates(path, key, symbols)
    values = {}
    for role in table.column_names:
        if role not in ("symbol", "date"):
            column = table[role].to_numpy()
            values[role] = _scaled(column if order is None else column[order], mapped.scales[role])
    starts = np.searchsorted(key, (np.arange(len(symbols) + 1, dtype=np.int64) << 32) - 2**31)
    return _Rows(symbols, starts, _days_in(key), values)


def _days_in(key: Integers) -> Days:
    """The day in the lower half of each key."""
    return (key & 0xFFFFFFFF).astype(np.int32).astype("datetime64[D]")


def _canonical(path: Path, name: str) -> str:
    """Upper case, a dot before the share class.

    Raises:
        BadRecording: when it is no symbol.
    """
    text = name.strip().upper()
    if _DASHED_CLASS.fullmatch(text):
        text = text.replace("-", ".")
    try:
        return market.check_symbol(text)
    except BadSymbol as error:
        raise BadRecording(
            str(path),
            reason=f"the symbol column holds {error.value}, which is no symbol",
            next_action="check which column holds the symbols, and drop such rows",
        ) from error


def _refuse_duplicates(path: Path, key: Integers, symbols: tuple[str, ...]) -> None:
    double = np.flatnonzero(key[1:] == key[:-1])
    if not len(double):
        return
    shown = key[double[:_SHOWN]]
    days = _days_in(shown)
    examples = ", ".join(
        f"{symbols[(k + 2**31) >> 32]} {day}" for k, day in zip(shown, days, strict=True)
    )
    raise BadRecording(
        str(path),
        reason=f"{len(double)} bars have the symbol and date of another one: {examples}",
        next_action="keep one bar per symbol and date",
    )


def _scaled(column: Floats, scale: float) -> Floats:
    """Divide where the scale is one over a whole number: 455000 ten-thousandths are 45.5."""
    if scale == 1.0:
        return column
    inverse = 1.0 / scale
    whole = round(inverse)
    if whole and abs(inverse - whole) < 1e-9 * inverse:
        return column / whole
    return column * scale


def _stocks(rows: _Rows) -> tuple[dict[str, Stock], int]:
    """Every symbol's stock, and how many split ratios had to be snapped."""
    names = {company.symbol: company.name for company in market.companies()}
    stocks, snapped = {}, 0
    for position, symbol in enumerate(rows.symbols):
        part = slice(int(rows.starts[position]), int(rows.starts[position + 1]))
        days = rows.days[part]
        value = {role: column[part] for role, column in rows.values.items()}
        splits, inexact = splits_in(days, value.get("split"))
        snapped += inexact
        listing = Listing(
            symbol,
            names.get(symbol, symbol),
            exchange="",
            figi="",
            share_class_figi="",
            cik="",
            listed_on=days[0].astype(object),
        )
        bars = Bars(
            days, value["open"], value["high"], value["low"], value["close"], value["volume"]
        )
        stocks[symbol] = Stock(listing, bars, splits, dividends_in(days, value.get("dividend")))
    return stocks, snapped
