from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from stock_assets.sandbox.truth.actions import dividends_in, simple_ratio, splits_in

DAYS = np.array(["2020-01-02", "2020-01-03", "2020-01-06"], dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("recorded", "meant"),
    [
        (7.000007, Fraction(7)),
        (2.0, Fraction(2)),
        (1.5, Fraction(3, 2)),
        (0.1, Fraction(1, 10)),
        (0.033333, Fraction(1, 30)),
        (1.0489, Fraction(10489, 10000)),
    ],
)
def test_an_inexact_ratio_becomes_the_simplest_one_close_to_it(
    recorded: float, meant: Fraction
) -> None:
    assert float(simple_ratio(recorded)) == pytest.approx(float(meant), rel=1e-4)
    if meant.denominator <= 30:
        assert simple_ratio(recorded) == meant


def test_one_zero_and_missing_mean_no_split() -> None:
    assert splits_in(DAYS, np.array([1.0, 0.0, np.nan])) == ((), 0)
    assert splits_in(DAYS, None) == ((), 0)


def test_snapped_ratios_are_counted() -> None:
    splits, inexact = splits_in(DAYS, np.array([7.000007, 1.0, 2.0]))
    assert [(s.new, s.old) for s in splits] == [(7, 1), (2, 1)]
    assert inexact == 1


def test_single_precision_dividends_get_their_decimals_back() -> None:
    cash = np.array([0.24, 0.0, 0.1925], dtype=np.float32).astype(np.float64)
    assert [d.cash_usd for d in dividends_in(DAYS, cash)] == [0.24, 0.1925]
    assert dividends_in(DAYS, None) == ()
