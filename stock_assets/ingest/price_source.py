"""What a vendor of daily bars must be able to do.

Belongs here: the seam between feeds and clients. Does not belong here: any client (vendors/).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stock_assets.vendors.bars import Bars
    from stock_assets.vendors.transport import Transport


class PriceSource(Protocol):
    """A vendor of daily bars."""

    vendor: str
    serves_grouped_days: bool

    @property
    def transport(self) -> Transport:
        """The door that it speaks through, with its meter and budget."""
        ...

    def oldest_day(self) -> date | None:
        """The first day that the plan reaches back to; None where it has all of history."""
        ...

    def bars(self, symbol: str, first: date, last: date) -> Bars:
        """One symbol's bars from ``first`` to ``last``, both included."""
        ...

    def grouped(self, day: date, symbols: Sequence[str]) -> Bars:
        """One day's bars of many symbols."""
        ...
