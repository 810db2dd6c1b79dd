from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.fundamentals import REPORTED_AFTER, fundamentals
from stock_assets.sandbox.truth.generated import generate
from stock_assets.sandbox.truth.model import Bars, Stock, invented_listing

DAY = date(2025, 3, 14)


def test_equal_seeds_give_equal_books_whatever_the_horizon(truth: Truth) -> None:
    short = generate(["AAPL"], seed=11, last=date(2025, 6, 30)).stocks["AAPL"]
    long = truth.stocks["AAPL"]
    assert fundamentals(11, short, DAY) == fundamentals(11, long, DAY)
    assert fundamentals(11, long, DAY) != fundamentals(12, long, DAY)


def test_a_quarter_is_public_five_weeks_after_its_end(truth: Truth) -> None:
    stock, end = truth.stocks["AAPL"], date(2024, 12, 31)
    public = end + REPORTED_AFTER + timedelta(days=1)
    assert fundamentals(11, stock, public).quarters[0].end == end
    before = fundamentals(11, stock, public - timedelta(days=1))
    assert before.quarters[0].end == date(2024, 9, 30)
    assert before.quarters == fundamentals(11, stock, public).quarters[1:] + before.quarters[-1:]


def test_earnings_of_twelve_months_are_those_of_four_quarters(truth: Truth) -> None:
    books = fundamentals(11, truth.stocks["AAPL"], DAY)
    assert books.eps_ttm_usd == pytest.approx(sum(q.eps_usd for q in books.quarters[:4]))


def test_a_split_multiplies_the_shares_and_divides_what_is_per_share(truth: Truth) -> None:
    stock = truth.stocks["INTC"]
    split = next(s for s in stock.splits if s.ratio != 1)
    eve, after = (fundamentals(11, stock, split.ex_date - timedelta(days=n)) for n in (1, 0))
    assert after.shares / eve.shares == pytest.approx(split.ratio, rel=1e-3)
    assert after.eps_ttm_usd == pytest.approx(eve.eps_ttm_usd / split.ratio, rel=0.01)


def test_dividends_of_twelve_months_are_those_that_were_paid(truth: Truth) -> None:
    for stock in truth.stocks.values():
        year = [d for d in stock.dividends if DAY - timedelta(days=365) < d.ex_date <= DAY]
        if not any(DAY - timedelta(days=365) < s.ex_date <= DAY for s in stock.splits):
            paid = sum(d.cash_usd for d in year)
            assert fundamentals(11, stock, DAY).dividend_ttm_usd == pytest.approx(paid)


def test_who_earns_nothing_has_no_price_to_earnings(truth: Truth) -> None:
    books = [fundamentals(11, stock, DAY) for stock in truth.stocks.values()]
    for one in books:
        ratio = one.pe_ratio(100.0)
        assert (ratio is None) == (one.eps_ttm_usd <= 0)
        assert one.shares > 1e6
        assert one.dividend_yield(100.0) == pytest.approx(one.dividend_ttm_usd / 100.0)


def test_a_recording_whose_first_closes_are_no_prices_has_books_too() -> None:
    days = np.array(["2020-01-02", "2020-01-03", "2020-01-06"], "datetime64[D]")
    close = np.array([np.nan, 0.0, 50.0])
    stock = Stock(
        invented_listing("ODD", "Odd", "", date(2020, 1, 2)),
        Bars(days, close, close, close, close, close),
    )
    assert np.isfinite(fundamentals(0, stock, date(2020, 1, 6)).shares)
