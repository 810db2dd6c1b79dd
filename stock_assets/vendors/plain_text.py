"""Columns of text read as days and numbers, all at once where every text is plain.

Belongs here: the quick way, which takes a column as a whole or not at all.
Does not belong here: what to do with a column that is not plain: the careful ways of each vendor
name the rows that cannot be read.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

_PLAIN: Final = b"0123456789.-"
_POINT: Final = ord(".")
_LONGEST: Final = 13
"""A longer text may have more decimals than any of our vendors writes: that is looked at closely."""


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

