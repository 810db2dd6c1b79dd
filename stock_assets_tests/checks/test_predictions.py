"""Checks of the ledger: nobody is forgotten in silence, and what is said can be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest

from stock_assets.checks.expectations import as_check_result
from stock_assets.checks.predictions import coverage_result
from stock_assets.ingest.ledger import store_predictions
from stock_assets.lake import Lake
from stock_assets.learning.predict import ABSTENTIONS
from stock_assets.tables import PREDICTIONS
from stock_assets_tests.lake.bars import open_lake

DAYS = (date(2024, 1, 3), date(2024, 1, 4))
NOW = datetime(2024, 1, 5, 7, tzinfo=UTC)
SYMBOLS = ("AAPL", "MSFT")


def said(symbols: Sequence[str], days: Sequence[date] = DAYS, version: str = "1") -> pa.Table:
    rows = [
        {
            "symbol": symbol,
            "session": day,
            "target_session": date(2024, 1, 8),
            "model_name": "next_session_direction",
            "model_version": version,
            "probability_up": 0.6,
            "direction": "up",
            "evidence": "edge",
            "decided_at": NOW,
            "created_at": NOW,
            "known_at": NOW,
        }
        for symbol in symbols
        for day in days
    ]
    return pa.Table.from_pylist(rows, schema=PREDICTIONS.row_schema)


def silence(symbol: str, days: Sequence[date] = DAYS) -> pa.Table:
    rows = [
        {"symbol": symbol, "session": day, "reason": "no value for momentum_5d"} for day in days
    ]
    return pa.Table.from_pylist(rows, schema=ABSTENTIONS)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return open_lake(tmp_path / "lake")


def test_everybody_predicted_passes(lake: Lake) -> None:
    store_predictions(lake, said(SYMBOLS), silence("AAPL", ()), NOW)
    result = coverage_result(lake, SYMBOLS, DAYS)
    assert result.passed
    assert result.description == "4 predicted, 0 abstained and said why, 0 forgotten"


def test_an_abstention_with_its_reason_passes(lake: Lake) -> None:
    store_predictions(lake, said(["AAPL"]), silence("MSFT"), NOW)
    result = coverage_result(lake, SYMBOLS, DAYS)
    assert result.passed
    assert result.metadata["abstained"].value == 2


def test_a_forgotten_symbol_warns_with_its_name_and_session(lake: Lake) -> None:
    store_predictions(lake, said(["AAPL"]), silence("MSFT", DAYS[:1]), NOW)
    result = coverage_result(lake, SYMBOLS, DAYS)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert (result.description or "").endswith("1 forgotten: MSFT 2024-01-04")
    assert result.metadata["forgotten"].value == 1


def test_before_the_first_prediction_everybody_is_forgotten(lake: Lake) -> None:
    assert coverage_result(lake, SYMBOLS, DAYS).metadata["forgotten"].value == 4


def test_two_models_words_about_one_symbol_count_once_and_for_nobody_else(lake: Lake) -> None:
    for version in ("1", "2"):
        store_predictions(lake, said(["AAPL"], version=version), silence("AAPL"), NOW)
    shown = coverage_result(lake, SYMBOLS, DAYS).metadata
    assert (shown["predicted"].value, shown["abstained"].value) == (2, 0)
    assert shown["forgotten"].value == 2


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Two rows as they lie in the ledger."""
    lake = open_lake(tmp_path_factory.mktemp("lake"))
    store_predictions(lake, said(SYMBOLS, DAYS[:1]), silence("AAPL", ()), NOW)
    rows: pd.DataFrame = lake.read(PREDICTIONS).to_pandas()
    return rows


def test_what_the_ledger_holds_meets_its_declaration(good: pd.DataFrame) -> None:
    assert as_check_result(PREDICTIONS, good, severity=dg.AssetCheckSeverity.ERROR).passed


@pytest.mark.parametrize(
    ("column", "value"),
    [("probability_up", 1.01), ("probability_up", None), ("direction", "sideways")],
    ids=["no probability", "no value", "no direction"],
)
def test_what_cannot_be_said_fails(good: pd.DataFrame, column: str, value: Any) -> None:
    broken = good.assign(**{column: [value, good[column][1]]})
    result = as_check_result(PREDICTIONS, broken, severity=dg.AssetCheckSeverity.ERROR)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert column in str(result.metadata["failing"].value)


def test_one_key_twice_fails(good: pd.DataFrame) -> None:
    twice = pd.concat([good, good.head(1)], ignore_index=True)
    assert not as_check_result(PREDICTIONS, twice, severity=dg.AssetCheckSeverity.ERROR).passed
