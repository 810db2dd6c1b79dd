"""Probabilities that mean what they say: a classifier that calibrates itself on its later past.

Belongs here: calibration as part of the estimator, respecting time.
Does not belong here: which classifier is calibrated (models.py), how it is judged (evaluate.py).
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from stock_assets.errors import InputError, NotEnoughHistory

_LOGIT_LIMIT = 1e-6
_LEVEL_LIMIT = 30.0


class TimeCalibratedClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """Fit on all rows; learn how far to trust the scores from later sessions never trained on.

    ``probability = sigmoid(level + slope * logit(score))`` (Platt scaling in logit space), where
    ``score`` is the inner classifier's probability:

    - **slope**: a copy of the classifier is fitted on the earlier sessions only, scores the last
      ``holdout`` share of them (after an embargo), and a logistic regression of the outcomes on
      those scores gives the slope. A slope below zero becomes zero: scores that pointed the wrong
      way are worth nothing, and are never turned round.
    - **level**: the mean probability over those later sessions equals the share of ups among *all*
      rows. The intercept of the logistic regression is not used, because a fifth of a year or two
      says little about the level: all symbols rise and fall together.
    - the classifier that serves is then fitted on **all** rows, so no data is lost to calibration.

    Random or out-of-bag folds are no substitute: rows left out of a tree share their session, and
    so its market move, with rows inside it, and make the scores look better than they are.

    Args:
        estimator: classifier with ``predict_proba``; a clone is fitted, never itself.
        holdout: share of the sessions, the latest ones, that give the slope.
        embargo: sessions between the two parts, at least the label's horizon.
        probe_trees: trees of the copy that is only used for the slope (None: as many as the
            classifier has). 100 of 300 gave slopes 1 to 6 % lower on three generated markets.

    Fitted attributes: ``estimator_``, ``slope_``, ``level_``, ``classes_``, ``n_features_in_``.
    """

    def __init__(
        self,
        estimator: Any,
        *,
        holdout: float = 0.2,
        embargo: int = 1,
        probe_trees: int | None = 100,
    ) -> None:
        self.estimator = estimator
        self.holdout = holdout
        self.embargo = embargo
        self.probe_trees = probe_trees

    def fit(
        self, X: NDArray[np.floating], y: ArrayLike, *, sessions: ArrayLike | None = None
    ) -> Self:
        """Fit on rows in time order; ``sessions`` (ascending values) says which belong together.

        Without ``sessions`` every row counts as a session of its own.

        Raises:
            InputError: when the rows are not in time order.
            NotEnoughHistory: when one part has no sessions or only one kind of outcome.
        """
        labels = np.asarray(y).astype(np.int8)
        earlier, later = self._parts(np.arange(len(labels)) if sessions is None else sessions)
        for part in (earlier, later):
            if len(np.unique(labels[part])) < 2:
                raise NotEnoughHistory(
                    f"{len(labels[part])} rows to calibrate with",
                    reason="both ups and downs are needed before and after the calibration's split",
                    next_action="backfill more sessions or add symbols",
                )
        probe = clone(self.estimator)
        if self.probe_trees is not None and "n_estimators" in probe.get_params():
            probe.set_params(n_estimators=min(self.probe_trees, probe.n_estimators))
        _answer_alone(probe.fit(X[earlier], labels[earlier]))
        scores = _logit_score(probe, X[later])
        self.slope_ = _slope(scores, labels[later])
        self.level_ = _level(self.slope_ * scores, float(labels.mean()))
        self.estimator_ = _answer_alone(clone(self.estimator).fit(X, labels))
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = X.shape[1]
        return self

    def predict_proba(self, X: NDArray[np.floating]) -> NDArray[np.float64]:
        """Calibrated probabilities of down and up; shape (rows, 2)."""
        check_is_fitted(self, "estimator_")
        up = expit(self.level_ + self.slope_ * _logit_score(self.estimator_, X))
        return np.column_stack([1.0 - up, up])

    def predict(self, X: NDArray[np.floating]) -> NDArray[np.int_]:
        """1 where up is more likely than not, else 0."""
        return (self.predict_proba(X)[:, 1] > 0.5).astype(np.int_)

    def _parts(self, sessions: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        values = np.asarray(sessions)
        if (values[1:] < values[:-1]).any():
            raise InputError(
                "sessions",
                reason="rows must be in time order, or the later part would not be later",
                next_action="sort the rows by session",
            )
        days, codes = np.unique(values, return_inverse=True)
        start = len(days) - max(1, round(len(days) * self.holdout))
        return codes < start - self.embargo, codes >= start


def _answer_alone(fitted: Any) -> Any:
    """Answer on one thread: threads add the trees' votes in any order, and the last bit differs."""
    if "n_jobs" in fitted.get_params():
        fitted.set_params(n_jobs=1)
    return fitted


def _logit_score(estimator: Any, X: NDArray[np.floating]) -> NDArray[np.float64]:
    up = estimator.predict_proba(X)[:, 1]
    scores: NDArray[np.float64] = logit(np.clip(up, _LOGIT_LIMIT, 1.0 - _LOGIT_LIMIT))
    return scores


def _slope(scores: NDArray[np.float64], labels: NDArray[np.int8]) -> float:
    spread = scores.std()
    if spread == 0:
        return 0.0
    # Standardised, C=1 is a prior as weak as one row; it keeps separable toy data finite.
    regression = LogisticRegression(C=1.0)
    regression.fit(((scores - scores.mean()) / spread)[:, None], labels)
    return max(0.0, float(regression.coef_[0, 0] / spread))


def _level(scores: NDArray[np.float64], share_up: float) -> float:
    def excess(level: float) -> float:
        return float(expit(level + scores).mean()) - share_up

    return float(brentq(excess, -_LEVEL_LIMIT, _LEVEL_LIMIT))
