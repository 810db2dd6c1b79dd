"""Daily bars: fetch what is missing, keep what came, say what did not come and why.

Belongs here: one feed's run over a set of sessions.
Does not belong here: which sessions (partitions.py), how a vendor is spoken to (vendors/).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from stock_assets.errors import (
    AuthError,
    EntitlementError,
    FeedIncomplete,
    RateLimited,
    TransportError,
    VendorError,
    VendorOutage,
)
from stock_assets.ingest.gaps import ASK_AGAIN_SESSIONS, GapBook
from stock_assets.ingest.grid import Grid
from stock_assets.ingest.report import FeedReport
from stock_assets.lake import LoadSource, Rejected
from stock_assets.market import FINAL_AFTER, Calendar
from stock_assets.tables import CORPORATE_ACTIONS, PRICES
from stock_assets.vendors.plan import GroupedDay, RangeRequest, plan_requests

if TYPE_CHECKING:
    import pyarrow as pa

    from stock_assets.ingest.grid import Mask
    from stock_assets.lake import Lake
    from stock_assets.vendors.bars import Bars

SYMBOLS_PER_LOAD: Final = 100
DAYS_PER_YEAR: Final = 365.25
OUTAGE_AFTER: Final = 3
"""So many symbols in a row without any answer mean that the vendor is down, not the symbols."""

Progress = Callable[[int, int, str], None]


class PriceSource(Protocol):
    """A vendor of daily bars."""

    vendor: str
    serves_grouped_days: bool

    def bars(self, symbol: str, first: date, last: date) -> Bars:
        """One symbol's bars from ``first`` to ``last``, both included."""
        ...

    def grouped(self, day: date, symbols: Sequence[str]) -> Bars:
        """One day's bars of many symbols."""
        ...


@dataclass
class PriceFeed:
    """One vendor's daily bars into the lake.

    ``now`` is the market's clock; ``progress`` is told (requests done, requests in all, what).
    """

    feed: str
    source: PriceSource
    lake: Lake
    calendar: Calendar
    now: Callable[[], datetime]
    progress: Progress = lambda done, total, what: None
    _failures: dict[str, VendorError] = field(default_factory=dict, init=False)
    _failures_in_a_row: int = field(default=0, init=False)

    def fetch(self, symbols: Sequence[str], days: Iterable[date]) -> FeedReport:
        """Fetch the bars of ``symbols`` on ``days`` that are neither stored nor settled as missing.

        One failing symbol does not stop the others; what failed stands in the report and in the
        gaps table. What was fetched is stored whatever comes after.

        Raises:
            AuthError, EntitlementError: the key or plan is refused; nobody else would fare better.
            RateLimited: the budget is used up for longer than we wait.
            VendorOutage: several symbols in a row had no answer.
            FeedIncomplete: every symbol failed, and nothing came.
        """
        started = time.monotonic()
        self._failures, self._failures_in_a_row = {}, 0
        closed = self._final_days(days)
        report = FeedReport(self.feed, self.source.vendor)
        if not closed:
            return report
        report.first_session, report.last_session = closed[0], closed[-1]
        grid = Grid(tuple(symbols), closed)
        report.expected = len(grid.symbols) * len(grid.days)
        stored = grid.mask(self._stored_keys(closed))
        report.already_stored = int(stored.sum())
        before = self._gap_book.open_gaps(closed)
        missing = ~stored & ~self._gap_book.settled(grid, before, self._fresh_from())
        received = missing & False
        if missing.any():
            received = self._run(grid, missing, report)
            now_stored = grid.mask(self._stored_keys(closed))
            report.gaps.update(
                self._gap_book.record(
                    grid,
                    missing=missing & ~now_stored,
                    stored=now_stored,
                    received=received,
                    before=before,
                    failures=self._failures,
                    known_at=self.now(),
                )
            )
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

    def with_first_backfill(self, days: Sequence[date], years: float) -> tuple[date, ...]:
        """``days``, and ``years`` of sessions before them while nothing is stored of this feed.

        A first run brings history along (S0-04); later runs fetch what they are about (S0-05).
        """
        where = f"vendor = '{self.source.vendor}'"
        if self.lake.count(PRICES, where=where):
            return tuple(days)
        first = days[-1] - timedelta(days=years * DAYS_PER_YEAR)
        return tuple(s.day for s in self.calendar.between(min(first, days[0]), days[-1]))

    def pending(self, symbols: Sequence[str], days: Iterable[date]) -> tuple[date, ...]:
        """The sessions on which a fetch would ask for something."""
        closed = self._final_days(days)
        if not closed:
            return ()
        grid = Grid(tuple(symbols), closed)
        gaps = self._gap_book.open_gaps(closed)
        settled = self._gap_book.settled(grid, gaps, self._fresh_from())
        missing = ~grid.mask(self._stored_keys(closed)) & ~settled
        waiting = {day for days_of_one in grid.missing(missing).values() for day in days_of_one}
        return tuple(sorted(waiting))

    def _final_days(self, days: Iterable[date]) -> tuple[date, ...]:
        now = self.now()
        return tuple(
            day for day in sorted(days) if now >= self.calendar.session(day).close_at + FINAL_AFTER
        )

    def _stored_keys(self, days: Sequence[date]) -> pa.Table:
        where = (
            f"vendor = '{self.source.vendor}' and session between date '{days[0]}' "
            f"and date '{days[-1]}'"
        )
        return self.lake.read(PRICES, where=where, columns=("symbol", "session"))

    def _fresh_from(self) -> date:
        """From this session on a missing bar may still come, and is asked for again."""
        newest = self.calendar.last_decided(self.now())
        return self.calendar.before(newest.day, ASK_AGAIN_SESSIONS).day

    @property
    def _gap_book(self) -> GapBook:
        return GapBook(self.lake, self.feed, self.source.vendor)

    def _run(self, grid: Grid, missing: Mask, report: FeedReport) -> Mask:
        """Send the planned requests in loads; returns which keys were answered with a row."""
        requests = plan_requests(
            grid.missing(missing), grouped_available=self.source.serves_grouped_days
        )
        received = missing & False
        batch: list[Bars] = []
        try:
            for done, request in enumerate(requests, start=1):
                answer = self._ask(request, grid, report)
                if answer is not None:
                    batch.append(answer)
                    received |= grid.mask(answer.prices)
                self.progress(done, len(requests), str(request))
                if len(batch) >= SYMBOLS_PER_LOAD:
                    self._store(batch, report)
                    batch = []
        finally:
            self._store(batch, report)
        return received

    def _ask(
        self, request: RangeRequest | GroupedDay, grid: Grid, report: FeedReport
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
            self._failures.update(dict.fromkeys(symbols, error))
            report.failed.update(dict.fromkeys(symbols, f"{type(error).__name__}: {error}"))
            self._notice_outage(error)
            return None
        self._failures_in_a_row = 0
        report.bytes_received += sum(len(one.body) for one in answer.answers)
        return answer

    def _notice_outage(self, error: VendorError) -> None:
        unanswered = isinstance(error, TransportError | VendorOutage)
        self._failures_in_a_row = self._failures_in_a_row + 1 if unanswered else 0
        if self._failures_in_a_row >= OUTAGE_AFTER:
            raise VendorOutage(
                self.source.vendor,
                reason=f"{self._failures_in_a_row} requests in a row had no answer: {error}",
                next_action="check the network and the vendor, then run these partitions again",
                feed=self.feed,
            ) from None

    def _store(self, batch: Sequence[Bars], report: FeedReport) -> None:
        if not batch:
            return
        import pyarrow as pa

        source = LoadSource(
            feed=self.feed,
            vendor=self.source.vendor,
            requests=tuple(a.request for bars in batch for a in bars.answers),
            payloads=tuple(a.payload for bars in batch for a in bars.answers),
            first_session=report.first_session,
            last_session=report.last_session,
            rejected=Rejected.concat([bars.rejected for bars in batch]),
        )
        for table, parts in (
            (CORPORATE_ACTIONS, [bars.actions for bars in batch]),
            (PRICES, [bars.prices for bars in batch]),
        ):
            rows = pa.concat_tables(parts)
            if table is CORPORATE_ACTIONS and rows.num_rows == 0 and source.rejected is None:
                continue
            result = self.lake.append(table, rows, source)
            report.count_load(
                result.load_id,
                received=result.received,
                appended=result.appended,
                unchanged=result.unchanged,
                restated=result.restated,
                quarantined_rows=result.quarantined_rows,
                quarantined=result.quarantined,
            )
