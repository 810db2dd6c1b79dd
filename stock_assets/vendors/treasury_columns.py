"""Auctions of which every text is plain, read column by column.

Belongs here: the quick way over a listing of auctions; it takes all rows or none.
Does not belong here: saying what is wrong with a row: the careful way (treasury_rows.py) does, and
both come to the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from operator import itemgetter
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stock_assets.tables import TREASURY_AUCTIONS
from stock_assets.vendors.plain_text import plain_days, plain_doubles
from stock_assets.vendors.release_clock import INSTANT, new_york_seconds
from stock_assets.vendors.treasury_hours import results_clock

_FIELDS: Final = itemgetter(
    *("cusip", "auction_date", "announcemt_date", "issue_date", "maturity_date"),
    *("security_type", "security_term", "closing_time_comp"),
    *("reopening", "inflation_index_security", "floating_rate"),
    *("offering_amt", "total_tendered", "total_accepted", "bid_to_cover_ratio"),
    *("high_discnt_rate", "high_discnt_margin", "high_yield"),
)
"""The key comes first; then days, words, flags and numbers."""
_FLAGS: Final = {"Yes": True, "No": False, "null": None, None: None}
_MISSING: Final = frozenset({"null", "", None})
_CUSIP: Final = re.compile(r"[0-9A-Z]{9}")
_DAY_S: Final = 86_400
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def plain_auctions(rows: Sequence[Mapping[str, Any]], now: datetime) -> pa.Table | None:
    """Rows of TREASURY_AUCTIONS in the order of their key.

    None unless each row has all fields, each field is missing or a text that is plain, and no key
    comes twice.
    """
    try:
        said = [list(column) for column in zip(*sorted(map(_FIELDS, rows)), strict=True)]
        cusips, days, kinds, closings = (said[n] for n in (0, 1, 5, 7))
        are_named = all(map(_CUSIP.fullmatch, cusips)) and _are_words(said[5:8])
        flags = pa.array([_FLAGS[text] for text in chain(*said[8:11])], pa.bool_())
        texts = pa.array(list(chain(*said[:7], *said[11:])), pa.string())
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        # There is no row; or a field is gone, or is no text.
        return None
    if not are_named or not _MISSING.isdisjoint(chain(days, kinds)):
        return None
    count = len(rows)
    if len(set(zip(cusips, days, strict=True))) < count:
        return None
    texts = pc.if_else(pc.equal(texts, "null"), None, texts)
    all_days, numbers = plain_days(texts[count : 5 * count]), plain_doubles(texts[7 * count :])
    if all_days is None or numbers is None:
        return None
    cusip, *_, kind, term = _cut(texts[: 7 * count], count)
    on, announced, issued, matures = _cut(all_days, count)
    offered, tendered, accepted, cover, discount, margin, high_yield = _cut(numbers, count)
    reopened, indexed, floating = _cut(flags, count)
    coupon = pc.if_else(floating.fill_null(False), margin, high_yield)
    rate = pc.if_else(pc.equal(kind, "Bill"), discount, coupon)
    is_held = pc.or_(cover.is_valid(), accepted.is_valid())
    known_at = _known_at(on, announced, is_held, list(zip(kinds, closings, strict=True)), now)
    return pa.table(
        [
            *(cusip, on, kind, term, announced, issued, matures, reopened, indexed, floating),
            *(offered, tendered, accepted, cover, rate, known_at),
        ],
        schema=TREASURY_AUCTIONS.row_schema,
    )


def _are_words(columns: Sequence[Sequence[Any]]) -> bool:
    """Whether no text has blanks around it.

    Raises:
        AttributeError, TypeError: something else than texts is in a column.
    """
    return all(text is None or text == text.strip() for text in set(chain(*columns)))


def _cut(column: pa.Array, count: int) -> list[pa.Array]:
    """Columns that stand one after the other."""
    return [column[start : start + count] for start in range(0, len(column), count)]


def _known_at(
    on: pa.Array, announced: pa.Array, is_held: pa.Array, kinds: Sequence[Any], now: datetime
) -> pa.Array:
    """When results are out of those that are held, the end of the announcement's day of others.

    ``kinds``: each row's kind and its stated time of closing.
    """
    clock_s = {}
    for kind in set(kinds):
        clock = results_clock(*kind)
        clock_s[kind] = clock.hour * 3_600 + clock.minute * 60
    day = pc.if_else(is_held, on, pc.coalesce(announced, on)).cast(pa.int32()).to_numpy()
    held = is_held.to_numpy(zero_copy_only=False)
    until = np.where(held, [clock_s[kind] for kind in kinds], _DAY_S)
    public = new_york_seconds(day.astype(np.int64), until) * 1_000_000
    return pa.array(np.minimum(public, (now - _EPOCH) // _MICROSECOND)).cast(INSTANT)
