"""Indices made of the market's stocks, and currencies."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from stock_assets.sandbox.truth.generated import generate
from stock_assets.sandbox.truth.indices import BROAD, INDICES, NASDAQ, PAIRS, index, pair
from stock_assets.sandbox.truth.model import Truth

LAST = date(2026, 11, 20)


@pytest.fixture(scope="module")
def truth() -> Truth:
    return generate(["AAPL", "AVGO", "BA", "HALTX", "INTC", "SVBX"], seed=5, last=LAST)


def test_an_index_moves_by_the_mean_of_its_members(truth: Truth) -> None:
    bars = index(truth, BROAD).bars
    at = int(np.searchsorted(bars.days, np.datetime64("2023-05-16")))
    moves = []
    for stock in truth.stocks.values():
        own = stock.bars.between(bars.days[at - 1].astype(object), bars.days[at].astype(object))
        moves.append(own.close[1] / own.close[0])
    assert bars.close[at] / bars.close[at - 1] == pytest.approx(np.mean(moves), abs=1e-5)


def test_splits_halts_and_a_delisting_move_no_index(truth: Truth) -> None:
    bars = index(truth, BROAD).bars
    steps = np.abs(np.diff(np.log(bars.close)))
    assert truth.stocks["AVGO"].splits
    assert steps.max() < 0.12
    assert np.array_equal(bars.days, truth.stocks["AAPL"].bars.days)


def test_a_shorter_market_has_the_beginning_of_the_same_indices(truth: Truth) -> None:
    shorter = generate(sorted(truth.stocks), seed=5, last=date(2021, 6, 30))
    for symbol in INDICES:
        long, short = index(truth, symbol).bars, index(shorter, symbol).bars
        count = len(short)
        assert np.array_equal(long.days[:count], short.days)
        assert np.array_equal(long.close[:count], short.close)


def test_bars_of_indices_and_currencies_hold_together(truth: Truth) -> None:
    series = [index(truth, symbol).bars for symbol in INDICES]
    series += [pair(truth.seed, symbol) for symbol in PAIRS]
    for bars in series:
        assert (bars.low > 0).all()
        assert (bars.low <= np.minimum(bars.open, bars.close)).all()
        assert (bars.high >= np.maximum(bars.open, bars.close)).all()
        assert (np.diff(bars.days) > np.timedelta64(0)).all()


def test_a_market_without_nasdaq_companies_still_has_a_nasdaq_index() -> None:
    truth = generate(["JPM", "XOM"], seed=5, last=date(2016, 1, 4))
    moves = [np.diff(np.log(index(truth, symbol).bars.close)) for symbol in (NASDAQ, BROAD)]
    assert moves[0] == pytest.approx(moves[1], abs=2e-5)


def test_currencies_stay_within_what_currencies_do() -> None:
    for seed in range(5):
        for symbol, (start, _, _) in PAIRS.items():
            bars = pair(seed, symbol).between(None, date(2028, 1, 1))
            assert start * 0.5 < bars.low.min() < bars.high.max() < start * 2.2
