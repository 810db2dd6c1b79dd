"""Expected keys as a grid: symbols down, sessions across, true where something holds.

Belongs here: the arithmetic of "expected = stored + quarantined + missing with a cause".
Does not belong here: asking anybody for anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Grid:
    """Symbols x sessions. Masks have that shape: ``(len(symbols), len(days))``."""

    symbols: tuple[str, ...]
    days: tuple[date, ...]

    def mask(self, keys: pa.Table) -> Mask:
        """True where ``keys`` (columns symbol, session) holds a row; others are ignored."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        mask = np.zeros((len(self.symbols), len(self.days)), dtype=bool)
        down = pc.index_in(keys["symbol"], value_set=pa.array(self.symbols, pa.string()))
        across = pc.index_in(keys["session"], value_set=pa.array(self.days, pa.date32()))
        inside = pc.and_(pc.is_valid(down), pc.is_valid(across))
        mask[down.filter(inside).to_numpy(), across.filter(inside).to_numpy()] = True
        return mask

    def rows(self, mask: Mask) -> pa.Table:
        """The keys (symbol, session) where ``mask`` is true, by symbol and then session."""
        import numpy as np
        import pyarrow as pa

        down, across = np.nonzero(mask)
        return pa.table(
            {
                "symbol": pa.array(self.symbols, pa.string()).take(pa.array(down)),
                "session": pa.array(self.days, pa.date32()).take(pa.array(across)),
            }
        )

    def missing(self, mask: Mask) -> dict[str, tuple[date, ...]]:
        """Per symbol the sessions where ``mask`` is true; symbols without any are left out."""
        import numpy as np

        return {
            symbol: tuple(self.days[position] for position in np.flatnonzero(row))
            for symbol, row in zip(self.symbols, mask, strict=True)
            if row.any()
        }
