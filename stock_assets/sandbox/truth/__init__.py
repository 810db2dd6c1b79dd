"""What really happened on the twin's market; every vendor's answer is derived from it.

Belongs here: as-traded daily bars, splits, dividends, listings, and the two ways to come by them:
``generated`` (seeded) and ``recorded`` (a file). Does not belong here: any vendor's format.
"""

from stock_assets.sandbox.truth.model import (
    Bars,
    Dividend,
    Listing,
    Rename,
    Split,
    Stock,
    Truth,
)

__all__ = ["Bars", "Dividend", "Listing", "Rename", "Split", "Stock", "Truth"]
