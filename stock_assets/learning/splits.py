"""Purged walk-forward: train on the past, judge on the sessions that follow, never mix the two.

Belongs here: which rows train and which are judged, by session.
Does not belong here: models, metrics.

A split by rows at random puts rows of one session on both sides. All symbols share the session's
market move, so a model can then recognise the session and look skilled on noise. Here the unit is
the session; see Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 7, for
purging and embargo.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stock_assets.errors import InputError, NotEnoughHistory


@dataclass(frozen=True)
class Fold:
    """One step of the walk: row positions to train on, and later ones to judge on."""

    number: int
    train: NDArray[np.intp] = field(repr=False)
    test: NDArray[np.intp] = field(repr=False)
    train_first: date
    train_last: date
    test_first: date
    test_last: date


class PurgedWalkForward:
    """Folds in time order for rows that belong to sessions; also a scikit-learn splitter.

    The last ``test_share`` of the sessions is cut into ``folds`` consecutive blocks. Each block is
    judged by a model trained on earlier sessions: all of them, or the last ``train_sessions`` when
    given (a rolling window). Two fences stand between the sides:

    - embargo: the last ``embargo`` sessions before a block train nothing;
    - purge: a row whose target session reaches the block's first session trains nothing either.

    Args:
        folds: blocks to judge.
        test_share: share of all sessions that is judged, between 0 and 1.
        horizon: sessions from a row's session to its target session.
        embargo: sessions left out before each block, at least ``horizon``.
        train_sessions: length of a rolling training window; None lets it grow.
        min_train_sessions: fewest sessions that the first fold may train on.

    Raises:
        InputError: when an argument cannot be, such as an embargo shorter than the horizon.
    """

    def __init__(
        self,
        folds: int = 5,
        *,
        test_share: float = 0.5,
        horizon: int = 1,
        embargo: int = 1,
        train_sessions: int | None = None,
        min_train_sessions: int = 40,
    ) -> None:
        wrong = [
            (folds < 1, "folds", folds, "at least 1"),
            (not 0 < test_share < 1, "test_share", test_share, "between 0 and 1, both excluded"),
            (horizon < 1, "horizon", horizon, "at least 1 session"),
            (
                embargo < horizon,
                "embargo",
                embargo,
                f"at least the label's horizon ({horizon}), or training labels reach the block",
            ),
            (
                train_sessions is not None and train_sessions < 1,
                "train_sessions",
                train_sessions,
                "1",
            ),
            (min_train_sessions < 1, "min_train_sessions", min_train_sessions, "at least 1"),
        ]
        for is_wrong, name, value, need in wrong:
            if is_wrong:
                raise InputError(
                    f"{name}={value}", reason=f"must be {need}", next_action="correct the argument"
                )
        self.n_folds = folds
        self.test_share = test_share
        self.horizon = horizon
        self.embargo = embargo
        self.train_sessions = train_sessions
        self.min_train_sessions = min_train_sessions

    def folds(self, sessions: ArrayLike, targets: ArrayLike | None = None) -> Iterator[Fold]:
        """The folds over rows with these sessions and target sessions (``datetime64[D]``).

        Without ``targets`` a row's target is the ``horizon``-th session after its own.

        Raises:
            NotEnoughHistory: when the first fold would train on too little, or a block be empty.
        """
        days, codes = np.unique(np.asarray(sessions, "datetime64[D]"), return_inverse=True)
        reach = codes + self.horizon if targets is None else np.searchsorted(days, _days(targets))
        starts = self._block_starts(len(days))
        for number, (start, stop) in enumerate(pairwise(starts), start=1):
            end = start - self.embargo
            begin = 0 if self.train_sessions is None else max(0, end - self.train_sessions)
            train = np.flatnonzero((codes >= begin) & (codes < end) & (reach < start))
            yield Fold(
                number=number,
                train=train,
                test=np.flatnonzero((codes >= start) & (codes < stop)),
                train_first=days[begin].item(),
                train_last=days[end - 1].item(),
                test_first=days[start].item(),
                test_last=days[stop - 1].item(),
            )

    def split(
        self, X: Any, y: Any = None, groups: ArrayLike | None = None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """As scikit-learn asks for it: positions to train and to judge; ``groups`` are sessions."""
        if groups is None:
            raise InputError(
                "groups=None",
                reason="rows cannot be split in time without their sessions",
                next_action="pass groups=sessions",
            )
        for fold in self.folds(groups):
            yield fold.train, fold.test

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """The number of folds, as scikit-learn asks for it."""
        return self.n_folds

    @property
    def min_sessions(self) -> int:
        """The fewest sessions that can be walked through."""
        need = self.min_train_sessions + self.embargo + self.n_folds
        while self._first_start(need) < self.min_train_sessions + self.embargo:
            need += 1
        return need

    def _first_start(self, sessions: int) -> int:
        return sessions - max(self.n_folds, round(sessions * self.test_share))

    def _block_starts(self, sessions: int) -> NDArray[np.intp]:
        first = self._first_start(sessions)
        if first - self.embargo < self.min_train_sessions:
            raise NotEnoughHistory(
                f"{sessions} sessions",
                reason=f"{self.n_folds} folds with {self.min_train_sessions} sessions to train on "
                f"take {self.min_sessions}",
                next_action="backfill more sessions",
                have=sessions,
                need=self.min_sessions,
            )
        return np.linspace(first, sessions, self.n_folds + 1).round().astype(np.intp)


def _days(values: ArrayLike) -> NDArray[np.datetime64]:
    return np.asarray(values, "datetime64[D]")
