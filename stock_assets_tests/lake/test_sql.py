"""SQL text: whatever a name or a value holds, it stays a name or a value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import duckdb
import pytest

from stock_assets.errors import InputError
from stock_assets.lake import sql
from stock_assets.tables import TABLES, Table
from stock_assets_tests.lake.bars import NOW


@pytest.mark.parametrize("text", ["it's", "'; drop table x; --", "", "ü\n", 'a"b'])
def test_text_is_quoted_whatever_it_holds(text: str) -> None:
    query = f"select {sql.literal(text)} as {sql.name(text or 'x')}"
    relation = sql.connect().sql(query)
    assert relation.fetchall() == [(text,)]


def test_instants_are_utc_to_the_microsecond() -> None:
    at = datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert sql.instant(at) == "timestamptz '2024-01-01 21:34:05.678901+00'"
    assert sql.connect().sql(f"select {sql.instant(at)}").fetchall() == [(at.astimezone(UTC),)]
    with pytest.raises(InputError):
        sql.instant(NOW.replace(tzinfo=None))


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_an_empty_relation_has_the_declared_types(table: Table) -> None:
    found = sql.connect().sql(f"from {sql.empty(table)}").to_arrow_table()
    assert found.cast(table.schema).schema.equals(table.schema)
    assert found.schema.names == table.schema.names


def test_our_duckdb_speaks_utc_and_downloads_nothing() -> None:
    connection = sql.connect().cursor()
    said = connection.sql("select current_setting('TimeZone')").fetchall()
    assert said == [("UTC",)]
    with pytest.raises(duckdb.Error):
        connection.execute("select * from read_csv('https://127.0.0.1:9/none.csv')")
