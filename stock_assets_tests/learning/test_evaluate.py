"""The metrics are scikit-learn's; resamples are what they say."""

import time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics as sk

from stock_assets.learning.bootstrap import session_weights
from stock_assets.learning.evaluate import METRICS, Judge


def by_scikit_learn(labels: Any, up: Any) -> dict[str, float]:
    said = (up > 0.5).astype(int)
    return {
        "accuracy": sk.accuracy_score(labels, said),
        "auc": sk.roc_auc_score(labels, up),
        "log_loss": sk.log_loss(labels, up),
        "brier": sk.brier_score_loss(labels, up),
        "mcc": sk.matthews_corrcoef(labels, said),
    }


@given(
    st.lists(
        st.tuples(
            st.integers(0, 6),
            st.booleans(),
            st.sampled_from([0.0, 0.25, 0.5, 0.5 + 1e-12, 0.75, 1.0]) | st.floats(0.01, 0.99),
        ),
        min_size=2,
        max_size=60,
    )
)
def test_every_metric_equals_scikit_learns_ties_and_certainties_included(rows: pa.Table) -> None:
    sessions, labels, up = (np.array(column) for column in zip(*rows, strict=True))
    assume(len(set(labels)) == 2)
    found = Judge(sessions, labels, resamples=5, seed=0).scores(up).values
    expected = by_scikit_learn(labels.astype(int), up.astype(float))
    for metric in METRICS:
        assert found[metric] == pytest.approx(expected[metric], rel=1e-9, abs=1e-12), metric


def test_each_resample_equals_scikit_learn_on_the_rows_it_holds(rng: np.random.Generator) -> None:
    sessions = np.sort(rng.integers(0, 25, 400))
    up = np.round(rng.random(400), 2)
    labels = rng.random(400) < up
    draws = Judge(sessions, labels, resamples=30, block=3, seed=8).scores(up).draws
    codes = np.unique(sessions, return_inverse=True)[1]
    weights = session_weights(codes.max() + 1, resamples=30, block=3, seed=8)
    for turn, weight in enumerate(weights.astype(int)):
        held = np.repeat(np.arange(400), weight[codes])
        expected = by_scikit_learn(labels[held].astype(int), up[held])
        for metric in METRICS:
            assert draws[metric][turn] == pytest.approx(expected[metric], rel=1e-9), metric


def test_differences_are_paired_and_narrower_than_the_models_own_intervals(
    rng: np.random.Generator,
) -> None:
    sessions = np.repeat(np.arange(100), 10)
    market = np.repeat(rng.standard_normal(100), 10)
    labels = market + rng.standard_normal(1000) > 0
    better = 1 / (1 + np.exp(-0.5 * market - 0.1 * rng.standard_normal(1000)))
    judge = Judge(sessions, labels, resamples=300, seed=0)
    first, second = judge.scores(better), judge.scores(better * 0.98 + 0.01)
    difference = first.minus(second)["log_loss"]
    own = first.estimates["log_loss"]
    assert difference.high < 0
    assert difference.high - difference.low < (own.high - own.low) / 3
    same = first.minus(first)
    assert all((e.value, e.low, e.high) == (0, 0, 0) for e in same.values())


def test_a_probability_that_is_not_a_number_makes_every_metric_not_a_number() -> None:
    up = np.array([0.4, np.nan, 0.6, 0.7])
    scores = Judge([0, 0, 1, 1], [0, 1, 1, 0], resamples=9, seed=0).scores(up)
    assert all(np.isnan(value) for value in scores.values.values())
    assert not any(found.is_finite for found in scores.estimates.values())


def test_auc_is_undefined_where_only_one_outcome_occurs() -> None:
    scores = Judge([0, 1, 2], [1, 1, 1], resamples=9, seed=0).scores([0.4, 0.5, 0.6])
    assert np.isnan(scores.values["auc"])
    assert scores.values["mcc"] == 0


def test_a_thousand_resamples_of_fifteen_thousand_rows_take_less_than_three_seconds(
    rng: np.random.Generator,
) -> None:
    sessions, labels = np.repeat(np.arange(300), 50), rng.random(15_000) < 0.5
    started = time.process_time()
    judge = Judge(sessions, labels, resamples=1000, seed=0)
    for _ in range(3):
        judge.scores(rng.random(15_000))
    assert time.process_time() - started < 3
