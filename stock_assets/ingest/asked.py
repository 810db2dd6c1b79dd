"""Which days a vendor of corporate actions has been asked about, symbol by symbol.

Belongs here: remembering it, and what follows from it for the next question and its answer.
Does not belong here: asking (reference.py), days of other feeds (subjects.py, stored_bars.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from stock_assets.ingest.lateness import stamped
from stock_assets.lake import LoadSource
from stock_assets.tables import COVERAGE

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from stock_assets.ingest.lateness import Decided
    from stock_assets.lake import Lake


@dataclass(frozen=True)
class Asked:
    """From which day to which one the vendor has answered about each symbol.

    ``first`` and ``last`` are days, shape ``(symbols,)``, NaT where it was never asked. Both stand
    in the table of coverage: the first day of the longest question, and the last day of each.
    """

    symbols: tuple[str, ...]
    first: NDArray[np.datetime64]
    last: NDArray[np.datetime64]

    @classmethod
    def about(cls, lake: Lake, feed: str, symbols: Sequence[str]) -> Asked:
        """What the lake remembers of a feed."""
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = lake.read(COVERAGE, where=f"feed = '{feed}'", columns=("subject", "day"))
        spans = rows.group_by("subject").aggregate([("day", "min"), ("day", "max")])
        place = pc.index_in(pa.array(symbols, pa.string()), value_set=spans["subject"])
        first, last = (
            spans[name].take(place).to_numpy().astype("datetime64[D]")
            for name in ("day_min", "day_max")
        )
        return cls(tuple(symbols), first, last)

    def since(self, first: date, overlap: timedelta) -> date:
        """From where all symbols together must be asked about, to know them from ``first``.

        A symbol of which that is known is asked about again from ``overlap`` before the last time.
        """
        import numpy as np

        begin = np.datetime64(first, "D")
        known = self.first <= begin
        if not known.all() or not len(known):
            return first
        since: date = max(begin, (self.last - np.timedelta64(overlap, "D")).min()).item()
        return since

    def stamp(self, actions: pa.Table, decided: Decided) -> pa.Table:
        """Rows of CORPORATE_ACTIONS; what the vendor had not told when asked is known from now.

        Whether a row is new is left to the lake, which keeps what it has when nothing differs.
        """
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        # A further row without days stands for symbols that are not ours.
        first, last = (np.append(each, np.datetime64("NaT")) for each in (self.first, self.last))
        found = pc.index_in(actions["symbol"], value_set=pa.array(self.symbols, pa.string()))
        place = pc.fill_null(found, -1).to_numpy()
        days = actions["ex_date"].to_numpy().astype("datetime64[D]")
        answered = (first[place] <= days) & (days <= last[place])
        return stamped(actions, answered & decided.of(days), decided.now)

    def remember(self, lake: Lake, feed: str, vendor: str, since: date, last: date) -> None:
        """Store that all symbols were asked about from ``since`` to ``last``, as of now."""
        import numpy as np
        import pyarrow as pa

        begin = np.datetime64(since, "D")
        earlier = np.array(self.symbols, dtype=object)[~(self.first <= begin)].tolist()
        subjects = [*earlier, *self.symbols]
        days = [since] * len(earlier) + [last] * len(self.symbols)
        count = len(subjects)
        columns = [
            pa.repeat(pa.scalar(feed), count),
            pa.repeat(pa.scalar(vendor), count),
            pa.array(subjects, pa.string()),
            pa.array(days, pa.date32()),
            pa.repeat(pa.scalar(lake.now(), COVERAGE.row_schema.field("known_at").type), count),
        ]
        rows = pa.table(columns, schema=COVERAGE.row_schema)
        lake.append(COVERAGE, rows, LoadSource(feed=feed, vendor=vendor))
