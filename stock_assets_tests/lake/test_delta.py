"""The lake's face: what goes in comes out, as it is now or as it was."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from stock_assets.errors import (
    ContractError,
    EnvironmentMixed,
    InputError,
    StorageBusy,
    StorageCorrupt,
    StorageUnavailable,
)
from stock_assets.lake import Lake, PayloadStore
from stock_assets.lake.locks import one_writer
from stock_assets.tables import (
    CORPORATE_ACTIONS,
    EVALUATIONS,
    GAPS,
    LISTINGS,
    LOADS,
    MACRO,
    PREDICTIONS,
    PRICES,
    QUARANTINE,
    TABLES,
)
from stock_assets_tests.lake.bars import (
    DAYS,
    NOW,
    SOURCE,
    SteppingClock,
    bar,
    closes,
    grid,
    open_lake,
    rows,
)


def test_what_was_appended_is_read_back_exactly(lake: Lake) -> None:
    handed = grid()
    result = lake.append(PRICES, handed, SOURCE)
    stored = lake.read(PRICES, ordered=True)
    assert (result.received, result.appended, result.unchanged) == (8, 8, 0)
    assert stored.schema.equals(PRICES.schema)
    assert stored.select(PRICES.row_schema.names).equals(handed)
    assert set(stored["environment"].to_pylist()) == {"sandbox"}
    assert set(stored["load_id"].to_pylist()) == {result.load_id}


def test_appending_the_same_rows_again_stores_nothing_and_makes_no_commit(lake: Lake) -> None:
    lake.append(PRICES, grid(), SOURCE)
    version = lake.version(PRICES)
    again = lake.append(PRICES, grid(), SOURCE)
    assert (again.appended, again.unchanged) == (0, 8)
    assert lake.version(PRICES) == version
    assert lake.history(PRICES).num_rows == 8
    assert lake.count(LOADS) == 2


def test_a_load_of_nothing_is_recorded_too(lake: Lake) -> None:
    result = lake.append(PRICES, rows(), SOURCE)
    assert (result.received, result.appended) == (0, 0)
    assert lake.read(LOADS)["load"].to_pylist() == [result.load_id]
    assert lake.version(PRICES) is None


def test_one_load_is_one_commit_that_names_the_load_and_its_source(lake: Lake) -> None:
    first = lake.append(PRICES, grid(), SOURCE)
    second = lake.append(PRICES, grid(("NVDA",)), SOURCE)
    commits = DeltaTable(lake.root.table("prices")).history()
    writes = [info for info in commits if info["operation"] == "WRITE"]
    assert [info["load_id"] for info in writes] == [second.load_id, first.load_id]
    assert writes[0]["source"] == "raw/yahoo_prices (yahoo)"
    assert json.loads(writes[0]["load"])["payloads"] == ["ab" * 32]


def test_the_loads_table_says_who_asked_for_what_and_what_became_of_it(lake: Lake) -> None:
    lake.append(PRICES, grid(), SOURCE)
    bad = rows(bar(close=101.0), bar("MSFT", close=-1.0))
    result = lake.append(PRICES, bad, SOURCE)
    (load,) = lake.read(LOADS, where=f"load = '{result.load_id}'").to_pylist()
    assert load["feed"] == "raw/yahoo_prices"
    assert load["requests"] == list(SOURCE.requests)
    assert (load["first_session"], load["last_session"]) == (DAYS[0], DAYS[3])
    assert (load["rows_received"], load["rows_appended"], load["rows_restated"]) == (2, 1, 1)
    assert load["rows_quarantined"] == 1


def test_a_restatement_is_a_new_row_that_nobody_knew_before_now(lake: Lake) -> None:
    lake.append(PRICES, rows(bar(close=100.0)), SOURCE)
    result = lake.append(PRICES, rows(bar(close=101.0)), SOURCE)
    old, new = lake.history(PRICES).to_pylist()
    assert (result.appended, result.restated) == (1, 1)
    assert (old["close_usd"], new["close_usd"]) == (100.0, 101.0)
    assert old["known_at"] == datetime(2024, 1, 2, 21, tzinfo=UTC)
    assert new["known_at"] == NOW
    assert closes(lake.read(PRICES)) == {("AAPL", DAYS[0]): 101.0}


def test_a_restatement_never_becomes_known_before_the_row_that_it_replaces(tmp_path: Path) -> None:
    clock = SteppingClock()
    open_lake(tmp_path, clock=clock).append(PRICES, rows(bar(close=100.0)), SOURCE)
    open_lake(tmp_path, clock=clock).append(PRICES, rows(bar(close=101.0)), SOURCE)
    earlier = open_lake(tmp_path, clock=clock, now=lambda: NOW - timedelta(days=9))
    earlier.append(PRICES, rows(bar(close=102.0)), SOURCE)
    assert earlier.read(PRICES)["known_at"].to_pylist() == [NOW]


def test_a_value_that_goes_missing_or_comes_back_is_a_restatement(lake: Lake) -> None:
    listing = {"vendor": "polygon", "symbol": "AAPL", "is_active": True, "known_at": NOW}
    said = [{**listing, "name": "Apple"}, {**listing, "name": None}, {**listing, "name": None}]
    counts = [
        lake.append(
            LISTINGS, pa.Table.from_pylist([row], schema=LISTINGS.row_schema), SOURCE
        ).restated
        for row in said
    ]
    assert counts == [0, 1, 0]


def test_a_value_that_returns_to_what_it_was_is_stored_again(lake: Lake) -> None:
    for close in (100.0, 101.0, 100.0):
        lake.append(PRICES, rows(bar(close=close)), SOURCE)
    assert lake.history(PRICES)["close_usd"].to_pylist() == [100.0, 101.0, 100.0]
    assert closes(lake.read(PRICES)) == {("AAPL", DAYS[0]): 100.0}


def test_doubles_are_compared_bit_by_bit(lake: Lake) -> None:
    released = {
        "vendor": "fred",
        "series": "T10Y2Y",
        "country": "USA",
        "period_start": DAYS[0],
        "vintage_on": DAYS[0],
        "frequency": "D",
        "known_at": NOW,
    }

    def restated(value: float) -> int:
        row = pa.Table.from_pylist([released | {"value": value}], schema=MACRO.row_schema)
        return lake.append(MACRO, row, SOURCE).restated

    assert [restated(v) for v in (0.0, -0.0, -0.0, 5e-324, 0.1 + 0.2, 0.3)] == [0, 1, 0, 1, 1, 1]


def test_columns_are_matched_by_name_never_by_place(lake: Lake) -> None:
    turned = grid().select(list(reversed(PRICES.row_schema.names)))
    lake.append(PRICES, turned, SOURCE)
    assert lake.append(PRICES, grid(), SOURCE).unchanged == 8


def test_reading_as_of_an_instant_gives_what_was_stored_then(
    lake: Lake, clock: SteppingClock
) -> None:
    lake.append(PRICES, rows(bar(close=100.0)), SOURCE)
    then = clock.present
    lake.append(PRICES, rows(bar(close=101.0), bar("MSFT", close=5.0)), SOURCE)
    assert closes(lake.read(PRICES, as_of=then)) == {("AAPL", DAYS[0]): 100.0}
    assert lake.read(PRICES, as_of=then - timedelta(days=1)).num_rows == 0
    assert lake.count(PRICES) == 2


def test_a_condition_never_brings_an_older_version_back(lake: Lake) -> None:
    lake.append(PRICES, rows(bar(close=100.0)), SOURCE)
    lake.append(PRICES, rows(bar(close=50.0)), SOURCE)
    assert lake.read(PRICES, where="close_usd > 60").num_rows == 0
    assert lake.history(PRICES, where="close_usd > 60").num_rows == 1


def test_columns_can_be_chosen_and_unknown_ones_are_refused(lake: Lake) -> None:
    lake.append(PRICES, grid(), SOURCE)
    chosen = lake.read(PRICES, columns=["close_usd", "symbol"], where="session = date '2024-01-03'")
    assert chosen.column_names == ["close_usd", "symbol"]
    assert chosen.num_rows == 2
    with pytest.raises(InputError, match="clse_usd: not a column of prices"):
        lake.read(PRICES, columns=["clse_usd"])


@pytest.mark.parametrize(
    "where", ["clse_usd > 1", "close_usd >", "session = date 'yesterday'", "1=1); drop table x"]
)
def test_a_condition_that_makes_no_sense_is_refused_and_shown(lake: Lake, where: str) -> None:
    lake.append(PRICES, grid(), SOURCE)
    with pytest.raises(InputError) as caught:
        lake.read(PRICES, where=where)
    assert caught.value.value == where


def test_an_instant_without_a_zone_is_refused(lake: Lake) -> None:
    with pytest.raises(InputError, match="needs a UTC offset"):
        lake.read(PRICES, as_of=datetime(2024, 1, 2))  # noqa: DTZ001


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_a_table_that_was_never_written_reads_as_empty_with_its_types(lake: Lake, table) -> None:  # type: ignore[no-untyped-def]
    assert lake.read(table).schema.equals(table.schema)
    assert lake.history(table).num_rows == lake.count(table) == 0
    assert (lake.version(table), lake.files(table)) == (None, [])


def test_a_tables_size_is_that_of_its_files(lake: Lake) -> None:
    assert lake.size(PRICES) == 0
    lake.append(PRICES, grid(), SOURCE)
    lake.append(PRICES, grid(("NVDA",)), SOURCE)
    assert lake.size(PRICES) == sum(Path(file).stat().st_size for file in lake.files(PRICES))


def test_a_snapshot_has_all_that_a_view_needs_even_for_absent_tables(
    lake: Lake, tmp_path: Path
) -> None:
    lake.append(PRICES, grid(), SOURCE)
    snapshot = lake.snapshot(tmp_path)
    assert set(snapshot) == set(TABLES)
    assert snapshot["prices"].version == 1
    found = duckdb.execute(f"select count(*) from read_parquet({list(snapshot['prices'].files)})")
    assert found.fetchone() == (8,)
    absent = snapshot["predictions"]
    assert (absent.version, absent.files) == (None, ())
    typed = ", ".join(f'null::{kind} as "{name}"' for name, kind in absent.columns.items())
    described = duckdb.execute(f"describe select {typed}").fetchall()
    assert dict(row[:2] for row in described) == absent.columns


def test_the_first_word_of_a_prediction_is_kept_and_later_ones_are_counted(lake: Lake) -> None:
    def said(symbol: str, probability: float) -> dict[str, object]:
        return {
            "symbol": symbol,
            "session": DAYS[0],
            "target_session": DAYS[1],
            "model_name": "next_session_direction",
            "model_version": "1",
            "probability_up": probability,
            "direction": "up",
            "evidence": "no_evidence",
            "decided_at": NOW,
            "created_at": NOW,
            "known_at": NOW,
        }

    def append(*words: dict[str, object]) -> tuple[int, int, int, int]:
        table = pa.Table.from_pylist(list(words), schema=PREDICTIONS.row_schema)
        done = lake.append(PREDICTIONS, table, SOURCE, keep_first=True)
        return done.appended, done.unchanged, done.restated, done.kept

    assert append(said("AAPL", 0.6)) == (1, 0, 0, 0)
    assert append(said("AAPL", 0.7), said("MSFT", 0.55)) == (1, 0, 0, 1)
    assert append(said("AAPL", 0.6), said("MSFT", 0.56)) == (0, 1, 0, 1)
    kept = lake.history(PREDICTIONS)
    assert kept["probability_up"].to_pylist() == [0.6, 0.55]


def test_every_received_row_is_accounted_for(lake: Lake) -> None:
    lake.append(PRICES, rows(bar("A"), bar("B"), bar("C")), SOURCE)
    mixed = rows(
        bar("A"),
        bar("B", close=7.0),
        bar("D"),
        bar("D"),
        bar("E", close=-1.0),
        bar("F", close=1.0),
        bar("F", close=2.0),
    )
    done = lake.append(PRICES, mixed, SOURCE)
    assert (done.appended, done.restated, done.unchanged, done.quarantined_rows) == (2, 1, 2, 3)
    assert done.received == done.appended + done.unchanged + done.kept + done.quarantined_rows
    assert done.quarantined["key_conflict"] == 2


def test_compaction_changes_files_and_nothing_else_in_one_commit(
    lake: Lake, clock: SteppingClock
) -> None:
    for day in DAYS:
        lake.append(PRICES, grid(days=(day,)), SOURCE)
    lake.append(PRICES, rows(bar(close=1.0)), SOURCE)
    then = clock.present - timedelta(seconds=2)
    before = lake.history(PRICES), lake.read(PRICES, ordered=True), lake.version(PRICES)
    past = lake.read(PRICES, as_of=then, ordered=True)
    assert len(lake.files(PRICES)) == 5
    assert lake.compact(PRICES) == 5
    assert len(lake.files(PRICES)) == 1
    assert lake.history(PRICES).equals(before[0])
    assert lake.read(PRICES, ordered=True).equals(before[1])
    assert lake.version(PRICES) == (before[2] or 0) + 1
    assert lake.read(PRICES, as_of=then, ordered=True).equals(past)
    assert lake.append(PRICES, grid(days=DAYS[1:]), SOURCE).unchanged == 6


def test_vacuum_deletes_replaced_files_only_after_the_time_to_keep_them(lake: Lake) -> None:
    for day in DAYS:
        lake.append(PRICES, grid(days=(day,)), SOURCE)
    replaced = lake.files(PRICES)
    lake.compact(PRICES)
    whole = lake.history(PRICES)
    assert lake.vacuum(PRICES, keep_hours=1) == []
    assert len(lake.vacuum(PRICES, keep_hours=0)) == 4
    assert not any(Path(file).exists() for file in replaced)
    assert lake.history(PRICES).equals(whole)
    assert lake.append(PRICES, grid(), SOURCE).unchanged == 8


def test_tables_that_do_not_exist_need_no_care(lake: Lake) -> None:
    assert lake.compact(PRICES) == 0
    assert lake.vacuum(PRICES) == []
    assert lake.recover() == 0
    assert lake.replay(PRICES).received == 0
    with pytest.raises(InputError, match="cannot be negative"):
        lake.vacuum(PRICES, keep_hours=-1)


def test_a_clock_that_was_set_back_does_not_hide_newer_rows(
    lake: Lake, clock: SteppingClock
) -> None:
    lake.append(PRICES, rows(bar(close=100.0)), SOURCE)
    clock.present -= timedelta(hours=3)
    lake.append(PRICES, rows(bar(close=101.0)), SOURCE)
    assert closes(lake.read(PRICES)) == {("AAPL", DAYS[0]): 101.0}
    assert lake.append(PRICES, rows(bar(close=101.0)), SOURCE).unchanged == 1


def test_the_lakes_own_tables_are_not_for_others_to_write(lake: Lake) -> None:
    for table in (LOADS, QUARANTINE):
        with pytest.raises(InputError, match="the lake writes this table itself"):
            lake.append(table, table.row_schema.empty_table(), SOURCE)


def test_gaps_are_rows_like_any_other(lake: Lake) -> None:
    gap = {
        "feed": "raw/yahoo_prices",
        "vendor": "yahoo",
        "symbol": "AAPL",
        "session": DAYS[0],
        "cause": "failed",
        "detail": "time-out",
        "known_at": NOW,
    }
    for cause in ("failed", "failed", "filled"):
        rows_ = pa.Table.from_pylist([{**gap, "cause": cause}], schema=GAPS.row_schema)
        lake.append(GAPS, rows_, SOURCE)
    assert lake.history(GAPS)["cause"].to_pylist() == ["failed", "filled"]


def test_rows_with_other_columns_are_refused_whole(lake: Lake) -> None:
    with pytest.raises(ContractError, match="close_usd is missing"):
        lake.append(PRICES, grid().drop_columns("close_usd"), SOURCE)
    assert lake.count(LOADS) == 0


def test_twin_and_live_rows_never_share_a_lake(tmp_path: Path) -> None:
    open_lake(tmp_path).append(PRICES, grid(), SOURCE)
    with pytest.raises(EnvironmentMixed, match="holds sandbox data, and was opened for live"):
        open_lake(tmp_path, environment="live")
    assert open_lake(tmp_path).count(PRICES) == 8


def test_a_writer_that_waits_too_long_learns_who_is_writing(tmp_path: Path) -> None:
    lake = open_lake(tmp_path / "lake", locks=tmp_path / "locks", lock_wait_s=0.05)
    lake.append(PRICES, grid(), SOURCE)
    with one_writer(tmp_path / "locks", "prices", 1):
        with pytest.raises(StorageBusy, match=f"process {os.getpid()} on"):
            lake.append(PRICES, grid(("NVDA",)), SOURCE)
        assert lake.count(PRICES) == 8, "reading is never blocked"
        lake.append(EVALUATIONS, EVALUATIONS.row_schema.empty_table(), SOURCE)
    assert lake.append(PRICES, grid(("NVDA",)), SOURCE).appended == 4


def test_a_lake_behind_an_address_works_without_locks(tmp_path: Path) -> None:
    lake = open_lake(f"file://{tmp_path}/lake", clock=SteppingClock())
    assert lake.count(PRICES) == 0
    lake.append(PRICES, grid(), SOURCE)
    lake.append(PRICES, rows(bar(close=55.0), bar("MSFT", close=-5.0)), SOURCE)
    assert lake.append(PRICES, rows(bar(close=55.0)), SOURCE).unchanged == 1
    assert closes(lake.read(PRICES, where="symbol = 'AAPL' and session = date '2024-01-02'")) == {
        ("AAPL", DAYS[0]): 55.0
    }
    assert lake.count(QUARANTINE) == 4
    assert lake.count(LOADS) == 3
    assert len(lake.files(PRICES)) == 2
    with pytest.raises(EnvironmentMixed):
        open_lake(f"file://{tmp_path}/lake", environment="live")


def test_a_lake_behind_an_address_is_copied_file_by_file_for_those_who_open_paths(
    tmp_path: Path,
) -> None:
    lake = open_lake(f"file://{tmp_path}/lake", clock=SteppingClock())
    lake.append(PRICES, grid(), SOURCE)
    first = lake.snapshot(tmp_path / "copies", [PRICES])["prices"].files
    assert pq.read_table(list(first)).num_rows == 8
    assert {Path(file).parent for file in first} == {tmp_path / "copies" / "prices"}
    Path(first[0]).write_bytes(b"seen already")
    lake.append(PRICES, rows(bar(close=55.0)), SOURCE)
    second = lake.snapshot(tmp_path / "copies", [PRICES])["prices"].files
    assert set(first) < set(second)
    assert len(second) == 2
    assert Path(first[0]).read_bytes() == b"seen already", "no file is fetched twice"


@pytest.mark.parametrize("name", ["with space", "ümläut", "quo'te", "a#b;c", "vendor=x"])
def test_a_lake_can_lie_under_any_ordinary_name(tmp_path: Path, name: str) -> None:
    lake = open_lake(tmp_path / name)
    lake.append(PRICES, grid(), SOURCE)
    assert lake.append(PRICES, grid(), SOURCE).unchanged == 8
    assert lake.read(PRICES).schema.equals(PRICES.schema)
    assert all(Path(file).exists() for file in lake.files(PRICES))


def test_a_data_file_that_lost_its_end_is_corruption_and_not_an_empty_table(lake: Lake) -> None:
    lake.append(PRICES, grid(), SOURCE)
    (file,) = lake.files(PRICES)
    Path(file).write_bytes(Path(file).read_bytes()[:-20])
    with pytest.raises(StorageCorrupt):
        lake.read(PRICES)
    Path(file).unlink()
    with pytest.raises(StorageCorrupt):
        lake.read(PRICES)


def test_a_table_without_its_log_is_corruption_and_not_a_new_table(lake: Lake) -> None:
    lake.append(PRICES, grid(), SOURCE)
    for entry in Path(lake.root.table("prices"), "_delta_log").iterdir():
        entry.unlink()
    with pytest.raises(StorageCorrupt, match="no readable _delta_log"):
        lake.append(PRICES, grid(), SOURCE)


def test_a_home_that_cannot_be_written_is_named_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a directory")
    for place in (tmp_path / "home", tmp_path / "home" / "lake", Path("/proc/lake")):
        with pytest.raises(StorageUnavailable, match="STOCK_ASSETS_HOME"):
            open_lake(place)
    with pytest.raises(StorageUnavailable):
        PayloadStore("/proc/payloads")


_WORDS = st.lists(
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(-1, 2)), min_size=1, max_size=4),
    min_size=2,
    max_size=4,
)


@settings(max_examples=8, derandomize=True, deadline=None)
@given(loads=_WORDS)
def test_what_was_read_as_of_an_instant_is_never_changed_by_later_loads(
    loads: list[list[tuple[str, int]]],
) -> None:
    clock = SteppingClock()
    with tempfile.TemporaryDirectory() as place:
        lake = open_lake(place, clock=clock)
        seen = []
        for load in loads:
            lake.append(PRICES, rows(*(bar(s, DAYS[0], float(v)) for s, v in load)), SOURCE)
            seen.append((clock.present, lake.read(PRICES, ordered=True)))
        lake.compact(PRICES)
        for then, table in seen:
            assert lake.read(PRICES, as_of=then, ordered=True).equals(table)


def test_actions_of_one_kind_carry_the_amount_of_that_kind(lake: Lake) -> None:
    action = {
        "vendor": "yahoo",
        "symbol": "AAPL",
        "kind": "dividend",
        "ex_date": date(2024, 2, 9),
        "split_ratio": None,
        "dividend_usd": 0.24,
        "known_at": NOW,
    }
    wrong = {**action, "symbol": "MSFT", "dividend_usd": None}
    table = pa.Table.from_pylist([action, wrong], schema=CORPORATE_ACTIONS.row_schema)
    done = lake.append(CORPORATE_ACTIONS, table, SOURCE)
    assert (done.appended, done.quarantined) == (1, {"amount_matches_kind": 1})
