"""FRED's observations as columns of text, whichever way they are read.

Belongs here: the quick way over listings whose rows are all alike, the ordinary way over all
others, and the step back to the vendor's own rows.
Does not belong here: pages and refusals (fred_pages.py), what validity means (fred_vintages.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from stock_assets.vendors.observations import days_of, texts_of
from stock_assets.vendors.plain_text import plain_rows

Row = Mapping[str, Any]

NAME: Final = "observations"
DAYS: Final = ("realtime_start", "realtime_end", "date")
COLUMNS: Final = pa.schema([*((name, pa.date32()) for name in DAYS), ("value", pa.string())])
FIELDS: Final = frozenset(COLUMNS.names)

_OPENING: Final = f'"{NAME}":['.encode()


def read_observations(body: bytes) -> Any:
    """A body's content; its observations are a table of ``COLUMNS`` where all rows are alike.

    ``body``: one whole JSON document.
    """
    start, end = body.find(_OPENING) + len(_OPENING), body.rfind(b"]")
    table = plain_rows(body[start:end], COLUMNS) if len(_OPENING) <= start < end else None
    if table is not None:
        content = orjson.loads(body[:start] + body[end:])
        if isinstance(content, dict) and content.get(NAME) == []:
            return {**content, NAME: table}
    return orjson.loads(body)


def as_columns(rows: Sequence[Row] | pa.Table) -> pa.Table:
    """Observations as ``COLUMNS``; null where a day cannot be read, or a value is no text."""
    if isinstance(rows, pa.Table):
        return rows
    columns = [days_of(texts_of(rows, name)) for name in DAYS]
    return pa.table([*columns, texts_of(rows, "value")], schema=COLUMNS)


def as_said(rows: Sequence[Row] | pa.Table) -> Sequence[Row]:
    """Observations as the vendor wrote them."""
    if not isinstance(rows, pa.Table):
        return rows
    texts = [rows[name].cast(pa.string()).to_pylist() for name in rows.column_names]
    return [dict(zip(rows.column_names, row, strict=True)) for row in zip(*texts, strict=True)]


def day_numbers(days: pa.Array) -> NDArray[np.int64]:
    """Days since 1970, 0 where a day could not be read."""
    numbers = days.cast(pa.int32())
    filled = numbers.fill_null(0) if numbers.null_count else numbers
    return np.asarray(filled.to_numpy().astype(np.int64))
