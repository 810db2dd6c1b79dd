"""Rows put aside: each as JSON with the rule it breaks, once, and back again when it passes.

Belongs here: the form of a quarantined row, both ways.
Does not belong here: judging rows (screen.py), storing them (appending.py).
"""

# ruff: noqa: S608 - SQL is built from declared names and quoted literals only (sql.py)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.types as kinds

from stock_assets.lake import sql
from stock_assets.lake.loads import Rejected
from stock_assets.lake.screen import KEY_CONFLICT
from stock_assets.tables import QUARANTINE, Column, Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def reasons(table: Table) -> Mapping[str, str]:
    """Every rule that can put a row of this table aside, with its words."""
    return {rule.id: rule.meaning for rule in (*table.all_rules, KEY_CONFLICT)}


def put_aside(
    connection: DuckDBPyConnection,
    table: Table,
    rows: pa.Table,
    rules: Sequence[str],
    known_at: datetime,
) -> pa.Table:
    """Rows and the rule that each breaks, as rows of the quarantine table."""
    words = reasons(table)
    return _as_quarantine(
        connection,
        table,
        rows,
        rule=pa.array(rules, pa.string()),
        reason=pa.array([words[rule] for rule in rules], pa.string()),
        judged_by="rules",
        known_at=known_at,
    )


def put_aside_rejected(
    connection: DuckDBPyConnection, table: Table, rejected: Rejected, known_at: datetime
) -> pa.Table:
    """What the vendor's code rejected, as rows of the quarantine table."""
    # Sorted: the id must not depend on the order in which tables were united.
    others = sorted(set(rejected.rows.column_names) - {"rule", "reason", "target"})
    return _as_quarantine(
        connection,
        table,
        rejected.rows.select(others),
        rule=rejected.rows["rule"].cast(pa.string()),
        reason=rejected.rows["reason"].cast(pa.string()),
        judged_by="vendor",
        known_at=known_at,
    )


def rejected_for(table: Table, given: Rejected | pa.Table | None) -> Rejected | None:
    """The rejected rows that were meant for this table, or for none in particular."""
    import pyarrow.compute as pc

    rejected = Rejected.concat([given])
    if rejected is None or "target" not in rejected.rows.column_names:
        return rejected
    target = rejected.rows["target"]
    mine = rejected.rows.filter(pc.or_kleene(pc.is_null(target), pc.equal(target, table.name)))
    return Rejected(mine) if mine.num_rows else None


def rows_to_replay(
    connection: DuckDBPyConnection, table: Table, quarantine: str, relation: str
) -> tuple[pa.Table, tuple[str, ...]]:
    """Quarantined rows of this table, typed again, and the loads that brought them.

    Left out: what the vendor's code rejected (it has no typed row), and rows whose key was stored
    since, because the later word counts.
    """
    typed = ", ".join(
        f"{_from_json(column)} as {sql.name(column.name)}"
        for column in table.all_columns[: len(table.row_schema)]
    )
    same = " and ".join(f"stored.{sql.name(k)} = aside.{sql.name(k)}" for k in table.key)
    connection.execute(
        f"""
        create or replace temp table aside as
        select {typed}, max(ingested_at) as put_aside_at, max(load_id) as brought_by
        from {sql.newest(QUARANTINE, quarantine)}
        where target = {sql.literal(table.name)} and judged_by = 'rules'
        group by "row"
        """
    )
    later = f"stored.ingested_at >= aside.put_aside_at and {same}"
    chosen = f"from aside anti join {sql.newest(table, relation)} as stored on {later}"
    columns = sql.names(table.row_schema.names, "aside.")
    rows = connection.sql(f"select {columns} {chosen}").to_arrow_table()
    loads = connection.sql(f"select distinct brought_by {chosen} order by all").fetchall()
    return rows.cast(table.row_schema), tuple(load for (load,) in loads)


def _as_quarantine(
    connection: DuckDBPyConnection,
    table: Table,
    rows: pa.Table,
    *,
    rule: pa.Array,
    reason: pa.Array,
    judged_by: Literal["rules", "vendor"],
    known_at: datetime,
) -> pa.Table:
    said = sql.literal(table.name)
    whole = _to_json(rows.schema, rows.column_names)
    # Not known_at: listings carry the instant of fetching, and the same row is stored once.
    identity = _to_json(rows.schema, [name for name in rows.column_names if name != "known_at"])
    symbol = "symbol::varchar" if "symbol" in rows.column_names else "null"
    session = "try_cast(session::varchar as date)" if "session" in rows.column_names else "null"
    connection.register(
        "incoming", rows.append_column("__rule", rule).append_column("__reason", reason)
    )
    unit = "chr(31)"
    made = connection.sql(
        f"""
        select
            sha256(concat_ws({unit}, {said}, __rule, json_merge_patch('{{}}', {identity})))
                as quarantine_id,
            {said} as target, __rule as rule, __reason as reason, '{judged_by}' as judged_by,
            {whole}::varchar as "row",
            {symbol} as symbol, {session} as session, {sql.instant(known_at)} as known_at
        from incoming
        qualify row_number() over (partition by quarantine_id order by "row") = 1
        """
    )
    return made.to_arrow_table().cast(QUARANTINE.row_schema)


def _to_json(schema: pa.Schema, columns: Sequence[str]) -> str:
    fields = []
    for column in columns:
        value = sql.name(column)
        if kinds.is_floating(schema.field(column).type):
            # JSON has no word for infinities and NaN.
            value = f"if(isfinite({value}), to_json({value}), to_json({value}::varchar))"
        fields.append(f"{sql.name(column)} := {value}")
    return f"to_json(struct_pack({', '.join(fields)}))"


def _from_json(column: Column) -> str:
    path = sql.literal(f'$."{column.name}"')
    if column.kind == "strings":
        return f'try_cast(json_extract("row", {path}) as {column.sql_type})'
    return f'try_cast(json_extract_string("row", {path}) as {column.sql_type})'
