"""Polygon's bars: from the bytes of aggregates to rows.

Belongs here: the envelope's contract, a fast path over the rows and a careful one. The fast path
takes bodies whose rows all have the same fields in the same order, written without blanks and with
nothing but plain numbers in them: deleting the digits then leaves the same text once per row, and
deleting everything else leaves a table of numbers. Whatever is different in any way, be it a
missing field, a string, a null or a blank, goes the careful way, which names what is wrong.
Does not belong here: asking for pages (polygon.py), grouped days and reference data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.csv as pacsv

from stock_assets.errors import ContractError, PayloadError
from stock_assets.vendors.bars import Longs, plain_numbers, price_rows, session_index
from stock_assets.vendors.doubled_keys import doubled_key
from stock_assets.vendors.novelties import tell_of_new_fields

VENDOR: Final = "polygon"
FIELDS: Final = {"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume"}
"""Fields that every bar must have, and ``t``; vw, n and otc may be missing and are not used."""

_KNOWN: Final = frozenset({*FIELDS, "t", "vw", "n", "otc"})
_STATUSES: Final = frozenset({"OK", "DELAYED"})
_OPENING: Final = b'"results":['
_DIGITS: Final = b"0123456789.+-eE"
_NOT_NUMBERS: Final = bytes(c for c in range(256) if c not in b"}," + _DIGITS)
_TO_LINES: Final = bytes.maketrans(b"}", b"\n")
_TO_ROWS: Final = bytes.maketrans(b"]", b",")
_MS_PER_DAY: Final = 86_400_000
_MS_TO_EASTERN: Final = 4 * 3_600_000
_BLOCK: Final = 1 << 21
_BODIES_AT_ONCE: Final = 64
"""So many bodies become one table at once: enough for two cores, not too much for the caches."""
_SCHEMA: Final = pa.schema([*((name, pa.float64()) for name in FIELDS), ("t", pa.int64())])
_NO_ROWS: Final = _SCHEMA.empty_table()


@dataclass(frozen=True, slots=True)
class _Body:
    """One answer: how many rows it has and, where all are alike, their fields and numbers.

    ``lines``: a line per row, a comma before each number but the first, where there is a layout.
    """

    symbol: str
    body: bytes
    count: int
    layout: tuple[str, ...] | None
    lines: bytes


def parse_aggs(bodies: Sequence[tuple[str, bytes]]) -> pa.Table:
    """The bars of many answers, each asked for one symbol by day, unadjusted.

    Returns:
        Rows of PRICES in the order given. ``known_at`` is missing where the exchange was shut on
        the bar's day; nothing is left out.

    Raises:
        PayloadError: an answer is not JSON.
        ContractError: another symbol, adjusted prices, a count that is not that of the rows, a
            field that is missing or of another type, or a time that is not a New York midnight.
    """
    counts, table = _read_all(bodies)
    symbols = pa.DictionaryArray.from_arrays(
        np.repeat(np.arange(len(bodies), dtype=np.int32), counts),
        pa.array([symbol for symbol, _ in bodies], pa.string()),
    ).cast(pa.string())
    days = _days(table["t"].to_numpy(), bodies, counts)
    return price_rows(VENDOR, symbols, days, {FIELDS[f]: table[f] for f in FIELDS})


def check_envelope(
    envelope: Mapping[str, Any], request: str, count: int, *, adjusted: bool | None
) -> None:
    """Refuse an answer that does not say what was agreed.

    ``adjusted``: the flag that must be echoed; None where the endpoint has no such flag.

    Raises:
        ContractError: for status, counts or flag.
    """
    status, announced = envelope.get("status"), envelope.get("resultsCount")
    if not isinstance(status, str) or status not in _STATUSES:
        raise broken(request, f"the status is {status!r}, not OK or DELAYED")
    if adjusted is not None:
        if envelope.get("adjusted") is not adjusted:
            raise broken(
                request, f"adjusted is {envelope.get('adjusted')!r}, although {adjusted} was asked"
            )
        if not isinstance(announced, int) or isinstance(announced, bool):
            raise broken(request, "resultsCount is missing")
    if announced is not None and announced != count:
        raise broken(request, f"resultsCount is {announced!r}, but {count} rows came")


def broken(request: str, reason: str) -> ContractError:
    """The vendor's answer is not what was agreed."""
    return ContractError(
        request,
        reason=reason,
        next_action="keep what is stored; compare the kept answer with the vendor's documentation",
        vendor=VENDOR,
    )


def load_json(request: str, body: bytes) -> Mapping[str, Any]:
    """The JSON object in a body.

    Raises:
        PayloadError: it is not whole.
        ContractError: it is something else than an object, or contradicts itself.
    """
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise PayloadError(
            request,
            reason=f"not one whole JSON document ({error.msg} at byte {error.pos} of {len(body)})",
            next_action="run again; the bytes are kept",
            vendor=VENDOR,
        ) from None
    if not isinstance(content, dict):
        raise broken(request, f"a JSON {type(content).__name__} came instead of an object")
    _check_keys(request, body, content)
    return content


def _check_keys(request: str, body: bytes, content: object) -> None:
    doubled = doubled_key(body, content)
    if doubled is not None:
        raise broken(request, f"key {doubled!r:.40} stands twice in one object and differs")


def _read_all(bodies: Sequence[tuple[str, bytes]]) -> tuple[Longs, pa.Table]:
    """How many rows each body has, and the fields of all rows in the order of the bodies."""
    counts: list[int] = []

    def some(start: int) -> list[_Body]:
        parts = [_take_apart(*body) for body in bodies[start : start + _BODIES_AT_ONCE]]
        counts.extend(part.count for part in parts)
        return parts

    parts = map(some, range(0, len(bodies), _BODIES_AT_ONCE))
    if len(bodies) <= _BODIES_AT_ONCE:
        tables = list(map(_read, parts))
    else:
        # Numbers are read outside of Python's lock: meanwhile the next bodies are taken apart.
        with ThreadPoolExecutor(1) as pool:
            tables = list(pool.map(_read, parts))
    return np.array(counts, dtype=np.int64), pa.concat_tables([_NO_ROWS, *tables])


def _take_apart(symbol: str, body: bytes) -> _Body:
    """Check the envelope, and find the numbers without reading them.

    Raises:
        PayloadError, ContractError: the envelope, or all of it, is not as agreed.
    """
    request = f"bars of {symbol}"
    start = body.find(_OPENING) + len(_OPENING)
    end = body.find(b"]", start)
    envelope: Any = None
    if start >= len(_OPENING) and end > 0:
        with suppress(orjson.JSONDecodeError):
            envelope = orjson.loads(body[:start] + body[end:])
    rows = body[start : end + 1]
    layout, count = _layout(rows)
    if layout is None or not isinstance(envelope, dict):
        envelope = load_json(request, body)
        results = envelope.get("results", [])
        if not isinstance(results, list):
            raise broken(request, "results is not a list")
        layout, count = None, len(results)
        fields = tuple(results[0]) if results and isinstance(results[0], dict) else ()
    else:
        _check_keys(request, body[:start] + body[end:], envelope)
        fields = layout
    tell_of_new_fields(VENDOR, "bars", fields, _KNOWN)
    if envelope.get("ticker") != symbol:
        raise broken(request, f"the answer is about {envelope.get('ticker')!r:.40}")
    check_envelope(envelope, request, count, adjusted=False)
    lines = rows.translate(_TO_LINES, _NOT_NUMBERS) if layout else b""
    return _Body(symbol, body, count, layout, lines)


def _layout(rows: bytes) -> tuple[tuple[str, ...] | None, int]:
    """The fields of every row when all have the same, and how many rows; None otherwise.

    ``rows``: from the first ``{`` to the closing ``]``.
    """
    skeleton = rows.translate(_TO_ROWS, _DIGITS)
    row = skeleton[: skeleton.find(b"}") + 2]
    count = len(skeleton) // len(row) if row else 0
    if row * count != skeleton:
        return None, 0
    try:
        fields = orjson.loads(rows[: rows.find(b"}") + 1])
    except orjson.JSONDecodeError:
        return None, 0
    if not isinstance(fields, dict) or row.count(b":") != len(fields):
        return None, 0
    # Digits in a name would be taken for the value's.
    plain = not set("".join(fields).encode()).intersection(_DIGITS)
    return (tuple(fields) if plain and fields.keys() >= {*FIELDS, "t"} else None), count


def _read(parts: Sequence[_Body]) -> pa.Table:
    """The fields of all rows of some bodies."""
    tables = [_NO_ROWS]
    for layout, run in groupby((part for part in parts if part.count), key=lambda p: p.layout):
        alike = list(run)
        fast = _read_numbers([part.lines for part in alike], layout) if layout else None
        tables += [fast] if fast is not None else [_read_carefully(part) for part in alike]
    return pa.concat_tables(tables)


def _read_numbers(lines: Sequence[bytes], layout: Sequence[str]) -> pa.Table | None:
    """Columns from lines of one layout; None when a number is not what it should be."""
    # The comma between two rows stands before the second: an empty column comes first.
    text = b",".join([b"", *lines])
    try:
        return pacsv.read_csv(
            pa.py_buffer(text),
            read_options=pacsv.ReadOptions(column_names=["", *layout], block_size=_BLOCK),
            parse_options=pacsv.ParseOptions(quote_char=False),
            convert_options=pacsv.ConvertOptions(
                column_types=_SCHEMA, include_columns=_SCHEMA.names, null_values=[]
            ),
        )
    except pa.ArrowInvalid:
        return None


def _read_carefully(part: _Body) -> pa.Table:
    """Columns from one body by an ordinary parser, naming the first row that is not as agreed.

    Raises:
        ContractError: a field is missing, null or not a number.
    """
    request = f"bars of {part.symbol}"
    rows = load_json(request, part.body)["results"]
    columns = []
    for field in _SCHEMA:
        found = numbers(request, field.name, [_field(row, field.name) for row in rows])
        try:
            # What no double holds to the last digit is for the rules to refuse, row by row.
            columns.append(found.cast(field.type, safe=field.type == pa.int64()))
        except pa.ArrowInvalid:
            raise broken(request, f"field {field.name!r} has a value that is not whole") from None
    return pa.table(columns, schema=_SCHEMA)


def _field(row: object, name: str) -> object:
    return row.get(name) if isinstance(row, dict) else None


def numbers(request: str, name: str, values: list[Any]) -> pa.Array:
    """A field's values as an Arrow array of numbers, without any conversion from text.

    Raises:
        ContractError: naming the field, the row and the value.
    """
    array = plain_numbers(values)
    if array is None or array.null_count:
        place, value = next(
            (place, value)
            for place, value in enumerate(values, start=1)
            if isinstance(value, bool) or not isinstance(value, int | float)
        )
        raise broken(request, f"field {name!r} of row {place} is {value!r:.40}, not a number")
    return array


def _days(stamps: Longs, bodies: Sequence[tuple[str, bytes]], counts: Longs) -> Longs:
    """Day numbers of bars that begin at midnight in New York, in milliseconds.

    Raises:
        ContractError: a time is something else: other units, another zone or another timespan.
    """
    index = session_index()
    days = (stamps - _MS_TO_EASTERN) // _MS_PER_DAY
    wrong = np.empty(0, dtype=np.int64)
    if not index.covers(days):
        wrong = np.flatnonzero((days < index.first) | (days >= index.first + len(index.close_us)))
    else:
        off = stamps != index.midnight_ms[days - index.first]
        wrong = np.flatnonzero(off)
    if len(wrong):
        symbol, _ = bodies[int(np.searchsorted(np.cumsum(counts), wrong[0], side="right"))]
        raise broken(
            f"bars of {symbol}",
            f"time {int(stamps[wrong[0]])} is not a midnight in New York in milliseconds",
        )
    return days
