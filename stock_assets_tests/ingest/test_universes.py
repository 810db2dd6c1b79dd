"""Universes as of a day: nobody is left out for what happened later."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from stock_assets.errors import InputError
from stock_assets.ingest.universes import companies_of, universe
from stock_assets.lake import Lake, LoadSource
from stock_assets.settings import read_settings
from stock_assets.tables import INDEX_MEMBERSHIP
from stock_assets_tests.lake.bars import open_lake

STAYS = (
    ("AAPL", date(1996, 1, 2), None),
    ("GONE", date(1996, 1, 2), date(2008, 9, 15)),
    ("BACK", date(2000, 1, 3), date(2003, 5, 30)),
    ("BACK", date(2015, 6, 1), None),
    ("TSLA", date(2020, 12, 21), None),
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = open_lake(tmp_path / "lake")
    rows = [
        {
            "index_symbol": "^GSPC",
            "symbol": symbol,
            "first_day": first,
            "last_day": last,
            "known_at": datetime(2024, 1, 1, tzinfo=UTC),
        }
        for symbol, first, last in STAYS
    ]
    table = pa.Table.from_pylist(rows, schema=INDEX_MEMBERSHIP.row_schema)
    lake.append(INDEX_MEMBERSHIP, table, LoadSource("raw/index_membership", "membership"))
    return lake


@pytest.mark.parametrize(
    ("day", "members"),
    [
        (date(1996, 1, 2), ("AAPL", "GONE")),
        (date(2003, 5, 30), ("AAPL", "BACK", "GONE")),
        (date(2003, 5, 31), ("AAPL", "GONE")),
        (date(2008, 9, 15), ("AAPL", "GONE")),
        (date(2008, 9, 16), ("AAPL",)),
        (date(2020, 12, 18), ("AAPL", "BACK")),
        (date(2020, 12, 21), ("AAPL", "BACK", "TSLA")),
    ],
)
def test_the_index_is_as_it_was_on_the_day_with_those_who_left(
    lake: Lake, day: date, members: tuple[str, ...]
) -> None:
    assert universe("sp500", day, lake) == members


@pytest.mark.parametrize(
    ("first", "last", "members"),
    [
        (date(2003, 5, 30), date(2003, 6, 2), ("AAPL", "BACK", "GONE")),
        (date(2008, 9, 15), date(2020, 12, 21), ("AAPL", "BACK", "GONE", "TSLA")),
        (date(2008, 9, 16), date(2015, 5, 29), ("AAPL",)),
    ],
)
def test_feeds_of_an_index_are_about_everybody_who_was_in_it_on_some_of_the_days(
    lake: Lake, first: date, last: date, members: tuple[str, ...]
) -> None:
    settings = read_settings(universe="sp500", symbols=("NVDA",))
    assert companies_of(settings, lake, (first, last)) == members


def test_without_a_universe_by_name_feeds_are_about_the_symbols_that_are_set(lake: Lake) -> None:
    settings = read_settings(symbols=("NVDA", "JPM"))
    assert companies_of(settings, lake, (date(2020, 1, 2),)) == ("NVDA", "JPM")


def test_the_seven_and_the_fifty_are_the_same_on_every_day(lake: Lake) -> None:
    seven = universe("magnificent_seven", date(2000, 1, 3), lake)
    assert seven == ("AAPL", "MSFT", "GOOGL", "AMZN", "NVDA", "META", "TSLA")
    fifty = universe("fifty", date(2000, 1, 3), lake)
    assert len(fifty) == 50
    assert set(seven) <= set(fifty)


def test_what_is_not_known_is_an_error_and_no_empty_universe(lake: Lake) -> None:
    with pytest.raises(InputError, match="not known who was in the S&P 500"):
        universe("sp500", date(1990, 1, 2), lake)
    with pytest.raises(InputError, match="choose from magnificent_seven, fifty, sp500"):
        universe("sp400", date(2020, 1, 2), lake)
