from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from stock_assets.errors import BadRange, BadRecording, BadSymbol
from stock_assets.sandbox.truth.recorded import load_recording

ROWS: dict[str, list[Any]] = {
    "symbol": ["MSFT", "MSFT", "BRK-B", "BRK-B", "BRK-B"],
    "date": [date(2020, 1, 3), date(2020, 1, 2), date(2020, 1, 2), date(2020, 1, 3),
             date(2020, 1, 4)],
    "open": [10.0, 11.0, 20.0, 21.0, 22.0],
    "high": [10.5, 11.5, 20.5, 20.0, 22.5],
    "low": [9.5, 10.5, 19.5, 20.5, 21.5],
    "close": [10.2, 11.2, None, 21.2, 22.2],
    "volume": [100, 200, 300, 400, 0],
    "dividend": [0.0, 0.0, 0.0, 0.25, 0.0],
    "split": [1.0, 1.0, 1.0, 2.000002, 1.0],
}  # fmt: skip


def _write(path: Path, rows: dict[str, list[Any]]) -> Path:
    table = pa.table(rows)
    if path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    else:
        pyarrow.parquet.write_table(table, path)
    return path


@pytest.fixture(params=["bars.csv", "bars.parquet"])
def recording(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return _write(tmp_path / request.param, dict(ROWS))


def test_a_recording_becomes_a_market_in_order_with_its_events(recording: Path) -> None:
    truth = load_recording(recording)
    assert truth.symbols == ("BRK.B", "MSFT")
    assert truth.last_day == date(2020, 1, 4)
    assert truth.stocks["MSFT"].bars.close.tolist() == [11.2, 10.2]
    berkshire = truth.stocks["BRK.B"]
    assert [(s.new, s.old, s.ex_date) for s in berkshire.splits] == [(2, 1, date(2020, 1, 3))]
    assert [(d.cash_usd, d.declared_on) for d in berkshire.dividends] == [(0.25, None)]
    assert berkshire.listing.listed_on == date(2020, 1, 2)


def test_doubtful_values_are_kept_for_what_follows_to_catch(recording: Path) -> None:
    bars = load_recording(recording).stocks["BRK.B"].bars
    assert np.isnan(bars.close[0])
    assert bars.high[1] < bars.low[1]
    assert bars.days[2] == np.datetime64("2020-01-04")
    assert bars.volume[2] == 0


def test_symbols_and_days_can_be_chosen(recording: Path) -> None:
    chosen = load_recording(
        recording, symbols=["BRK.B"], first=date(2020, 1, 3), last=date(2020, 1, 3)
    )
    assert chosen.symbols == ("BRK.B",)
    assert chosen.rows == 1
    assert chosen.last_day == date(2020, 1, 3)


def test_dates_written_as_times_are_days(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(
        "Ticker,Date,Open,High,Low,Close,Volume\nAAPL,2020-01-02 00:00:00,1,2,1,2,5\n"
        "AAPL,2020-01-03 00:00:00,1,2,1,2,5\n"
    )
    days = load_recording(path, first=date(2020, 1, 3)).stocks["AAPL"].bars.days
    assert days.tolist() == [date(2020, 1, 3)]


def test_prices_are_scaled_without_leaving_digits_behind(tmp_path: Path) -> None:
    names = {"open": "open_e4", "high": "high_e4", "low": "low_e4", "close": "close_e4"}
    rows = {
        names.get(k, k): [1_403_800 + i for i in range(5)] if k in names else v
        for k, v in ROWS.items()
    }
    truth = load_recording(_write(tmp_path / "bars.parquet", rows))
    assert truth.stocks["BRK.B"].bars.close.tolist() == [140.3802, 140.3803, 140.3804]
    assert any("10,000" in note for note in truth.notes)


def test_the_same_bar_twice_is_refused_by_name(tmp_path: Path) -> None:
    rows = {k: [*v, v[0]] for k, v in ROWS.items()}
    with pytest.raises(BadRecording, match=r"1 bars have .* another one: MSFT 2020-01-03"):
        load_recording(_write(tmp_path / "bars.parquet", rows))


def test_a_symbol_spelled_in_two_ways_is_one_symbol(tmp_path: Path) -> None:
    rows = {k: [*v, v[2]] for k, v in ROWS.items()}
    rows["symbol"][-1] = "BRK.B"
    with pytest.raises(BadRecording, match=r"BRK\.B 2020-01-02"):
        load_recording(_write(tmp_path / "bars.parquet", rows))


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("symbol", ["../etc", "A", "A", "A", "A"], "holds '../ETC', which is no symbol"),
        ("symbol", [None, "A", "B", "C", "D"], "'symbol' is empty in 1 rows"),
        ("date", ["soon", "2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"], "'date'"),
        ("open", ["ten", "1", "1", "1", "1"], "'open' cannot be read as open"),
    ],
)
def test_columns_that_are_not_what_they_say_are_refused(
    tmp_path: Path, column: str, values: list[Any], reason: str
) -> None:
    path = _write(tmp_path / "bars.parquet", {**ROWS, column: values})
    with pytest.raises(BadRecording, match=reason):
        load_recording(path)


def test_text_where_a_csv_should_have_numbers_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "bars.csv", {**ROWS, "open": ["ten", "1", "1", "1", "1"]})
    with pytest.raises(BadRecording, match="cannot be read as CSV"):
        load_recording(path)


def test_nothing_left_and_absent_symbols_are_refused(recording: Path) -> None:
    with pytest.raises(BadRecording, match="no bar"):
        load_recording(recording, first=date(2021, 1, 1))
    with pytest.raises(BadRecording, match=r"^AAPL: no bar in"):
        load_recording(recording, symbols=["MSFT", "AAPL"])
    with pytest.raises(BadRange, match="swap the two dates"):
        load_recording(recording, first=date(2020, 1, 3), last=date(2020, 1, 2))
    with pytest.raises(BadSymbol):
        load_recording(recording, symbols=["msft"])


@pytest.mark.realdata
def test_the_shared_file_is_read_as_it_is(shared_data: Path) -> None:
    truth = load_recording(shared_data / "prices" / "sp500_daily_alphavantage_1999_2021.parquet")
    assert truth.rows == 2_402_891
    assert len(truth.stocks) == 504
    apple = truth.stocks["AAPL"]
    assert [(s.new, s.old) for s in apple.splits] == [(2, 1), (2, 1), (7, 1), (4, 1)]
    assert apple.bars.between(date(2014, 6, 6), date(2014, 6, 6)).close.tolist() == [645.57]
    assert any("e4" in note for note in truth.notes)
    assert any("split ratios were not exact" in note for note in truth.notes)


@pytest.mark.realdata
def test_a_part_of_the_shared_file_is_read_alone(shared_data: Path) -> None:
    path = shared_data / "prices" / "sp500_daily_alphavantage_1999_2021.parquet"
    truth = load_recording(path, symbols=["BRK.B", "WELL"], first=date(2016, 1, 1))
    assert truth.symbols == ("BRK.B", "WELL")
    assert truth.stocks["BRK.B"].bars.days[0] == np.datetime64("2016-01-04")


@pytest.mark.realdata
def test_an_error_message_saved_as_prices_is_refused(shared_data: Path) -> None:
    for path in (shared_data / "prices" / "defects").glob("*.csv"):
        with pytest.raises(BadRecording, match=r"a server's message: .*Error Message"):
            load_recording(path)
