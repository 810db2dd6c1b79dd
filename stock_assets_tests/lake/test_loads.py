"""Loads in words: ids that sort by time, records that survive the way through a commit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stock_assets.lake.loads import (
    LoadResult,
    Stamp,
    from_commit,
    load_record,
    load_rows,
    new_load_id,
    to_commit,
)
from stock_assets.tables import LOADS, PRICES
from stock_assets_tests.lake.bars import NOW, SOURCE, grid


def test_ids_sort_by_time_and_are_never_given_twice() -> None:
    ids = [new_load_id(NOW + timedelta(microseconds=i)) for i in range(50)]
    assert ids == sorted(ids)
    assert len({new_load_id(NOW) for _ in range(50)}) == 50
    assert ids[0].startswith("20240603T063000000000-")


def test_a_record_comes_out_of_a_commit_as_it_went_in() -> None:
    result = LoadResult("id", 10, 3, 4, 1, {"rule": 2}, quarantined_rows=2, kept=1)
    record = load_record("prices", SOURCE, result)
    assert from_commit(dict(to_commit(record))) == record
    assert from_commit({"operation": "OPTIMIZE"}) is None
    (row,) = load_rows([record], NOW).to_pylist()
    assert row["first_session"] == SOURCE.first_session
    assert row["rows_unchanged"] == 5, "kept words count as unchanged"
    assert set(row) == set(LOADS.row_schema.names)


def test_a_stamp_completes_the_stored_schema() -> None:
    stamp = Stamp("id", datetime(2024, 6, 3, 7, tzinfo=UTC), NOW, "sandbox")
    stamped = stamp.on(grid())
    assert stamped.schema.equals(PRICES.schema)
    assert set(stamped["ingested_at"].to_pylist()) == {stamp.ingested_at}
