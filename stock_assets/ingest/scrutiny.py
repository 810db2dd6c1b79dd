"""A vendor's new bars held against those that stand beside them, before they are stored.

Belongs here: which of them are put aside, and whose whole answer is refused, because of what the
sessions around them say. What a row alone must meet is declared (tables/).
Does not belong here: the arithmetic (outliers.py, frozen.py, rescaled.py), whom a symbol stood for
(identities.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from stock_assets.errors import VendorError
from stock_assets.ingest.consecutive import QUANTITIES
from stock_assets.ingest.frozen import FROZEN_RULE, in_a_standstill
from stock_assets.ingest.identities import REUSED_RULE, of_another_company, read_names
from stock_assets.ingest.outliers import UNIT_RULE, in_another_unit
from stock_assets.ingest.rescaled import refusal, rescaled
from stock_assets.tables import CORPORATE_ACTIONS, PRICES

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from stock_assets.lake import Lake
    from stock_assets.vendors.bars import Bars

BESIDE: Final = timedelta(days=14)
"""Far enough to see two sessions on either side, whatever is shut or halted."""
_KEY: Final = ("symbol", "session")
_COLUMNS: Final = (*_KEY, *QUANTITIES)
_SPLIT: Final = ("symbol", "ex_date", "split_ratio")


@dataclass(frozen=True)
class Scrutinised:
    """Answers without odd rows; ``refused``: symbols whose whole answer is not believed."""

    answers: list[Bars]
    refused: Mapping[str, VendorError] = field(default_factory=dict)


def scrutinised(lake: Lake, vendor: str, answers: Sequence[Bars]) -> Scrutinised:
    """The answers as far as they can be true beside what is stored of the same vendor.

    One read of the lake, whatever the number of answers.
    """
    import pyarrow as pa

    bars = pa.concat_tables([answer.prices.select(_COLUMNS) for answer in answers])
    if not bars.num_rows:
        return Scrutinised(list(answers))
    stored, splits = _beside(lake, vendor, bars, answers)
    refused = {
        symbol: refusal(vendor, symbol, factor) for symbol, factor in rescaled(stored, bars).items()
    }
    around = stored.join(bars.select(_KEY), list(_KEY), join_type="left anti").select(_COLUMNS)
    rules = (
        (REUSED_RULE, _of_another_company(lake, bars)),
        (UNIT_RULE, in_another_unit(bars, around, splits)),
        (FROZEN_RULE, in_a_standstill(bars, around)),
    )
    cleared, start = [], 0
    for answer in answers:
        part = slice(start, start + answer.prices.num_rows)
        start = part.stop
        if answer.symbol not in refused:
            cleared.append(_without(answer, [(rule, odd[part]) for rule, odd in rules]))
    return Scrutinised(cleared, refused)


def received_keys(answer: Bars) -> pa.Table:
    """The symbols and sessions of which a vendor sent a bar, sound or not."""
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = [answer.prices.select(_KEY)]
    if answer.rejected is not None and set(_KEY) <= set(answer.rejected.column_names):
        bars = answer.rejected.filter(pc.equal(answer.rejected["target"], PRICES.name))
        keys.append(bars.select(_KEY))
    return pa.concat_tables(keys)


def left_out(answer: Bars) -> dict[str, int]:
    """How many bars a vendor sent that are no rows of ours, by reason in words."""
    counts = {"bars that are not final": answer.unfinished, "identical doubles": answer.doubled}
    return {reason: count for reason, count in counts.items() if count}


def _without(answer: Bars, rules: Sequence[tuple[tuple[str, str], NDArray[np.bool_]]]) -> Bars:
    """The answer with its odd rows among the rejected ones, each under the first rule it breaks."""
    import numpy as np
    import pyarrow as pa

    from stock_assets.vendors.bars import put_aside

    kept = np.ones(answer.prices.num_rows, dtype=bool)
    aside = [] if answer.rejected is None else [answer.rejected]
    for rule, odd in rules:
        first = odd & kept
        if first.any():
            aside.append(put_aside(PRICES, answer.prices.filter(pa.array(first)), *rule))
        kept &= ~odd
    if kept.all():
        return answer
    rejected = pa.concat_tables(aside, promote_options="permissive")
    return replace(answer, prices=answer.prices.filter(pa.array(kept)), rejected=rejected)


def _of_another_company(lake: Lake, bars: pa.Table) -> NDArray[np.bool_]:
    return of_another_company(
        read_names(lake),
        bars["symbol"].to_numpy(),
        bars["session"].to_numpy().astype("datetime64[D]"),
    )


def _beside(
    lake: Lake, vendor: str, bars: pa.Table, answers: Sequence[Bars]
) -> tuple[pa.Table, pa.Table]:
    """What is stored near the bars of the same symbols, and the splits that anybody knows of."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ends = pc.min_max(bars["session"]).as_py()
    named = ", ".join(f"'{symbol}'" for symbol in sorted(set(bars["symbol"].to_pylist())))
    near = f"between date '{ends['min'] - BESIDE}' and date '{ends['max'] + BESIDE}'"
    stored = lake.read(
        PRICES,
        where=f"vendor = '{vendor}' and symbol in ({named}) and session {near}",
        columns=_COLUMNS,
    )
    said = pa.concat_tables([answer.actions for answer in answers]).select(_SPLIT)
    known = lake.read(
        CORPORATE_ACTIONS,
        where=f"kind = 'split' and symbol in ({named}) and ex_date {near}",
        columns=_SPLIT,
    )
    splits = pa.concat_tables([said.filter(pc.is_valid(said["split_ratio"])), known])
    return stored, splits
