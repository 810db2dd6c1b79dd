"""The ledger: predictions are kept as first said, and silence has a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from stock_assets.ingest.ledger import store_predictions
from stock_assets.lake import Lake
from stock_assets.tables import GAPS, LOADS, PREDICTIONS

NOW = datetime(2024, 1, 4, 7, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(
        str(tmp_path / "lake"), environment="sandbox", now=lambda: NOW, locks=tmp_path / "locks"
    )


def said(*rows: tuple[str, float], version: str = "1") -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "symbol": symbol,
                "session": date(2024, 1, 3),
                "target_session": date(2024, 1, 4),
                "model_name": "next_session_direction",
                "model_version": version,
                "probability_up": probability,
                "direction": "up" if probability > 0.5 else "down",
                "evidence": "no_evidence",
                "decided_at": datetime(2024, 1, 4, 6, 30, tzinfo=UTC),
                "created_at": NOW,
                "known_at": NOW,
            }
            for symbol, probability in rows
        ],
        schema=PREDICTIONS.row_schema,
    )


def silence(*symbols: str) -> pa.Table:
    return pa.table(
        {
            "symbol": pa.array(symbols, pa.string()),
            "session": pa.array([date(2024, 1, 3)] * len(symbols), pa.date32()),
            "reason": pa.array(["no value for volatility_20d"] * len(symbols), pa.string()),
        }
    )


def test_a_prediction_once_made_is_never_rewritten(lake: Lake) -> None:
    assert store_predictions(lake, said(("AAPL", 0.6)), silence(), NOW) == 1
    assert store_predictions(lake, said(("AAPL", 0.4)), silence(), NOW) == 0
    assert lake.history(PREDICTIONS)["probability_up"].to_pylist() == [0.6]


def test_earlier_predictions_stay_when_later_ones_come(lake: Lake) -> None:
    """S0-52 replaced the whole table on each run, and with it the track record."""
    store_predictions(lake, said(("AAPL", 0.6)), silence(), NOW)
    store_predictions(lake, said(("AAPL", 0.7), version="2"), silence(), NOW)
    assert sorted(lake.read(PREDICTIONS)["model_version"].to_pylist()) == ["1", "2"]


def test_saying_the_same_again_leaves_no_trace_at_all(lake: Lake) -> None:
    for _ in range(2):
        store_predictions(lake, said(("AAPL", 0.6), ("MSFT", 0.4)), silence(), NOW)
    assert lake.count(LOADS) == 1


def test_an_abstention_is_a_recorded_gap_with_its_reason(lake: Lake) -> None:
    store_predictions(lake, said(), silence("TSLA"), NOW)
    row = lake.read(GAPS).to_pylist()[0]
    assert (row["symbol"], row["cause"]) == ("TSLA", "abstained")
    assert "volatility_20d" in row["detail"]
