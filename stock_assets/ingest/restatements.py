"""Which stored values were replaced since an instant: the partitions that a correction touches.

Belongs here: finding them from the versions in the lake. Does not belong here: what is done about
it (automation/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from stock_assets.tables import (
    CORPORATE_ACTIONS,
    FX_RATES,
    INDEX_PRICES,
    LOADS,
    MACRO,
    NEWS,
    PRICES,
    Table,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from stock_assets.lake import Lake

DAYS: Final[Mapping[Table, str]] = {
    PRICES: "session",
    INDEX_PRICES: "session",
    FX_RATES: "day",
    CORPORATE_ACTIONS: "ex_date",
    MACRO: "period_start",
    NEWS: "published_at",
}
"""The tables whose corrections change features, each with the day that a row is about; an instant
counts as its day in UTC."""
COME_LATER: Final = (CORPORATE_ACTIONS, MACRO)
"""Tables in which what is new corrects too: a late split, a new vintage of a period."""
_SAID_ANEW: Final = {MACRO: ("vendor", "series", "country", "period_start")}
"""What a correction has in common with what it corrects, where that is less than the key."""
_SUBJECTS: Final = ("symbol", "currency", "series")


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
    long gone. So does a new vintage of a period of which an older one is stored.
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
        late = table in COME_LATER and load["rows_appended"]
        if not load["rows_restated"] and not late:
            continue
        found.append(_of(lake, table, load))
    return tuple(one for one in found if one.rows)


def _of(lake: Lake, table: Table, load: Mapping[str, object]) -> Restatement:
    """The rows of a load that replaced another one, or came for a day that had been loaded."""
    import pyarrow as pa

    brought = lake.history(table, where=f"load_id = '{load['load']}'")
    same = list(_SAID_ANEW.get(table, table.key))
    if table is CORPORATE_ACTIONS:
        replaced = brought if _was_loaded_before(lake, str(load["load"])) else brought.slice(0, 0)
    else:
        before = _before(lake, table, str(load["load"]), brought)
        replaced = brought.join(before.select(same), same, join_type="left semi")
    subject = next(name for name in _SUBJECTS if name in table.key)
    days = replaced[DAYS[table]].cast(pa.date32(), safe=False)
    return Restatement(
        table=table.name,
        feed=str(load["feed"]),
        load=str(load["load"]),
        stored_at=load["ingested_at"],  # type: ignore[arg-type]
        rows=replaced.num_rows,
        days=tuple(sorted(set(days.to_pylist()))),
        symbols=tuple(sorted(set(replaced[subject].to_pylist()))),
    )


def _before(lake: Lake, table: Table, load: str, brought: pa.Table) -> pa.Table:
    """What earlier loads brought of the same days; of news of any, as an edit may date it anew."""
    import pyarrow.compute as pc

    if table is NEWS:
        began: datetime = pc.min(brought["ingested_at"]).as_py()
        return lake.read(NEWS, columns=NEWS.key, as_of=began - timedelta(microseconds=1))
    day, ends = DAYS[table], pc.min_max(brought[DAYS[table]]).as_py()
    span = f"{day} between date '{ends['min']}' and date '{ends['max']}'"
    return lake.history(table, where=f"load_id < '{load}' and {span}")


def _was_loaded_before(lake: Lake, load: str) -> bool:
    """Whether corporate actions had been loaded at all: a first backfill corrects nothing."""
    where = f"target = '{CORPORATE_ACTIONS.name}' and load < '{load}'"
    return lake.count(LOADS, where=where) > 0
