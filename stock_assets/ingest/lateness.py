"""What a vendor tells late is known from the moment it is told, not from the day it is about.

Belongs here: which bars and corporate actions decisions may have been made without, and the instant
from which they count. Does not belong here: what was asked (stored_bars.py, gaps.py, reference.py),
corrections of what is stored (the lake stamps those).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from stock_assets.tables import PREDICTIONS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from stock_assets.ingest.grid import Grid, Mask
    from stock_assets.lake import Lake
    from stock_assets.market import Calendar

    Days = NDArray[np.datetime64]

SAME_RUN: Final = timedelta(hours=12)
"""The run that decides begins at the decision time, collects, and tries again what failed: what it
brings by then belongs to its decision. The next one begins a day later."""
FRESH: Final = timedelta(days=7)
"""A gap that was noted so soon after its session's close was noted by daily runs, which decide; a
later one was left by a backfill."""


@dataclass(frozen=True)
class Decided:
    """Which sessions' decisions have been made by ``now``, the market's present.

    ``predicted``: sessions of which a prediction is stored. Of others a decision counts as made
    when its run must be over.
    """

    calendar: Calendar
    now: datetime
    predicted: Collection[date] = ()

    @classmethod
    def by(cls, now: datetime, calendar: Calendar, lake: Lake) -> Decided:
        """As the ledger of predictions says. Only the last days of it matter, and are read."""
        since = (now - FRESH - SAME_RUN).date() - timedelta(days=1)
        found = lake.read(PREDICTIONS, where=f"session >= date '{since}'", columns=("session",))
        return cls(calendar, now, frozenset(found["session"].to_pylist()))

    def of(self, days: Days) -> NDArray[np.bool_]:
        """Whether it is made, of each day; a day without a session counts to the next one."""
        import numpy as np

        every = np.array(self.calendar.days, dtype="datetime64[D]")
        place = np.searchsorted(every, days)
        session = every[np.minimum(place, len(every) - 1)]
        over = np.datetime64(self.calendar.last_decided(self.now - SAME_RUN).day)
        predicted = np.array(sorted(self.predicted), dtype="datetime64[D]")
        return (session <= over) | np.isin(session, predicted)

    def since(self, noted: NDArray[np.datetime64], days: Days) -> NDArray[np.bool_]:
        """Whether some decision was made after ``noted``, a word about the session of ``days``."""
        import numpy as np

        predicted = np.array(sorted(self.predicted), dtype="datetime64[D]")
        return (noted <= _instant(self.now - SAME_RUN)) | np.isin(days, predicted)


@dataclass(frozen=True)
class Lateness:
    """What decisions may have been made without, of the keys of ``grid``.

    ``bars``: a bar that comes now was missing then. ``actions``: the vendor had answered about that
    day; a split or dividend of it that is new now was not told then.
    """

    grid: Grid
    bars: Mask
    actions: Mask

    @classmethod
    def of(cls, grid: Grid, stored: Mask, noted: pa.Table, decided: Decided) -> Lateness:
        """From what stood in the lake before a fetch.

        Args:
            grid: symbols, and sessions without one left out between the first and the last.
            stored: the keys of which the vendor's bar was stored.
            noted: GapBook.noted of the sessions.
            decided: which decisions have been made.
        """
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        days = noted["session"].to_numpy().astype("datetime64[D]")
        every = np.array(grid.days, dtype="datetime64[D]")
        closes = np.array([_instant(decided.calendar.session(d).close_at) for d in grid.days])
        place = np.minimum(np.searchsorted(every, days), len(every) - 1)
        first = noted["noted_at"].to_numpy().astype("datetime64[us]")
        without = decided.since(first, days)
        fresh = first < closes[place] + np.timedelta64(FRESH)
        answered = pc.fill_null(noted["answered"], False).to_numpy()
        missed = grid.mask(noted.filter(pa.array(without & fresh)))
        told = grid.mask(noted.filter(pa.array(without & answered)))
        return cls(grid, missed, missed | told | (stored & decided.of(every)[None, :]))

    def stamp_bars(self, rows: pa.Table, now: datetime) -> pa.Table:
        """Rows of PRICES; the late ones are known from ``now``."""
        return stamped(rows, self._at(self.bars, rows, "session"), now)

    def stamp_actions(self, rows: pa.Table, now: datetime) -> pa.Table:
        """Rows of CORPORATE_ACTIONS; the late ones are known from ``now``.

        Whether a row is new is left to the lake, which keeps what it has when nothing differs.
        """
        return stamped(rows, self._at(self.actions, rows, "ex_date"), now)

    def _at(self, mask: Mask, rows: pa.Table, day: str) -> NDArray[np.bool_]:
        """The mask at each row; a day without a session counts to the next one."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        every = np.array(self.grid.days, dtype="datetime64[D]")
        days = rows[day].to_numpy().astype("datetime64[D]")
        found = pc.index_in(rows["symbol"], value_set=pa.array(self.grid.symbols, pa.string()))
        down = pc.fill_null(found, -1).to_numpy()
        across = np.searchsorted(every, days)
        inside = (down >= 0) & (days >= every[0]) & (across < len(every))
        late = np.zeros(rows.num_rows, dtype=bool)
        late[inside] = mask[down[inside], across[inside]]
        return late


def stamped(rows: pa.Table, late: NDArray[np.bool_], now: datetime) -> pa.Table:
    """The rows, of which the ``late`` ones are known from ``now`` at the earliest.

    ``late`` has one value per row.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not late.any():
        return rows
    place = rows.schema.get_field_index("known_at")
    field = rows.schema.field(place)
    at, known_at = pa.scalar(now, field.type), rows["known_at"]
    earlier = pc.and_(pa.array(late), pc.less(known_at, at))
    return rows.set_column(place, field, pc.if_else(earlier, at, known_at))


def _instant(at: datetime) -> np.datetime64:
    import numpy as np

    return np.datetime64(int(at.timestamp()) * 1_000_000 + at.microsecond, "us")
