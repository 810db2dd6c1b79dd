"""Probabilities that mean what they say, learnt from the past alone."""

from typing import Any

import numpy as np
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from stock_assets.errors import InputError, NotEnoughHistory
from stock_assets.learning.calibrate import TimeCalibratedClassifier


def noisy(rng: np.random.Generator, rows: int = 4000, strength: float = 0.3) -> tuple[Any, Any]:
    inputs = rng.standard_normal((rows, 3))
    return inputs, (rng.random(rows) < expit(0.2 + strength * inputs[:, 0])).astype(int)


def forest(trees: int = 60) -> RandomForestClassifier:
    return RandomForestClassifier(trees, max_depth=8, class_weight="balanced", random_state=0)


def test_an_overconfident_forest_loses_less_when_calibrated(rng: np.random.Generator) -> None:
    inputs, labels = noisy(rng)
    train, unseen = slice(0, 3000), slice(3000, None)
    raw = forest().fit(inputs[train], labels[train]).predict_proba(inputs[unseen])
    calibrated = TimeCalibratedClassifier(forest()).fit(inputs[train], labels[train])
    said = calibrated.predict_proba(inputs[unseen])
    assert log_loss(labels[unseen], said) < log_loss(labels[unseen], raw) - 0.002
    assert abs(said[:, 1].mean() - labels[unseen].mean()) < 0.03
    np.testing.assert_allclose(said.sum(axis=1), 1.0)


def test_calibration_never_changes_the_order(rng: np.random.Generator) -> None:
    inputs, labels = noisy(rng, rows=1000)
    calibrated = TimeCalibratedClassifier(forest(20)).fit(inputs, labels)
    raw = calibrated.estimator_.predict_proba(inputs)[:, 1]
    said = calibrated.predict_proba(inputs)[:, 1]
    assert calibrated.slope_ > 0
    assert (np.diff(said[np.argsort(raw)]) >= 0).all()


def test_the_model_that_serves_is_fitted_on_all_rows(rng: np.random.Generator) -> None:
    inputs, labels = noisy(rng, rows=800)
    calibrated = TimeCalibratedClassifier(forest(20)).fit(inputs, labels)
    whole = forest(20).fit(inputs, labels)
    np.testing.assert_array_equal(
        calibrated.estimator_.predict_proba(inputs), whole.predict_proba(inputs)
    )


def test_a_score_that_pointed_the_wrong_way_is_worth_nothing_and_never_turned_round(
    rng: np.random.Generator,
) -> None:
    inputs = rng.standard_normal((1000, 1))
    flips = np.where(np.arange(1000) < 790, 1.0, -1.0)
    labels = (flips * inputs[:, 0] > 0).astype(int)
    calibrated = TimeCalibratedClassifier(LogisticRegression()).fit(inputs, labels)
    assert calibrated.slope_ == 0
    np.testing.assert_allclose(calibrated.predict_proba(inputs)[:, 1], labels.mean())


def test_the_level_comes_from_all_rows_not_from_a_lucky_end(rng: np.random.Generator) -> None:
    inputs, labels = noisy(rng, rows=2000, strength=1.0)
    labels[1600:] = np.where(rng.random(400) < 0.6, 1, labels[1600:])
    calibrated = TimeCalibratedClassifier(forest(30)).fit(inputs, labels)
    later = calibrated.predict_proba(inputs[1600:])[:, 1].mean()
    assert abs(later - labels.mean()) < 0.05 < labels[1600:].mean() - labels.mean()


def test_sessions_are_never_torn_apart(rng: np.random.Generator) -> None:
    inputs, labels = noisy(rng, rows=600)
    calibrated = TimeCalibratedClassifier(forest(10), embargo=3)
    earlier, later = calibrated._parts(np.repeat(np.arange(30), 20))
    assert later.sum() == 6 * 20
    assert earlier.sum() == (30 - 6 - 3) * 20
    calibrated.fit(inputs, labels, sessions=np.repeat(np.arange(30), 20))


def test_rows_out_of_time_order_are_refused(rng: np.random.Generator) -> None:
    inputs, labels = noisy(rng, rows=100)
    with pytest.raises(InputError, match="time order"):
        TimeCalibratedClassifier(forest(5)).fit(inputs, labels, sessions=np.arange(100)[::-1])


@pytest.mark.parametrize("part", [slice(0, 80), slice(80, 100)])
def test_a_part_with_one_kind_of_outcome_is_too_little(rng: np.random.Generator, part: Any) -> None:
    inputs, labels = noisy(rng, rows=100)
    labels[part] = 1
    with pytest.raises(NotEnoughHistory):
        TimeCalibratedClassifier(forest(5)).fit(inputs, labels)


def test_it_is_a_scikit_learn_estimator(rng: np.random.Generator) -> None:
    calibrated = TimeCalibratedClassifier(forest(5), holdout=0.3, probe_trees=None)
    again = clone(calibrated)
    assert again.get_params()["holdout"] == 0.3
    assert again.get_params()["estimator__max_depth"] == 8
    inputs, labels = noisy(rng, rows=300)
    again.fit(inputs, labels)
    assert not hasattr(calibrated, "estimator_")
    assert again.classes_.tolist() == [0, 1]
    assert set(again.predict(inputs)) <= {0, 1}
    assert again.score(inputs, labels) > 0.5


def test_equal_scores_give_the_base_rate() -> None:
    labels = np.tile([1, 0, 1], 100)
    calibrated = TimeCalibratedClassifier(LogisticRegression()).fit(np.zeros((300, 1)), labels)
    np.testing.assert_allclose(calibrated.predict_proba(np.zeros((5, 1)))[:, 1], 2 / 3)
