"""The families: the forest exactly as asked for, and the naive ones that it must beat."""

import hashlib

import numpy as np
import pytest
from sklearn.base import clone

from stock_assets.errors import ModelError
from stock_assets.learning.dataset import Dataset
from stock_assets.learning.models import (
    RECIPES,
    BaseRate,
    LastSign,
    QuantileBins,
    forest_recipe,
    random_forest,
    recipe_of,
)


def test_the_forest_is_the_one_that_was_asked_for() -> None:
    """S0-30: RandomForestClassifier, 300 trees of depth 8, balanced; the rest are defaults."""
    forest = random_forest(seed=5, jobs=2).named_steps["forest"].estimator
    asked = {
        "n_estimators": 300,
        "max_depth": 8,
        "class_weight": "balanced",
        "random_state": 5,
        "n_jobs": 2,
    }
    assert type(forest).__name__ == "RandomForestClassifier"
    untouched = type(forest)().get_params()
    assert forest.get_params() == {**untouched, **asked}


def test_the_default_recipe_is_that_forest() -> None:
    assert dict(recipe_of("random_forest").params)["n_estimators"] == 300
    assert set(RECIPES) == {"random_forest", "base_rate", "last_sign"}


def test_an_unknown_family_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match=r"lstm: this version trains only random_forest"):
        recipe_of("lstm")


def test_equal_inputs_give_equal_predictions_to_the_last_bit_on_any_number_of_threads(
    edge_data: Dataset,
) -> None:
    """J05."""
    recipe, rows = forest_recipe(trees=24), np.arange(len(edge_data))
    prints = set()
    for jobs in (1, 2, 2):
        fitted = recipe.fit(edge_data, rows, seed=1, jobs=jobs)
        for _ in range(3):
            said = recipe.probability_up(fitted, edge_data, rows)
            prints.add(hashlib.sha256(said.tobytes()).hexdigest())
    assert len(prints) == 1
    other = recipe.fit(edge_data, rows, seed=2, jobs=1)
    assert hashlib.sha256(
        recipe.probability_up(other, edge_data, rows).tobytes()
    ).hexdigest() not in (prints)


def test_a_missing_value_is_refused_by_the_model_itself_never_filled(edge_data: Dataset) -> None:
    recipe, rows = forest_recipe(trees=4), np.arange(len(edge_data))
    fitted = recipe.fit(edge_data, rows, seed=1, jobs=1)
    inputs = edge_data.matrix(recipe.inputs)[:3].copy()
    inputs[1, 4] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        fitted.predict_proba(inputs)


def test_bins_keep_the_order_and_learn_their_edges_from_training_rows_only(
    rng: np.random.Generator,
) -> None:
    train, later = rng.standard_normal((500, 2)), 10 * rng.standard_normal((300, 2))
    bins = QuantileBins(16).fit(train)
    for values in (train, later):
        binned = bins.transform(values)
        assert binned.dtype == np.float32
        assert binned.min() >= 0
        assert binned.max() <= 15
        for column in range(2):
            order = np.argsort(values[:, column])
            assert (np.diff(binned[order, column]) >= 0).all()
    counts = np.bincount(bins.transform(train)[:, 0].astype(int))
    assert counts.min() > 25


def test_few_distinct_values_all_keep_a_bin_of_their_own() -> None:
    days = np.tile(np.arange(5.0), 40)[:, None]
    binned = QuantileBins(64).fit_transform(days)
    assert len(np.unique(binned)) == 5
    assert clone(QuantileBins(7)).bins == 7


def test_the_base_rate_gives_every_row_the_share_of_ups() -> None:
    fitted = BaseRate().fit(np.zeros((4, 10)), [1, 1, 0, 1])
    np.testing.assert_allclose(fitted.predict_proba(np.zeros((2, 10))), [[0.25, 0.75]] * 2)


def test_the_last_sign_gives_the_share_that_followed_it() -> None:
    last = np.array([0.1, 0.2, -0.1, 0.0, np.nan, 0.3])[:, None]
    fitted = LastSign().fit(last, [1, 0, 1, 1, 0, 0])
    said = fitted.predict_proba(np.array([[0.5], [-0.5], [0.0], [np.nan]]))[:, 1]
    np.testing.assert_allclose(said, [1 / 3, 1.0, 1.0, 0.5])


def test_the_last_sign_falls_back_to_the_base_rate_when_it_never_saw_the_sign() -> None:
    fitted = LastSign().fit(np.array([[0.1], [0.2]]), [1, 0])
    np.testing.assert_allclose(fitted.predict_proba(np.array([[-1.0]]))[:, 1], [0.5])
