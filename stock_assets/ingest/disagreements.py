"""Vendors that say different things about the same bar: made visible, and decided nowhere here.

Belongs here: the comparison of two vendors' newest bars, and keeping its outcome.
Does not belong here: whose bar counts (vendor_priority, applied by the warehouse).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from stock_assets.lake import LoadSource
from stock_assets.tables import DISAGREEMENTS, PRICES

if TYPE_CHECKING:
    import pyarrow as pa

    from stock_assets.lake import Lake

TOLERANCES: Final[Mapping[str, float]] = {
    "open_usd": 0.01,
    "high_usd": 0.01,
    "low_usd": 0.01,
    "close_usd": 0.005,
    "volume_shares": 0.05,
}
"""Relative differences that are ordinary: vendors count other venues, and trades after hours."""

_KEY: Final = ["symbol", "session"]


def disagreements(
    bars: pa.Table,
    other: pa.Table,
    known_at: datetime,
    tolerances: Mapping[str, float] = TOLERANCES,
) -> pa.Table:
    """Where two vendors differ by more than what is tolerated, as rows of DISAGREEMENTS.

    ``bars``, ``other``: rows of PRICES of one vendor each, the newest version of each, all as
    traded. A bar that only one of them has is no disagreement. Relative to the larger value.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    names = [*_KEY, "vendor", *tolerances]
    both = bars.select(names).join(
        other.select(names), _KEY, join_type="inner", right_suffix="_other"
    )
    parts = []
    for name, tolerance in tolerances.items():
        value, another = both[name], both[f"{name}_other"]
        apart = pc.abs(pc.subtract(value, another))
        allowed = pc.multiply(pc.max_element_wise(pc.abs(value), pc.abs(another)), tolerance)
        far = both.filter(pc.fill_null(pc.greater(apart, allowed), True))
        columns = {
            "symbol": far["symbol"],
            "session": far["session"],
            "vendor": far["vendor"],
            "other_vendor": far["vendor_other"],
            "quantity": pa.repeat(pa.scalar(name), far.num_rows),
            "value": far[name],
            "other_value": far[f"{name}_other"],
            "tolerance": pa.repeat(pa.scalar(tolerance), far.num_rows),
            "known_at": pa.repeat(
                pa.scalar(known_at, DISAGREEMENTS.row_schema.field("known_at").type), far.num_rows
            ),
        }
        parts.append(pa.table(columns, schema=DISAGREEMENTS.row_schema))
    order = [(name, "ascending") for name in DISAGREEMENTS.key]
    return pa.concat_tables(parts).sort_by(order)


def record_disagreements(
    lake: Lake, feed: str, vendor: str, days: Sequence[date], known_at: datetime
) -> pa.Table:
    """Hold one vendor's bars of ``days`` against all others', and keep what differs.

    Rows stay when vendors agree again: a row of DISAGREEMENTS says when they differed, and the
    prices say what each of them says now.

    Returns:
        What differs now, as rows of DISAGREEMENTS.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    span = f"session between date '{days[0]}' and date '{days[-1]}'"
    columns = (*_KEY, "vendor", *TOLERANCES)
    others = lake.read(PRICES, where=f"vendor <> '{vendor}' and {span}", columns=columns)
    found = [DISAGREEMENTS.row_schema.empty_table()]
    if others.num_rows:
        bars = lake.read(PRICES, where=f"vendor = '{vendor}' and {span}", columns=columns)
        for name in sorted(others["vendor"].unique().to_pylist()):
            pair = (bars, others.filter(pc.equal(others["vendor"], name)))
            first, second = pair if vendor < name else pair[::-1]
            found.append(disagreements(first, second, known_at))
    rows = pa.concat_tables(found)
    if rows.num_rows:
        lake.append(DISAGREEMENTS, rows, LoadSource(feed=feed, vendor=vendor))
    return rows
