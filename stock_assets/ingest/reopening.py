"""Gaps that are settled are reopened when a person knows better: the plan reaches further by now.

Belongs here: choosing gaps, and saying of them that they are to be asked for again. Nothing is
rewritten: a reopened gap is one more row, and its history stays.
Does not belong here: which gaps are settled (gaps.py, subject_gaps.py), what is printed (cli/).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from stock_assets.lake import LoadSource
from stock_assets.tables import GAPS

if TYPE_CHECKING:
    import pyarrow as pa

    from stock_assets.lake import Lake

SETTLING: Final = (
    "no_bar",
    "before_first_bar",
    "after_last_bar",
    "not_found",
    "quarantined",
    "cut",
    "not_on_plan",
)
"""Causes of gaps that are not asked for again once they are old enough."""
CAUSES: Final = (*SETTLING, "failed", "reopened", "abstained", "filled")
_SHOWN: Final = ("feed", "vendor", "symbol", "session", "cause", "detail", "known_at")


@dataclass(frozen=True)
class Wanted:
    """Which gaps: what is empty or None does not narrow; both days are included."""

    feeds: Collection[str] = ()
    symbols: Collection[str] = ()
    causes: Collection[str] = ()
    first: date | None = None
    last: date | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether anything narrows it at all."""
        return any((self.feeds, self.symbols, self.causes, self.first, self.last))


def sessions_reopened(lake: Lake, feed: str) -> tuple[date, ...]:
    """The days on which a feed has reopened gaps, in order."""
    where = f"feed = '{feed}' and cause = 'reopened'"
    return tuple(
        sorted(set(lake.read(GAPS, where=where, columns=("session",))["session"].to_pylist()))
    )


def gaps_like(lake: Lake, wanted: Wanted) -> pa.Table:
    """The newest row of each such gap, by feed, symbol and day; filled ones only by their cause.

    Columns: feed, vendor, symbol, session, cause, detail, known_at (when this was first said).
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    days = [f"session >= date '{wanted.first}'"] if wanted.first else []
    days += [f"session <= date '{wanted.last}'"] if wanted.last else []
    open_ones = [] if "filled" in wanted.causes else ["cause <> 'filled'"]
    found = lake.read(GAPS, where=" and ".join([*days, *open_ones]) or None, columns=_SHOWN)
    for name, values in (
        ("feed", wanted.feeds),
        ("symbol", wanted.symbols),
        ("cause", wanted.causes),
    ):
        if values:
            found = found.filter(pc.is_in(found[name], value_set=pa.array(values, pa.string())))
    return found.sort_by([(name, "ascending") for name in GAPS.key])


def reopenable(gaps: pa.Table) -> pa.Table:
    """Those that would not be asked for again by themselves."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return gaps.filter(pc.is_in(gaps["cause"], value_set=pa.array(SETTLING)))


def reopen(lake: Lake, gaps: pa.Table, at: datetime) -> int:
    """Append cause ``reopened`` to each of ``gaps``, known ``at``; returns how many were not yet.

    The next run over their days asks for them again. ``detail`` says what the cause was before.

    Raises:
        StorageBusy, StorageUnavailable: nothing was reopened.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    count = gaps.num_rows
    if not count:
        return 0
    columns = [
        gaps["feed"],
        gaps["vendor"],
        gaps["symbol"],
        gaps["session"],
        pa.repeat(pa.scalar("reopened"), count),
        pc.binary_join_element_wise("was", gaps["cause"], " "),
        pa.repeat(pa.scalar(at, GAPS.row_schema.field("known_at").type), count),
    ]
    rows = pa.table(columns, schema=GAPS.row_schema)
    return lake.append(GAPS, rows, LoadSource("reopen", "gaps")).appended
