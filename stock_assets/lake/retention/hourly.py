"""Hourly looks at the same thing: once old, all but those that a day or a decision ended with go.

Belongs here: finding and removing superseded rows of such tables, in one commit per table.
Does not belong here: bars, news, vintages: every version of those is history that models need.

Of what is old, these stay per series: the last look of each day in New York, and the last known at
each decision time. So a reader of days or of decisions, as of any instant that is younger than the
span, sees the same before and after. Days go whole: none goes while a row of it is young.
"""

# ruff: noqa: S608 - SQL is built from declared names and quoted literals only (sql.py)

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stock_assets.lake import sql
from stock_assets.lake.delta import LOCK_WAIT_S, Lake
from stock_assets.lake.failures import storage_failures
from stock_assets.lake.locks import one_writer
from stock_assets.lake.retention.kinds import KIND_OF, Policy
from stock_assets.lake.retention.plan import Going, Staying
from stock_assets.lake.root import LOG, make_durable
from stock_assets.lake.stored import StoredTable
from stock_assets.market import DECISION_TIME_UTC, NEW_YORK
from stock_assets.tables import FUNDAMENTALS, LOADS, Table

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable
    from duckdb import DuckDBPyConnection

_DECISION_US: Final = (DECISION_TIME_UTC.hour * 60 + DECISION_TIME_UTC.minute) * 60_000_000
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True)
class HourlyTable:
    """A table whose rows are looks at ``series`` at the instant in column ``moment``."""

    table: Table
    series: tuple[str, ...]
    moment: str


HOURLY: Final = (HourlyTable(FUNDAMENTALS, ("vendor", "symbol"), "observed_hour"),)


def superseded(
    lake: Lake, hourly: HourlyTable, policy: Policy, now: datetime
) -> tuple[list[Going], list[Staying]]:
    """The rows that go, as one item per day; old rows that stay."""
    table = hourly.table
    kind = KIND_OF[table.name]
    stored = StoredTable(lake.root, table)
    handle = stored.open()
    if handle is None:
        return [], []
    with sql.connect() as connection, storage_failures(table.name, stored.address):
        judged = _judged(lake, hourly, handle, connection, policy, now)
        days = connection.sql(
            f"select day, count(*), max(ingested_at) from {judged} where verdict = 'goes' "
            "group by day order by day"
        ).fetchall()
        stays = connection.sql(
            f"select verdict, count(*) from {judged} where verdict <> 'goes' group by 1 order by 1"
        ).fetchall()
    said = f"a later look of the same day stays; older than {policy.span(kind).days} days"
    going = [
        Going("rows", kind, f"{table.name}/{day}", None, count, last, said)
        for day, count, last in days
    ]
    return going, [Staying("rows", kind, reason, count, 0) for reason, count in stays]


def remove_superseded(
    lake: Lake,
    hourly: HourlyTable,
    policy: Policy,
    now: datetime,
    days: Collection[date],
    locks: Path | None,
) -> int:
    """Replace what is old by what stays of it, in one commit; returns how many rows went.

    The files that held the rows stay until nobody can be reading them (replaced.py).

    Raises:
        StorageBusy: another process held the table for too long, or committed meanwhile.
    """
    stored = StoredTable(lake.root, hourly.table)
    place = storage_failures(hourly.table.name, stored.address)
    with one_writer(locks, hourly.table.name, LOCK_WAIT_S), place, sql.connect() as connection:
        handle = stored.open()
        if handle is None or not days:
            return 0
        judged = _judged(lake, hourly, handle, connection, policy, now)
        listed = ", ".join(f"date '{day}'" for day in sorted(days))
        goes = f"verdict = 'goes' and day in ({listed})"
        found = connection.sql(f"select load_id from {judged} where {goes}").fetchall()
        if not found:
            return 0
        bound = max(load for (load,) in found)
        identity = sql.names((*hourly.table.key, "load_id"))
        columns = sql.names(field.name for field in handle.schema().fields)
        kept = connection.sql(
            f"select {columns} from {stored.relation(handle, connection)} as stored "
            f"anti join (from {judged} where {goes}) as gone using ({identity}) "
            f"where load_id <= {sql.literal(bound)}"
        ).to_arrow_table()
        _replace(stored, handle, kept, bound, {"rows": len(found), "days": sorted(map(str, days))})
        return len(found)


def _judged(
    lake: Lake,
    hourly: HourlyTable,
    handle: DeltaTable,
    connection: DuckDBPyConnection,
    policy: Policy,
    now: datetime,
) -> str:
    """Old rows with their day and verdict, ``goes`` or why not, as a temporary table."""
    table, series, key = hourly.table, sql.names(hourly.series), sql.names(hourly.table.key)
    cutoff = sql.instant(policy.cutoff(KIND_OF[table.name], now))
    newest_first = f"order by {sql.name(hourly.moment)} desc, ingested_at desc, load_id desc"
    held = ", ".join(map(sql.literal, ("", *sorted(policy.hold))))
    books = StoredTable(lake.root, LOADS)
    loads = books.relation(books.open(), connection)
    rows = StoredTable(lake.root, table).relation(handle, connection)
    connection.execute(
        f"""
        create or replace temp table old_looks as
        with looks as (
            select *,
                timezone('{NEW_YORK.key}', {sql.name(hourly.moment)})::date as day,
                -- A row known at the very instant of a decision belongs to it.
                (epoch_us(known_at) - {_DECISION_US} - 1) // {_DAY_US} as decision
            from {rows}
        ), old as (
            from looks
            qualify max(ingested_at) over (partition by day) < {cutoff}
        ), worded as (
            select *, row_number() over (partition by {key} {newest_first}) = 1 as is_last_word
            from old
        ), ranked as (
            select *,
                row_number() over (partition by {series}, day {newest_first}) = 1 as ends_day,
                -- Who reads last words only, and who reads all of them, each finds their own.
                row_number() over (partition by {series}, decision, is_last_word {newest_first})
                    = 1 as was_decided_on
            from worded
        ), judged as (
            select *, case
                when ends_day then 'the last look of its day'
                when was_decided_on then 'the last look before a decision'
                when load_id in ({held})
                    or load_id in (select load from {loads} where feed in ({held}))
                    then 'an audit needs it (STOCK_ASSETS_RETENTION_HOLD)'
                else 'goes' end as said
            from ranked
        )
        select * exclude (said, ends_day, was_decided_on, is_last_word, decision), case
            -- Without its correction an earlier word would count as the last one.
            when said = 'goes' and is_last_word
                and bool_or(said <> 'goes') over (partition by {key})
                then 'corrects a look that stays'
            else said end as verdict
        from judged
        """
    )
    return "old_looks"


def _replace(
    stored: StoredTable, handle: DeltaTable, kept: pa.Table, bound: str, said: dict[str, object]
) -> None:
    """Swap all rows up to the load ``bound`` for ``kept``; loads sort by time."""
    import pyarrow as pa
    from deltalake import CommitProperties, write_deltalake

    before = set(stored.files(handle))
    schema = pa.schema([stored.table.schema.field(name) for name in kept.column_names])
    write_deltalake(
        handle,
        kept.cast(schema),
        mode="overwrite",
        predicate=f"load_id <= {sql.literal(bound)}",
        commit_properties=CommitProperties(custom_metadata={"retention": json.dumps(said)}),
    )
    handle.update_incremental()
    if stored.root.is_local:
        logged = Path(stored.address, LOG, f"{handle.version():020}.json")
        new = [Path(file) for file in set(stored.files(handle)) - before]
        make_durable([*new, logged] if logged.exists() else new)
