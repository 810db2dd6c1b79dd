"""Nobody loses a bar in silence: expected = stored + excused + missing, on a real lake."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from stock_assets.ingest.completeness import Completeness, completeness_of
from stock_assets.lake import Lake, LoadSource
from stock_assets.tables import GAPS, PRICES
from stock_assets_tests.lake.bars import DAYS, NOW, SOURCE, bar, grid, open_lake, rows

FEED = "raw/yahoo_prices"
THREE = ("AAPL", "MSFT", "NKE")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with four sessions of AAPL and MSFT."""
    lake = open_lake(tmp_path / "lake")
    lake.append(PRICES, grid(("AAPL", "MSFT")), SOURCE)
    return lake


def gaps(lake: Lake, symbol: str, days: Iterable[date], cause: str, feed: str = FEED) -> None:
    """Record a cause for each day."""
    found = [
        {
            "feed": feed,
            "vendor": "yahoo",
            "symbol": symbol,
            "session": day,
            "cause": cause,
            "detail": None,
            "known_at": NOW,
        }
        for day in days
    ]
    table = pa.Table.from_pylist(found, schema=GAPS.row_schema)
    lake.append(GAPS, table, LoadSource(feed=feed, vendor="yahoo"))


def found(lake: Lake, *symbols: str) -> Completeness:
    return completeness_of(lake, FEED, "yahoo", symbols or THREE, DAYS)


def test_all_bars_stored_is_complete(lake: Lake) -> None:
    said = found(lake, "AAPL", "MSFT")
    assert (said.expected, said.stored, said.excused, said.missing) == (8, 8, 0, 0)
    assert (said.coverage, said.causes, said.missing_keys) == (1.0, {}, ())


def test_a_bar_that_nobody_accounts_for_is_missing_and_unexplained(lake: Lake) -> None:
    said = found(lake)
    assert (said.expected, said.stored, said.missing) == (12, 8, 4)
    assert said.missing_keys == tuple(("NKE", day) for day in DAYS)
    assert said.causes == {"unexplained": 4}
    assert said.coverage == pytest.approx(8 / 12)


@pytest.mark.parametrize("cause", ["before_first_bar", "after_last_bar", "not_found"])
def test_a_bar_that_cannot_exist_is_excused(lake: Lake, cause: str) -> None:
    gaps(lake, "NKE", DAYS, cause)
    said = found(lake)
    assert (said.excused, said.missing, said.coverage) == (4, 0, 1.0)
    assert said.causes == {cause: 4}


@pytest.mark.parametrize("cause", ["after_last_bar", "not_found"])
def test_no_symbol_has_left_of_which_another_vendor_has_the_last_bars(
    lake: Lake, cause: str
) -> None:
    gaps(lake, "NKE", DAYS, cause)
    lake.append(PRICES, rows(bar("NKE", DAYS[-1], vendor="polygon")), SOURCE)
    said = found(lake)
    assert (said.excused, said.missing, said.causes) == (0, 4, {cause: 4})


@pytest.mark.parametrize("cause", ["no_bar", "failed", "quarantined"])
def test_a_bar_that_should_exist_is_missing_whatever_its_cause(lake: Lake, cause: str) -> None:
    gaps(lake, "NKE", DAYS, cause)
    said = found(lake)
    assert (said.excused, said.missing) == (0, 4)
    assert said.causes == {cause: 4}


def test_a_gap_that_was_filled_is_no_cause_any_more(lake: Lake) -> None:
    gaps(lake, "MSFT", DAYS[:1], "failed")
    gaps(lake, "MSFT", DAYS[:1], "filled")
    assert found(lake, "AAPL", "MSFT").causes == {}


def test_a_bar_that_came_after_all_needs_no_excuse(lake: Lake) -> None:
    gaps(lake, "MSFT", DAYS, "not_found")
    said = found(lake, "AAPL", "MSFT")
    assert (said.stored, said.excused, said.missing, said.causes) == (8, 0, 0, {})


def test_gaps_of_symbols_that_are_not_asked_about_do_not_count(lake: Lake) -> None:
    gaps(lake, "NKE", DAYS, "failed")
    assert found(lake, "AAPL", "MSFT").causes == {}


def test_another_feeds_bars_and_gaps_do_not_count(lake: Lake) -> None:
    gaps(lake, "NKE", DAYS, "not_found", feed="raw/polygon_prices")
    theirs = rows(*({**bar, "vendor": "polygon"} for bar in grid(("NKE",)).to_pylist()))
    lake.append(PRICES, theirs, LoadSource(feed="raw/polygon_prices", vendor="polygon"))
    assert found(lake).causes == {"unexplained": 4}


def test_the_causes_account_for_every_key_that_is_not_stored(lake: Lake) -> None:
    gaps(lake, "NKE", DAYS[:1], "before_first_bar")
    gaps(lake, "NKE", DAYS[1:2], "failed")
    gaps(lake, "GONE", DAYS, "after_last_bar")
    said = found(lake)
    assert sum(said.causes.values()) == said.excused + said.missing == 4


def test_nothing_that_can_exist_is_covered_in_full(lake: Lake) -> None:
    gaps(lake, "NKE", DAYS, "not_found")
    assert found(lake, "NKE").coverage == 1.0


def test_an_empty_lake_is_missing_everything(tmp_path: Path) -> None:
    said = found(open_lake(tmp_path / "empty"), "AAPL")
    assert (said.stored, said.missing, said.coverage) == (0, 4, 0.0)
