from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from stock_assets.sandbox import viewing
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.yahoo_series import series
from stock_assets_tests.sandbox.conftest import LAST


@pytest.mark.parametrize("symbol", ["AVGO", "INTC", "PEP", "AAPL"])
def test_undoing_the_splits_gives_the_cents_back(truth: Truth, symbol: str) -> None:
    stock = truth.stocks[symbol]
    shown = series(stock, LAST, LAST)
    factors = viewing.split_factors(stock, stock.bars.days, LAST)
    for name in ("open", "high", "low", "close"):
        traded = getattr(stock.bars, name)
        restored = shown.quotes[name] * factors
        assert np.abs(restored / traded - 1).max() < 1e-6
        assert np.array_equal(np.round(restored, 2), traded)


def test_a_split_changes_the_whole_past_only_once_it_has_happened(truth: Truth) -> None:
    stock = truth.stocks["AVGO"]
    (split,) = stock.splits
    eve = date.fromordinal(split.ex_date.toordinal() - 1)
    before, after = series(stock, eve, eve), series(stock, split.ex_date, split.ex_date)
    count = len(before.stamps)
    ratio = before.quotes["close"] / after.quotes["close"][:count]
    assert ratio == pytest.approx(np.full(count, 20.0), rel=1e-6)
    assert after.quotes["volume"][:count] == pytest.approx(before.quotes["volume"] * 20)


@pytest.mark.parametrize("symbol", ["AAPL", "BRK.B", "INTC"])
def test_adjusted_closes_move_by_the_total_return(truth: Truth, symbol: str) -> None:
    stock = truth.stocks[symbol]
    shown = series(stock, LAST, LAST)
    adjusted = shown.adjusted[1:] / shown.adjusted[:-1] - 1
    plain = shown.quotes["close"][1:] / shown.quotes["close"][:-1] - 1
    ex_days = {stamp for stamp, _ in shown.dividends}
    is_ex = np.array([stamp in ex_days for stamp in shown.stamps[1:].tolist()])
    assert is_ex.sum() > 40
    assert adjusted[~is_ex] == pytest.approx(plain[~is_ex], abs=1e-6)
    cash = dict(shown.dividends)
    for at in np.flatnonzero(is_ex):
        before, close = shown.quotes["close"][at], shown.quotes["close"][at + 1]
        expected = close / (before - cash[int(shown.stamps[at + 1])]) - 1
        assert adjusted[at] == pytest.approx(expected, abs=1e-6)
    assert shown.adjusted[-1] == shown.quotes["close"][-1]


@pytest.mark.parametrize("symbol", ["BRK.B", "INTC"])
def test_dividends_are_stated_per_share_of_today(truth: Truth, symbol: str) -> None:
    stock = truth.stocks[symbol]
    (split,) = stock.splits
    shown = dict(series(stock, LAST, LAST).dividends)
    for paid, amount in zip(
        [d for d in stock.dividends if d.ex_date <= LAST], shown.values(), strict=True
    ):
        factor = split.ratio if paid.ex_date < split.ex_date else 1.0
        assert amount == pytest.approx(paid.cash_usd / factor, abs=1e-6)


def test_a_halted_session_is_a_row_of_nothing(truth: Truth) -> None:
    stock = truth.stocks["HALTX"]
    shown = series(stock, LAST, LAST)
    assert len(shown.stamps) == len(stock.bars) + 3
    assert np.isnan(shown.quotes["close"]).sum() == np.isnan(shown.adjusted).sum() == 3
