"""Which expected keys are there, which are excused, which are missing without an excuse.

Belongs here: the sum that lets nobody lose a bar in silence.
Does not belong here: what is done about it (checks/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from stock_assets.ingest.gaps import ASK_AGAIN_SESSIONS, DENIALS
from stock_assets.ingest.grid import Grid
from stock_assets.tables import GAPS, PRICES

if TYPE_CHECKING:
    from stock_assets.ingest.grid import Mask
    from stock_assets.lake import Lake

EXCUSES: Final = ("before_first_bar", "after_last_bar", "not_found", "not_on_plan")
"""Causes for which no bar can come: not yet or no longer listed, unknown to the vendor, not paid
for."""


@dataclass(frozen=True)
class Completeness:
    """Expected keys = stored + excused + missing; ``causes`` counts the last two together.

    ``stored_anywhere``: keys of which this or another vendor has a bar.
    """

    expected: int
    stored: int
    stored_anywhere: int
    excused: int
    causes: dict[str, int]
    missing_keys: tuple[tuple[str, date], ...]

    @property
    def missing(self) -> int:
        """Keys that should be there and are not."""
        return self.expected - self.stored - self.excused

    @property
    def coverage(self) -> float:
        """Share of the keys that can exist which are stored, 0..1."""
        possible = self.expected - self.excused
        return self.stored / possible if possible else 1.0

    @property
    def coverage_anywhere(self) -> float:
        """The same for all vendors together, 0..1."""
        possible = max(self.expected - self.excused, self.stored_anywhere)
        return self.stored_anywhere / possible if possible else 1.0


def completeness_of(
    lake: Lake, feed: str, vendor: str, symbols: Sequence[str], days: Sequence[date]
) -> Completeness:
    """Hold what one feed stored for ``days`` against the symbols and sessions expected.

    That a symbol is no longer listed, or unknown, is not believed where another vendor has bars of
    it in the last of these sessions.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    grid = Grid(tuple(symbols), tuple(days))
    span = f"session between date '{days[0]}' and date '{days[-1]}'"
    columns = ("symbol", "session")
    bars = lake.read(PRICES, where=span, columns=(*columns, "vendor"))
    of_this_vendor = pc.equal(bars["vendor"], vendor)
    stored = grid.mask(bars.filter(of_this_vendor))
    elsewhere = grid.mask(bars.filter(pc.invert(of_this_vendor)))
    alive = elsewhere[:, -ASK_AGAIN_SESSIONS:].any(axis=1, keepdims=True)
    gaps = lake.read(
        GAPS, where=f"feed = '{feed}' and {span} and cause <> 'filled'", columns=(*columns, "cause")
    )

    def gaps_with(causes: tuple[str, ...]) -> Mask:
        named = pc.is_in(gaps["cause"], value_set=pa.array(causes))
        return grid.mask(gaps.filter(named)) & ~stored

    excused = gaps_with(EXCUSES) & ~(gaps_with(DENIALS) & alive)
    missing = ~stored & ~excused
    causes = {cause: int(gaps_with((cause,)).sum()) for cause in gaps["cause"].unique().to_pylist()}
    causes["unexplained"] = int((missing & ~grid.mask(gaps)).sum())
    keys = grid.rows(missing)
    return Completeness(
        expected=stored.size,
        stored=int(stored.sum()),
        stored_anywhere=int((stored | elsewhere).sum()),
        excused=int(excused.sum()),
        causes={cause: count for cause, count in causes.items() if count},
        missing_keys=tuple(
            zip(keys["symbol"].to_pylist(), keys["session"].to_pylist(), strict=True)
        ),
    )
