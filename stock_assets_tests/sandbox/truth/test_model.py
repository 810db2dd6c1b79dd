from __future__ import annotations

from datetime import date

import numpy as np

from stock_assets.sandbox.truth import Bars, Truth
from stock_assets.sandbox.truth.model import Split


def test_bars_are_cut_by_day_with_both_ends_included() -> None:
    days = np.array(["2020-01-02", "2020-01-03", "2020-01-06"], dtype="datetime64[D]")
    bars = Bars(days, *(np.arange(3.0) for _ in range(5)))
    assert bars.upto(date(2020, 1, 5)).close.tolist() == [0.0, 1.0]
    assert bars.between(date(2020, 1, 3), date(2020, 1, 6)).close.tolist() == [1.0, 2.0]
    assert len(bars.upto(date(2019, 12, 31))) == 0


def test_a_reverse_split_has_a_ratio_below_one() -> None:
    assert Split(date(2024, 1, 2), 1, 10, date(2024, 1, 2)).ratio == 0.1


def test_a_ticker_belongs_to_a_stock_only_on_its_days(truth: Truth) -> None:
    meta = truth.stocks["META"]
    assert truth.trading_as("FB", date(2022, 6, 8)) is meta
    assert truth.trading_as("META", date(2022, 6, 8)) is None
    assert truth.trading_as("FB", date(2022, 6, 9)) is None
    assert truth.trading_as("META", date(2022, 6, 9)) is meta
    assert truth.trading_as("NOPE", date(2022, 6, 9)) is None


def test_a_delisted_stock_is_active_to_its_last_day(truth: Truth) -> None:
    listing = truth.stocks["SVBX"].listing
    assert listing.is_active(date(2025, 6, 27))
    assert not listing.is_active(date(2025, 6, 28))
