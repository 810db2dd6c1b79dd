"""One load of a feed that is asked by subject and days, and which days are answered with it.

Belongs here: from answers to rows in the lake, and to rows of ``coverage``.
Does not belong here: what is asked for (subjects.py), what did not come (subject_gaps.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from stock_assets.lake import LoadSource, Rejected
from stock_assets.tables import COVERAGE

if TYPE_CHECKING:
    from stock_assets.ingest.report import FeedReport
    from stock_assets.ingest.subjects import Collected, Question
    from stock_assets.lake import Lake

SETTLED_AFTER: Final = timedelta(hours=6)
"""So long after a day's end (UTC) vendors are done adding to it."""


def store_answers(
    lake: Lake, report: FeedReport, batch: Sequence[tuple[Question, Collected]]
) -> set[Question]:
    """Store what came and count it in ``report``; returns of whose answers rows were put aside."""
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
    return _with_rows_aside(lake, batch) if aside else set()


def _with_rows_aside(lake: Lake, batch: Sequence[tuple[Question, Collected]]) -> set[Question]:
    return {
        question
        for question, collected in batch
        if Rejected.concat([collected.rejected]) is not None
        or any(lake.broken(table, rows) for table, rows in collected.rows.items())
    }


def cover(
    lake: Lake,
    report: FeedReport,
    questions: Sequence[Question],
    now: datetime,
    settled_after: timedelta,
) -> None:
    """Note the days of these questions as answered, as far as they are over."""
    import numpy as np
    import pyarrow as pa

    over = np.datetime64(last_day_over(now, settled_after), "D")
    spans = [
        np.arange(np.datetime64(q.first, "D"), min(np.datetime64(q.last, "D"), over) + 1)
        for q in questions
    ]
    days = np.concatenate(spans) if spans else ()
    if not len(days):
        return
    subjects = np.repeat([q.subject for q in questions], [len(span) for span in spans])
    known_at = pa.scalar(now, COVERAGE.row_schema.field("known_at").type)
    columns = [
        pa.repeat(pa.scalar(report.feed), len(days)),
        pa.repeat(pa.scalar(report.vendor), len(days)),
        pa.array(subjects, pa.string()),
        pa.array(days, pa.date32()),
        pa.repeat(known_at, len(days)),
    ]
    lake.append(
        COVERAGE,
        pa.table(columns, schema=COVERAGE.row_schema),
        LoadSource(feed=report.feed, vendor=report.vendor),
    )


def last_day_over(now: datetime, settled_after: timedelta = SETTLED_AFTER) -> date:
    """The newest day (UTC) that ended at least ``settled_after`` before ``now``."""
    return (now.astimezone(UTC) - settled_after).date() - timedelta(days=1)
