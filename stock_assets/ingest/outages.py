"""When failures of single requests mean that the vendor is down, or that the plan has nothing.

Belongs here: counting. Does not belong here: asking.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stock_assets.errors import EntitlementError, TransportError, VendorError, VendorOutage

OUTAGE_AFTER: Final = 3
"""So many requests in a row without any answer mean that the vendor is down, not the subjects; so
many refusals in a row mean that the plan does not include the feed."""


@dataclass
class Patience:
    """Counts requests without an answer, and refusals; one that is answered makes it forget."""

    feed: str
    vendor: str
    _in_a_row: int = 0
    _refused: int = 0

    def answered(self) -> None:
        """The vendor is there."""
        self._in_a_row = self._refused = 0

    def failed(self, error: VendorError) -> None:
        """A request failed with ``error``.

        Raises:
            VendorOutage: it was the last one that we were patient for.
            EntitlementError: ``error`` itself, likewise.
        """
        self._refused = self._refused + 1 if isinstance(error, EntitlementError) else 0
        if self._refused >= OUTAGE_AFTER:
            raise error
        unanswered = isinstance(error, TransportError | VendorOutage)
        self._in_a_row = self._in_a_row + 1 if unanswered else 0
        if self._in_a_row >= OUTAGE_AFTER:
            raise VendorOutage(
                self.vendor,
                reason=f"{self._in_a_row} requests in a row had no answer: {error}",
                next_action="check the network and the vendor, then run these partitions again",
                feed=self.feed,
            ) from None
