"""Gaps of feeds that are asked by subject and days: what did not come, why, and what is settled.

Belongs here: recording these gaps, deciding when a vendor is believed that a subject is unknown.
Does not belong here: asking (subjects.py); gaps of bars, which are judged one by one (gaps.py).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from stock_assets.errors import EntitlementError, NotFound, SecurityError, VendorError
from stock_assets.ingest.gaps import CONFIRMED_AFTER
from stock_assets.lake import LoadSource
from stock_assets.tables import COVERAGE, GAPS

if TYPE_CHECKING:
    import pyarrow as pa

    from stock_assets.ingest.grid import Grid, Mask
    from stock_assets.ingest.subjects import Question
    from stock_assets.lake import Lake

NOT_ASKED: Final = "not asked, as others were refused: "
"""So begins the detail where a vendor that refused several subjects was not asked for the rest."""
_WORDS: Final = {
    "quarantined": "rows of the answer were put aside",
    "cut": "the list is as long as this vendor's lists ever are: there may be more",
    "no_bar": "answered, and the bar of this day was not in it",
}


@dataclass(frozen=True)
class SubjectGaps:
    """The gaps of one feed: a row per subject and day.

    Causes: ``not_found`` (the vendor does not know the subject), ``not_on_plan``, ``failed`` (any
    other failure, or not asked because the vendor was down), ``quarantined`` (of the answer rows
    were put aside), ``cut`` (the list is as long as the vendor's lists ever are: there may be
    more), ``no_bar`` (answered, and a bar that is expected on that day was not in it), ``filled``
    (it came later), ``reopened`` (somebody wants it asked for again).
    """

    lake: Lake
    feed: str
    vendor: str

    def open_gaps(self, first: date, last: date) -> pa.Table:
        """Gaps from ``first`` to ``last`` that are not filled: symbol, session, cause, detail."""
        where = (
            f"feed = '{self.feed}' and cause <> 'filled' and session between "
            f"date '{first}' and date '{last}'"
        )
        return self.lake.read(GAPS, where=where, columns=("symbol", "session", "cause", "detail"))

    def named(self, gaps: pa.Table, causes: Collection[str], grid: Grid) -> set[tuple[str, date]]:
        """Subject and day of the gaps with one of these causes on the days of ``grid``."""
        import pyarrow as pa
        import pyarrow.compute as pc

        mine = gaps.filter(pc.is_in(gaps["cause"], value_set=pa.array(causes)))
        keys = zip(mine["symbol"].to_pylist(), mine["session"].to_pylist(), strict=True)
        days = set(grid.days)
        return {(subject, day) for subject, day in keys if day in days}

    def reopened(self, grid: Grid, gaps: pa.Table) -> Mask:
        """What somebody wants to be asked for again, whether it was answered or not."""
        import pyarrow.compute as pc

        return grid.mask(gaps.filter(pc.equal(gaps["cause"], "reopened")))

    def settled(self, grid: Grid, gaps: pa.Table, covered: Mask) -> Mask:
        """Days that are not asked for again: not on the plan, or of a subject that is unknown.

        Each has been asked for once: with every new day it shows whether the plan has changed. Of
        what was not even asked for nothing is settled.

        A subject is unknown when the vendor has said so for ``CONFIRMED_AFTER`` and never answered
        in between, while it did answer about others: some forget a symbol for an hour, and one
        that knows nobody is broken. ``covered``: what has been answered.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        unasked = pc.fill_null(pc.starts_with(gaps["detail"], NOT_ASKED), False)
        off_plan = pc.and_not(pc.equal(gaps["cause"], "not_on_plan"), unasked)
        refused = grid.mask(gaps.filter(off_plan))
        said = gaps.filter(pc.equal(gaps["cause"], "not_found"))
        if not said.num_rows:
            return refused
        answered = self._answered()
        lasting = {
            subject: first
            for subject, (first, last) in self._denied(answered).items()
            if last - first >= CONFIRMED_AFTER
        }
        others = [row for row, subject in enumerate(grid.symbols) if subject not in lasting]
        knows_others = bool(covered[others].any())
        unknown = [
            subject
            for subject, first in lasting.items()
            if knows_others or any(at >= first for at in answered.values())
        ]
        chosen = pc.is_in(said["symbol"], value_set=pa.array(unknown, pa.string()))
        return refused | grid.mask(said.filter(chosen))

    def record(
        self,
        grid: Grid,
        *,
        failed: Mapping[Question, VendorError | SecurityError],
        unasked: Collection[Question],
        answered: Sequence[Question],
        lacking: Mapping[tuple[str, date], str],
        before: pa.Table,
        now: datetime,
    ) -> Counter[str]:
        """One row per subject and day that failed, and ``filled`` where a gap was answered.

        ``unasked``: those of ``failed`` that were not asked. ``lacking``: what is missing in
        answers and why, by subject and day. ``before``: the gaps that were open; returns the new
        ones by cause.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        found = {
            (question.subject, day): (_cause(error), words)
            for question, error, words in self._in_words(failed, unasked, now)
            for day in _days_of(grid, question)
        }
        found |= {key: (cause, _WORDS[cause]) for key, cause in lacking.items()}
        counts = Counter(cause for cause, _ in found.values())
        for question in answered if before.num_rows else ():
            mine = before.filter(pc.equal(before["symbol"], question.subject))
            for day in mine["session"].to_pylist():
                if question.first <= day <= question.last:
                    found.setdefault((question.subject, day), ("filled", ""))
        if not found:
            return counts
        rows = [(*key, *told) for key, told in found.items()]
        count = len(rows)
        known_at = pa.scalar(now, GAPS.row_schema.field("known_at").type)
        columns = [
            pa.repeat(pa.scalar(self.feed), count),
            pa.repeat(pa.scalar(self.vendor), count),
            pa.array([row[0] for row in rows], pa.string()),
            pa.array([row[1] for row in rows], pa.date32()),
            pa.array([row[2] for row in rows], pa.string()),
            pa.array([row[3] or None for row in rows], pa.string()),
            pa.repeat(known_at, count),
        ]
        self.lake.append(
            GAPS,
            pa.table(columns, schema=GAPS.row_schema),
            LoadSource(feed=self.feed, vendor=self.vendor),
        )
        return counts

    def _in_words(
        self,
        failed: Mapping[Question, VendorError | SecurityError],
        unasked: Collection[Question],
        now: datetime,
    ) -> Iterator[tuple[Question, VendorError | SecurityError, str]]:
        """Failures with their detail.

        That a subject is unknown for long is said with the day since when: words that have
        changed are stored, which is the proof that the vendor was asked and said it once more.
        """
        unknown = any(isinstance(error, NotFound) for error in failed.values())
        denied = self._denied(self._answered()) if unknown else {}
        for question, error in failed.items():
            first, _ = denied.get(question.subject, (now, now))
            lasting = isinstance(error, NotFound) and now - first >= CONFIRMED_AFTER
            since = f"unknown since {first:%Y-%m-%d}: " if lasting else ""
            off_plan = isinstance(error, EntitlementError) and question in unasked
            before = NOT_ASKED if off_plan else since
            yield question, error, f"{before}{type(error).__name__}: {error}"

    def _answered(self) -> dict[str, datetime]:
        """When the vendor last answered about each subject, about a day that was over."""
        where = f"feed = '{self.feed}'"
        found = self.lake.read(COVERAGE, where=where, columns=("subject", "known_at"))
        newest = found.group_by("subject").aggregate([("known_at", "max")])
        instants = zip(newest["subject"], newest["known_at_max"], strict=True)
        return {subject.as_py(): at.as_py() for subject, at in instants}

    def _denied(self, answered: Mapping[str, datetime]) -> dict[str, tuple[datetime, datetime]]:
        """When the vendor first and last said that it does not know a subject, after any answer."""
        where = f"feed = '{self.feed}' and cause = 'not_found'"
        said = self.lake.history(GAPS, where=where).group_by(["symbol", "known_at"]).aggregate([])
        instants: dict[str, list[datetime]] = {}
        for row in said.to_pylist():
            subject, at = row["symbol"], row["known_at"]
            if subject not in answered or at > answered[subject]:
                instants.setdefault(subject, []).append(at)
        return {subject: (min(each), max(each)) for subject, each in instants.items()}


def _cause(error: VendorError | SecurityError) -> str:
    match error:
        case NotFound():
            return "not_found"
        case EntitlementError():
            return "not_on_plan"
        case _:
            return "failed"


def _days_of(grid: Grid, question: Question) -> tuple[date, ...]:
    low = bisect_left(grid.days, question.first)
    return grid.days[low : bisect_right(grid.days, question.last)]
