"""Checks of what bars say: each passes on what is good, and fails on what it is there to find."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest

from stock_assets.checks.bars import agreement_result, moving_result, plausible_result
from stock_assets.ingest.disagreements import record_disagreements
from stock_assets.lake import Lake
from stock_assets.tables import CORPORATE_ACTIONS, PRICES
from stock_assets_tests.lake.bars import DAYS, NOW, SOURCE, bar, grid, open_lake, rows

WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two symbols on four sessions, all sound."""
    made = open_lake(tmp_path / "lake")
    made.append(PRICES, grid(("AAPL", "MSFT", "NKE")), SOURCE)
    return made


def jump(lake: Lake, closes: Sequence[float]) -> None:
    told = [bar("JUMP", day, close) for day, close in zip(DAYS, closes, strict=True)]
    lake.append(PRICES, rows(*told), SOURCE)


def test_sound_bars_are_plausible_moving_and_undisputed(lake: Lake) -> None:
    assert plausible_result(lake, "yahoo", DAYS).passed
    assert moving_result(lake, "yahoo", DAYS).passed
    assert agreement_result(record_disagreements(lake, "raw/x", "yahoo", DAYS, NOW)).passed


def test_no_bars_are_no_odd_ones(tmp_path: Path) -> None:
    empty = open_lake(tmp_path / "empty")
    assert plausible_result(empty, "yahoo", DAYS).passed
    assert moving_result(empty, "yahoo", DAYS).passed


@pytest.mark.parametrize(
    ("closes", "severity"),
    [((10, 10, 20, 20), WARN), ((10, 10, 1000, 1000), ERROR), ((10, 10, 0.01, 0.01), ERROR)],
    ids=["doubled", "pence", "thousandth"],
)
def test_a_jump_warns_and_another_unit_blocks(
    lake: Lake, closes: tuple[float, ...], severity: dg.AssetCheckSeverity
) -> None:
    jump(lake, closes)
    result = plausible_result(lake, "yahoo", DAYS)
    assert (result.passed, result.severity) == (False, severity)
    assert f"JUMP {DAYS[2]} 10 to {closes[2]:g}" in (result.description or "")
    assert plausible_result(lake, "yahoo", DAYS[3:]).passed
    assert not plausible_result(lake, "yahoo", DAYS[2:3]).passed


def test_a_split_that_any_vendor_knows_explains_a_jump(lake: Lake) -> None:
    jump(lake, (20, 20, 10, 10))
    split = {
        "vendor": "polygon", "symbol": "JUMP", "kind": "split", "ex_date": DAYS[2],
        "split_ratio": 2.0, "dividend_usd": None, "known_at": datetime(2024, 1, 4, 5, tzinfo=UTC),
    }  # fmt: skip
    assert not plausible_result(lake, "yahoo", DAYS).passed
    told = pa.Table.from_pylist([split], schema=CORPORATE_ACTIONS.row_schema)
    lake.append(CORPORATE_ACTIONS, told, SOURCE)
    assert plausible_result(lake, "yahoo", DAYS).passed


@pytest.mark.parametrize(
    ("still", "severity"),
    [(("AAPL",), WARN), (("AAPL", "MSFT"), ERROR), (("AAPL", "MSFT", "NKE"), ERROR)],
)
def test_single_bars_that_repeat_warn_and_most_of_them_block(
    lake: Lake, still: tuple[str, ...], severity: dg.AssetCheckSeverity
) -> None:
    before = {row["symbol"]: row["close_usd"] for row in lake.read(
        PRICES, where=f"session = date '{DAYS[2]}'").to_pylist()}  # fmt: skip
    lake.append(PRICES, rows(*(bar(s, DAYS[3], before[s]) for s in still)), SOURCE)
    result = moving_result(lake, "yahoo", DAYS[3:])
    assert (result.passed, result.severity) == (False, severity)
    assert f"{len(still)} of 3 on {DAYS[3]}" in (result.description or "")


def test_vendors_that_differ_warn_and_are_named(lake: Lake) -> None:
    lake.append(PRICES, rows(bar("AAPL", DAYS[0], 101.5, vendor="polygon")), SOURCE)
    result = agreement_result(record_disagreements(lake, "raw/x", "yahoo", DAYS, NOW))
    assert (result.passed, result.severity) == (False, WARN)
    assert "AAPL 2024-01-02 close_usd: polygon 101.5, yahoo 100.5" in (result.description or "")
