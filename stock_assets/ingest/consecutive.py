"""Each bar beside the one before it of the same symbol.

Belongs here: the pairing. Pure, and vectorised.
Does not belong here: what a pair says (outliers.py, frozen.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pyarrow as pa

QUANTITIES: Final = ("open_usd", "high_usd", "low_usd", "close_usd", "volume_shares")
BEFORE: Final = "previous_"


def with_previous(bars: pa.Table) -> pa.Table:
    """The bars by symbol and session, each with what the one before it said.

    ``bars``: columns symbol, session and any others, one row per key, one vendor, in any order.
    Returns the same columns and each again as ``previous_…`` (but for the symbol); the first bar
    of each symbol has none before it and is left out.
    """
    import pyarrow.compute as pc

    ordered = bars.sort_by([("symbol", "ascending"), ("session", "ascending")]).combine_chunks()
    count = max(ordered.num_rows - 1, 0)
    later, earlier = ordered.slice(1), ordered.slice(0, count)
    same = pc.equal(later["symbol"], earlier["symbol"])
    for name in ordered.column_names:
        if name != "symbol":
            later = later.append_column(BEFORE + name, earlier[name])
    return later.filter(same)
