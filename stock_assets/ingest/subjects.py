"""Feeds of anything that is asked for by subject and days: news by company, series, lists.

Belongs here: which subjects and days still have to be asked for, keeping what came. What was asked
for when its day was over, and answered, is not asked for again, however little was in the answer
(the table ``coverage``): a stopped backfill goes on where it was. An answer of which rows were put
aside, and a day whose list was cut, are asked for once more. Days that are not over are asked for
at each run, but not of subjects that the vendor has not known for a week, nor off the plan.
Does not belong here: what did not come (subject_gaps.py), one load (subject_loads.py); bars, which
are expected one by one (prices.py); how a vendor is spoken to.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from stock_assets.errors import (
    AuthError,
    EntitlementError,
    FeedIncomplete,
    NotFound,
    RateLimited,
    SecurityError,
    VendorError,
)
from stock_assets.ingest.grid import Grid
from stock_assets.ingest.outages import Patience
from stock_assets.ingest.report import FeedReport
from stock_assets.ingest.subject_gaps import SubjectGaps
from stock_assets.ingest.subject_loads import (
    SETTLED_AFTER,
    cover,
    days_about_all,
    last_day_over,
    store_answers,
)
from stock_assets.tables import COVERAGE

if TYPE_CHECKING:
    import pyarrow as pa

    from stock_assets.ingest.grid import Mask
    from stock_assets.lake import Lake, Rejected
    from stock_assets.tables import Table

ANSWERS_PER_LOAD: Final = 100
SECONDS_PER_LOAD: Final = 30.0
"""What came is stored after so many answers or so long, whichever is first. Each load costs four
commits; a process that is killed asks again for what it had not stored."""
_DOUBTFUL: Final = ("quarantined", "cut")
"""Causes of days that are asked for once more: the vendor may have erred."""

Progress = Callable[[int, int, str], None]


class AnsweredRequest(Protocol):
    """One answer as the transport gave it."""

    @property
    def request(self) -> str:
        """As sent, redacted."""
        ...

    @property
    def payload(self) -> str:
        """Hash under which the body is kept."""
        ...

    @property
    def body(self) -> bytes:
        """What came."""
        ...


@dataclass(frozen=True)
class Collected:
    """What one question brought: rows by table, the answers behind them, rows put aside.

    ``left_out``: how many rows of the vendor's are no rows of ours, by reason. ``lacking``: days
    that have no row though one was expected, or not all of them, each with the cause of its gap.
    ``about``: who else is answered with it, where one question is about many.
    """

    rows: Mapping[Table, pa.Table]
    answers: Sequence[AnsweredRequest] = ()
    rejected: Rejected | pa.Table | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    lacking: Mapping[date, str] = field(default_factory=dict)
    about: Sequence[str] = ()


Ask = Callable[[str, date, date], Collected]
"""Subject, first and last day (both included) to what a vendor said about them."""


@dataclass(frozen=True)
class Question:
    """One subject over a span of days."""

    subject: str
    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        """All its days."""
        count = (self.last - self.first).days + 1
        return tuple(self.first + timedelta(days=step) for step in range(count))

    def __str__(self) -> str:
        span = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        return f"{self.subject} {span}"


@dataclass(frozen=True)
class _Left:
    """What has been answered, which gaps are open, and what is left to ask for."""

    covered: Mask
    gaps: pa.Table
    questions: tuple[Question, ...]

    def others_covered(self, grid: Grid) -> bool:
        """Whether anything has been answered about the subjects that are not asked for now."""
        asked = {question.subject for question in self.questions}
        others = [row for row, subject in enumerate(grid.symbols) if subject not in asked]
        return bool(self.covered[others].any())


@dataclass
class SubjectFeed:
    """One vendor's feed into the lake.

    ``settled_after``: how long after a day's end (UTC) the vendor is done adding to it.
    ``overlap``: so much earlier than needed a span begins, where vendors correct late and a longer
    span costs no further request. ``only_settled``: a day is not asked for before the vendor is
    done with it. ``about``: whom an answer must have been about for a day to count as answered,
    where one question is about many; None where the subject says it. ``now`` is the market's
    clock; ``progress`` is told (questions done, questions in all, which). ``report`` is that of the
    last fetch, also of one that failed.
    """

    feed: str
    vendor: str
    ask: Ask
    lake: Lake
    now: Callable[[], datetime]
    progress: Progress = lambda done, total, what: None
    settled_after: timedelta = SETTLED_AFTER
    overlap: timedelta = timedelta(0)
    only_settled: bool = False
    about: Callable[[date], Collection[str]] | None = None
    report: FeedReport = field(init=False)
    _failed: list[tuple[Question, VendorError | SecurityError]] = field(
        default_factory=list, init=False
    )
    _doubted: set[tuple[str, date]] = field(default_factory=set, init=False)
    _lacking: dict[tuple[str, date], str] = field(default_factory=dict, init=False)
    _unasked: set[Question] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.report = FeedReport(self.feed, self.vendor)

    def questions(self, subjects: Sequence[str], days: Iterable[date]) -> tuple[Question, ...]:
        """What a fetch would ask for: per subject the days not covered or settled, as one span."""
        grid = self._grid(subjects, days)
        return () if grid is None else self._open(grid).questions

    def fetch(self, subjects: Sequence[str], days: Iterable[date]) -> FeedReport:
        """Ask for every subject on every day that is not covered; days to come are left out.

        One failing subject does not stop the others; what failed, or was not asked for because the
        vendor stopped answering, stands in the gaps table. What came is stored whatever follows.

        Raises:
            AuthError: the key is refused; nobody else would fare better.
            EntitlementError: every subject, or several in a row, are not on the plan.
            RateLimited: the budget is used up for longer than we wait.
            VendorOutage: several subjects in a row had no answer.
            SecurityError: somebody else answers in the vendor's name.
            FeedIncomplete: every subject that was left to ask for failed; but not when the vendor
                merely does not know them, and has answered about the others.
        """
        started = time.monotonic()
        self._failed, self._lacking, self._unasked = [], {}, set()
        report = self.report = FeedReport(self.feed, self.vendor)
        grid = self._grid(subjects, days)
        if grid is None:
            return report
        report.first_session, report.last_session = grid.days[0], grid.days[-1]
        report.expected = len(grid.symbols) * len(grid.days)
        left = self._open(grid)
        report.already_stored = int(left.covered.sum())
        self._doubted = self._gaps.named(left.gaps, _DOUBTFUL, grid)
        stopped = self._run(left.questions, report)
        failed = dict(self._failed)
        recorded = self._gaps.record(
            grid,
            failed=failed,
            unasked=self._unasked,
            answered=[question for question in left.questions if question not in failed],
            lacking=self._lacking,
            before=left.gaps,
            now=self.now(),
        )
        report.gaps.update(recorded)
        report.seconds = time.monotonic() - started
        if stopped is not None:
            raise stopped
        # A delisted symbol that alone is left to ask for must not fail a feed that is whole.
        unknown = all(isinstance(error, NotFound) for error in failed.values())
        whole = unknown and left.others_covered(grid)
        if report.failed and len(report.failed) == len(left.questions) and not whole:
            if isinstance(refused := self._failed[0][1], EntitlementError):
                raise refused
            subject, why = next(iter(report.failed.items()))
            raise FeedIncomplete(
                self.feed,
                reason=f"all {len(report.failed)} questions failed, the first one: {why}",
                next_action="cure that cause and run the same partitions again",
                symbol=subject,
            )
        return report

    def _grid(self, subjects: Sequence[str], days: Iterable[date]) -> Grid | None:
        newest = self.now().astimezone(UTC).date()
        if self.only_settled:
            newest = last_day_over(self.now(), self.settled_after)
        past = tuple(sorted({day for day in days if day <= newest}))
        return Grid(tuple(subjects), past) if past and subjects else None

    @property
    def _gaps(self) -> SubjectGaps:
        return SubjectGaps(self.lake, self.feed, self.vendor)

    def _open(self, grid: Grid) -> _Left:
        gaps = self._gaps.open_gaps(grid.days[0] - self.overlap, grid.days[-1])
        covered = self._covered(grid) & ~self._gaps.reopened(grid, gaps)
        settled = self._gaps.settled(grid, gaps, covered)
        return _Left(covered, gaps, _spans(grid, ~covered & ~settled, self.overlap))

    def _covered(self, grid: Grid) -> Mask:
        where = (
            f"feed = '{self.feed}' and day between date '{grid.days[0]}' and date '{grid.days[-1]}'"
        )
        found = self.lake.read(COVERAGE, where=where, columns=("subject", "day"))
        covered = grid.mask(found.rename_columns(["symbol", "session"]))
        return covered & days_about_all(found, grid.days, self.about) if self.about else covered

    def _run(
        self, questions: Sequence[Question], report: FeedReport
    ) -> VendorError | SecurityError | None:
        """Ask in order; returns the error that ended it early, if one did."""
        patience = Patience(self.feed, self.vendor)
        batch: list[tuple[Question, Collected]] = []
        stored_at = time.monotonic()
        try:
            for done, question in enumerate(questions, start=1):
                try:
                    collected = self._ask(question, report, patience)
                except (VendorError, SecurityError) as error:
                    self._failed += [(left, error) for left in questions[done - 1 :]]
                    self._unasked = set(questions[done:])
                    return error
                if collected is not None:
                    batch.append((question, collected))
                self.progress(done, len(questions), str(question))
                waited = time.monotonic() - stored_at
                if len(batch) >= ANSWERS_PER_LOAD or waited >= SECONDS_PER_LOAD:
                    self._store(batch, report)
                    batch, stored_at = [], time.monotonic()
        finally:
            self._store(batch, report)
        return None

    def _store(self, batch: Sequence[tuple[Question, Collected]], report: FeedReport) -> None:
        """First the rows, then that their days are covered: a crash in between asks again."""
        if not batch:
            return
        aside = dict.fromkeys(store_answers(self.lake, report, batch), "quarantined")
        lacking = {(q.subject, day): why for q, told in batch for day, why in told.lacking.items()}
        self._lacking |= aside | lacking
        # Said twice, it is the answer.
        doubtful = {key for key, cause in (aside | lacking).items() if cause in _DOUBTFUL}
        but = doubtful - self._doubted
        cover(self.lake, report, batch, self.now(), self.settled_after, but=but)

    def _ask(self, question: Question, report: FeedReport, patience: Patience) -> Collected | None:
        try:
            collected = self.ask(question.subject, question.first, question.last)
        except (AuthError, RateLimited, SecurityError):
            report.requests += 1
            raise
        except VendorError as error:
            report.requests += 1
            self._failed.append((question, error))
            report.failed[question.subject] = f"{type(error).__name__}: {error}"
            patience.failed(error)
            return None
        patience.answered()
        report.requests += len(collected.answers)
        report.left_out.update(collected.left_out)
        report.bytes_received += sum(len(answer.body) for answer in collected.answers)
        return collected


def _spans(grid: Grid, missing: Mask, overlap: timedelta) -> tuple[Question, ...]:
    return tuple(
        Question(subject, days[0] - overlap, days[-1])
        for subject, days in grid.missing(missing).items()
    )
