from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from stock_assets import market
from stock_assets.sandbox.truth.mood import (
    MOST_ARTICLES,
    days_drawn,
    days_since_first,
    moods,
    session_moods,
)

SESSIONS = np.array(
    [s.day for s in market.calendar().between(date(2015, 1, 2), date(2025, 12, 31))],
    dtype="datetime64[D]",
)


def test_equal_seeds_and_symbols_have_equal_moods_and_others_have_others() -> None:
    moods.cache_clear()
    first = moods(3, "AAPL").levels.copy()
    moods.cache_clear()
    assert np.array_equal(first, moods(3, "AAPL").levels)
    for other in (moods(4, "AAPL"), moods(3, "MSFT")):
        assert abs(np.corrcoef(first, other.levels)[0, 1]) < 0.03


def test_moods_lie_between_dreadful_and_excellent_and_balance() -> None:
    mood = session_moods(3, "AAPL", SESSIONS)
    assert set(np.unique(mood)) == {-1.0, -0.5, 0.0, 0.5, 1.0}
    assert mood.mean() == pytest.approx(0.0, abs=0.05)
    assert mood.std() == pytest.approx(0.75, abs=0.05)


def test_one_day_does_not_foretell_the_next() -> None:
    mood = session_moods(3, "AAPL", SESSIONS)
    assert abs(np.corrcoef(mood[1:], mood[:-1])[0, 1]) < 0.05


def test_sessions_have_up_to_six_articles_and_other_days_fewer() -> None:
    articles = moods(3, "AAPL").articles
    is_session = np.zeros(days_drawn(), dtype=bool)
    is_session[days_since_first(np.array(market.calendar().days, dtype="datetime64[D]"))] = True
    assert articles[is_session].max() == MOST_ARTICLES
    assert articles[is_session].mean() == pytest.approx(2.4, abs=0.1)
    assert articles[~is_session].mean() == pytest.approx(0.7, abs=0.1)


def test_where_nobody_writes_there_is_no_mood() -> None:
    state = moods(3, "AAPL")
    at = days_since_first(SESSIONS)
    silent = state.articles[at] == 0
    assert 0.05 < silent.mean() < 0.15
    assert not state.levels[at][silent].any()


def test_the_news_of_a_weekend_carry_the_mood_of_the_session_after_it() -> None:
    levels = moods(3, "AAPL").levels
    for friday in (date(2025, 3, 7), date(2025, 3, 14), date(2025, 4, 17)):
        monday = market.calendar().after(friday).day
        number, next_number = ((day - market.FIRST_DAY).days for day in (friday, monday))
        between = levels[number + 1 : next_number + 1]
        assert len(set(between.tolist())) == 1
