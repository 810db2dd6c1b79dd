"""What each input is worth on unseen rows."""

import numpy as np
import pyarrow as pa

from stock_assets.learning.dataset import Dataset
from stock_assets.learning.importance import permutation_importance
from stock_assets.learning.models import forest_recipe
from stock_assets.names import FEATURES
from stock_assets_tests.learning.conftest import replaced


def test_the_input_that_carries_the_edge_matters_most_and_noise_does_not(
    edge_data: Dataset,
) -> None:
    recipe, cut = forest_recipe(trees=16), 12 * 180
    fitted = recipe.fit(edge_data, np.arange(cut), seed=0, jobs=1)
    unseen = np.arange(cut + 12, len(edge_data))
    found = permutation_importance(recipe, fitted, edge_data, unseen, seed=0)
    assert {item.feature for item in found} == set(FEATURES)
    assert found[0].feature == "momentum_5d"
    assert found[0].auc_lost > 0.05 > 4 * max(item.auc_lost for item in found[1:])
    assert found == permutation_importance(recipe, fitted, edge_data, unseen, seed=0)


def test_where_only_one_outcome_occurs_nothing_can_be_said(
    edge_market: pa.Table, edge_data: Dataset
) -> None:
    recipe = forest_recipe(trees=4)
    fitted = recipe.fit(edge_data, np.arange(len(edge_data)), seed=0, jobs=1)
    ups = Dataset.from_table(replaced(edge_market, "is_up", [True] * edge_market.num_rows))
    assert permutation_importance(recipe, fitted, ups, np.arange(60), seed=0) == ()
