"""What is stored of one vendor's daily bars: which keys, since when, what a first run was about.

Belongs here: questions to the lake that decide what is asked for next.
Does not belong here: asking for it (prices.py), why something is missing (gaps.py).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from stock_assets.ingest.gaps import Traded
from stock_assets.ingest.grid import Grid
from stock_assets.tables import LOADS, PRICES
from stock_assets.vendors.plan import GroupedDay, RangeRequest

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from stock_assets.ingest.grid import Mask
    from stock_assets.lake import Lake
    from stock_assets.market import Calendar

OVERLAP_SESSIONS: Final = 5
"""A symbol's range begins so many stored sessions earlier: vendors correct last week's bars."""


@dataclass(frozen=True)
class StoredBars:
    """The lake's bars of one feed."""

    lake: Lake
    feed: str
    vendor: str
    calendar: Calendar

    def on(self, grid: Grid) -> Mask:
        """Which of the grid's keys have a bar."""
        return grid.mask(self._keys(grid.days))

    def _keys(self, days: Sequence[date]) -> pa.Table:
        where = (
            f"vendor = '{self.vendor}' and session between date '{days[0]}' and date '{days[-1]}'"
        )
        return self.lake.read(PRICES, where=where, columns=("symbol", "session"))

    def around(self, grid: Grid) -> Grid:
        """The grid with every session between its ends, and those that an overlap may ask for."""
        lead = self._lead(grid)
        between = self.calendar.between(grid.days[0], grid.days[-1])
        return Grid(grid.symbols, (*lead, *(session.day for session in between)))

    def _lead(self, grid: Grid) -> tuple[date, ...]:
        number = self.calendar.session(grid.days[0]).number
        return self.calendar.days[max(0, number - OVERLAP_SESSIONS) : number]

    def traded(self, grid: Grid) -> Traded:
        """First and last bar of each symbol that this vendor has ever given us."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        where = f"vendor = '{self.vendor}'"
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

    def first_run(self) -> tuple[date, date] | None:
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

    def with_overlap(
        self, grid: Grid, requests: Sequence[RangeRequest | GroupedDay]
    ) -> list[RangeRequest | GroupedDay]:
        """Ranges that follow stored bars begin a week earlier; that costs no further request."""
        wide = Grid(grid.symbols, (*self._lead(grid), *grid.days))
        stored = self.on(wide)
        row = {symbol: stored[place] for place, symbol in enumerate(wide.symbols)}

        def earlier(request: RangeRequest | GroupedDay) -> RangeRequest | GroupedDay:
            if isinstance(request, GroupedDay):
                return request
            first = at = bisect_left(wide.days, request.first)
            while first > max(0, at - OVERLAP_SESSIONS) and row[request.symbol][first - 1]:
                first -= 1
            return replace(request, first=wide.days[first])

        return [earlier(request) for request in requests]
