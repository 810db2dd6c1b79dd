"""Columns of text read as days and numbers, all at once where every text is plain.

Belongs here: the quick way, which takes a column or a list of rows as a whole or not at all.
Does not belong here: what to do with a column that is not plain: the careful ways of each vendor
name the rows that cannot be read.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.csv as pacsv

_PLAIN: Final = b"0123456789.-"
_NOT_TEXT: Final = bytes(c for c in range(256) if c not in b"}," + _PLAIN)
_TO_LINES: Final = bytes.maketrans(b"}", b"\n")
_POINT: Final = ord(".")
_LONGEST: Final = 13
"""A longer text may have more decimals than any of our vendors writes."""


def plain_days(texts: pa.Array) -> pa.Array | None:
    """Days of texts such as ``2024-02-29``; null stays null.

    None unless every text is a day of the calendar in exactly this form.
    """
    try:
        return texts.cast(pa.date32())
    except pa.ArrowInvalid:
        return None


def plain_doubles(texts: pa.Array) -> pa.Array | None:
    """Numbers of texts such as ``-12.50``; null stays null.

    None unless every text is digits, perhaps with a minus before and a point between them, and is
    short.
    """
    _, offsets, letters = texts.buffers()
    if offsets is None or letters is None:
        return texts.cast(pa.float64()) if texts.null_count == len(texts) else None
    written = letters.to_pybytes()
    if written.translate(None, _PLAIN) or b"-." in written:
        return None
    each = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    starts, ends = each[:-1], each[1:]
    told = starts < ends
    characters = np.frombuffer(written, np.uint8)
    edges = (characters[starts[told]], characters[ends[told] - 1])
    if (ends - starts).max(initial=0) > _LONGEST or any((edge == _POINT).any() for edge in edges):
        return None
    try:
        return texts.cast(pa.float64())
    except pa.ArrowInvalid:
        return None


def plain_rows(rows: bytes, schema: pa.Schema) -> pa.Table | None:
    """Columns of JSON objects side by side: ``{"date":"2024-02-29","value":"4.1"},{"date":…``.

    ``rows``: part of a document that is known to be whole; ``schema``: the fields in their order,
    days and texts. None unless every object has just these fields, written without blanks, and
    each value is a text of digits, points and minuses.
    """
    # Without those, rows that are alike are the same text over and over.
    skeleton = rows.translate(None, _PLAIN) + b","
    fields = ",".join(f'"{name}":""' for name in schema.names)
    row = f"{{{fields}}},".encode()
    if not rows or skeleton != row * (len(skeleton) // len(row)):
        return None
    # Digits in a name would be taken for the value's.
    if list(orjson.loads(rows[: rows.find(b"}") + 1])) != schema.names:
        return None
    # The comma between two rows stands before the second: an empty column comes first.
    lines = b"," + rows.translate(_TO_LINES, _NOT_TEXT)
    try:
        return pacsv.read_csv(
            pa.py_buffer(lines),
            read_options=pacsv.ReadOptions(
                column_names=["", *schema.names], block_size=len(lines), use_threads=False
            ),
            parse_options=pacsv.ParseOptions(quote_char=False),
            convert_options=pacsv.ConvertOptions(
                column_types=schema, include_columns=schema.names, null_values=[]
            ),
        )
    except pa.ArrowInvalid:
        return None
