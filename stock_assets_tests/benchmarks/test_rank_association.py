"""How scores go together with returns: what is there is found, what is not is not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from bench_lexicon import FIRST, LAST, PRICES, real_returns
from rank_association import (
    LEAST,
    associate,
    daily_correlations,
    excess,
    first_tellings,
    newey_west_t,
    paired,
    session_of,
)
from scipy.stats import spearmanr

from stock_assets.market import calendar

SESSIONS, SYMBOLS = 250, 30


def frames(rng: np.random.Generator, strength: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One text of each symbol and session, whose score moves the next session's return."""
    names = [f"S{number}" for number in range(SYMBOLS)]
    scores = rng.normal(size=(SESSIONS, SYMBOLS))
    returns = rng.normal(size=(SESSIONS, SYMBOLS))
    returns[1:] += strength * scores[:-1]
    texts = pd.DataFrame(
        {
            "session": np.repeat(np.arange(SESSIONS), SYMBOLS),
            "symbol": np.tile(names, SESSIONS),
            "score": scores.ravel(),
        }
    )
    return texts, excess(pd.DataFrame(returns, columns=names))


# Which session a text belongs to


@pytest.mark.parametrize(
    ("told", "session"),
    [
        ("2015-03-12T03:00", "2015-03-12"),
        ("2015-03-12T19:59:59", "2015-03-12"),
        ("2015-03-12T20:00", "2015-03-13"),
        # Winter time, a Friday evening, a half day that closes at 18:00 UTC.
        ("2015-03-06T20:59", "2015-03-06"),
        ("2015-03-06T21:00", "2015-03-09"),
        ("2015-11-27T17:59", "2015-11-27"),
        ("2015-11-27T18:30", "2015-11-30"),
    ],
)
def test_a_text_after_the_close_counts_to_the_next_session(told: str, session: str) -> None:
    sessions = calendar().between(FIRST, LAST)
    closes = pd.DatetimeIndex([one.close_at for one in sessions])
    at = pd.Series([datetime.fromisoformat(told).replace(tzinfo=UTC)])
    (found,) = session_of(at, closes)
    assert sessions[found].day == date.fromisoformat(session)


def test_what_is_told_after_the_last_close_counts_nowhere() -> None:
    closes = pd.DatetimeIndex(["2015-03-12T20:00Z", "2015-03-13T20:00Z"])
    late = pd.Series(pd.DatetimeIndex(["2015-03-13T21:00Z"]))
    session = session_of(late, closes)
    texts = pd.DataFrame({"symbol": ["A"], "session": session, "score": [1.0]})
    assert paired(texts, pd.DataFrame({"A": [0.01, 0.02]}), later=0).empty


def test_a_text_that_is_told_again_counts_when_it_was_first_told() -> None:
    at = pd.to_datetime(["2015-01-03", "2015-01-01", "2015-01-02", "2015-01-04"], utc=True)
    texts = pd.DataFrame({"symbol": ["A", "A", "B", "A"], "at": at, "text": ["x", "x", "x", "y"]})
    found = first_tellings(texts)
    assert found["at"].dt.day.tolist() == [1, 2, 4]
    assert found["symbol"].tolist() == ["A", "B", "A"]


# Pairs


def test_a_score_is_the_mean_of_the_days_texts_and_meets_the_return_asked_for() -> None:
    returns = pd.DataFrame({"A": [0.1, 0.2, 0.3], "B": [0.4, np.nan, 0.6]})
    texts = pd.DataFrame(
        [("A", 0, 1.0), ("A", 0, 0.0), ("B", 0, 1.0), ("A", 1, 0.0), ("A", 2, 1.0), ("Z", 0, 1.0)],
        columns=["symbol", "session", "score"],
    )
    same = paired(texts, returns, later=0)
    assert same[["session", "symbol", "score", "result"]].to_numpy().tolist() == [
        [0, "A", 0.5, 0.1],
        [0, "B", 1.0, 0.4],
        [2, "A", 1.0, 0.3],
    ]
    after = paired(texts, returns, later=1)
    assert after[["session", "symbol", "result"]].to_numpy().tolist() == [[0, "A", 0.2]]


def test_an_excess_is_what_goes_beyond_the_others_of_the_session() -> None:
    found = excess(pd.DataFrame({"A": [0.1, 0.3], "B": [0.3, np.nan]}))
    assert found["A"].tolist() == pytest.approx([-0.1, 0.0])
    assert found["B"].iloc[0] == pytest.approx(0.1)
    assert np.isnan(found["B"].iloc[1])


# What is found


def test_a_planted_relation_is_found_where_it_is_and_nowhere_else(
    rng: np.random.Generator,
) -> None:
    texts, returns = frames(rng, strength=0.1)
    found = associate(paired(texts, returns, later=1))
    assert found.ic == pytest.approx(0.1, abs=0.03)
    assert found.t > 5
    assert found.hit_rate > 0.51
    assert (found.days, found.rows) == (SESSIONS - 1, (SESSIONS - 1) * SYMBOLS)
    assert abs(associate(paired(texts, returns, later=0)).t) < 2.5


def test_a_shuffled_relation_is_not_found(rng: np.random.Generator) -> None:
    texts, returns = frames(rng, strength=0.1)
    texts["score"] = rng.permutation(texts["score"].to_numpy())
    assert abs(associate(paired(texts, returns, later=1)).t) < 2.5


def test_a_move_of_the_whole_market_is_no_relation(rng: np.random.Generator) -> None:
    texts, returns = frames(rng, strength=0.0)
    mood = rng.normal(size=SESSIONS)
    texts["score"] += mood[texts["session"]]
    moved = excess(returns.add(mood, axis="index"))
    assert abs(associate(paired(texts, moved, later=0)).t) < 2.5


def test_correlations_are_spearmans_ties_included(rng: np.random.Generator) -> None:
    texts, returns = frames(rng, strength=0.5)
    texts["score"] = texts["score"].round()
    pairs = paired(texts, returns, later=1)
    found = daily_correlations(pairs)
    for session, group in list(pairs.groupby("session"))[:20]:
        expected = spearmanr(group["score"], group["result"]).statistic
        assert found[session] == pytest.approx(expected)


def test_sessions_with_few_symbols_or_one_score_alone_are_left_out() -> None:
    returns = pd.DataFrame([np.arange(LEAST)] * 3, columns=[f"S{n}" for n in range(LEAST)])
    rows = [(name, 0, n + 1.0) for n, name in enumerate(returns)]
    rows += [(name, 1, 1.0) for name in returns]
    rows += [(name, 2, n + 1.0) for n, name in enumerate(returns) if n]
    pairs = paired(pd.DataFrame(rows, columns=["symbol", "session", "score"]), returns, later=0)
    assert daily_correlations(pairs).to_dict() == {0: pytest.approx(1.0)}
    assert associate(pairs).rows == LEAST


def test_neighbours_that_go_together_make_a_mean_less_certain(rng: np.random.Generator) -> None:
    alone = rng.normal(0.1, 1.0, size=2_000)
    simple = alone.mean() / alone.std() * np.sqrt(len(alone))
    assert newey_west_t(alone) == pytest.approx(simple, rel=0.1)
    assert newey_west_t(np.repeat(alone, 4)) == pytest.approx(simple, rel=0.2)
    assert np.isnan(newey_west_t(np.ones(1)))
    assert np.isnan(newey_west_t(np.ones(9)))


# Real prices


@pytest.mark.realdata
def test_returns_of_recorded_bars_are_those_of_the_vendors_adjusted_prices(
    shared_data: Path,
) -> None:
    symbols = ["AAPL", "MA", "V", "KO"]
    found = real_returns(shared_data, symbols)
    filters = [("symbol", "in", symbols), ("date", ">=", FIRST), ("date", "<=", LAST)]
    bars = pq.read_table(shared_data / PRICES, filters=filters).to_pandas()
    adjusted = bars.pivot_table(index="date", columns="symbol", values="adjusted_close")
    expected = adjusted.to_numpy()[1:] / adjusted.to_numpy()[:-1] - 1
    assert found.shape == (len(calendar().between(FIRST, LAST)), len(symbols))
    assert np.abs(found.to_numpy()[1:] - expected).max() < 1e-5
