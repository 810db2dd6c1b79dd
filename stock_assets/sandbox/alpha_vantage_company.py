"""Alpha Vantage's OVERVIEW: one flat object of strings about a company, as of now.

Belongs here: its fields and their units. Does not belong here: the books
(truth/fundamentals.py), prices (alpha_vantage_prices.py).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from stock_assets import market
from stock_assets.sandbox import viewing
from stock_assets.sandbox.alpha_vantage_prices import seen
from stock_assets.sandbox.truth import Stock
from stock_assets.sandbox.truth.fundamentals import fundamentals

_EXCHANGES: Final = {"XNAS": "NASDAQ", "XNYS": "NYSE"}
_MISSING: Final = "None"
_DASHED: Final = "-"


def overview(stock: Stock, symbol: str, seed: int, now: datetime) -> dict[str, str]:
    """All fields; ``None`` and ``-`` stand for what there is not.

    Ratios such as margins and yields are fractions, money is in dollars.
    """
    today = now.astimezone(market.NEW_YORK).date()
    bars = seen(stock, now)
    day: date = bars.days[-1].astype(object)
    books = fundamentals(seed, stock, day)
    price = float(bars.close[-1])
    ratio = books.pe_ratio(price)
    newest = books.quarters[0]
    company = next((c for c in market.companies() if c.symbol == stock.listing.symbol), None)
    sector = company.sector.upper() if company else _MISSING
    return {
        "Symbol": symbol,
        "AssetType": "Common Stock",
        "Name": stock.listing.name,
        "Description": f"{stock.listing.name} is a company of the twin's market.",
        "CIK": stock.listing.cik.lstrip("0") or _MISSING,
        "Exchange": _EXCHANGES.get(stock.listing.exchange, _MISSING),
        "Currency": "USD",
        "Country": "USA",
        "Sector": sector,
        "Industry": sector,
        "FiscalYearEnd": "December",
        "LatestQuarter": str(newest.end),
        "MarketCapitalization": f"{books.shares * price:.0f}",
        "EBITDA": _MISSING,
        "PERatio": _MISSING if ratio is None else f"{ratio:.2f}",
        "PEGRatio": _MISSING,
        "BookValue": f"{books.book_value_usd:.2f}",
        "DividendPerShare": _some(books.dividend_ttm_usd, 4),
        "DividendYield": _some(books.dividend_yield(price), 4),
        "EPS": f"{books.eps_ttm_usd:.2f}",
        "RevenuePerShareTTM": f"{books.revenue_ttm_usd / books.shares:.2f}",
        "ProfitMargin": f"{newest.net_margin:.4f}",
        "RevenueTTM": f"{books.revenue_ttm_usd:.0f}",
        "DilutedEPSTTM": f"{books.eps_ttm_usd:.2f}",
        "AnalystTargetPrice": _DASHED,
        "TrailingPE": _DASHED if ratio is None else f"{ratio:.2f}",
        "ForwardPE": _DASHED,
        "PriceToBookRatio": f"{price / books.book_value_usd:.2f}",
        "Beta": f"{books.beta:.3f}",
        **_range(stock, now, today),
        "SharesOutstanding": f"{books.shares:.0f}",
        **_dividend_dates(stock, today),
    }


def _range(stock: Stock, now: datetime, today: date) -> dict[str, str]:
    """High and low of a year and mean closes, in shares of today."""
    bars = seen(stock, now)
    factors = viewing.split_factors(stock, bars.days, today)
    year = bars.days > np.datetime64(today - timedelta(days=364))
    close = bars.close / factors
    high, low = (bars.high / factors)[year], (bars.low / factors)[year]
    return {
        "52WeekHigh": f"{high.max():.2f}" if len(high) else _MISSING,
        "52WeekLow": f"{low.min():.2f}" if len(low) else _MISSING,
        "50DayMovingAverage": f"{close[-50:].mean():.2f}",
        "200DayMovingAverage": f"{close[-200:].mean():.2f}",
    }


def _dividend_dates(stock: Stock, today: date) -> dict[str, str]:
    """Payment and ex-date of the newest dividend that is public."""
    public = [paid for paid in stock.dividends if paid.public_on <= today]
    if not public:
        return {"DividendDate": _MISSING, "ExDividendDate": _MISSING}
    newest = public[-1]
    return {
        "DividendDate": str(newest.pay_date) if newest.pay_date else _MISSING,
        "ExDividendDate": str(newest.ex_date),
    }


def _some(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}" if value else _MISSING
