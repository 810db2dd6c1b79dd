"""How a company's news of the day sounds, and how much of it there is: a stream of its own.

Belongs here: number of articles and mood by company and day, and which session a day's news belongs
to. Does not belong here: the articles (news.py), what the mood does to prices (edge.py).

A news day begins at 06:30 UTC, when the prediction for the day before is made, and ends where the
next one begins. News of days without a session belong to the next session, so that all that is
published between two decisions carries one mood. A company of which nobody writes on a session has
no mood that day: what is not published moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from stock_assets import market
from stock_assets.sandbox.truth.luck import stream
from stock_assets.sandbox.truth.model import Days, Floats

MOST_LEVELS: Final = 2
MOST_ARTICLES: Final = 6
"""Of a day, bursts after large moves left aside."""

_ON_SESSIONS: Final = np.cumsum([0.10, 0.22, 0.25, 0.19, 0.12, 0.08])
_ON_OTHER_DAYS: Final = np.cumsum([0.55, 0.28, 0.12, 0.03, 0.01, 0.005])
_LEVELS: Final = np.cumsum([0.30, 0.15, 0.10, 0.15])
"""Of the moods -1, -1/2, 0, 1/2 and 1."""

Small = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Moods:
    """By calendar day from ``market.FIRST_DAY`` on; both arrays have the calendar's length.

    ``articles`` are those of the news day, bursts left aside; ``levels`` the mood in halves, from
    -2 (dreadful) to 2 (excellent), of the session to which the news day belongs.
    """

    articles: Small
    levels: Small


@lru_cache(maxsize=1_024)
def moods(seed: int, symbol: str) -> Moods:
    """The company's moods; they depend on the seed and the symbol alone."""
    is_session, belongs_to = _days()
    luck = stream(seed, symbol, "mood").random((len(is_session), 2), dtype=np.float32)
    articles = np.where(
        is_session,
        np.searchsorted(_ON_SESSIONS, luck[:, 0], side="right"),
        np.searchsorted(_ON_OTHER_DAYS, luck[:, 0], side="right"),
    ).astype(np.int8)
    drawn = np.searchsorted(_LEVELS, luck[:, 1], side="right").astype(np.int8) - MOST_LEVELS
    own = np.where(is_session & (articles > 0), drawn, 0).astype(np.int8)
    return Moods(articles, own[belongs_to])


def session_moods(seed: int, symbol: str, days: Days) -> Floats:
    """The mood of each of these sessions, -1 to 1; all of it is public by the decision time."""
    halves = moods(seed, symbol).levels[days_since_first(days)]
    return halves / float(MOST_LEVELS)


def days_since_first(days: Days) -> npt.NDArray[np.int64]:
    """Where these days stand in the arrays of :class:`Moods`."""
    return (days - np.datetime64(market.FIRST_DAY)).astype(np.int64)


def days_drawn() -> int:
    """How many days the arrays hold: to the end of the exchange's calendar."""
    return len(_days()[0])


@lru_cache(maxsize=1)
def _days() -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Whether each day has a session, and where the session stands to which its news belong."""
    sessions = days_since_first(np.array(market.calendar().days, dtype="datetime64[D]"))
    count = int(sessions[-1]) + 1
    every = np.arange(count)
    belongs_to = sessions[np.searchsorted(sessions, every)]
    return belongs_to == every, belongs_to
