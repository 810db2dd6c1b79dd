"""Checks of judged models: a figure that is too good blocks, a plausible one does not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest

from stock_assets.checks.expectations import as_check_result
from stock_assets.checks.models import IMPLAUSIBLE_AUC, plausibility_result
from stock_assets.ingest.ledger import store_evaluations
from stock_assets.lake import Lake
from stock_assets.tables import EVALUATIONS
from stock_assets_tests.lake.bars import NOW, SteppingClock, open_lake

ERROR = dg.AssetCheckSeverity.ERROR


def judged(
    run: str, estimate: float, low: float | None, model: str = "random_forest", metric: str = "auc"
) -> pa.Table:
    row = {
        "run_id": run,
        "model_name": model,
        "model_version": None if model == "base_rate" else "1",
        "metric": metric,
        "estimate": estimate,
        "low": low,
        "high": None if low is None else 2 * estimate - low,
        "rows_judged": 1_000,
        "sessions_judged": 100,
        "first_session": date(2024, 1, 2),
        "last_session": date(2024, 5, 23),
        "known_at": NOW,
    }
    return pa.Table.from_pylist([row], schema=EVALUATIONS.row_schema)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake on whose clock no two loads fall together."""
    start = datetime(2024, 6, 3, 6, 30, tzinfo=UTC)
    return open_lake(tmp_path / "lake", clock=SteppingClock(start))


def plausibility(lake: Lake) -> dg.AssetCheckResult:
    return plausibility_result(lake.read(EVALUATIONS, where="metric = 'auc'"))


@pytest.mark.parametrize(
    ("estimate", "low"),
    [(0.53, 0.51), (0.70, IMPLAUSIBLE_AUC - 0.01), (0.70, IMPLAUSIBLE_AUC), (0.99, None)],
    ids=["usual", "wide interval", "at the limit", "no interval"],
)
def test_a_figure_that_chance_may_explain_passes(
    lake: Lake, estimate: float, low: float | None
) -> None:
    store_evaluations(lake, judged("run-1", estimate, low))
    assert plausibility(lake).passed


def test_an_interval_wholly_above_what_anybody_ever_reached_blocks(lake: Lake) -> None:
    store_evaluations(lake, judged("run-1", 0.5, 0.48, model="base_rate"))
    store_evaluations(lake, judged("run-1", 0.8, IMPLAUSIBLE_AUC + 0.001))
    result = plausibility(lake)
    assert (result.passed, result.severity) == (False, ERROR)
    assert "random_forest 0.800 (from 0.651)" in (result.description or "")
    assert "base_rate" not in (result.description or "")
    assert result.metadata["judged"].value == 2


def test_only_the_newest_training_is_judged(lake: Lake) -> None:
    store_evaluations(lake, judged("run-9", 0.8, 0.75))
    assert not plausibility(lake).passed
    store_evaluations(lake, judged("run-1", 0.53, 0.51))
    assert plausibility(lake).passed
    store_evaluations(lake, judged("run-0", 0.8, 0.75))
    assert not plausibility(lake).passed


def test_another_metric_may_be_as_high_as_it_likes(lake: Lake) -> None:
    store_evaluations(lake, judged("run-1", 0.9, 0.8, metric="accuracy"))
    assert plausibility(lake).passed


def test_before_the_first_training_there_is_nothing_to_doubt(lake: Lake) -> None:
    result = plausibility(lake)
    assert result.passed
    assert result.metadata["judged"].value == 0


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Evaluations as they lie in the lake, one of them without version and interval."""
    lake = open_lake(tmp_path_factory.mktemp("lake"))
    parts = [judged("run-1", 0.5, None, "base_rate"), judged("run-1", 0.53, 0.51)]
    store_evaluations(lake, pa.concat_tables(parts))
    rows: pd.DataFrame = lake.read(EVALUATIONS).to_pandas()
    return rows


def test_what_is_stored_meets_its_declaration(good: pd.DataFrame) -> None:
    assert as_check_result(EVALUATIONS, good, severity=ERROR).passed


@pytest.mark.parametrize("column", ["estimate", "metric", "rows_judged"])
def test_a_missing_figure_fails(good: pd.DataFrame, column: str) -> None:
    broken = good.assign(**{column: [None, good[column][1]]})
    result = as_check_result(EVALUATIONS, broken, severity=ERROR)
    assert not result.passed
    assert column in str(result.metadata["failing"].value)


def test_one_metric_of_a_model_twice_fails(good: pd.DataFrame) -> None:
    twice = pd.concat([good, good.head(1)], ignore_index=True)
    assert not as_check_result(EVALUATIONS, twice, severity=ERROR).passed
