"""A correction names exactly the days that it touches; a first load corrects nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from stock_assets.ingest.restatements import restatements_since
from stock_assets.lake import Lake, LoadSource
from stock_assets.tables import CORPORATE_ACTIONS, MACRO, NEWS, PRICES
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


FRED = LoadSource("raw/fred_macro", "fred")


def values(*told: tuple[str, date, date, float]) -> pa.Table:
    """Series, start of the period, vintage, value."""
    rows = [
        {
            "vendor": "fred",
            "series": series,
            "country": "USA",
            "period_start": start,
            "vintage_on": vintage,
            "frequency": "M",
            "value": value,
            "unit": None,
            "known_at": datetime(vintage.year, vintage.month, vintage.day, 13, tzinfo=UTC),
        }
        for series, start, vintage, value in told
    ]
    return pa.Table.from_pylist(rows, schema=MACRO.row_schema)


def test_a_new_vintage_of_a_stored_period_is_a_correction_and_a_new_period_is_none(
    lake: Lake,
) -> None:
    january, february, march = (date(2024, month, 1) for month in (1, 2, 3))
    first = values(
        ("UNRATE", january, date(2024, 2, 2), 3.7), ("UNRATE", february, date(2024, 3, 8), 3.9)
    )
    lake.append(MACRO, first, FRED)
    lake.append(MACRO, first, FRED)
    lake.append(MACRO, values(("GDP", january, date(2024, 4, 25), 28.0)), FRED)
    assert restatements_since(lake, LONG_AGO) == ()
    second = values(
        ("UNRATE", february, date(2024, 4, 5), 3.8), ("UNRATE", march, date(2024, 4, 5), 3.8)
    )
    lake.append(MACRO, second, FRED)
    (one,) = restatements_since(lake, LONG_AGO)
    assert (one.table, one.feed, one.rows) == ("macro", "raw/fred_macro", 1)
    assert (one.days, one.symbols) == ((february,), ("UNRATE",))


def articles(*told: tuple[str, datetime, str]) -> pa.Table:
    """Id, instant of publication, headline."""
    rows = [
        {
            "vendor": "finnhub",
            "article_id": name,
            "symbol": "AAPL",
            "published_at": at,
            "headline": headline,
            "summary": None,
            "source": None,
            "url": None,
            "story_id": name,
            "known_at": at,
        }
        for name, at, headline in told
    ]
    return pa.Table.from_pylist(rows, schema=NEWS.row_schema)


def test_an_edited_headline_is_a_correction_of_its_day_in_utc_whenever_it_was_dated(
    lake: Lake,
) -> None:
    source = LoadSource("raw/finnhub_news", "finnhub")
    late = datetime(2024, 1, 2, 23, 59, tzinfo=UTC)
    lake.append(NEWS, articles(("1", late, "Up"), ("2", late, "Down")), source)
    assert restatements_since(lake, LONG_AGO) == ()
    lake.append(NEWS, articles(("1", late, "Not up"), ("3", late, "New")), source)
    (one,) = restatements_since(lake, LONG_AGO)
    assert (one.table, one.feed, one.rows) == ("news", "raw/finnhub_news", 1)
    assert (one.days, one.symbols) == ((date(2024, 1, 2),), ("AAPL",))
    moved = datetime(2024, 2, 20, 1, tzinfo=UTC)
    lake.append(NEWS, articles(("2", moved, "Down after all")), source)
    (other,) = restatements_since(lake, one.stored_at)
    assert other.days == (date(2024, 2, 20),)
