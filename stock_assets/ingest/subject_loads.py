"""One load of a feed that is asked by subject and days, and which days are answered with it.

Belongs here: from answers to rows in the lake, and to rows of ``coverage``.
Does not belong here: what is asked for (subjects.py), what did not come (subject_gaps.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from stock_assets.lake import LoadSource, Rejected
from stock_assets.tables import COVERAGE

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from stock_assets.ingest.report import FeedReport
    from stock_assets.ingest.subjects import Collected, Question
    from stock_assets.lake import Lake

_DAY: Final = ("session", "day")
SETTLED_AFTER: Final = timedelta(hours=6)
"""So long after a day's end (UTC) vendors are done adding to it."""


def store_answers(
    lake: Lake, report: FeedReport, batch: Sequence[tuple[Question, Collected]]
) -> set[tuple[str, date]]:
    """Store what came and count it in ``report``.

    Returns the subjects and days of which rows were put aside; all days of an answer where its
    broken rows do not tell theirs.
    """
    import pyarrow as pa

    tables = {table: None for _, collected in batch for table in collected.rows}
    source = LoadSource(
        feed=report.feed,
        vendor=report.vendor,
        requests=tuple(a.request for _, collected in batch for a in collected.answers),
        payloads=tuple(a.payload for _, collected in batch for a in collected.answers),
        first_session=min(question.first for question, _ in batch),
        last_session=max(question.last for question, _ in batch),
        rejected=Rejected.concat([collected.rejected for _, collected in batch]),
    )
    aside = 0
    for table in tables:
        rows = [c.rows[table] for _, c in batch if table in c.rows]
        result = lake.append(table, pa.concat_tables(rows), source)
        aside += result.quarantined_rows
        report.count_load(
            result.load_id,
            received=result.received,
            appended=result.appended,
            unchanged=result.unchanged,
            restated=result.restated,
            quarantined_rows=result.quarantined_rows,
            quarantined=result.quarantined,
        )
    if not aside:
        return set()
    return {
        (question.subject, day)
        for question, collected in batch
        for broken in _broken(lake, collected)
        for day in _days_of(broken) or question.days
    }


def _broken(lake: Lake, collected: Collected) -> list[pa.Table]:
    """The rows of an answer that were put aside, by whoever judged them."""
    rejected = Rejected.concat([collected.rejected])
    found = [lake.broken(table, rows) for table, rows in collected.rows.items()]
    return [rows for rows in (*found, rejected and rejected.rows) if rows]


def _days_of(rows: pa.Table) -> set[date]:
    """The days that rows are about, where each of them tells it."""
    for name in _DAY:
        if name in rows.column_names and not rows[name].null_count:
            return set(rows[name].to_pylist())
    return set()


def cover(
    lake: Lake,
    report: FeedReport,
    batch: Sequence[tuple[Question, Collected]],
    now: datetime,
    settled_after: timedelta,
    *,
    but: Collection[tuple[str, date]] = (),
) -> None:
    """Note the days of these questions as answered, as far as they are over.

    ``but``: subjects and days that are not.
    """
    import numpy as np
    import pyarrow as pa

    over = np.datetime64(last_day_over(now, settled_after), "D")
    named: list[str] = []
    spans: list[NDArray[np.datetime64]] = []
    for question, collected in batch:
        first, last = np.datetime64(question.first, "D"), np.datetime64(question.last, "D")
        span = np.arange(first, min(last, over) + 1)
        open_days = [day for subject, day in but if subject == question.subject]
        if open_days:
            span = span[~np.isin(span, np.array(open_days, "datetime64[D]"))]
        subjects = (question.subject, *collected.about)
        named += subjects
        spans += [span] * len(subjects)
    days = np.concatenate(spans) if spans else ()
    if not len(days):
        return
    subjects_of_days = np.repeat(named, [len(span) for span in spans])
    known_at = pa.scalar(now, COVERAGE.row_schema.field("known_at").type)
    columns = [
        pa.repeat(pa.scalar(report.feed), len(days)),
        pa.repeat(pa.scalar(report.vendor), len(days)),
        pa.array(subjects_of_days, pa.string()),
        pa.array(days, pa.date32()),
        pa.repeat(known_at, len(days)),
    ]
    lake.append(
        COVERAGE,
        pa.table(columns, schema=COVERAGE.row_schema),
        LoadSource(feed=report.feed, vendor=report.vendor),
    )


def days_about_all(
    found: pa.Table, days: Sequence[date], about: Callable[[date], Collection[str]]
) -> NDArray[np.bool_]:
    """On which of ``days`` everybody was answered about whom an answer must be ``about`` that day.

    ``found``: rows of coverage with ``subject`` and ``day``.
    """
    import numpy as np

    answered: dict[date, set[str]] = {}
    pairs = zip(found["subject"].to_pylist(), found["day"].to_pylist(), strict=True)
    for subject, day in pairs:
        answered.setdefault(day, set()).add(subject)
    return np.array([day in answered and answered[day].issuperset(about(day)) for day in days])


def last_day_over(now: datetime, settled_after: timedelta = SETTLED_AFTER) -> date:
    """The newest day (UTC) that ended at least ``settled_after`` before ``now``."""
    return (now.astimezone(UTC) - settled_after).date() - timedelta(days=1)
