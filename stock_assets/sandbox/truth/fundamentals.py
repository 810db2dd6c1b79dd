"""What the companies' books say as of a day: shares, earnings, dividends.

Belongs here: shares outstanding, earnings per share as reported, ratios. Does not belong here: any
vendor's field names and units (finnhub_company.py).

Money is in USD, shares and amounts per share are those of the day asked for, after all splits up
to it. A quarter is public five weeks after its end. Equal seeds give equal books, whatever the
horizon.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from stock_assets.sandbox.truth.luck import stream
from stock_assets.sandbox.truth.model import Floats, Stock

REPORTED_AFTER: Final = timedelta(days=35)
_QUARTERS_DRAWN: Final = 260
_FIRST_QUARTER: Final = np.datetime64("1985-01", "M")
_QUARTERLY_GROWTH: Final = 0.015
_BUYBACK: Final = 0.0025


@dataclass(frozen=True, slots=True)
class Quarter:
    """A reported quarter: its last day, earnings per share and margins (fractions)."""

    end: date
    eps_usd: float
    net_margin: float
    current_ratio: float


@dataclass(frozen=True, slots=True)
class Fundamentals:
    """As of a day. ``quarters`` are the reported ones, the newest first, eight at most.

    ``eps_ttm_usd`` and ``dividend_ttm_usd`` are of the last four quarters and twelve months;
    earnings can be negative. ``beta`` is the company's own, not measured from prices.
    """

    shares: float
    eps_ttm_usd: float
    dividend_ttm_usd: float
    book_value_usd: float
    revenue_ttm_usd: float
    beta: float
    quarters: tuple[Quarter, ...]

    def pe_ratio(self, price: float) -> float | None:
        """Price over earnings of twelve months; None where nothing was earned."""
        return price / self.eps_ttm_usd if self.eps_ttm_usd > 0 else None

    def dividend_yield(self, price: float) -> float:
        """Dividends of twelve months over the price, as a fraction."""
        return self.dividend_ttm_usd / price


@lru_cache(maxsize=1_024)
def _luck(seed: int, symbol: str) -> tuple[Floats, Floats]:
    draws = stream(seed, symbol, "fundamentals")
    return draws.random(6), draws.standard_normal((_QUARTERS_DRAWN, 3))


def fundamentals(seed: int, stock: Stock, day: date) -> Fundamentals:
    """The books of ``stock`` as they were public on ``day``. The stock must have a bar."""
    traits, noise = _luck(seed, stock.listing.symbol)
    start, first = _first_close(stock)
    factor = float(np.prod([s.ratio for s in stock.splits if first < s.ex_date <= day]))
    capital = 2e10 * 75.0 ** traits[0]
    margin = 0.05 + 0.25 * traits[1]
    price_to_earnings = 12.0 + 23.0 * traits[2]
    wobble = 0.03 + 0.25 * traits[3] ** 2
    begin, newest = _quarter_of(first), _reported(day)
    numbers = newest - np.arange(8)
    ages = (numbers - begin).astype(np.float64)
    usual = start / price_to_earnings / 4.0 / factor * (1.0 + _QUARTERLY_GROWTH) ** ages
    eps = usual * (1.0 + wobble * noise[numbers, 0])
    quarters = tuple(
        Quarter(
            _end_of(int(number)),
            round(float(eps[at]), 4),
            round(float(margin * (1.0 + wobble * noise[number, 1])), 4),
            round(float(0.8 + 1.6 * traits[4] + 0.1 * noise[number, 2]), 4),
        )
        for at, number in enumerate(numbers)
    )
    issued = capital / start * factor * (1.0 - _BUYBACK) ** (newest - begin)
    shares = float(np.round(issued, -4))
    yearly = float(sum(quarter.eps_usd for quarter in quarters[:4]))
    return Fundamentals(
        shares=shares,
        eps_ttm_usd=round(yearly, 4),
        dividend_ttm_usd=round(_dividends(stock, day), 6),
        book_value_usd=round(float(usual[0]) * 4.0 * (3.0 + 4.0 * float(traits[4])), 4),
        revenue_ttm_usd=float(np.round(4.0 * float(usual[0]) / margin * shares, -5)),
        beta=round(0.6 + float(traits[5]), 4),
        quarters=quarters,
    )


def _first_close(stock: Stock) -> tuple[float, date]:
    """The first close that is a price (recordings hold anything), and its day."""
    good = np.flatnonzero(np.isfinite(stock.bars.close) & (stock.bars.close > 0))
    if not len(good):
        return 1.0, stock.bars.days[0].astype(object)
    return float(stock.bars.close[good[0]]), stock.bars.days[good[0]].astype(object)


def _dividends(stock: Stock, day: date) -> float:
    """Cash of the ex-dates of a year, per share of ``day``."""
    year = [d for d in stock.dividends if day - timedelta(days=365) < d.ex_date <= day]
    return sum(
        paid.cash_usd
        / float(np.prod([s.ratio for s in stock.splits if paid.ex_date < s.ex_date <= day]))
        for paid in year
    )


def _quarter_of(day: date) -> int:
    """The number of the quarter in which ``day`` lies."""
    return int((np.datetime64(day, "M") - _FIRST_QUARTER).astype(int)) // 3


def _end_of(quarter: int) -> date:
    month = _FIRST_QUARTER + 3 * (quarter + 1)
    end: date = (month.astype("datetime64[D]") - 1).astype(object)
    return end


def _reported(day: date) -> int:
    """The newest quarter that is public on ``day``."""
    return _quarter_of(day - REPORTED_AFTER) - 1
