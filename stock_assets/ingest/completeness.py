"""Which expected keys are there, which are excused, which are missing without an excuse.

Belongs here: the sum that lets nobody lose a bar in silence.
Does not belong here: what is done about it (checks/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from stock_assets.ingest.grid import Grid
from stock_assets.tables import GAPS, PRICES

if TYPE_CHECKING:
    from stock_assets.lake import Lake

EXCUSES: Final = ("before_first_bar", "after_last_bar", "not_found")
"""Causes for which no bar can exist: not yet listed, no longer listed, unknown to the vendor."""


@dataclass(frozen=True)
class Completeness:
    """Expected keys = stored + excused + missing; ``causes`` counts the last two together."""

    expected: int
    stored: int
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


def completeness_of(
    lake: Lake, feed: str, vendor: str, symbols: Sequence[str], days: Sequence[date]
) -> Completeness:
    """Hold what one feed stored for ``days`` against the symbols and sessions expected."""
    import pyarrow as pa
    import pyarrow.compute as pc

    grid = Grid(tuple(symbols), tuple(days))
    span = f"session between date '{days[0]}' and date '{days[-1]}'"
    columns = ("symbol", "session")
    stored = grid.mask(lake.read(PRICES, where=f"vendor = '{vendor}' and {span}", columns=columns))
    gaps = lake.read(
        GAPS, where=f"feed = '{feed}' and {span} and cause <> 'filled'", columns=(*columns, "cause")
    )
    can_be_excused = pc.is_in(gaps["cause"], value_set=pa.array(EXCUSES))
    excused = grid.mask(gaps.filter(can_be_excused)) & ~stored
    missing = ~stored & ~excused
    causes = {
        cause: int((grid.mask(gaps.filter(pc.equal(gaps["cause"], cause))) & ~stored).sum())
        for cause in gaps["cause"].unique().to_pylist()
    }
    causes["unexplained"] = int((missing & ~grid.mask(gaps)).sum())
    keys = grid.rows(missing)
    return Completeness(
        expected=stored.size,
        stored=int(stored.sum()),
        excused=int(excused.sum()),
        causes={cause: count for cause, count in causes.items() if count},
        missing_keys=tuple(
            zip(keys["symbol"].to_pylist(), keys["session"].to_pylist(), strict=True)
        ),
    )
