"""Declarations: what can be derived from them is derived, and every table keeps the house law."""

from __future__ import annotations

import re

import duckdb
import pyarrow as pa
import pytest

from stock_assets.tables import SYSTEM_COLUMNS, TABLES, Column, Table

ALL = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


@ALL
def test_keys_are_declared_columns_that_are_never_missing(table: Table) -> None:
    declared = {column.name: column for column in table.columns}
    assert table.key
    assert all(key in declared and not declared[key].nullable for key in table.key)
    assert set(table.key) | set(table.values) == set(declared)


@ALL
def test_system_columns_come_last_and_writers_hand_over_known_at_alone(table: Table) -> None:
    names = [column.name for column in SYSTEM_COLUMNS]
    assert table.schema.names[-len(names) :] == names
    assert table.row_schema.names == [*(c.name for c in table.columns), "known_at"]


@ALL
def test_every_rule_is_sql_over_the_rows_columns_and_has_its_own_id(table: Table) -> None:
    typed = ", ".join(
        f'null::{c.sql_type} as "{c.name}"' for c in (*table.columns, SYSTEM_COLUMNS[0])
    )
    connection = duckdb.connect()
    for rule in table.all_rules:
        kind = connection.sql(f"select ({rule.holds}) as holds from (select {typed})").types
        assert [str(one) for one in kind] == ["BOOLEAN"], rule.id
    ids = [rule.id for rule in table.all_rules]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z0-9_]+", one) for one in ids)


@ALL
def test_an_instant_must_be_known_and_every_column_has_a_meaning(table: Table) -> None:
    assert "known_at_present" in {rule.id for rule in table.all_rules}
    assert all(column.meaning for column in table.all_columns)
    assert table.grain.startswith("one row per ")


@ALL
def test_names_say_their_kind(table: Table) -> None:
    for column in table.all_columns:
        if column.name.endswith("_at"):
            assert column.kind == "instant", column.name
        if column.name.endswith("_usd"):
            assert column.kind == "double", column.name
        if column.name.startswith(("is_", "has_")):
            assert column.kind == "boolean", column.name


@ALL
def test_arrow_and_duckdb_agree_on_every_type(table: Table) -> None:
    typed = ", ".join(f'null::{c.sql_type} as "{c.name}"' for c in table.all_columns)
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    found = connection.sql(f"select {typed}").to_arrow_table()
    assert found.cast(table.schema).schema.equals(table.schema)


OUR_OWN = {"news_sentiment", "api_usage", "disagreements", "predictions", "evaluations"}


@pytest.mark.parametrize(
    "table", [table for name, table in TABLES.items() if name not in OUR_OWN], ids=str
)
def test_no_number_of_a_vendors_may_be_larger_than_its_kind_can_be(table: Table) -> None:
    """C14."""
    for column in table.columns:
        if column.kind == "double":
            lowest = column.above if column.above is not None else column.at_least
            assert lowest is not None, column.name
            assert column.at_most is not None, column.name
            assert lowest < column.at_most <= 1e20, column.name


@ALL
def test_a_rules_words_name_the_bound_itself(table: Table) -> None:
    for column in table.columns:
        for bound in (column.above, column.at_least, column.at_most):
            assert bound is None or float(f"{bound:g}") == bound, column.name


@pytest.mark.parametrize(
    ("column", "value", "met"),
    [
        (Column("x", "double", "", above=0), 0.0, False),
        (Column("x", "double", "", above=0), 5e-324, True),
        (Column("x", "double", "", at_least=0, at_most=1), 1.0, True),
        (Column("x", "double", "", at_least=0, at_most=1), 1.0000001, False),
        (Column("x", "double", "", at_least=0), float("inf"), False),
        (Column("x", "double", "", at_least=0), float("nan"), False),
        (Column("x", "double", "", at_least=0), -0.0, False),
        (Column("x", "double", "", at_least=-1), -0.0, True),
        (Column("x", "double", "", at_least=0), 0.0, True),
        (Column("x", "double", "", at_least=0), None, False),
        (Column("x", "double", "", nullable=True, at_least=0), None, True),
        (Column("x", "integer", "", at_least=1), 0, False),
        (Column("x", "string", "", one_of=("a", "b")), "a", True),
        (Column("x", "string", "", one_of=("a", "b")), "c", False),
        (Column("x", "string", "", nullable=True, one_of=("a",)), None, True),
    ],
)
def test_bounds_hold_at_their_ends_and_missing_is_not_a_value(
    column: Column,
    value: object,
    met: bool,
) -> None:
    row = pa.table({"x": pa.array([value], column.arrow.type)})
    connection = duckdb.connect()
    connection.register("row_", row)
    verdicts = [
        connection.sql(f"select ({rule.holds}) from row_").fetchall()[0][0] for rule in column.rules
    ]
    assert all(verdicts) is met
