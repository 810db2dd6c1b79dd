"""Stored tables: older ones grow columns, newer ones are left alone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from stock_assets.errors import SchemaTooNew
from stock_assets.lake import Lake
from stock_assets.lake.stored import StoredTable
from stock_assets.tables import PRICES, Column
from stock_assets_tests.lake.bars import DAYS, NOW, SOURCE, bar, grid, rows

NEWER = dataclasses.replace(
    PRICES,
    columns=(*PRICES.columns, Column("trades", "integer", "number of trades", nullable=True)),
    version=2,
)


def with_trades(close: float = 100.0, trades: int | None = 7) -> pa.Table:
    row = {**bar("NVDA", close=close), "trades": trades}
    return pa.Table.from_pylist([row], schema=NEWER.row_schema)


def test_a_table_of_an_older_program_reads_with_missing_values_and_then_grows(lake: Lake) -> None:
    lake.append(PRICES, grid(), SOURCE)
    before = lake.read(NEWER, ordered=True)
    assert before.schema.equals(NEWER.schema)
    assert before["trades"].null_count == 8
    assert lake.version(PRICES) == 1
    assert lake.append(NEWER, with_trades(), SOURCE).appended == 1
    after = lake.read(NEWER, ordered=True)
    assert after["trades"].to_pylist() == [None] * 8 + [7]
    assert lake.append(NEWER, with_trades(), SOURCE).unchanged == 1
    assert lake.append(NEWER, with_trades(trades=None), SOURCE).restated == 1
    lake.compact(NEWER)
    assert lake.read(NEWER, ordered=True)["trades"].to_pylist() == [None] * 9


def test_a_table_of_a_newer_program_is_neither_read_nor_written(lake: Lake) -> None:
    lake.append(NEWER, with_trades(), SOURCE)
    for use in (lake.read, lake.history, lake.files, lake.version, lake.compact):
        with pytest.raises(SchemaTooNew, match="Next: update stock-assets"):
            use(PRICES)
    with pytest.raises(SchemaTooNew):
        lake.append(PRICES, grid(), SOURCE)
    assert lake.count(NEWER) == 1


def test_growing_resumes_where_a_killed_process_stopped(lake: Lake) -> None:
    lake.append(PRICES, grid(), SOURCE)
    stored = StoredTable(lake.root, NEWER)
    handle = DeltaTable(stored.address)
    from deltalake import Schema

    column = [f for f in Schema.from_arrow(NEWER.schema).fields if f.name == "trades"]
    handle.alter.add_columns(column)
    assert lake.read(NEWER)["trades"].null_count == 8
    assert lake.append(PRICES, grid(), SOURCE).unchanged == 8
    assert lake.append(NEWER, with_trades(), SOURCE).appended == 1
    with pytest.raises(SchemaTooNew):
        lake.read(PRICES)


def test_only_files_that_can_hold_the_days_are_compared(lake: Lake) -> None:
    for day in DAYS:
        lake.append(PRICES, grid(days=(day,)), SOURCE)
    stored = StoredTable(lake.root, PRICES)
    handle = stored.open()
    assert handle is not None
    from stock_assets.lake import sql

    near = stored.relation(handle, sql.connect(), near=grid(days=DAYS[1:3]))
    assert near.count(".parquet'") == 2
    far = stored.relation(handle, sql.connect(), near=rows(bar(day=NOW.date())))
    assert far == sql.empty(PRICES)
    assert len(stored.files(handle)) == 4
    assert all(Path(file).is_absolute() for file in stored.files(handle))


def test_the_log_is_kept_for_good_because_it_names_the_loads(lake: Lake) -> None:
    lake.append(PRICES, grid(), SOURCE)
    metadata = DeltaTable(lake.root.table("prices")).metadata()
    assert metadata.configuration["delta.logRetentionDuration"] == "interval 36500 days"
    assert metadata.description == PRICES.grain
