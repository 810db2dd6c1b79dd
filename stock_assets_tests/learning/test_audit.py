"""A feature that has seen the answer is caught before anything learns from it."""

import numpy as np
import pyarrow as pa
import pytest

from stock_assets.errors import QualityError
from stock_assets.learning.audit import refuse_foresight
from stock_assets.learning.dataset import Dataset
from stock_assets.learning.train import train
from stock_assets.names import FEATURES
from stock_assets_tests.learning.conftest import QUICK, SMALL_FOREST, market, replaced


@pytest.mark.parametrize("sign", [1, -1])
def test_tomorrows_return_planted_as_a_feature_is_refused_by_name(
    edge_market: pa.Table, sign: int
) -> None:
    """J02: the canary."""
    leak = sign * np.array(edge_market["actual_return"])
    planted = Dataset.from_table(replaced(edge_market, "return_lag1", leak))
    with pytest.raises(QualityError, match=r"return_lag1 \(AUC"):
        train(planted, QUICK, recipes=SMALL_FOREST)


def test_a_weaker_leak_under_noise_is_still_refused(
    edge_market: pa.Table, rng: np.random.Generator
) -> None:
    returns = np.array(edge_market["actual_return"])
    leak = returns + returns.std() * rng.standard_normal(len(returns))
    with pytest.raises(QualityError, match="momentum_5d"):
        refuse_foresight(Dataset.from_table(replaced(edge_market, "momentum_5d", leak)))


@pytest.mark.parametrize("seed", range(5))
def test_an_honest_market_passes_even_a_small_one_that_moves_as_one(seed: int) -> None:
    honest = market(sessions=60, symbols=5, edge=0.15, shared=0.7, seed=seed)
    refuse_foresight(Dataset.from_table(honest))


def test_one_kind_of_outcome_cannot_be_audited_and_passes(edge_market: pa.Table) -> None:
    ups = edge_market.filter(edge_market["is_up"]).select(
        ["symbol", "session", "target_session", "decided_at", *FEATURES, "is_up"]
    )
    ups = ups.append_column("actual_return", pa.array(np.ones(ups.num_rows)))
    ups = ups.append_column("label_known_at", ups["decided_at"])
    refuse_foresight(Dataset.from_table(ups))
