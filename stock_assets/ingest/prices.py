"""Daily bars: fetch what is missing, keep what came, say what did not come and why.

Belongs here: one feed's run over a set of sessions.
Does not belong here: which sessions (partitions.py), how a vendor is spoken to (vendors/).
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from stock_assets.errors import (
    AuthError,
    EntitlementError,
    FeedIncomplete,
    RateLimited,
    SecurityError,
    VendorError,
)
from stock_assets.ingest.gaps import ASK_AGAIN_SESSIONS, Failure, GapBook
from stock_assets.ingest.grid import Grid
from stock_assets.ingest.lateness import Decided, Lateness
from stock_assets.ingest.outages import Patience
from stock_assets.ingest.price_loads import store_bars
from stock_assets.ingest.reach import PlanReach
from stock_assets.ingest.reopening import sessions_reopened
from stock_assets.ingest.report import FeedReport
from stock_assets.ingest.scrutiny import left_out, received_keys
from stock_assets.ingest.stored_bars import StoredBars
from stock_assets.market import FINAL_AFTER, Calendar
from stock_assets.vendors.plan import GroupedDay, RangeRequest, plan_requests

if TYPE_CHECKING:
    import pyarrow as pa

    from stock_assets.ingest.grid import Mask
    from stock_assets.ingest.price_source import PriceSource
    from stock_assets.lake import Lake
    from stock_assets.vendors.bars import Bars

SYMBOLS_PER_LOAD: Final = 100
DAYS_PER_YEAR: Final = 365.25

Progress = Callable[[int, int, str], None]


@dataclass
class PriceFeed:
    """One vendor's daily bars into the lake.

    ``now`` is the market's clock; ``progress`` is told (requests done, requests in all, what).
    ``report`` is that of the last fetch, also of one that failed.
    """

    feed: str
    source: PriceSource
    lake: Lake
    calendar: Calendar
    now: Callable[[], datetime]
    progress: Progress = lambda done, total, what: None
    report: FeedReport = field(init=False)
    _failures: list[Failure] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.report = FeedReport(self.feed, self.source.vendor)

    def fetch(self, symbols: Sequence[str], days: Iterable[date]) -> FeedReport:
        """Fetch the bars of ``symbols`` on ``days`` that are neither stored nor settled as missing.

        One failing symbol does not stop the others; what failed stands in the report and in the
        gaps table, and so does what was not asked for because the vendor was down. What was
        fetched is stored whatever comes after.

        Raises:
            AuthError: the key is refused; nobody else would fare better.
            EntitlementError: the plan has nothing of all this. Of a span that begins before the
                plan does, what the plan has is fetched, and the rest noted as not on the plan.
            RateLimited: the budget is used up for longer than we wait.
            VendorOutage: several symbols in a row had no answer.
            SecurityError: somebody else answers in the vendor's name.
            FeedIncomplete: every symbol failed, and nothing came.
        """
        started = time.monotonic()
        self._failures = []
        closed = self._final_days(days)
        report = self.report = FeedReport(self.feed, self.source.vendor)
        if not closed:
            return report
        report.first_session, report.last_session = closed[0], closed[-1]
        grid = Grid(tuple(symbols), closed)
        report.expected = len(grid.symbols) * len(grid.days)
        stored = self._stored.on(grid)
        report.already_stored = int(stored.sum())
        before = self._gap_book.open_gaps(closed)
        missing = ~stored & ~self._settled(grid, before)
        received = missing & False
        stopped: VendorError | SecurityError | None = None
        if missing.any():
            lateness = self._lateness(grid)
            received, stopped = self._run(grid, self._on_plan(grid, missing), report, lateness)
            now_stored = self._stored.on(grid)
            report.gaps.update(
                self._gap_book.record(
                    grid,
                    missing=missing & ~now_stored,
                    stored=now_stored,
                    received=received,
                    traded=self._stored.traded(grid),
                    before=before,
                    failures=self._failures,
                    known_at=self.now(),
                )
            )
        if stopped is not None:
            raise stopped
        report.seconds = time.monotonic() - started
        # A delisted symbol that alone is left to ask for must not fail a feed that is whole.
        if report.failed and len(report.failed) == len(grid.symbols) and not received.any():
            symbol, why = next(iter(report.failed.items()))
            raise FeedIncomplete(
                self.feed,
                reason=f"all {len(report.failed)} symbols failed, the first one: {why}",
                next_action="cure that cause and run the same partitions again",
                symbol=symbol,
            )
        return report

    def with_first_backfill(
        self, symbols: Sequence[str], days: Sequence[date], years: float
    ) -> tuple[date, ...]:
        """``days``, what has been reopened, and the first run's history until that is whole.

        A first run brings ``years`` of sessions along, at most since the calendar begins (S0-04);
        later runs fetch what they are about (S0-05), and what an interrupted first run still owes.
        """
        first_run = self._stored.first_run()
        if first_run is None:
            since = days[-1] - timedelta(days=years * DAYS_PER_YEAR)
            since = max(min(since, days[0]), self.calendar.days[0])
            return tuple(s.day for s in self.calendar.between(since, days[-1]))
        owed = self.pending(symbols, (s.day for s in self.calendar.between(*first_run)))
        reopened = self.pending(symbols, sessions_reopened(self.lake, self.feed))
        return tuple(sorted({*days, *owed, *reopened}))

    def pending(self, symbols: Sequence[str], days: Iterable[date]) -> tuple[date, ...]:
        """The sessions on which a fetch would ask for something."""
        closed = self._final_days(days)
        if not closed:
            return ()
        grid = Grid(tuple(symbols), closed)
        missing = self._missing(grid)
        return tuple(day for day, waits in zip(closed, missing.T, strict=True) if waits.any())

    def requests(
        self, symbols: Sequence[str], days: Iterable[date]
    ) -> Sequence[RangeRequest | GroupedDay]:
        """What a fetch would send, before anything is sent."""
        closed = self._final_days(days)
        if not closed:
            return ()
        grid = Grid(tuple(symbols), closed)
        missing = self._missing(grid)
        missing[:, : self._beyond_plan(grid)] = False
        return self._requests(grid, missing)

    def _missing(self, grid: Grid) -> Mask:
        """What a fetch would ask for, were there no plan."""
        settled = self._settled(grid, self._gap_book.open_gaps(grid.days))
        return ~self._stored.on(grid) & ~settled

    def _final_days(self, days: Iterable[date]) -> tuple[date, ...]:
        now = self.now()
        return tuple(
            day for day in sorted(days) if now >= self.calendar.session(day).close_at + FINAL_AFTER
        )

    def _settled(self, grid: Grid, gaps: pa.Table) -> Mask:
        return self._gap_book.settled(grid, gaps, self._fresh_from, self.now())

    @property
    def _fresh_from(self) -> date:
        """Since when a missing bar may still come."""
        newest = self.calendar.last_decided(self.now())
        return self.calendar.before(newest.day, ASK_AGAIN_SESSIONS).day

    def _on_plan(self, grid: Grid, missing: Mask) -> Mask:
        """What the plan reaches back to; the rest is noted, and not asked for."""
        beyond = self._beyond_plan(grid)
        if not beyond:
            return missing
        error = EntitlementError(
            f"{grid.days[0]} to {grid.days[beyond - 1]}",
            reason=f"the plan reaches back to {self.source.oldest_day()}",
            next_action="upgrade the plan, or take older bars from another vendor",
            vendor=self.source.vendor,
        )
        where = (slice(None), slice(0, beyond))
        self._failures.append(Failure(where, error, not_on_plan=True))
        asked = missing.copy()
        asked[where] = False
        return asked

    def _beyond_plan(self, grid: Grid) -> int:
        """How many of the grid's days, the oldest ones, the plan does not reach back to."""
        oldest = self.source.oldest_day()
        return 0 if oldest is None else bisect_left(grid.days, oldest)

    @property
    def _stored(self) -> StoredBars:
        return StoredBars(self.lake, self.feed, self.source.vendor, self.calendar)

    @property
    def _gap_book(self) -> GapBook:
        return GapBook(self.lake, self.feed, self.source.vendor)

    def _lateness(self, grid: Grid) -> Lateness:
        """As it is before a fetch: what that brings in several loads is no answer of before."""
        wide = self._stored.around(grid)
        decided = Decided.by(self.now(), self.calendar, self.lake)
        noted = self._gap_book.noted(wide.days)
        return Lateness.of(wide, self._stored.on(wide), noted, decided)

    def _run(
        self, grid: Grid, missing: Mask, report: FeedReport, lateness: Lateness
    ) -> tuple[Mask, VendorError | SecurityError | None]:
        """Send the planned requests in loads.

        Returns which keys were answered with a row, and the error that stopped the feed, if any:
        then what was left to ask for has failed with it.
        """
        requests = self._requests(grid, missing)
        received = missing & False
        batch: list[Bars] = []
        patience, reach = Patience(self.feed, self.source.vendor), PlanReach()
        try:
            for done, request in enumerate(requests, start=1):
                try:
                    for answer in self._on_reach(request, grid, report, patience, reach):
                        batch.append(answer)
                        received |= grid.mask(received_keys(answer))
                except (VendorError, SecurityError) as error:
                    self._failures += self._not_asked(requests[done - 1 :], grid, error)
                    return received, error
                self.progress(done, len(requests), str(request))
                if len(batch) >= SYMBOLS_PER_LOAD:
                    self._store(batch, grid, received, report, lateness)
                    batch = []
        finally:
            self._store(batch, grid, received, report, lateness)
        return received, reach.refusal if not received.any() else None

    def _requests(self, grid: Grid, missing: Mask) -> list[RangeRequest | GroupedDay]:
        planned = plan_requests(
            grid.missing(missing), grouped_available=self.source.serves_grouped_days
        )
        return self._stored.with_overlap(grid, planned)

    def _not_asked(
        self,
        requests: Sequence[RangeRequest | GroupedDay],
        grid: Grid,
        error: VendorError | SecurityError,
    ) -> list[Failure]:
        """What fails with the request that stopped the feed: it and all that follow."""
        failures = [Failure(_asked_by(request, grid), error) for request in requests]
        if isinstance(error, EntitlementError):
            # Of older days this says nothing: they stay to be asked for.
            fresh = bisect_left(grid.days, self._fresh_from)
            failures += [
                Failure((rows, slice(max(days.start, fresh), days.stop)), error, not_on_plan=True)
                for rows, days in (failure.where for failure in failures)
            ]
        return failures

    def _on_reach(
        self,
        request: RangeRequest | GroupedDay,
        grid: Grid,
        report: FeedReport,
        patience: Patience,
        reach: PlanReach,
    ) -> Iterator[Bars]:
        """What the plan has of it; what the plan does not reach back to is noted."""
        answers = reach.ask(
            tuple(s.day for s in self.calendar.between(request.first, request.last)),
            lambda first, last: self._ask(request.between(first, last), grid, report, patience),
            self._fresh_from,
        )
        yield from (answer for answer in answers if answer is not None)
        if reach.refusal and reach.beyond and request.first <= reach.beyond:
            where = _asked_by(request.between(request.first, reach.beyond), grid)
            self._failures.append(Failure(where, reach.refusal, not_on_plan=True))

    def _ask(
        self,
        request: RangeRequest | GroupedDay,
        grid: Grid,
        report: FeedReport,
        patience: Patience,
    ) -> Bars | None:
        report.requests += 1
        try:
            if isinstance(request, GroupedDay):
                answer = self.source.grouped(request.day, grid.symbols)
            else:
                answer = self.source.bars(request.symbol, request.first, request.last)
        except (AuthError, EntitlementError, RateLimited):
            raise
        except VendorError as error:
            symbols = grid.symbols if isinstance(request, GroupedDay) else (request.symbol,)
            self._failures.append(Failure(_asked_by(request, grid), error))
            report.failed.update(dict.fromkeys(symbols, f"{type(error).__name__}: {error}"))
            patience.failed(error)
            return None
        patience.answered()
        report.bytes_received += sum(len(one.body) for one in answer.answers)
        report.left_out.update(left_out(answer))
        return answer

    def _store(
        self,
        batch: Sequence[Bars],
        grid: Grid,
        received: Mask,
        report: FeedReport,
        lateness: Lateness,
    ) -> None:
        """One load of what is believed; a symbol whose answer is refused has received nothing."""
        if not batch:
            return
        for symbol, error in store_bars(self.lake, report, batch, lateness, self.now()).items():
            row = grid.symbols.index(symbol)
            received[row] = False
            self._failures.append(Failure((slice(row, row + 1), slice(None)), error))
            report.failed[symbol] = f"{type(error).__name__}: {error}"


def _asked_by(request: RangeRequest | GroupedDay, grid: Grid) -> tuple[slice, slice]:
    """The part of ``grid`` that ``request`` asks for."""
    if isinstance(request, GroupedDay):
        day = bisect_left(grid.days, request.day)
        return slice(None), slice(day, day + 1)
    row = grid.symbols.index(request.symbol)
    days = slice(bisect_left(grid.days, request.first), bisect_right(grid.days, request.last))
    return slice(row, row + 1), days
