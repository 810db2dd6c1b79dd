"""Daily bars: fetch what is missing, keep what came, say what did not come and why.

Belongs here: one feed's run over a set of sessions.
Does not belong here: which sessions (partitions.py), how a vendor is spoken to (vendors/).
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from stock_assets.errors import (
    AuthError,
    EntitlementError,
    FeedIncomplete,
    RateLimited,
    SecurityError,
    VendorError,
)
from stock_assets.ingest.gaps import ASK_AGAIN_SESSIONS, Failure, GapBook, Traded
from stock_assets.ingest.grid import Grid
from stock_assets.ingest.outages import Patience
from stock_assets.ingest.reach import PlanReach
from stock_assets.ingest.report import FeedReport
from stock_assets.ingest.scrutiny import left_out, received_keys, scrutinised
from stock_assets.lake import LoadSource, Rejected
from stock_assets.market import FINAL_AFTER, Calendar
from stock_assets.tables import CORPORATE_ACTIONS, LOADS, PRICES
from stock_assets.vendors.plan import GroupedDay, RangeRequest, plan_requests

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from stock_assets.ingest.grid import Mask
    from stock_assets.lake import Lake
    from stock_assets.vendors.bars import Bars
    from stock_assets.vendors.transport import Transport

SYMBOLS_PER_LOAD: Final = 100
DAYS_PER_YEAR: Final = 365.25
OVERLAP_SESSIONS: Final = 5
"""A symbol's range begins so many stored sessions earlier: vendors correct last week's bars."""

Progress = Callable[[int, int, str], None]


class PriceSource(Protocol):
    """A vendor of daily bars."""

    vendor: str
    serves_grouped_days: bool

    @property
    def transport(self) -> Transport:
        """The door that it speaks through, with its meter and budget."""
        ...

    def oldest_day(self) -> date | None:
        """The first day that the plan reaches back to; None where it has all of history."""
        ...

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
        stored = grid.mask(self._stored_keys(closed))
        report.already_stored = int(stored.sum())
        before = self._gap_book.open_gaps(closed)
        missing = ~stored & ~self._settled(grid, before)
        received = missing & False
        stopped: VendorError | SecurityError | None = None
        if missing.any():
            received, stopped = self._run(grid, self._on_plan(grid, missing), report)
            now_stored = grid.mask(self._stored_keys(closed))
            report.gaps.update(
                self._gap_book.record(
                    grid,
                    missing=missing & ~now_stored,
                    stored=now_stored,
                    received=received,
                    traded=self._traded(grid),
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
        """``days``, and the first run's history until that is whole.

        A first run brings ``years`` of sessions along, at most since the calendar begins (S0-04);
        later runs fetch what they are about (S0-05), and what an interrupted first run still owes.
        """
        first_run = self._first_run()
        if first_run is None:
            since = days[-1] - timedelta(days=years * DAYS_PER_YEAR)
            since = max(min(since, days[0]), self.calendar.days[0])
            return tuple(s.day for s in self.calendar.between(since, days[-1]))
        owed = self.pending(symbols, (s.day for s in self.calendar.between(*first_run)))
        return tuple(sorted({*days, *owed}))

    def _first_run(self) -> tuple[date, date] | None:
        """First and last session that the first run with an answer was about."""
        loads = self.lake.read(
            LOADS,
            where=f"feed = '{self.feed}' and first_session is not null",
            columns=("first_session", "last_session", "ingested_at"),
        )
        if loads.num_rows == 0:
            return None
        first = loads.sort_by("ingested_at").slice(0, 1).to_pylist()[0]
        return first["first_session"], first["last_session"]

    def pending(self, symbols: Sequence[str], days: Iterable[date]) -> tuple[date, ...]:
        """The sessions on which a fetch would ask for something."""
        closed = self._final_days(days)
        if not closed:
            return ()
        grid = Grid(tuple(symbols), closed)
        missing = ~grid.mask(self._stored_keys(closed))
        missing &= ~self._settled(grid, self._gap_book.open_gaps(closed))
        return tuple(day for day, waits in zip(closed, missing.T, strict=True) if waits.any())

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

    def _settled(self, grid: Grid, gaps: pa.Table) -> Mask:
        return self._gap_book.settled(grid, gaps, self._fresh_from, self.now())

    @property
    def _fresh_from(self) -> date:
        """Since when a missing bar may still come."""
        newest = self.calendar.last_decided(self.now())
        return self.calendar.before(newest.day, ASK_AGAIN_SESSIONS).day

    def _traded(self, grid: Grid) -> Traded:
        """First and last bar of each symbol that this vendor has ever given us."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        where = f"vendor = '{self.source.vendor}'"
        bars = self.lake.read(PRICES, where=where, columns=("symbol", "session"))
        spans = bars.group_by("symbol").aggregate([("session", "min"), ("session", "max")])
        row = pc.index_in(pa.array(grid.symbols, pa.string()), value_set=spans["symbol"])
        known = row.is_valid().to_numpy(zero_copy_only=False)

        def positions(name: str) -> NDArray[np.int64]:
            days = spans[name].take(row).to_numpy().astype("datetime64[D]")
            every = np.array(self.calendar.days, dtype="datetime64[D]")
            start = np.searchsorted(every, np.datetime64(grid.days[0]))
            return np.asarray(np.searchsorted(every, days) - start, dtype=np.int64)

        return Traded(positions("session_min"), positions("session_max"), known)

    def _on_plan(self, grid: Grid, missing: Mask) -> Mask:
        """What the plan reaches back to; the rest is noted, and not asked for."""
        oldest = self.source.oldest_day()
        beyond = 0 if oldest is None else bisect_left(grid.days, oldest)
        if not beyond:
            return missing
        error = EntitlementError(
            f"{grid.days[0]} to {grid.days[beyond - 1]}",
            reason=f"the plan reaches back to {oldest}",
            next_action="upgrade the plan, or take older bars from another vendor",
            vendor=self.source.vendor,
        )
        where = (slice(None), slice(0, beyond))
        self._failures.append(Failure(where, error, not_on_plan=True))
        asked = missing.copy()
        asked[where] = False
        return asked

    @property
    def _gap_book(self) -> GapBook:
        return GapBook(self.lake, self.feed, self.source.vendor)

    def _run(
        self, grid: Grid, missing: Mask, report: FeedReport
    ) -> tuple[Mask, VendorError | SecurityError | None]:
        """Send the planned requests in loads.

        Returns which keys were answered with a row, and the error that stopped the feed, if any:
        then what was left to ask for has failed with it.
        """
        planned = plan_requests(
            grid.missing(missing), grouped_available=self.source.serves_grouped_days
        )
        requests = self._with_overlap(grid, planned)
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
                    self._store(batch, grid, received, report)
                    batch = []
        finally:
            self._store(batch, grid, received, report)
        return received, reach.refusal if not received.any() else None

    def _with_overlap(
        self, grid: Grid, requests: Sequence[RangeRequest | GroupedDay]
    ) -> list[RangeRequest | GroupedDay]:
        """Ranges that follow stored bars begin a week earlier; that costs no further request."""
        number = self.calendar.session(grid.days[0]).number
        lead = self.calendar.days[max(0, number - OVERLAP_SESSIONS) : number]
        wide = Grid(grid.symbols, (*lead, *grid.days))
        stored = wide.mask(self._stored_keys(wide.days))
        row = {symbol: stored[place] for place, symbol in enumerate(wide.symbols)}

        def earlier(request: RangeRequest | GroupedDay) -> RangeRequest | GroupedDay:
            if isinstance(request, GroupedDay):
                return request
            first = at = bisect_left(wide.days, request.first)
            while first > max(0, at - OVERLAP_SESSIONS) and row[request.symbol][first - 1]:
                first -= 1
            return replace(request, first=wide.days[first])

        return [earlier(request) for request in requests]

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

    def _store(self, batch: Sequence[Bars], grid: Grid, received: Mask, report: FeedReport) -> None:
        """One load of what is believed; a symbol whose answer is refused has received nothing."""
        if not batch:
            return
        import pyarrow as pa

        found = scrutinised(self.lake, self.source.vendor, batch)
        for symbol, error in found.refused.items():
            row = grid.symbols.index(symbol)
            received[row] = False
            self._failures.append(Failure((slice(row, row + 1), slice(None)), error))
            report.failed[symbol] = f"{type(error).__name__}: {error}"
        source = LoadSource(
            feed=self.feed,
            vendor=self.source.vendor,
            requests=tuple(a.request for bars in batch for a in bars.answers),
            payloads=tuple(a.payload for bars in batch for a in bars.answers),
            first_session=report.first_session,
            last_session=report.last_session,
            rejected=Rejected.concat([bars.rejected for bars in found.answers]),
        )
        actions = pa.concat_tables(
            [CORPORATE_ACTIONS.row_schema.empty_table(), *(b.actions for b in found.answers)]
        )
        if actions.num_rows or source.rejected is not None:
            result = self.lake.append(CORPORATE_ACTIONS, actions, source)
            report.count_load_beside(
                CORPORATE_ACTIONS.name,
                result.load_id,
                appended=result.appended,
                quarantined_rows=result.quarantined_rows,
                quarantined=result.quarantined,
            )
        prices = pa.concat_tables(
            [PRICES.row_schema.empty_table(), *(b.prices for b in found.answers)]
        )
        result = self.lake.append(PRICES, prices, source)
        report.count_load(
            result.load_id,
            received=result.received,
            appended=result.appended,
            unchanged=result.unchanged,
            restated=result.restated,
            quarantined_rows=result.quarantined_rows,
            quarantined=result.quarantined,
        )


def _asked_by(request: RangeRequest | GroupedDay, grid: Grid) -> tuple[slice, slice]:
    """The part of ``grid`` that ``request`` asks for."""
    if isinstance(request, GroupedDay):
        day = bisect_left(grid.days, request.day)
        return slice(None), slice(day, day + 1)
    row = grid.symbols.index(request.symbol)
    days = slice(bisect_left(grid.days, request.first), bisect_right(grid.days, request.last))
    return slice(row, row + 1), days
