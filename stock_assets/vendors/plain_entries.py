"""An object of days whose entries are all written alike, read as columns in one go.

Belongs here: the quick way over such bytes; it takes all entries or none.
Does not belong here: what to do with entries that are not alike: whoever knows the vendor's format
reads them one by one, and names those that cannot be read.

The first entry is the pattern. Entries are alike if they are that pattern with other days and
numbers in it, to the byte: blanks, names and their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from stock_assets.vendors.bars import Longs
from stock_assets.vendors.plain_text import are_alike, plain_days, plain_doubles

_MARKS: Final = b"{:},"
_NEITHER: Final = bytes(c for c in range(256) if c not in b"0123456789.-" + _MARKS)
_TO_COMMAS: Final = bytes.maketrans(_MARKS, b"," * len(_MARKS))
_COMMA: Final = ord(",")
_BLANK: Final = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class PlainEntries:
    """Entries as columns: day numbers since 1970, rising, and each name's numbers."""

    days: Longs
    values: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What all entries have: the ``names`` of their numbers, and the texts around their values.

    ``before``: what leads to the day, and to each number. ``after``: what ends an entry.
    ``between``: what stands between two entries.
    """

    names: list[str]
    before: list[bytes]
    after: bytes
    between: bytes


def plain_entries(entries: bytes) -> PlainEntries | None:
    """Columns of ``"2024-02-29":{"1. open":"4.1","2. close":"4.2"},"2024-02-28":{…``.

    None unless all entries are alike, each day stands in the calendar and stands there once, the
    days fall or rise, and each number is digits, perhaps with a minus before and a point between
    them, and is short.
    """
    entries = entries.strip(_BLANK)
    pattern = _pattern_of(entries)
    if pattern is None:
        return None
    # Per entry the day after the first comma; then nothing; then for each number what its name
    # has of digits and points, and itself; and nothing again.
    marked = b"," + entries.translate(_TO_COMMAS, _NEITHER)
    commas = np.flatnonzero(np.frombuffer(marked, np.uint8) == _COMMA)
    width = 2 * len(pattern.before) + 1
    count, rest = divmod(len(commas), width)
    if rest:
        return None
    letters = marked.translate(None, b",")
    offsets = np.empty(len(commas) + 1, np.int32)
    offsets[:-1], offsets[-1] = commas, len(letters)
    offsets[:-1] -= np.arange(len(commas), dtype=np.int32)
    where = [0, *range(3, width, 2)]
    lengths = list(np.diff(offsets).reshape(count, width)[:, where].T)
    if not are_alike(entries, pattern.before, pattern.after, lengths, pattern.between):
        return None
    texts = pa.StringArray.from_buffers(len(commas), pa.py_buffer(offsets), pa.py_buffer(letters))
    chosen = np.array(where)[:, None] + np.arange(0, len(commas), width)
    days = plain_days(texts.take(pa.array(chosen[0])))
    numbers = plain_doubles(texts.take(pa.array(chosen[1:].ravel())))
    if days is None or numbers is None:
        return None
    return _in_order(pattern.names, days, numbers.to_numpy().reshape(-1, count))


def _pattern_of(entries: bytes) -> _Pattern | None:
    """The pattern that the first entry sets; None where it is not of texts under names."""
    end = entries.find(b"}") + 1
    following = entries.find(b'"', end)
    between = entries[end:following] if following > 0 else b","
    # Nothing, the day, ':{', a name, ':', a number, ',', a name, …
    parts = entries[:end].split(b'"')
    try:
        content = orjson.loads(b"{%b}" % entries[:end])
        day, *texts = (part.decode() for part in parts[1::2])
    except ValueError:
        return None
    names, values = texts[::2], texts[1::2]
    if content != {day: dict(zip(names, values, strict=False))} or len(set(names)) != len(values):
        return None
    if not names or any(letter in name for name in parts[3::4] for letter in _MARKS):
        return None
    if parts[0] or between.strip(_BLANK) != b",":
        return None
    before = [b'"'.join([b"", *parts[n : n + 3], b""]) for n in range(2, len(parts) - 3, 4)]
    return _Pattern(names, [b'"', *before], b'"' + parts[-1], between)


def _in_order(
    names: list[str], days: pa.Array, columns: NDArray[np.float64]
) -> PlainEntries | None:
    """The columns by rising days; None where the days neither rise nor fall."""
    numbers = days.cast(pa.int32()).to_numpy().astype(np.int64)
    if numbers[0] > numbers[-1]:
        numbers, columns = numbers[::-1], columns[:, ::-1]
    if (np.diff(numbers) <= 0).any():
        return None
    return PlainEntries(numbers, dict(zip(names, columns, strict=True)))
