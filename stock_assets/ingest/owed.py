"""Which days the feeds by subject still owe: what was missed while nothing ran, and what failed.

Belongs here: reading that from ``coverage`` and ``gaps``. Does not belong here: asking for these
days (automation/, subjects.py); bars, which are expected one by one (gaps.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from stock_assets.ingest.subject_gaps import NOT_ASKED
from stock_assets.tables import COVERAGE, GAPS

if TYPE_CHECKING:
    from stock_assets.ingest.feeds import Feed
    from stock_assets.lake import Lake

REFUSED: Final = "not_on_plan"
"""The cause of gaps that are settled: the vendor has answered that it will not."""
_CAUSES: Final = ("failed", "reopened", REFUSED)


def owed_days(lake: Lake, feeds: Sequence[Feed], days: Sequence[date]) -> tuple[date, ...]:
    """The days (UTC) among ``days`` that some feed has not answered in full, oldest first.

    A day is owed where something on it failed or is reopened; where a feed has answered about
    fewer subjects than on another of these days, such as none, or as many as it had got to when
    it was killed; and each day where it has answered on none.

    Raises:
        StorageError: the lake cannot be read.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not feeds or not days:
        return ()
    names = ", ".join(f"'{feed.key}'" for feed in feeds)
    span = f"between date '{min(days)}' and date '{max(days)}'"
    where = f"feed in ({names}) and day {span}"
    covered = lake.read(COVERAGE, where=where, columns=("feed", "day", "subject"))
    causes = ", ".join(f"'{cause}'" for cause in _CAUSES)
    where = f"feed in ({names}) and cause in ({causes}) and session {span}"
    gaps = lake.read(GAPS, where=where, columns=("feed", "session", "symbol", "cause", "detail"))
    unsent = pc.fill_null(pc.starts_with(gaps["detail"], NOT_ASKED), False)
    is_refused = pc.and_not(pc.equal(gaps["cause"], REFUSED), unsent)
    refused = gaps.filter(is_refused).select(["feed", "session", "symbol"])
    told = pa.concat_tables([covered, refused.rename_columns(covered.column_names)])
    counts = told.group_by(["feed", "day"]).aggregate([("subject", "count_distinct")])
    answered: dict[str, dict[date, int]] = {feed.key: {} for feed in feeds}
    for row in counts.to_pylist():
        answered[row["feed"]][row["day"]] = row["subject_count_distinct"]
    owed = set(gaps.filter(pc.invert(is_refused))["session"].to_pylist())
    for by_day in answered.values():
        most = max(by_day.values(), default=1)
        owed |= {day for day in days if by_day.get(day, 0) < most}
    return tuple(sorted(owed.intersection(days)))
