"""Two vendors' bars held against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from stock_assets.ingest.disagreements import TOLERANCES, disagreements, record_disagreements
from stock_assets.tables import DISAGREEMENTS, PRICES
from stock_assets_tests.lake.bars import DAYS, NOW, SOURCE, bar, open_lake, rows


def said(name: str, value: float, **other: float) -> pa.Table:
    """One bar of a vendor whose figures are ``value``, some of them others."""
    figures: dict[str, Any] = {**dict.fromkeys(TOLERANCES, value), **other}
    return rows(bar(vendor=name, **figures))


@pytest.mark.parametrize(("quantity", "tolerance"), TOLERANCES.items())
def test_a_difference_counts_from_beyond_its_tolerance_on(quantity: str, tolerance: float) -> None:
    for share, count in ((0.99, 0), (1.01, 1)):
        other = said("yahoo", 100.0, **{quantity: 100.0 * (1 - tolerance * share)})
        found = disagreements(said("polygon", 100.0), other, NOW)
        assert found.schema.equals(DISAGREEMENTS.row_schema)
        assert found["quantity"].to_pylist() == [quantity] * count


def test_a_row_says_who_says_what() -> None:
    (row,) = disagreements(
        said("polygon", 50.0), said("yahoo", 50.0, close_usd=51.0), NOW
    ).to_pylist()
    assert row == {
        "symbol": "AAPL", "session": DAYS[0], "vendor": "polygon", "other_vendor": "yahoo",
        "quantity": "close_usd", "value": 50.0, "other_value": 51.0, "tolerance": 0.005,
        "known_at": NOW,
    }  # fmt: skip


def test_a_bar_of_one_vendor_alone_and_two_noughts_are_no_disagreement() -> None:
    alone = rows(bar("MSFT", vendor="yahoo"))
    assert disagreements(said("polygon", 1.0), alone, NOW).num_rows == 0
    quiet = {"volume_shares": 0.0}
    pair = said("polygon", 1.0, **quiet), said("yahoo", 1.0, **quiet)
    assert disagreements(*pair, NOW).num_rows == 0


def test_it_is_kept_once_whoever_looks_and_however_often(tmp_path: Path) -> None:
    lake = open_lake(tmp_path / "lake")
    for vendor, close in (("yahoo", 100.0), ("polygon", 102.0), ("alpha_vantage", 100.1)):
        lake.append(PRICES, rows(bar(vendor=vendor, close=close)), SOURCE)
    for _ in range(2):
        for vendor in ("yahoo", "polygon"):
            record_disagreements(lake, f"raw/{vendor}_prices", vendor, DAYS, NOW)
    kept = lake.history(DISAGREEMENTS).to_pylist()
    pairs = {(row["vendor"], row["other_vendor"]) for row in kept}
    assert pairs == {("polygon", "yahoo"), ("alpha_vantage", "polygon")}
    assert len(kept) == 8
    found = record_disagreements(lake, "raw/alpha_vantage_prices", "alpha_vantage", DAYS, NOW)
    assert set(found["other_vendor"].to_pylist()) == {"polygon"}


def test_where_there_is_one_vendor_nothing_is_compared_or_stored(tmp_path: Path) -> None:
    lake = open_lake(tmp_path / "lake")
    lake.append(PRICES, rows(bar()), SOURCE)
    assert record_disagreements(lake, "raw/yahoo_prices", "yahoo", DAYS, NOW).num_rows == 0
    assert lake.version(DISAGREEMENTS) is None
