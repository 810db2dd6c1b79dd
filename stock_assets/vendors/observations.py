"""Observations of the economy between a vendor's answer and the lake.

Belongs here: the shape of an answer in rows, the reading of columns of text as days and numbers,
rows put aside, doubles and contradictions. The same for all vendors.
Does not belong here: any vendor's format; which vintage counts when (ingest/vintages.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from stock_assets.errors import ContractError
from stock_assets.tables import MACRO
from stock_assets.vendors.bars import put_aside
from stock_assets.vendors.messages import Answer
from stock_assets.vendors.plain_text import plain_days, plain_doubles

BAD_DAY: Final = ("period_readable", "its period or its vintage is not a day that can be read")
BAD_VALUE: Final = ("value_readable", "its value is neither a number nor the vendor's missing mark")
CONFLICT: Final = ("one_value_per_vintage", "several values of one period and vintage differ")

_NUMBER: Final = r"^[+-]?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,2})?$"
_DAY: Final = r"^\d{4}-\d{2}-\d{2}$"
_DAY_BITS: Final = 22
_BEFORE_YEAR_0: Final = 719_528
"""Days from the year 0 to 1970; 22 bits hold all days until the year 9999."""
_ONE: Final = ["vendor", "series", "country", "period_start", "vintage_on"]


@dataclass(frozen=True, slots=True)
class MacroAnswer:
    """What a call brought: rows of MACRO or of MACRO_RELEASES, and what stands behind them.

    ``rejected``: rows that cannot be accepted, in the target's columns with ``target``, ``rule``,
    ``reason`` and ``said`` (the vendor's row as JSON); None when there are none. ``doubled``:
    identical doubles that were dropped.
    """

    vendor: str
    rows: pa.Table
    answers: tuple[Answer, ...]
    rejected: pa.Table | None = None
    doubled: int = 0


def broken(vendor: str, request: str, reason: str) -> ContractError:
    """The error for an answer that can be read and is not what was agreed."""
    return ContractError(
        request,
        reason=reason,
        next_action="compare the answer with the vendor's documentation; its API may have changed",
        vendor=vendor,
    )


def days_of(texts: pa.Array) -> pa.Array:
    """Days of texts such as ``2024-02-29``; null for anything that is not a day in that form."""
    plain = plain_days(texts)
    if plain is not None:
        return plain
    formed = pc.if_else(pc.match_substring_regex(texts, _DAY), texts, pa.scalar(None, pa.string()))
    stamps = pc.strptime(formed, format="%Y-%m-%d", unit="s", error_is_null=True)
    days = stamps.cast(pa.date32())
    # A thirtieth of February is read as a day in March: only what can be written back counts.
    same = pc.fill_null(pc.equal(days.cast(pa.string()), formed), False)
    return pc.if_else(same, days, pa.scalar(None, pa.date32()))


def numbers_of(texts: pa.Array, missing: str) -> tuple[pa.Array, pa.Array]:
    """Numbers of texts, null for the mark ``missing``; and where a text is neither."""
    absent = pc.fill_null(pc.equal(texts, missing), False)
    written = pc.if_else(absent, pa.scalar(None, pa.string()), texts)
    plain = plain_doubles(written)
    if plain is not None:
        return plain, pc.and_not(pc.is_null(texts), absent)
    formed = pc.fill_null(pc.match_substring_regex(texts, _NUMBER), False)
    numbers = pc.if_else(formed, texts, pa.scalar(None, pa.string())).cast(pa.float64())
    return numbers, pc.invert(pc.or_(absent, formed))


def texts_of(rows: Sequence[Mapping[str, Any]], name: str) -> pa.Array:
    """One field of all rows as text; null where it is of another type."""
    values = list(map(itemgetter(name), rows))
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.array([v if isinstance(v, str) else None for v in values], pa.string())


def macro_table(columns: Mapping[str, Any], count: int) -> pa.Table:
    """``count`` rows of MACRO; what is given as one value stands in every row."""
    arrays = []
    for field in MACRO.row_schema:
        value = columns[field.name]
        if not isinstance(value, pa.Array | pa.ChunkedArray):
            value = pa.repeat(pa.scalar(value, field.type), count)
        arrays.append(value if value.type == field.type else value.cast(field.type))
    return pa.table(arrays, schema=MACRO.row_schema)


def said_by(rows: Sequence[Mapping[str, Any]]) -> pa.Array:
    """Each of the vendor's rows as JSON."""
    return pa.array([orjson.dumps(row).decode() for row in rows], pa.string())


def aside(rows: pa.Table, rule: tuple[str, str], said: pa.Array | None = None) -> pa.Table:
    """Rows of MACRO put aside, with what the vendor said."""
    given = said if said is not None else pa.nulls(rows.num_rows, pa.string())
    return put_aside(MACRO, rows.append_column("said", given), *rule)


def settle(rows: pa.Table, rejected: Sequence[pa.Table]) -> tuple[pa.Table, pa.Table | None, int]:
    """Rows in order, each key once; all rejected rows; how many identical doubles were dropped.

    Rows of one key that differ contradict each other: all of them are put aside.
    """
    ordered = _in_order(rows)
    if ordered is not None:
        return ordered, _together(rejected), 0
    order = [(name, "ascending") for name in _ONE]
    distinct = rows.group_by(rows.column_names, use_threads=False).aggregate([]).sort_by(order)
    doubled = rows.num_rows - distinct.num_rows
    away = [*rejected]
    counted = distinct.group_by(_ONE, use_threads=False).aggregate([([], "count_all")])
    if counted.num_rows < distinct.num_rows:
        single = counted.filter(pc.equal(counted["count_all"], 1)).select(_ONE)
        against = distinct.join(single, _ONE, join_type="left anti").sort_by(order)
        away.append(aside(against, CONFLICT))
        distinct = distinct.join(single, _ONE, join_type="left semi").sort_by(order)
    accepted = distinct.select(MACRO.row_schema.names).cast(MACRO.row_schema).combine_chunks()
    return accepted, _together(away), doubled


def _together(rejected: Sequence[pa.Table]) -> pa.Table | None:
    tables = [table for table in rejected if table.num_rows]
    return pa.concat_tables(tables) if tables else None


def _in_order(rows: pa.Table) -> pa.Table | None:
    """The rows by key, where no key comes twice and none lacks a part; None otherwise.

    Keys become numbers: who or what in the order of the alphabet, then the period, then the
    vintage. One sort of numbers costs a tenth of grouping by five columns.
    """
    if any(rows[name].null_count for name in _ONE):
        return None
    whose = np.zeros(rows.num_rows, dtype=np.int64)
    for name in _ONE[:3]:
        coded = rows[name].combine_chunks().dictionary_encode()
        rank = np.argsort(np.argsort(coded.dictionary.to_numpy(zero_copy_only=False)))
        whose = whose * max(len(rank), 1) + rank[coded.indices.to_numpy()]
    period, vintage = (
        rows[name].cast(pa.int32()).to_numpy().astype(np.int64) + _BEFORE_YEAR_0
        for name in _ONE[3:]
    )
    if rows.num_rows and whose.max() >= 1 << 63 - 2 * _DAY_BITS:
        return None
    numbers = (whose << 2 * _DAY_BITS) | (period << _DAY_BITS) | vintage
    if not bool((np.diff(numbers) > 0).all()):
        order = np.argsort(numbers)
        if not bool((np.diff(numbers[order]) > 0).all()):
            return None
        rows = rows.take(order)
    return rows if rows.schema == MACRO.row_schema else rows.cast(MACRO.row_schema)
