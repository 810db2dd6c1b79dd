"""How scores of texts go together with returns: session by session, without a look ahead.

Belongs here: pure arithmetic on frames of texts and returns. Does not belong here: where texts,
scores and prices come from, what is printed (bench_lexicon.py).

Instants are UTC. Returns are frames with a row per session, in order, and a column per symbol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

LEAST = 10
"""A session with fewer scored symbols is left out: ranks of a handful say nothing."""


@dataclass(frozen=True, slots=True)
class Association:
    """What is said of one word list and one reading.

    ``ic``: mean of the sessions' rank correlations. ``t``: that mean over its standard error
    (Newey-West). ``hit_rate``: share of signs that agree, over ``rows`` symbols and sessions.
    """

    ic: float
    t: float
    hit_rate: float
    days: int
    rows: int


def first_tellings(texts: pd.DataFrame) -> pd.DataFrame:
    """Each text of a symbol once, when it was first told. Columns symbol, at, text."""
    return texts.sort_values("at", kind="stable").drop_duplicates(["symbol", "text"])


def session_of(at: pd.Series, ends: pd.DatetimeIndex) -> NDArray[np.int64]:
    """Number of the first session that ends after each instant; ``len(ends)`` where none does.

    What is told at the very end counts to the next session.
    """
    found: NDArray[np.int64] = ends.searchsorted(pd.DatetimeIndex(at), side="right")
    return found


def excess(returns: pd.DataFrame) -> pd.DataFrame:
    """Returns less the mean over the symbols of their session."""
    return returns.sub(returns.mean(axis="columns"), axis="index")


def paired(texts: pd.DataFrame, returns: pd.DataFrame, *, later: int) -> pd.DataFrame:
    """Mean score of each symbol and session beside the return ``later`` sessions after it.

    Args:
        texts: columns symbol, session (number of the row in ``returns``), score.
        returns: excess returns.
        later: 0 for the session's own return, 1 for the next one's.

    Returns:
        Columns session, symbol, score, result. Left out: scores of zero, unknown returns.
    """
    means = texts.groupby(["session", "symbol"], sort=True)["score"].mean().reset_index()
    rows = means["session"].to_numpy() + later
    columns = returns.columns.get_indexer(pd.Index(means["symbol"]))
    inside = (rows < len(returns)) & (columns >= 0) & (means["score"] != 0).to_numpy()
    pairs = means[inside].copy()
    pairs["result"] = returns.to_numpy()[rows[inside], columns[inside]]
    return pairs.dropna()


def daily_correlations(pairs: pd.DataFrame) -> pd.Series[float]:
    """Spearman's rank correlation of score and result by session, where it has LEAST symbols."""
    many = pairs.groupby("session")["score"].transform("size") >= LEAST
    kept = pairs[many]
    ranks = kept.groupby("session")[["score", "result"]].rank()
    ranks -= ranks.groupby(kept["session"]).transform("mean")
    squares = (ranks**2).groupby(kept["session"]).sum()
    products = (ranks["score"] * ranks["result"]).groupby(kept["session"]).sum()
    norm: pd.Series[float] = (squares["score"] * squares["result"]) ** 0.5
    found: pd.Series[float] = products / norm.where(norm > 0)
    return found.dropna()


def newey_west_t(values: NDArray[np.floating[Any]]) -> float:
    """Mean over its standard error, where neighbours may go together.

    Bartlett weights with 4 (n / 100)^(2/9) lags. Source: Newey and West, 1987 and 1994. NaN for
    fewer than two values.
    """
    n = len(values)
    if n < 2:
        return float("nan")
    rest = values - values.mean()
    lags = min(int(4 * (n / 100) ** (2 / 9)), n - 1)
    variance = float(rest @ rest)
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * float(rest[lag:] @ rest[:-lag])
    return float(values.mean() / np.sqrt(variance / n / n)) if variance > 0 else float("nan")


def associate(pairs: pd.DataFrame) -> Association:
    """All figures of some pairs, over the sessions that have a rank correlation."""
    daily = daily_correlations(pairs)
    used = pairs[pairs["session"].isin(daily.index)]
    moved = used[used["result"] != 0]
    agree = np.sign(moved["score"]) == np.sign(moved["result"])
    return Association(
        ic=float(daily.mean()),
        t=newey_west_t(daily.to_numpy()),
        hit_rate=float(agree.mean()),
        days=len(daily),
        rows=len(used),
    )
