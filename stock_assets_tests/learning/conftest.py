"""A small market to learn from: as real as the tests need, with an edge of known strength or none.

Directions share a market factor, so that rows of one session are not independent; features carry
over from session to session, so that neighbouring sessions are not either.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import ndtr

from stock_assets.learning.dataset import Dataset
from stock_assets.learning.mlflow_store import Tracking, connect
from stock_assets.learning.models import RECIPES, Recipe, forest_recipe
from stock_assets.learning.result import Plan, TrainingResult
from stock_assets.learning.tracking import Provenance
from stock_assets.learning.train import train
from stock_assets.names import FEATURES

SMALL_FOREST: dict[str, Recipe] = {**RECIPES, "random_forest": forest_recipe(trees=16)}
QUICK = Plan(folds=3, resamples=200, jobs=1)


def weekdays(count: int, first: date = date(2019, 1, 2)) -> list[date]:
    """Consecutive Mondays to Fridays."""
    offsets = np.busday_offset(np.datetime64(first), np.arange(count))
    return [day.item() for day in offsets]


def decision_time(day: date) -> datetime:
    """06:30 UTC of the next day."""
    return datetime(day.year, day.month, day.day, 6, 30, tzinfo=UTC) + timedelta(days=1)


def close_time(day: date) -> datetime:
    """21:00 UTC of the day."""
    return datetime(day.year, day.month, day.day, 21, tzinfo=UTC)


def market(
    *, sessions: int, symbols: int, edge: float, shared: float = 0.15, seed: int = 0
) -> pa.Table:
    """Rows of ``marts.training_set`` and ``optimal``, the true probability of up.

    ``edge`` 0.1 makes a best achievable AUC of about 0.57; ``shared`` is the correlation of the
    latent directions of two symbols.
    """
    rng = np.random.default_rng(seed)
    days = weekdays(sessions + 1)
    shape = (sessions, symbols)
    noise = rng.standard_normal((len(FEATURES), *shape))
    for day in range(1, sessions):
        noise[:, day] = 0.8 * noise[:, day - 1] + 0.6 * noise[:, day]
    values = dict(zip(FEATURES, noise, strict=True))
    values["weekday"] = np.repeat([[day.weekday()] for day in days[:-1]], symbols, axis=1)
    values["day_of_month"] = np.repeat([[day.day] for day in days[:-1]], symbols, axis=1)
    values["price_above_ma20"] = (values["price_above_ma20"] > 0).astype(float)
    values["volatility_20d"] = 0.02 * np.exp(0.2 * values["volatility_20d"])
    optimal = 0.5 - edge * np.tanh(1.5 * values["momentum_5d"])
    latent = np.sqrt(shared) * rng.standard_normal((sessions, 1))
    latent = latent + np.sqrt(1 - shared) * rng.standard_normal(shape)
    is_up = ndtr(latent) < optimal
    returns = np.where(is_up, 1, -1) * 0.01 * (0.1 + np.abs(rng.standard_normal(shape)))
    names = [f"S{number:02d}" for number in range(symbols)]
    columns = {
        "symbol": np.tile(names, sessions),
        "session": np.repeat(np.array(days[:-1], object), symbols),
        "target_session": np.repeat(np.array(days[1:], object), symbols),
        "decided_at": np.repeat([decision_time(day) for day in days[:-1]], symbols),
        **{name: values[name].ravel() for name in FEATURES},
        "is_up": is_up.ravel(),
        "actual_return": returns.ravel(),
        "label_known_at": np.repeat([close_time(day) for day in days[1:]], symbols),
        "optimal": optimal.ravel(),
    }
    return pa.table(
        {name: pa.array(column.tolist(), _KINDS.get(name)) for name, column in columns.items()}
    )


_KINDS = {
    "decided_at": pa.timestamp("us", tz="UTC"),
    "label_known_at": pa.timestamp("us", tz="UTC"),
}


def replaced(table: pa.Table, name: str, values: object) -> pa.Table:
    """The table with one column replaced."""
    column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    return table.set_column(table.column_names.index(name), name, column)


@pytest.fixture(scope="session")
def edge_market() -> pa.Table:
    """240 sessions of 12 symbols with a strong edge."""
    return market(sessions=240, symbols=12, edge=0.2, seed=3)


@pytest.fixture(scope="session")
def edge_data(edge_market: pa.Table) -> Dataset:
    return Dataset.from_table(edge_market)


@pytest.fixture(scope="session")
def trained(edge_data: Dataset) -> TrainingResult:
    """A small training with an edge, made once."""
    return train(edge_data, QUICK, recipes=SMALL_FOREST)


@pytest.fixture(scope="session")
def provenance() -> Provenance:
    return Provenance(
        lake_versions={"prices": 7, "corporate_actions": 2},
        dbt_manifest_hash="m" * 64,
        code_version="0.1.0",
        lock_hash="l" * 64,
        as_of=date(2019, 12, 3),
        environment="sandbox",
    )


@pytest.fixture
def tracking(tmp_path: Path) -> Tracking:
    """A new MLflow database and artifact directory."""
    return connect(tmp_path / "mlflow.db", tmp_path / "mlflow-artifacts")
