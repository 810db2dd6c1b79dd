"""Checks of raw prices: each passes on what is good, and fails on what it is there to find."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest

from stock_assets.checks.raw import (
    MIN_COVERAGE,
    SHOWN,
    completeness_result,
    finality_result,
    freshness_result,
    newest_session,
    stored_bars,
)
from stock_assets.lake import Lake, LoadSource
from stock_assets.market import FINAL_AFTER, calendar
from stock_assets.tables import GAPS, PRICES
from stock_assets_tests.lake.bars import DAYS, NOW, SOURCE, grid, open_lake

FEED = "raw/yahoo_prices"
SYMBOLS = tuple(f"S{number}" for number in range(10))
WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR


def lake_without(folder: Path, missing: Iterable[tuple[str, date]]) -> Lake:
    """A lake with the bars of ten symbols on four sessions, but for some."""
    left_out = set(missing)
    bars = grid(SYMBOLS).to_pylist()
    kept = [bar for bar in bars if (bar["symbol"], bar["session"]) not in left_out]
    lake = open_lake(folder / "lake")
    lake.append(PRICES, pa.Table.from_pylist(kept, schema=PRICES.row_schema), SOURCE)
    return lake


def record(lake: Lake, keys: Iterable[tuple[str, date]], cause: str) -> None:
    rows = [
        {
            "feed": FEED,
            "vendor": "yahoo",
            "symbol": s,
            "session": d,
            "cause": cause,
            "known_at": NOW,
        }
        for s, d in keys
    ]
    table = pa.Table.from_pylist(rows, schema=GAPS.row_schema)
    lake.append(GAPS, table, LoadSource(feed=FEED, vendor="yahoo"))


def completeness(lake: Lake) -> dg.AssetCheckResult:
    return completeness_result(lake, FEED, "yahoo", SYMBOLS, DAYS)


def test_every_bar_there_is_complete(tmp_path: Path) -> None:
    result = completeness(lake_without(tmp_path, []))
    assert result.passed
    assert result.description == "40 of 40 bars stored, 0 cannot exist"
    assert result.metadata["coverage"].value == 1.0
    assert result.metadata["causes"].value == "none"


@pytest.mark.parametrize(
    ("count", "severity"), [(1, WARN), (2, WARN), (3, ERROR), (20, ERROR), (40, ERROR)]
)
def test_a_few_missing_bars_warn_and_more_than_five_in_a_hundred_block(
    count: int, severity: dg.AssetCheckSeverity, tmp_path: Path
) -> None:
    keys = [(symbol, day) for day in DAYS for symbol in SYMBOLS][:count]
    result = completeness(lake_without(tmp_path, keys))
    assert (result.passed, result.severity) == (False, severity)
    assert (1 - count / 40 >= MIN_COVERAGE) == (severity == WARN)
    assert result.metadata["missing"].value == count
    assert f"{count} missing ({count} unexplained): S0 2024-01-02" in (result.description or "")


@pytest.mark.parametrize("cause", ["before_first_bar", "after_last_bar", "not_found"])
def test_bars_that_cannot_exist_are_excused(cause: str, tmp_path: Path) -> None:
    keys = [(symbol, day) for day in DAYS for symbol in SYMBOLS[:5]]
    lake = lake_without(tmp_path, keys)
    assert completeness(lake).severity == ERROR
    record(lake, keys, cause)
    result = completeness(lake)
    assert result.passed
    assert result.description == "20 of 40 bars stored, 20 cannot exist"
    assert result.metadata["coverage"].value == 1.0


def test_a_recorded_failure_is_a_cause_and_no_excuse(tmp_path: Path) -> None:
    keys = [("S0", day) for day in DAYS]
    lake = lake_without(tmp_path, keys)
    record(lake, keys, "failed")
    result = completeness(lake)
    assert (result.passed, result.severity) == (False, ERROR)
    assert "4 missing (4 failed): S0 2024-01-02" in (result.description or "")


def test_only_the_first_missing_keys_are_named(tmp_path: Path) -> None:
    result = completeness(open_lake(tmp_path / "empty"))
    assert (result.description or "").count("2024-01-0") == SHOWN


def bars_stored_at(instant: datetime, day: date = DAYS[0]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "symbol": ["AAPL", "MSFT"],
            "session": [day, day],
            "ingested_at": pd.to_datetime([instant + timedelta(days=1), instant], utc=True),
        }
    )


CLOSE = calendar().session(DAYS[0]).close_at


@pytest.mark.parametrize(
    ("stored_at", "passed"),
    [
        (CLOSE - timedelta(hours=1), False),
        (CLOSE + FINAL_AFTER - timedelta(seconds=1), False),
        (CLOSE + FINAL_AFTER, True),
        (CLOSE + timedelta(days=400), True),
    ],
    ids=["in the session", "just after the bell", "final", "much later"],
)
def test_a_bar_stored_before_it_was_final_blocks(stored_at: datetime, passed: bool) -> None:
    result = finality_result(bars_stored_at(stored_at), calendar())
    assert (result.passed, result.severity) == (passed, ERROR)
    assert result.metadata["early"].value == (0 if passed else 1)
    assert passed or f"MSFT {DAYS[0]}" in (result.description or "")
    assert "AAPL" not in (result.description or "")


def test_a_half_day_is_final_earlier() -> None:
    half = date(2024, 11, 29)
    afternoon = datetime(2024, 11, 29, 18, 15, tzinfo=UTC)
    assert finality_result(bars_stored_at(afternoon, half), calendar()).passed
    whole, same_hour = date(2024, 11, 27), datetime(2024, 11, 27, 18, 15, tzinfo=UTC)
    assert not finality_result(bars_stored_at(same_hour, whole), calendar()).passed


def test_a_bar_of_a_day_without_a_session_is_never_final() -> None:
    result = finality_result(
        bars_stored_at(CLOSE + timedelta(days=9), date(2024, 1, 1)), calendar()
    )
    assert result.metadata["early"].value == 2


def test_no_bars_are_none_too_early(tmp_path: Path) -> None:
    rows = stored_bars(open_lake(tmp_path / "lake"), "yahoo", DAYS)
    assert finality_result(rows, calendar()).passed


def test_the_stored_bars_are_one_vendors_newest_on_these_days(tmp_path: Path) -> None:
    lake = lake_without(tmp_path, [])
    rows = stored_bars(lake, "yahoo", DAYS[1:3])
    assert len(rows) == 20
    assert set(rows.columns) == {column.name for column in PRICES.all_columns}
    assert stored_bars(lake, "polygon", DAYS).empty


def test_the_newest_session_as_expected_is_fresh(tmp_path: Path) -> None:
    lake = lake_without(tmp_path, [])
    newest = newest_session(lake, "yahoo", DAYS[-1])
    assert newest == DAYS[-1]
    assert freshness_result(newest, DAYS[-1]).passed


@pytest.mark.parametrize("vendor", ["yahoo", "polygon"])
def test_stale_or_no_prices_warn_and_block_nothing(vendor: str, tmp_path: Path) -> None:
    lake = lake_without(tmp_path, [])
    expected = date(2024, 1, 8)
    result = freshness_result(newest_session(lake, vendor, expected), expected)
    assert (result.passed, result.severity) == (False, WARN)
    newest = "2024-01-05" if vendor == "yahoo" else "none"
    assert result.description == f"newest session {newest}, expected 2024-01-08"
