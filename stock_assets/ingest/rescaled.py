"""A vendor that states a share's past in another unit than before: a split undone in its history.

Belongs here: telling such a change of basis from corrections of single bars. Pure.
Does not belong here: bars in another unit than the ones beside them (outliers.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stock_assets.errors import ContractError

if TYPE_CHECKING:
    import pyarrow as pa

FEWEST: Final = 3
"""So many sessions changed by one factor are no coincidence."""
SMALLEST: Final = 0.04
"""In logarithms: a stock dividend of 5 % is the smallest change of basis that occurs."""
ALIKE: Final = 0.002
"""In logarithms: prices are rounded to cents before and after."""


def rescaled(stored: pa.Table, told: pa.Table) -> dict[str, float]:
    """Symbols whose stored closes have all been multiplied by one factor, with that factor.

    ``stored``, ``told``: symbol, session, close_usd of one vendor, both as traded. As traded, a
    split changes no bar of the past: whatever rescales history is another basis.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    names = ["symbol", "session", "close_usd"]
    both = stored.select(names).join(
        told.select(names), names[:2], join_type="inner", right_suffix="_now"
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.log(both["close_usd_now"].to_numpy()) - np.log(both["close_usd"].to_numpy())
    far = np.isfinite(moved) & (np.abs(moved) >= SMALLEST)
    if int(far.sum()) < FEWEST:
        return {}
    changed = pa.table({"symbol": both["symbol"].filter(pa.array(far)), "moved": moved[far]})
    by_symbol = changed.group_by("symbol").aggregate(
        [("moved", "count"), ("moved", "min"), ("moved", "max")]
    )
    alike = pc.less_equal(pc.subtract(by_symbol["moved_max"], by_symbol["moved_min"]), ALIKE)
    many = pc.greater_equal(by_symbol["moved_count"], FEWEST)
    return {
        row["symbol"]: float(np.exp((row["moved_min"] + row["moved_max"]) / 2))
        for row in by_symbol.filter(pc.and_(alike, many)).sort_by("symbol").to_pylist()
    }


def refusal(vendor: str, symbol: str, factor: float) -> ContractError:
    """Why such an answer is not stored."""
    return ContractError(
        f"bars of {symbol}",
        reason=f"stored closes come back times {factor:.4g}, although bars as traded never change "
        "with a split: the vendor's history has another basis",
        next_action="keep what is stored; compare the vendor's splits with the company's notices",
        vendor=vendor,
        symbol=symbol,
    )
