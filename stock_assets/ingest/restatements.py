"""Which stored values were replaced since an instant: the partitions that a correction touches.

Belongs here: finding them from the versions in the lake. Does not belong here: what is done about
it (automation/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from stock_assets.tables import (
    CORPORATE_ACTIONS,
    FX_RATES,
    INDEX_PRICES,
    LOADS,
    PRICES,
    Table,
)

if TYPE_CHECKING:
    from stock_assets.lake import Lake

DAYS: Final[Mapping[Table, str]] = {
    PRICES: "session",
    INDEX_PRICES: "session",
    FX_RATES: "day",
    CORPORATE_ACTIONS: "ex_date",
}
"""The tables whose corrections change features, each with the day that a row is about."""


@dataclass(frozen=True)
class Restatement:
    """One load's corrections of one table: how many rows, of which days, of how many subjects."""

    table: str
    feed: str
    load: str
    stored_at: datetime
    rows: int
    days: tuple[date, ...]
    symbols: tuple[str, ...]


def restatements_since(lake: Lake, since: datetime) -> Sequence[Restatement]:
    """The corrections stored after ``since``, oldest first.

    A split or dividend that was not there before counts as one: it changes adjusted prices of days
    long gone.
    """
    names = ", ".join(f"'{table.name}'" for table in DAYS)
    loads = lake.read(
        LOADS,
        where=f"ingested_at > timestamptz '{since.isoformat()}' and target in ({names})",
        columns=("load", "target", "feed", "ingested_at", "rows_restated", "rows_appended"),
    )
    found = []
    for load in loads.sort_by([("ingested_at", "ascending"), ("load", "ascending")]).to_pylist():
        table = next(table for table in DAYS if table.name == load["target"])
        late = table is CORPORATE_ACTIONS and load["rows_appended"]
        if not load["rows_restated"] and not late:
            continue
        found.append(_of(lake, table, load))
    return tuple(one for one in found if one.rows)


def _of(lake: Lake, table: Table, load: Mapping[str, object]) -> Restatement:
    """The rows of a load that replaced another one, or came for a day that had been loaded."""
    import pyarrow.compute as pc

    brought = lake.history(table, where=f"load_id = '{load['load']}'")
    day = DAYS[table]
    ends = pc.min_max(brought[day]).as_py()
    before = lake.history(
        table,
        where=f"load_id < '{load['load']}' and {day} between date '{ends['min']}' "
        f"and date '{ends['max']}'",
    )
    if table is CORPORATE_ACTIONS:
        replaced = brought if _was_loaded_before(lake, str(load["load"])) else brought.slice(0, 0)
    else:
        replaced = brought.join(
            before.select(list(table.key)), list(table.key), join_type="left semi"
        )
    subject = next(name for name in ("symbol", "currency") if name in table.key)
    return Restatement(
        table=table.name,
        feed=str(load["feed"]),
        load=str(load["load"]),
        stored_at=load["ingested_at"],  # type: ignore[arg-type]
        rows=replaced.num_rows,
        days=tuple(sorted(set(replaced[day].to_pylist()))),
        symbols=tuple(sorted(set(replaced[subject].to_pylist()))),
    )


def _was_loaded_before(lake: Lake, load: str) -> bool:
    """Whether corporate actions had been loaded at all: a first backfill corrects nothing."""
    where = f"target = '{CORPORATE_ACTIONS.name}' and load < '{load}'"
    return lake.count(LOADS, where=where) > 0
