"""Prices that cannot follow from the ones beside them: other units, missing splits, typing errors.

Belongs here: jumps that no split explains, and bars in another unit. Pure, and vectorised.
Does not belong here: what is done about them (scrutiny.py, checks/).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stock_assets.ingest.consecutive import with_previous

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

JUMP: Final = 0.5
"""In logarithms: from one session to the next a price falls by 40 % or rises by 65 %."""
UNITS: Final = (100.0, 1_000.0)
"""Pence for pounds, cents for dollars, thousands for ones."""
UNIT_LEEWAY: Final = 0.25
"""In logarithms: what the price itself may have moved beside the change of unit."""
UNIT_RULE: Final = (
    "price_in_dollars",
    "without a split, the close is off by a factor of about a hundred or a thousand",
)

_BESIDE: Final = 2


def jumps(bars: pa.Table, splits: pa.Table, threshold: float = JUMP) -> pa.Table:
    """The bars whose close is too far from the one before, and no known split says why.

    ``bars``: symbol, session, close_usd as traded, one row per key, one vendor. ``splits``: symbol,
    ex_date, split_ratio of any vendor; where vendors differ, any of them may explain a jump.

    Returns:
        symbol, session, close_usd, previous_session, previous_close_usd, log_return (after the
        split that explains it best) and is_unit (close to a factor of a hundred or a thousand).
    """
    import numpy as np
    import pyarrow as pa

    pairs = with_previous(bars.select(["symbol", "session", "close_usd"]))
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.log(pairs["close_usd"].to_numpy()) - np.log(
            pairs["previous_close_usd"].to_numpy()
        )
    for place in np.flatnonzero(np.abs(moved) > threshold):
        moved[place] = _explained(pairs.slice(int(place), 1), splits, float(moved[place]))
    far = ~(np.abs(moved) <= threshold)
    found = pairs.filter(pa.array(far))
    return found.append_column("log_return", pa.array(moved[far])).append_column(
        "is_unit", pa.array(_is_unit(moved[far]))
    )


def in_another_unit(bars: pa.Table, beside: pa.Table, splits: pa.Table) -> NDArray[np.bool_]:
    """Which of ``bars`` are in another unit than the sessions beside them. Shape ``(rows,)``.

    ``bars``, ``beside``: symbol, session, close_usd, disjoint keys of one vendor; only ``bars`` are
    judged, by the median of up to two sessions on either side, at least two in all. ``splits``:
    symbol, ex_date. Within two sessions of a split nothing is judged: a share may be split in a
    hundred.
    """
    import numpy as np
    import pyarrow as pa

    names = ["symbol", "session", "close_usd"]
    mine = np.arange(bars.num_rows, dtype=np.int64)
    rows = pa.concat_tables(
        [
            bars.select(names).append_column("place", pa.array(mine)),
            beside.select(names).append_column(
                "place", pa.array(np.full(beside.num_rows, -1, dtype=np.int64))
            ),
        ]
    ).sort_by([("symbol", "ascending"), ("session", "ascending")])
    found = np.zeros(bars.num_rows, dtype=bool)
    if rows.num_rows <= _BESIDE:
        return found
    symbol = rows["symbol"].combine_chunks().dictionary_encode().indices.to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        close = np.log(rows["close_usd"].to_numpy())
    # What is no price at all breaks another rule.
    close[~np.isfinite(close)] = np.nan
    step = np.abs(np.diff(close))
    if not (step > np.log(UNITS[0]) / 2 - UNIT_LEEWAY).any():
        # A change of unit is a step somewhere, however the symbols follow each other.
        return found
    around = _around(symbol, close)
    enough = np.isfinite(around).sum(axis=0) >= _BESIDE
    # Where nothing is beside a bar, the median is that of nothing.
    around[:, ~enough] = 0.0
    odd = enough & _is_unit(close - np.nanmedian(around, axis=0))
    odd &= ~_near_a_split(rows, symbol, splits)
    place = rows["place"].to_numpy()
    found[place[odd & (place >= 0)]] = True
    return found


def _around(symbol: NDArray[np.int32], close: NDArray[np.float64]) -> NDArray[np.float64]:
    """The closes on either side of each row, NaN where another symbol stands. Shape (4, rows)."""
    import numpy as np

    around = np.full((2 * _BESIDE, len(close)), np.nan)
    for step in range(1, _BESIDE + 1):
        same = symbol[step:] == symbol[:-step]
        around[2 * step - 2, step:] = np.where(same, close[:-step], np.nan)
        around[2 * step - 1, :-step] = np.where(same, close[step:], np.nan)
    return around


def _near_a_split(rows: pa.Table, symbol: NDArray[np.int32], splits: pa.Table) -> NDArray[np.bool_]:
    """Rows of which a split of the same symbol lies within the sessions beside them."""
    import numpy as np

    near = np.zeros(rows.num_rows, dtype=bool)
    names = rows["symbol"].combine_chunks().dictionary_encode().dictionary.to_pylist()
    days = rows["session"].to_numpy()
    for split in splits.to_pylist():
        if split["symbol"] not in names:
            continue
        mine = np.flatnonzero(symbol == names.index(split["symbol"]))
        at = int(np.searchsorted(days[mine], np.datetime64(split["ex_date"], "D")))
        near[mine[max(at - _BESIDE, 0) : at + _BESIDE]] = True
    return near


def _explained(pair: pa.Table, splits: pa.Table, moved: float) -> float:
    """The move that is left after the split of that day which explains most of it."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    (one,) = pair.to_pylist()
    day = splits["ex_date"]
    of_that_day = pc.and_(
        pc.greater(day, pa.scalar(one["previous_session"])),
        pc.less_equal(day, pa.scalar(one["session"])),
    )
    known = splits.filter(pc.and_(of_that_day, pc.equal(splits["symbol"], one["symbol"])))
    left = [moved, *(moved + np.log(ratio) for ratio in known["split_ratio"].to_pylist())]
    return float(min(left, key=abs))


def _is_unit(moved: NDArray[np.float64]) -> NDArray[np.bool_]:
    import numpy as np

    with np.errstate(invalid="ignore"):
        near = [np.abs(np.abs(moved) - np.log(unit)) <= UNIT_LEEWAY for unit in UNITS]
    return np.asarray(np.logical_or.reduce(near))
