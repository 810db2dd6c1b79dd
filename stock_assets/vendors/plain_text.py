"""Columns of text read as days and numbers, all at once where every text is plain.

Belongs here: the quick way, which takes a column or a list of rows as a whole or not at all.
Does not belong here: what to do with a column that is not plain: the careful ways of each vendor
name the rows that cannot be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

_PLAIN: Final = b"0123456789.-"
_NOT_TEXT: Final = bytes(c for c in range(256) if c not in b"}," + _PLAIN)
_TO_LINES: Final = bytes.maketrans(b"}", b"\n")
_MINUS, _POINT, _NINE = (np.uint8(ord(letter)) for letter in "-.9")
_DAY_LENGTH: Final = 10
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
    told = texts.drop_null() if texts.null_count else texts
    _, offsets, letters = told.buffers()
    if not len(told) or letters is None:
        return None if len(told) else texts.cast(pa.float64())
    each = np.frombuffer(offsets, np.int32)[told.offset : told.offset + len(told) + 1]
    characters = np.frombuffer(letters, np.uint8)
    starts, ends = each[:-1], each[1:]
    lengths, written = ends - starts, characters[each[0] : each[-1]]
    if lengths.min() < 1 or lengths.max() > _LONGEST:
        return None
    if (written - _MINUS > _NINE - _MINUS).any():
        return None
    if any((characters[edge] == _POINT).any() for edge in (starts, ends - 1)):
        return None
    if (characters[starts] == _MINUS).any() and b"-." in written.tobytes():
        return None
    try:
        return texts.cast(pa.float64())
    except pa.ArrowInvalid:
        return None


def plain_rows(rows: bytes, schema: pa.Schema) -> pa.Table | None:
    """Columns of JSON objects side by side: ``{"date":"2024-02-29","value":"4.1"},{"date":…``.

    ``schema``: the fields in their order, days and texts. None unless every object has just these
    fields, written without blanks, and each value is a text of digits, points and minuses.
    """
    # The comma between two rows stands before the second: an empty column comes first.
    lines = b"," + rows.translate(_TO_LINES, _NOT_TEXT)
    try:
        table = pacsv.read_csv(
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
    before = [b'"%b":"' % name.encode() for name in schema.names]
    before = [b"{" + before[0], *(b'",' + text for text in before[1:])]
    lengths = [_lengths(column) for column in table.columns]
    return table if are_alike(rows, before, b'"}', lengths, b",") else None


def are_alike(
    rows: bytes, before: Sequence[bytes], after: bytes, lengths: Sequence[Ints], between: bytes
) -> bool:
    """Whether all rows are written with the same texts around their values, to the byte.

    ``before``: what leads to each value; ``after``: what ends a row; ``between``: what stands
    between two rows. ``lengths``: how long each row's values are, one array per value.
    """
    fixed = sum(map(len, before)) + len(after) + len(between)
    sizes: Longs = np.vstack(lengths).sum(axis=0, dtype=np.int64) + fixed
    at = np.cumsum(sizes) - sizes
    if not len(at) or at[-1] + sizes[-1] != len(rows) + len(between):
        return False
    for text, length in zip(before, lengths, strict=True):
        if not _stands(text, rows, at):
            return False
        at = at + (length + len(text))
    return _stands(after, rows, at) and _stands(between, rows, at[:-1] + len(after))


def _stands(text: bytes, rows: bytes, at: Longs) -> bool:
    """Whether the text stands at all these places."""
    windows = np.ndarray(len(rows) - len(text) + 1, f"V{len(text)}", rows, strides=(1,))
    return windows[at].tobytes() == text * len(at)


def _lengths(column: pa.ChunkedArray) -> Ints:
    """How long the texts of days or of texts are."""
    if pa.types.is_date32(column.type):
        return np.full(len(column), _DAY_LENGTH, np.int32)
    lengths: Ints = pc.binary_length(column).to_numpy()
    return lengths
