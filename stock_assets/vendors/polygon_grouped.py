"""Polygon's grouped day: the whole market's bars of one day, from bytes to rows of our symbols.

Belongs here: picking our symbols out of ten thousand rows, some of which are known to be garbage.
Does not belong here: bars of one symbol (polygon_aggs.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from stock_assets import market
from stock_assets.vendors.bars import day_number, price_rows
from stock_assets.vendors.polygon_aggs import (
    FIELDS,
    VENDOR,
    broken,
    check_envelope,
    load_json,
    numbers,
)


def parse_grouped(day: date, symbols: Sequence[str], body: bytes) -> pa.Table:
    """The bars of ``symbols`` on ``day``; rows of other symbols are not looked at.

    A row's time is the close of the day (as recorded) or its beginning; it must lie on ``day`` in
    New York.

    Returns:
        Rows of PRICES, in the order of the answer.

    Raises:
        PayloadError: the answer is not JSON.
        ContractError: adjusted prices, a wrong count, a missing field, another day, or rows of
            another kind.
    """
    request = f"grouped bars of {day}"
    envelope = load_json(request, body)
    results = envelope.get("results", [])
    if not isinstance(results, list):
        raise broken(request, "results is not a list")
    check_envelope(envelope, request, len(results), adjusted=False)
    wanted = set(symbols)
    rows = [row for row in results if _symbol(row) in wanted]
    if results and not rows and not any(map(_symbol, results)):
        # Rows of another kind would all be passed over as those of other companies.
        raise broken(request, "no row names its symbol in T")
    stamps = (
        numbers(request, "t", [row.get("t") for row in rows]) if rows else pa.array([], pa.int64())
    )
    for stamp in set(stamps.to_pylist()):
        if _day(stamp) != day:
            raise broken(request, f"a row is of another day: its time is {stamp}")
    values = {name: _column(request, field, rows) for field, name in FIELDS.items()}
    names = pa.array([_symbol(row) for row in rows], pa.string())
    return price_rows(VENDOR, names, np.full(len(rows), day_number(day)), values)


def _day(milliseconds: float) -> date | None:
    """The day in New York; None for what lies in no year."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, market.NEW_YORK).date()
    except (OverflowError, ValueError, OSError):
        return None


def _symbol(row: object) -> object:
    symbol = row.get("T") if isinstance(row, dict) else None
    return symbol if isinstance(symbol, str) else None


def _column(request: str, field: str, rows: Sequence[Mapping[str, Any]]) -> pa.Array:
    if not rows:
        return pa.array([], pa.float64())
    return numbers(request, field, [row.get(field) for row in rows]).cast(pa.float64(), safe=False)
