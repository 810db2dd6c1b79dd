"""A correction names exactly the days that it touches; a first load corrects nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from stock_assets.ingest.restatements import restatements_since
from stock_assets.lake import Lake, LoadSource
from stock_assets.tables import CORPORATE_ACTIONS, PRICES
from stock_assets_tests.lake.bars import DAYS, SOURCE, SteppingClock, bar, grid, open_lake, rows

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ACTIONS = LoadSource("raw/corporate_actions", "polygon")


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def lake(tmp_path: Path, clock: SteppingClock) -> Lake:
    lake = open_lake(tmp_path / "lake", clock=clock)
    lake.append(PRICES, grid(), SOURCE)
    return lake


def split(symbol: str, day: date) -> pa.Table:
    row = {
        "vendor": "polygon",
        "symbol": symbol,
        "kind": "split",
        "ex_date": day,
        "split_ratio": 2.0,
        "dividend_usd": None,
        "known_at": datetime(2024, 1, 1, tzinfo=UTC),
    }
    return pa.Table.from_pylist([row], schema=CORPORATE_ACTIONS.row_schema)


def test_first_values_and_unchanged_ones_correct_nothing(lake: Lake) -> None:
    lake.append(PRICES, grid(), SOURCE)
    lake.append(PRICES, grid(("NVDA",)), SOURCE)
    assert restatements_since(lake, LONG_AGO) == ()


def test_a_correction_names_its_days_its_symbols_and_its_feed(lake: Lake) -> None:
    corrected = rows(bar("AAPL", DAYS[1], 55.0), bar("MSFT", DAYS[2], 66.0), bar("NKE", DAYS[0]))
    lake.append(PRICES, corrected, SOURCE)
    (one,) = restatements_since(lake, LONG_AGO)
    assert (one.table, one.feed, one.rows) == ("prices", "raw/yahoo_prices", 2)
    assert one.days == (DAYS[1], DAYS[2])
    assert one.symbols == ("AAPL", "MSFT")


def test_what_was_told_already_is_not_told_again(lake: Lake) -> None:
    lake.append(PRICES, rows(bar("AAPL", DAYS[1], 55.0)), SOURCE)
    (first,) = restatements_since(lake, LONG_AGO)
    assert restatements_since(lake, first.stored_at) == ()
    lake.append(PRICES, rows(bar("AAPL", DAYS[1], 56.0)), SOURCE)
    (second,) = restatements_since(lake, first.stored_at)
    assert second.stored_at > first.stored_at


def test_a_split_that_comes_later_is_a_correction_and_the_first_load_of_them_is_not(
    lake: Lake,
) -> None:
    lake.append(CORPORATE_ACTIONS, split("AAPL", DAYS[0]), ACTIONS)
    assert restatements_since(lake, LONG_AGO) == ()
    lake.append(CORPORATE_ACTIONS, split("MSFT", DAYS[3]), ACTIONS)
    (one,) = restatements_since(lake, LONG_AGO)
    assert (one.table, one.days, one.symbols) == ("corporate_actions", (DAYS[3],), ("MSFT",))
