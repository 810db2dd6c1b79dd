"""When a company pays and splits: dates only; amounts depend on prices and are set on the way.

Belongs here: one row of session numbers per quarter and symbol, with room between the events so
that a declared dividend and an announced split never overlap. Does not belong here: prices.

A quarter of a symbol, counted in sessions from its ex-date Q: the regular dividend is declared at
Q-20 and goes ex at Q; a split may be announced at Q+5 and takes effect at Q+15; a special dividend
may be declared at Q+22 and goes ex at Q+32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

DECLARED_BEFORE: Final = 20
SPLIT_ANNOUNCED: Final = 5
SPLIT_EFFECTIVE: Final = 15
SPECIAL_DECLARED: Final = 22
SPECIAL_EX: Final = 32
_QUARTERS_DRAWN: Final = 200
_SPECIAL_SHARE: Final = 0.05

Sessions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Session numbers (0 = first session of the market) of one symbol's possible events."""

    regular: Sessions
    reviews: Sessions
    specials: Sessions
    annual_yield: float


def schedule(draws: np.random.Generator, days: Sequence[date]) -> Schedule:
    """Draw a symbol's schedule; the same numbers are drawn whatever the horizon.

    ``annual_yield`` is zero for the two fifths of companies that pay nothing; they are reviewed
    for splits on the same rhythm.
    """
    pays = bool(draws.random() < 0.6)
    annual_yield = float(draws.uniform(0.01, 0.04))
    month = int(draws.integers(1, 4))
    day_of_month = int(draws.integers(3, 25))
    review_quarter = int(draws.integers(0, 4))
    special = draws.random(_QUARTERS_DRAWN) < _SPECIAL_SHARE
    quarters = _quarters(days, month, day_of_month)
    numbers = np.arange(len(quarters))
    has_special = special[: len(quarters)] & pays
    return Schedule(
        regular=quarters,
        reviews=quarters[numbers % 4 == review_quarter],
        specials=quarters[has_special],
        annual_yield=annual_yield if pays else 0.0,
    )


def _quarters(days: Sequence[date], month: int, day_of_month: int) -> Sessions:
    """Number of the first session at or after that day of every third month."""
    wanted = [
        np.datetime64(date(year, m, day_of_month))
        for year in range(days[0].year, days[-1].year + 1)
        for m in range(month, 13, 3)
    ]
    sessions = np.array(days, dtype="datetime64[D]")
    numbers = np.searchsorted(sessions, np.array(wanted))
    return numbers[(numbers < len(days)) & (numbers >= DECLARED_BEFORE)].astype(np.int64)
