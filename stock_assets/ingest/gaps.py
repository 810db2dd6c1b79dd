"""Gaps: bars that were expected and are not there, each with its cause.

Belongs here: naming the causes, recording them, and deciding which gaps are asked for again.
Does not belong here: asking (prices.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from stock_assets.errors import NotFound, SecurityError, VendorError
from stock_assets.lake import LoadSource
from stock_assets.tables import GAPS, PRICES

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from stock_assets.ingest.grid import Grid, Mask
    from stock_assets.lake import Lake

ASK_AGAIN_SESSIONS: Final = 5
"""A missing bar is asked for again while it is at most this many sessions old."""
CONFIRMED_AFTER: Final = timedelta(days=7)
"""A vendor must not have known a symbol for so long before it is believed: some forget one for an
hour."""
DENIALS: Final = ("after_last_bar", "not_found")
"""Causes by which a vendor says that a symbol is not traded: not believed of a session of which
another vendor has a bar."""
UNANSWERED: Final = ("failed", "not_on_plan", "reopened", "filled")
"""Words about a gap that say nothing of what the vendor has of it."""
TRADED_ELSEWHERE: Final = "not in the answer, but another vendor has a bar of this session"


@dataclass(frozen=True)
class Failure:
    """A request that brought nothing: the part of the grid that it asked for, and why.

    ``not_on_plan``: the plan does not have these days; it was refused, or not even sent.
    """

    where: tuple[slice, slice]
    error: VendorError | SecurityError
    not_on_plan: bool = False


@dataclass(frozen=True)
class Traded:
    """Between which sessions a vendor has had bars of each symbol, over all time.

    Positions count sessions from the first of a grid and may lie outside it. Shape ``(symbols,)``;
    ``known`` is false where there has never been a bar.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    known: NDArray[np.bool_]


@dataclass(frozen=True)
class GapBook:
    """The gaps of one feed.

    Causes: ``no_bar`` (answered, and this session was not in it: a halt, or the vendor forgot),
    ``before_first_bar`` and ``after_last_bar`` (not yet or no longer listed), ``not_found`` (the
    vendor does not know the symbol), ``quarantined`` (a bar came and broke a rule), ``failed``
    (the request failed, or was not sent because the vendor was down), ``not_on_plan`` (the plan
    does not reach back so far), ``filled`` (it came later), ``reopened`` (somebody wants it to be
    asked for again: reopening.py).
    """

    lake: Lake
    feed: str
    vendor: str

    def open_gaps(self, days: Sequence[date]) -> pa.Table:
        """Gaps between the first and the last of ``days`` that have not been filled."""
        where = (
            f"feed = '{self.feed}' and session between date '{days[0]}' and date '{days[-1]}' "
            "and cause <> 'filled'"
        )
        columns = ("symbol", "session", "cause", "detail", "known_at")
        return self.lake.read(GAPS, where=where, columns=columns)

    def noted(self, days: Sequence[date]) -> pa.Table:
        """When each gap between the first and the last of ``days`` was first noted, filled or not.

        Columns: symbol, session, noted_at (market's time), answered (the vendor has ever answered,
        and the bar was not in it).
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        span = f"session between date '{days[0]}' and date '{days[-1]}'"
        words = self.lake.history(GAPS, where=f"feed = '{self.feed}' and {span}")
        unanswered = pc.is_in(words["cause"], value_set=pa.array(UNANSWERED))
        told = words.append_column("answered", pc.invert(unanswered))
        found = told.group_by(["symbol", "session"]).aggregate(
            [("known_at", "min"), ("answered", "any")]
        )
        return found.rename_columns({"known_at_min": "noted_at", "answered_any": "answered"})

    def settled(self, grid: Grid, gaps: pa.Table, fresh_from: date, now: datetime) -> Mask:
        """Gaps that are not asked for again: answered, and older than ``fresh_from``.

        A symbol that the vendor did not know, now or all of a sudden, is asked for again until
        that is confirmed; and once more where another vendor has the bar by now, so that the cause
        is told anew.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        old = pc.less(gaps["session"], pa.scalar(fresh_from, pa.date32()))
        to_ask = pa.array(["failed", "reopened"])
        answered = pc.invert(pc.is_in(gaps["cause"], value_set=to_ask))
        refused = pc.equal(gaps["cause"], "not_on_plan")
        known = pc.or_(pc.is_null(gaps["detail"]), refused)
        long_ago = pa.scalar(now - CONFIRMED_AFTER, gaps["known_at"].type)
        confirmed = pc.or_(known, pc.less_equal(gaps["known_at"], long_ago))
        settled = grid.mask(gaps.filter(pc.and_(pc.and_(old, answered), confirmed)))
        denied = pc.is_in(gaps["cause"], value_set=pa.array(DENIALS))
        return settled & ~self._traded_elsewhere(grid, settled & grid.mask(gaps.filter(denied)))

    def record(
        self,
        grid: Grid,
        *,
        missing: Mask,
        stored: Mask,
        received: Mask,
        traded: Traded,
        before: pa.Table,
        failures: Sequence[Failure],
        known_at: datetime,
    ) -> Counter[str]:
        """Write one row per missing key, and ``filled`` where a former gap has come.

        A gap keeps its row while its cause stays: its ``known_at`` is when that was first said.
        A denial that another vendor's bar contradicts is ``no_bar``: it excuses nothing.
        """
        import numpy as np
        import pyarrow as pa

        causes = causes_of(grid, stored=stored, received=received, traded=traded, failures=failures)
        words: NDArray[np.object_] = np.full(missing.shape, None, dtype=object)
        contradicted = self._traded_elsewhere(grid, missing & np.isin(causes, DENIALS))
        causes[contradicted], words[contradicted] = "no_bar", TRADED_ELSEWHERE
        for failure in failures:
            words[failure.where] = f"{type(failure.error).__name__}: {failure.error}"
        filled = grid.mask(before) & stored
        nothing: NDArray[np.object_] = np.full(int(filled.sum()), None, dtype=object)
        new = missing & ~_unchanged(grid, before, causes)
        parts = [
            self._rows(grid, new, causes[new], words[new], known_at),
            self._rows(grid, filled, np.full_like(nothing, "filled"), nothing, known_at),
        ]
        rows = pa.concat_tables(parts)
        if rows.num_rows:
            self.lake.append(GAPS, rows, LoadSource(feed=self.feed, vendor=self.vendor))
        return Counter(causes[missing].tolist())

    def _traded_elsewhere(self, grid: Grid, denied: Mask) -> Mask:
        """Where ``denied`` holds and another vendor's bar is stored. Reads nothing for nothing."""
        if not denied.any():
            return denied
        span = f"session between date '{grid.days[0]}' and date '{grid.days[-1]}'"
        columns = ("symbol", "session")
        bars = self.lake.read(
            PRICES, where=f"vendor <> '{self.vendor}' and {span}", columns=columns
        )
        return denied & grid.mask(bars)

    def _rows(
        self,
        grid: Grid,
        mask: Mask,
        causes: NDArray[np.object_],
        words: NDArray[np.object_],
        known_at: datetime,
    ) -> pa.Table:
        import pyarrow as pa

        keys = grid.rows(mask)
        count = keys.num_rows
        columns = [
            pa.repeat(pa.scalar(self.feed), count),
            pa.repeat(pa.scalar(self.vendor), count),
            keys["symbol"],
            keys["session"],
            pa.array(causes, pa.string()),
            pa.array(words, pa.string()),
            pa.repeat(pa.scalar(known_at, GAPS.row_schema.field("known_at").type), count),
        ]
        return pa.table(columns, schema=GAPS.row_schema)


def _unchanged(grid: Grid, before: pa.Table, causes: NDArray[np.object_]) -> Mask:
    """Where the cause is what it was. Of a failure the newest words count."""
    import numpy as np
    import pyarrow.compute as pc

    unchanged = np.zeros(causes.shape, dtype=bool)
    for cause in set(before["cause"].to_pylist()) - {"failed"}:
        unchanged |= grid.mask(before.filter(pc.equal(before["cause"], cause))) & (causes == cause)
    return unchanged


def causes_of(
    grid: Grid, *, stored: Mask, received: Mask, traded: Traded, failures: Sequence[Failure]
) -> NDArray[np.object_]:
    """For each key the cause that a missing bar would have. Shape as the grid's masks.

    A vendor that does not know a symbol of which it has had bars until lately is not believed:
    such a gap is ``no_bar``, in the vendor's words.
    """
    import numpy as np

    causes: NDArray[np.object_] = np.full(stored.shape, "no_bar", dtype=object)
    end = stored.shape[1] - 1
    position = np.arange(stored.shape[1])[None, :]
    known, first, last = (each[:, None] for each in (traded.known, traded.first, traded.last))
    causes[known & (position < first)] = "before_first_bar"
    causes[known & (end - last > ASK_AGAIN_SESSIONS) & (position > last)] = "after_last_bar"
    causes[received & ~stored] = "quarantined"
    for failure in failures:
        asked = causes[failure.where]
        if failure.not_on_plan:
            asked[:] = "not_on_plan"
        elif isinstance(failure.error, NotFound):
            asked[~traded.known[failure.where[0]]] = "not_found"
        else:
            asked[:] = "failed"
    return causes
