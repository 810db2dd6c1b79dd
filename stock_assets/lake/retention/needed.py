"""Loads whose answers somebody still needs, and why.

Belongs here: rows put aside that wait for their replay, predictions whose outcome is open.
Does not belong here: how old anything is (answers.py).
"""

# ruff: noqa: S608 - SQL is built from declared names and quoted literals only (sql.py)

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stock_assets.lake import sql
from stock_assets.lake.delta import Lake
from stock_assets.lake.failures import storage_failures
from stock_assets.lake.quarantine import rows_to_replay
from stock_assets.lake.stored import StoredTable
from stock_assets.tables import CORPORATE_ACTIONS, PREDICTIONS, PRICES, QUARANTINE, TABLES, Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LOOK_BACK_DAYS: Final = 45
"""Calendar days that features look back: twenty sessions, with the longest holidays."""
PUT_ASIDE: Final = "a row of it was put aside and not replayed yet"
PREDICTED: Final = "a prediction whose outcome is open was made from it"


def needed_loads(lake: Lake) -> dict[str, str]:
    """Load to the reason why its answers are needed, in words."""
    with sql.connect() as connection, storage_failures("retention", lake.root.address):
        return {
            **dict.fromkeys(_predicted_from(lake, connection), PREDICTED),
            **dict.fromkeys(_put_aside(lake, connection), PUT_ASIDE),
        }


def _put_aside(lake: Lake, connection: DuckDBPyConnection) -> set[str]:
    aside = _relation(lake, QUARANTINE, connection)
    targets = connection.sql(f"select distinct target from {aside}").fetchall()
    waiting: set[str] = set()
    for (target,) in targets:
        if target not in TABLES:
            loads = f"select distinct load_id from {aside} where target = {sql.literal(target)}"
            waiting.update(load for (load,) in connection.sql(loads).fetchall())
            continue
        table = TABLES[target]
        stored = _relation(lake, table, connection)
        waiting.update(rows_to_replay(connection, table, aside, stored)[1])
        waiting.update(_rejected(connection, table, aside, stored))
    return waiting


def _rejected(connection: DuckDBPyConnection, table: Table, aside: str, stored: str) -> list[str]:
    """Loads with rows that a vendor's code refused: only their answers can bring them back.

    A row for whose symbol and session something was stored later is settled.
    """
    chosen = (
        f"from {sql.newest(QUARANTINE, aside)} as aside "
        f"where target = {sql.literal(table.name)} and judged_by = 'vendor'"
    )
    if {"symbol", "session"} <= set(table.row_schema.names):
        chosen += (
            f" and not exists (from {stored} as stored where stored.symbol = aside.symbol "
            "and stored.session = aside.session and stored.ingested_at > aside.ingested_at)"
        )
    found = connection.sql(f"select distinct aside.load_id {chosen}").fetchall()
    return [load for (load,) in found]


def _predicted_from(lake: Lake, connection: DuckDBPyConnection) -> list[str]:
    """Loads that brought the bars and actions that open predictions looked back upon."""
    bars = _relation(lake, PRICES, connection)
    actions = _relation(lake, CORPORATE_ACTIONS, connection)
    made = sql.newest(PREDICTIONS, _relation(lake, PREDICTIONS, connection))
    looked_back = f"made.session - {LOOK_BACK_DAYS} and made.session"
    then = "found.symbol = made.symbol and found.ingested_at <= made.ingested_at"
    found = connection.sql(
        f"""
        with made as (
            from {made} as made
            anti join {bars} as outcome
                on outcome.symbol = made.symbol and outcome.session = made.target_session
        )
        select found.load_id from {bars} as found join made
            on {then} and found.session between {looked_back}
        union
        select found.load_id from {actions} as found join made
            on {then} and found.ex_date between {looked_back}
        """
    )
    return [load for (load,) in found.fetchall()]


def _relation(lake: Lake, table: Table, connection: DuckDBPyConnection) -> str:
    stored = StoredTable(lake.root, table)
    return stored.relation(stored.open(), connection)
