"""A vendor that stands still: yesterday's bars told once more as today's.

Belongs here: finding bars that repeat the one before in every figure. Pure, and vectorised.
Does not belong here: what is done about them (scrutiny.py, checks/).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from stock_assets.ingest.consecutive import BEFORE, QUANTITIES, with_previous

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

FROZEN_SHARE: Final = 0.5
FEWEST: Final = 3
"""Two sessions never repeat each other in price and volume by chance for half of three symbols and
more. A share that is hardly traded may do so alone."""
FROZEN_RULE: Final = (
    "not_the_bar_before",
    "price and volume are those of the session before, as for most symbols: the vendor stood still",
)
_COLUMNS: Final = ("symbol", "session", *QUANTITIES)


@dataclass(frozen=True)
class Standstill:
    """One session whose bars repeat those before: ``repeated`` of ``compared`` symbols."""

    session: date
    compared: int
    repeated: int

    @property
    def is_frozen(self) -> bool:
        """Whether so many repeat that the vendor must have stood still."""
        return self.compared >= FEWEST and self.repeated >= FROZEN_SHARE * self.compared


def standstills(bars: pa.Table) -> tuple[Standstill, ...]:
    """The sessions on which bars are equal to the one before in open, high, low, close and volume.

    ``bars``: symbol, session and the five figures, one row per key, one vendor. Bars without any
    volume are not compared: nobody traded, and the price stayed.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    pairs = _compared(bars)
    if not pairs.num_rows:
        return ()
    counted = (
        pa.table({"session": pairs["session"], "repeated": pairs["is_same"].cast(pa.int64())})
        .group_by("session")
        .aggregate([("repeated", "sum"), ("repeated", "count")])
        .sort_by("session")
    )
    still = counted.filter(pc.greater(counted["repeated_sum"], 0)).to_pylist()
    return tuple(
        Standstill(one["session"], one["repeated_count"], one["repeated_sum"]) for one in still
    )


def in_a_standstill(bars: pa.Table, beside: pa.Table) -> NDArray[np.bool_]:
    """Which of ``bars`` repeat the one before on a session on which most do. Shape ``(rows,)``.

    ``bars``, ``beside``: as for :func:`standstills`, disjoint keys; only ``bars`` are judged.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    every = pa.concat_tables([bars.select(_COLUMNS), beside.select(_COLUMNS)])
    frozen = [one.session for one in standstills(every) if one.is_frozen]
    if not frozen:
        return np.zeros(bars.num_rows, dtype=bool)
    pairs = _compared(every)
    there = pc.is_in(pairs["session"], value_set=pa.array(frozen, pa.date32()))
    odd = pairs.filter(pc.and_(pairs["is_same"], there)).to_pylist()
    keys = {(row["symbol"], row["session"]) for row in odd}
    mine = zip(bars["symbol"].to_pylist(), bars["session"].to_pylist(), strict=True)
    return np.fromiter((key in keys for key in mine), dtype=bool, count=bars.num_rows)


def _compared(bars: pa.Table) -> pa.Table:
    """Traded bars with the one before, and whether all figures are the same (``is_same``)."""
    import pyarrow.compute as pc

    pairs = with_previous(bars)
    pairs = pairs.filter(pc.greater(pairs["volume_shares"], 0))
    same = pc.equal(pairs[QUANTITIES[0]], pairs[BEFORE + QUANTITIES[0]])
    for name in QUANTITIES[1:]:
        same = pc.and_(same, pc.equal(pairs[name], pairs[BEFORE + name]))
    return pairs.append_column("is_same", pc.fill_null(same, False))
