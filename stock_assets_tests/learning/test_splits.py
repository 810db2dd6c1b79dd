"""No session on both sides, no label that reaches into what is judged."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import cross_val_predict, cross_val_score
from sklearn.tree import DecisionTreeClassifier

from stock_assets.errors import InputError, NotEnoughHistory
from stock_assets.learning.splits import PurgedWalkForward
from stock_assets_tests.learning.conftest import weekdays


@st.composite
def walks(draw: st.DrawFn) -> tuple[PurgedWalkForward, np.ndarray, np.ndarray]:
    horizon = draw(st.integers(1, 5))
    splitter = PurgedWalkForward(
        draw(st.integers(1, 6)),
        test_share=draw(st.floats(0.1, 0.9)),
        horizon=horizon,
        embargo=horizon + draw(st.integers(0, 4)),
        train_sessions=draw(st.none() | st.integers(1, 60)),
        min_train_sessions=draw(st.integers(1, 30)),
    )
    count = splitter.min_sessions + draw(st.integers(0, 120))
    days = np.array(weekdays(count + horizon), dtype="datetime64[D]")
    rows = draw(st.integers(1, 4))
    codes = np.repeat(np.arange(count), rows)
    keep = np.random.default_rng(draw(st.integers(0, 99))).random(len(codes)) < 0.9
    assume(len(np.unique(codes[keep])) == count)
    return splitter, days[codes][keep], days[codes + horizon][keep]


@given(walks())
def test_training_ends_before_what_is_judged_begins_embargo_and_label_included(walk: Any) -> None:
    splitter, sessions, targets = walk
    days = np.unique(sessions)
    for fold in splitter.folds(sessions, targets):
        first = np.searchsorted(days, sessions[fold.test].min())
        last_trained = np.searchsorted(days, sessions[fold.train].max())
        assert not set(sessions[fold.train]) & set(sessions[fold.test])
        assert last_trained + splitter.embargo < first + 0.5
        assert first - last_trained > splitter.embargo
        assert targets[fold.train].max() < sessions[fold.test].min()
        assert fold.train_last <= fold.test_first


@given(walks())
def test_each_session_of_the_judged_part_is_judged_once_and_in_order(walk: Any) -> None:
    splitter, sessions, targets = walk
    folds = list(splitter.folds(sessions, targets))
    judged = np.concatenate([fold.test for fold in folds])
    assert len(folds) == splitter.get_n_splits()
    np.testing.assert_array_equal(judged, np.arange(judged[0], len(sessions)))
    share = len(np.unique(sessions[judged])) / len(np.unique(sessions))
    assert share >= splitter.test_share - 1 / len(np.unique(sessions))


@given(walks())
def test_a_rolling_window_trains_on_no_more_sessions_than_asked(walk: Any) -> None:
    splitter, sessions, targets = walk
    for fold in splitter.folds(sessions, targets):
        count = len(np.unique(sessions[fold.train]))
        if splitter.train_sessions is None:
            assert count >= splitter.min_train_sessions
            assert fold.train[0] == 0
        else:
            assert count <= splitter.train_sessions


@given(walks())
def test_the_fewest_sessions_are_enough_and_one_fewer_is_not(walk: Any) -> None:
    splitter, _, _ = walk
    enough = np.array(weekdays(splitter.min_sessions), dtype="datetime64[D]")
    assert list(splitter.folds(enough))
    with pytest.raises(NotEnoughHistory) as caught:
        list(splitter.folds(enough[1:]))
    assert caught.value.context == {"have": len(enough) - 1, "need": len(enough)}


def test_a_row_whose_target_lies_late_is_purged_though_its_session_is_early() -> None:
    days = np.array(weekdays(90), dtype="datetime64[D]")
    targets = np.append(days[1:], days[-1] + 1)
    targets[3] = days[60]
    fold = next(iter(PurgedWalkForward(1, test_share=0.5).folds(days, targets)))
    assert 3 not in fold.train
    assert {2, 4} < set(fold.train)


def test_the_default_walk_over_three_years_is_what_the_documentation_says() -> None:
    days = np.array(weekdays(756), dtype="datetime64[D]")
    folds = list(PurgedWalkForward(4).folds(days))
    assert [len(fold.test) for fold in folds] == [94, 95, 95, 94]
    assert [len(fold.train) for fold in folds] == [377, 471, 566, 661]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"folds": 0}, "folds=0"),
        ({"test_share": 1.0}, "test_share=1.0"),
        ({"horizon": 0}, "horizon=0"),
        ({"horizon": 5, "embargo": 4}, "embargo=4"),
        ({"embargo": 0}, "embargo=0"),
        ({"train_sessions": 0}, "train_sessions=0"),
        ({"min_train_sessions": 0}, "min_train_sessions=0"),
    ],
)
def test_a_walk_that_would_leak_or_cannot_be_is_refused(arguments: Any, named: str) -> None:
    with pytest.raises(InputError, match=named):
        PurgedWalkForward(**arguments)


def test_scikit_learn_accepts_it_as_a_splitter(rng: np.random.Generator) -> None:
    days = np.repeat(np.array(weekdays(90), dtype="datetime64[D]"), 3)
    inputs, labels = rng.standard_normal((270, 2)), rng.integers(0, 2, 270)
    scores = cross_val_score(
        DecisionTreeClassifier(max_depth=2, random_state=0),
        inputs,
        labels,
        groups=days,
        cv=PurgedWalkForward(3),
    )
    assert scores.shape == (3,)
    with pytest.raises(ValueError, match="partitions"):
        cross_val_predict(
            DecisionTreeClassifier(), inputs, labels, groups=days, cv=PurgedWalkForward(3)
        )


def test_rows_without_sessions_cannot_be_split_in_time() -> None:
    with pytest.raises(InputError, match="groups"):
        next(PurgedWalkForward(3).split(np.zeros((9, 1))))
