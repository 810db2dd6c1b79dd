"""Gaps: bars that were expected and are not there, each with its cause.

Belongs here: naming the causes, recording them, and deciding which gaps are asked for again.
Does not belong here: asking (prices.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from stock_assets.errors import NotFound, VendorError
from stock_assets.lake import LoadSource
from stock_assets.tables import GAPS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from stock_assets.ingest.grid import Grid, Mask
    from stock_assets.lake import Lake

ASK_AGAIN_SESSIONS: Final = 5
"""A missing bar is asked for again while it is at most this many sessions old."""


@dataclass(frozen=True)
class GapBook:
    """The gaps of one feed.

    Causes: ``no_bar`` (answered, and this session was not in it: a halt, or the vendor forgot),
    ``before_first_bar`` and ``after_last_bar`` (not yet or no longer listed), ``not_found`` (the
    vendor does not know the symbol), ``quarantined`` (a bar came and broke a rule), ``failed``
    (the request failed), ``filled`` (it came later).
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
        return self.lake.read(GAPS, where=where, columns=("symbol", "session", "cause"))

    def settled(self, grid: Grid, gaps: pa.Table, fresh_from: date) -> Mask:
        """Gaps that are not asked for again: answered, and older than ``fresh_from``."""
        import pyarrow as pa
        import pyarrow.compute as pc

        old = pc.less(gaps["session"], pa.scalar(fresh_from, pa.date32()))
        answered = pc.not_equal(gaps["cause"], "failed")
        return grid.mask(gaps.filter(pc.and_(old, answered)))

    def record(
        self,
        grid: Grid,
        *,
        missing: Mask,
        stored: Mask,
        received: Mask,
        before: pa.Table,
        failures: Mapping[str, VendorError],
        known_at: datetime,
    ) -> Counter[str]:
        """Write one row per missing key, and ``filled`` where a former gap has come."""
        import numpy as np
        import pyarrow as pa

        causes = causes_of(grid, stored=stored, received=received, failures=failures)
        filled = grid.mask(before) & stored
        parts = [
            self._rows(grid, missing, causes[missing], failures, known_at),
            self._rows(grid, filled, np.full(int(filled.sum()), "filled"), {}, known_at),
        ]
        rows = pa.concat_tables(parts)
        if rows.num_rows:
            self.lake.append(GAPS, rows, LoadSource(feed=self.feed, vendor=self.vendor))
        return Counter(causes[missing].tolist())

    def _rows(
        self,
        grid: Grid,
        mask: Mask,
        causes: NDArray[np.object_],
        failures: Mapping[str, VendorError],
        known_at: datetime,
    ) -> pa.Table:
        import pyarrow as pa

        keys = grid.rows(mask)
        count = keys.num_rows
        words = [str(failures[s]) if s in failures else None for s in keys["symbol"].to_pylist()]
        columns = [
            pa.repeat(pa.scalar(self.feed), count),
            pa.repeat(pa.scalar(self.vendor), count),
            keys["symbol"],
            keys["session"],
            pa.array(causes.tolist(), pa.string()),
            pa.array(words, pa.string()),
            pa.repeat(pa.scalar(known_at, GAPS.row_schema.field("known_at").type), count),
        ]
        return pa.table(columns, schema=GAPS.row_schema)


def causes_of(
    grid: Grid, *, stored: Mask, received: Mask, failures: Mapping[str, VendorError]
) -> NDArray[np.object_]:
    """For each key the cause that a missing bar would have. Shape as the grid's masks."""
    import numpy as np

    causes: NDArray[np.object_] = np.full(stored.shape, "no_bar", dtype=object)
    traded = np.asarray(stored.any(axis=1))[:, None]
    width = stored.shape[1]
    position = np.arange(width)[None, :]
    first = stored.argmax(axis=1)[:, None]
    last = width - 1 - stored[:, ::-1].argmax(axis=1)[:, None]
    causes[traded & (position < first)] = "before_first_bar"
    gone = width - 1 - last > ASK_AGAIN_SESSIONS
    causes[traded & gone & (position > last)] = "after_last_bar"
    causes[received & ~stored] = "quarantined"
    for symbol, error in failures.items():
        cause = "not_found" if isinstance(error, NotFound) else "failed"
        causes[grid.symbols.index(symbol)] = cause
    return causes
