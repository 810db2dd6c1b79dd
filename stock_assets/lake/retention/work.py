"""Plan and apply: the same look at the lake twice, so that only what both agree on goes.

Belongs here: the order of the steps. A removal is recorded before it happens: after a crash the
table ``removals`` may name something that is still there, which the next run removes.
Does not belong here: judging (answers.py, hourly.py, replaced.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from stock_assets.lake.delta import Lake
from stock_assets.lake.loads import LoadSource
from stock_assets.lake.retention.answers import IN_USE, answers_among, judge, namings, path_of
from stock_assets.lake.retention.hourly import HOURLY, remove_superseded, superseded
from stock_assets.lake.retention.kinds import KIND_OF, KINDS, Kind, Policy
from stock_assets.lake.retention.listing import files_under, remove_files
from stock_assets.lake.retention.needed import needed_loads
from stock_assets.lake.retention.plan import Going, Plan, Staying, tallied
from stock_assets.lake.retention.replaced import Readers, replaced_files
from stock_assets.tables import REMOVALS, TABLES

FEED: Final = "retention"


@dataclass(frozen=True)
class Place:
    """Where to look. ``locks``: the directory of the lake's lock files, None for a bucket.

    ``readers`` says who recorded which versions of tables; it is asked again before removing.
    """

    lake: Lake
    payloads: str
    locks: Path | None
    readers: Callable[[], Readers]


def plan(place: Place, policy: Policy, *, now: datetime, kinds: Sequence[Kind] = KINDS) -> Plan:
    """What would go at ``now`` (UTC, the machine's clock) and what old stays. Writes nothing.

    Raises:
        StorageUnavailable, StorageCorrupt: something cannot be read; then nothing can be judged.
    """
    lake, readers = place.lake, place.readers()
    named = namings(lake)
    answers = answers_among(files_under(place.payloads))
    going, staying = judge(answers, named, needed_loads(lake), policy, now)
    parts: list[tuple[list[Going], list[Staying]]] = [(going, staying)]
    parts += [
        superseded(lake, hourly, policy, now)
        for hourly in HOURLY
        if KIND_OF[hourly.table.name] in kinds
    ]
    parts += [
        replaced_files(lake.root, table, readers, policy)
        for table in TABLES.values()
        if KIND_OF[table.name] in kinds
    ]
    return Plan(
        now,
        tuple(kinds),
        tuple(one for part, _ in parts for one in part if one.kind in kinds),
        tallied(one for _, part in parts for one in part if one.kind in kinds),
    )


def apply(planned: Plan, place: Place, policy: Policy, *, now: datetime) -> Plan:
    """Remove what was planned and may still go; returns that. A second time finds nothing.

    Raises:
        StorageBusy: somebody is writing a table from which rows go.
        StorageUnavailable: something cannot be removed; running it again goes on from there.
    """
    # A load whose process died is not in the books yet, and its answers are needed.
    place.lake.recover()
    wanted = {(one.what, one.name) for one in planned.going}
    again = plan(place, policy, now=now, kinds=planned.kinds)
    going = tuple(one for one in again.going if (one.what, one.name) in wanted)
    _record(place.lake, going, now)
    answers = (path_of(one.name) for one in going if one.what == "answer")
    remove_files(place.payloads, answers, used_since=now - IN_USE)
    for hourly in HOURLY:
        days = [
            date.fromisoformat(day)
            for one in going
            if one.what == "rows"
            for table, _, day in (one.name.partition("/"),)
            if table == hourly.table.name
        ]
        if days:
            remove_superseded(place.lake, hourly, policy, now, days, place.locks)
    remove_files(place.lake.root.address, (one.name for one in going if one.what == "file"))
    return Plan(now, planned.kinds, going, again.staying)


def _record(lake: Lake, going: Sequence[Going], now: datetime) -> None:
    import pyarrow as pa

    if not going:
        return
    rows = [
        {
            "what": one.what,
            "name": one.name,
            "kind": one.kind,
            "size_bytes": one.size_bytes,
            "rows": one.rows,
            "last_used_at": one.last_used_at,
            "reason": one.reason,
            "known_at": now,
        }
        for one in going
    ]
    table = pa.Table.from_pylist(rows, schema=REMOVALS.row_schema)
    lake.append(REMOVALS, table, LoadSource(FEED, "lake"))
