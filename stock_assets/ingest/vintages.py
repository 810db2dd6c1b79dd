"""Which vintage counts at an instant.

Belongs here: as-of answers over rows of MACRO. Pure, and vectorised.
Does not belong here: reading or storing rows (lake/); the warehouse's own as-of, which dbt has.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pyarrow as pa

_PERIOD: Final = ("vendor", "series", "country", "period_start")
_NEWEST_LAST: Final = ("vintage_on", "known_at", "ingested_at")


def as_of(rows: pa.Table, instant: datetime) -> pa.Table:
    """What was known at ``instant``: per vendor, series, country and period the newest vintage.

    ``rows``: rows of MACRO with or without the other system columns, in any order. Among rows of
    one vintage the one that was known last counts, then the one that was stored last. A newest
    vintage whose value is missing stays: the vendor had stopped saying a value by then.

    Returns:
        Rows of the same schema, one per period, in order of vendor, series, country and period.
        Rows that became known later have no influence on it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    at = pa.scalar(instant, rows.schema.field("known_at").type)
    known = rows.filter(pc.less_equal(rows["known_at"], at))
    marks = [name for name in _NEWEST_LAST if name in rows.column_names]
    known = known.sort_by([(name, "ascending") for name in (*_PERIOD, *marks)]).combine_chunks()
    if known.num_rows < 2:
        return known
    ends = [
        pc.not_equal(
            known[name].slice(1).combine_chunks(),
            known[name].slice(0, known.num_rows - 1).combine_chunks(),
        )
        for name in _PERIOD
    ]
    last = ends[0]
    for end in ends[1:]:
        last = pc.or_(last, end)
    return known.filter(pa.concat_arrays([last, pa.array([True])]))


def only_changed(rows: pa.Table, stored: pa.Table) -> pa.Table:
    """The rows of ``rows`` that say something else than the newest stored vintage of their period.

    For vendors without vintages, who state everything anew each time: a value that has not changed
    is no new vintage. ``stored``: rows of MACRO, all vintages of the same series.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if not rows.num_rows or not stored.num_rows:
        return rows
    ordered = [(name, "ascending") for name in (*_PERIOD, "vintage_on")]
    newest = (
        stored.select([*_PERIOD, "vintage_on", "value"])
        .sort_by(ordered)
        .group_by(list(_PERIOD), use_threads=False)
        .aggregate([("value", "last"), ("vintage_on", "last")])
    )
    numbered = rows.append_column("place", pa.array(np.arange(rows.num_rows)))
    both = numbered.join(newest, list(_PERIOD), join_type="left outer").sort_by("place")
    is_known = pc.is_valid(both["vintage_on_last"])
    is_same = pc.or_(
        pc.fill_null(pc.equal(both["value"], both["value_last"]), fill_value=False),
        pc.and_(pc.is_null(both["value"]), pc.is_null(both["value_last"])),
    )
    return rows.filter(pc.invert(pc.and_(is_known, is_same)))
