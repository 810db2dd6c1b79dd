"""Finnhub's quotes, profiles and metrics: the market's last price, and what the books make of it.

Belongs here: ``/quote``, ``/stock/profile2``, ``/stock/metric``. Shares, capitalisation and volumes
are in millions, yields in percent, prices raw in shares of their day; the previous close is in
shares of the day of the quote. Unknown symbols are no error: zeros, or an empty object.
Does not belong here: the books (truth/fundamentals.py), keys and pace (finnhub.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from stock_assets import market
from stock_assets.sandbox import viewing
from stock_assets.sandbox.instants import CLOSE, instant
from stock_assets.sandbox.truth import Bars, Stock, Truth
from stock_assets.sandbox.truth.fundamentals import Fundamentals, fundamentals
from stock_assets.sandbox.truth.subjects import sector_of
from stock_assets.sandbox.wire import Answer, Ask, json_answer

_MILLION: Final = 1e6
_EXCHANGES: Final = {"XNAS": "NASDAQ NMS - GLOBAL MARKET", "XNYS": "NEW YORK STOCK EXCHANGE, INC."}
_UNKNOWN: Final[dict[str, object]] = {
    "c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Last:
    """The newest bar, finished or in progress, and the close before it in shares of its day."""

    day: date
    at: int
    open: float
    high: float
    low: float
    close: float
    before: float | None


class CompanyView:
    """Companies that are listed on the asker's day."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def quote(self, ask: Ask) -> Answer:
        """The last price of the session in progress, or of the last one."""
        stock = self._listed(ask)
        last = None if stock is None else _last(stock, ask)
        if last is None:
            return json_answer(_UNKNOWN)
        change = None if last.before is None else round(last.close - last.before, 4)
        return json_answer(
            {
                "c": last.close,
                "d": change,
                "dp": round(100.0 * change / last.before, 4) if last.before and change else change,
                "h": last.high,
                "l": last.low,
                "o": last.open,
                "pc": 0 if last.before is None else round(last.before, 4),
                "t": last.at,
            }
        )

    def profile(self, ask: Ask) -> Answer:
        """Who the company is and what it is worth, in millions; by symbol alone."""
        stock = self._listed(ask)
        last = None if stock is None else _last(stock, ask)
        if stock is None or last is None:
            return json_answer({})
        listing, books = stock.listing, fundamentals(self._truth.seed, stock, last.day)
        slug = "".join(c for c in listing.name.lower() if c.isalnum())
        return json_answer(
            {
                "country": "US",
                "currency": "USD",
                "estimateCurrency": "USD",
                "exchange": _EXCHANGES.get(listing.exchange, ""),
                "finnhubIndustry": sector_of(listing.symbol),
                "ipo": listing.listed_on.isoformat(),
                "logo": f"https://static2.finnhub.io/file/publicdatany/{slug}.png",
                "marketCapitalization": round(books.shares * last.close / _MILLION, 4),
                "name": listing.name,
                "phone": "12125550100",
                "shareOutstanding": round(books.shares / _MILLION, 4),
                "ticker": listing.symbol_on(ask.today),
                "weburl": f"https://www.{slug}.example/",
            }
        )

    def metric(self, ask: Ask) -> Answer:
        """Ratios, ranges and the reported quarters, as of the asker's instant."""
        kind = ask.query.get("metric", "all")
        asked = ask.query.get("symbol", "").upper()
        stock = self._listed(ask)
        last = None if stock is None else _last(stock, ask)
        metric: dict[str, object] = {}
        series: dict[str, object] = {}
        if stock is not None and last is not None:
            books = fundamentals(self._truth.seed, stock, last.day)
            metric = _traded(viewing.finished_bars(stock, ask.now), stock, last.day) | _valued(
                books, last.close
            )
            series = {"annual": {}, "quarterly": _series(books)}
        return json_answer(
            {"metric": metric, "metricType": kind, "series": series, "symbol": asked}
        )

    def _listed(self, ask: Ask) -> Stock | None:
        stock = self._truth.trading_as(ask.query.get("symbol", "").upper(), ask.today)
        return stock if stock is not None and stock.listing.is_active(ask.today) else None


def _last(stock: Stock, ask: Ask) -> _Last | None:
    bars, live = viewing.finished_bars(stock, ask.now), viewing.live_bar(stock, ask.now)
    if live is not None:
        before = _close_before(stock, len(bars), live.day)
        at = int(live.at.timestamp())
        return _Last(live.day, at, live.open, live.high, live.low, live.close, before)
    if not len(bars):
        return None
    day: date = bars.days[-1].astype(object)
    calendar = market.calendar()
    is_session = calendar.is_session(day)
    closed = int(calendar.session(day).close_at.timestamp()) if is_session else instant(day, CLOSE)
    return _Last(
        day,
        closed,
        float(bars.open[-1]),
        float(bars.high[-1]),
        float(bars.low[-1]),
        float(bars.close[-1]),
        _close_before(stock, len(bars) - 1, day),
    )


def _close_before(stock: Stock, count: int, day: date) -> float | None:
    """The last of the first ``count`` closes, in shares of ``day``."""
    if not count:
        return None
    days = stock.bars.days[count - 1 : count]
    factor = float(viewing.split_factors(stock, days, day)[0])
    return float(stock.bars.close[count - 1]) / factor


def _traded(bars: Bars, stock: Stock, day: date) -> dict[str, object]:
    """What the bars of a year say, in shares of ``day``."""
    year = bars.between(day - timedelta(days=365), day)
    if not len(year):
        return {}
    factors = viewing.split_factors(stock, year.days, day)
    high, low, close = (values / factors for values in (year.high, year.low, year.close))
    volume = year.volume * factors
    if not (np.isfinite(high).any() and np.isfinite(low).any()):
        return {}
    top, bottom = int(np.nanargmax(high)), int(np.nanargmin(low))
    return {
        "10DayAverageTradingVolume": round(float(np.mean(volume[-10:])) / _MILLION, 5),
        "3MonthAverageTradingVolume": round(float(np.mean(volume[-63:])) / _MILLION, 5),
        "52WeekHigh": round(float(high[top]), 4),
        "52WeekHighDate": str(year.days[top]),
        "52WeekLow": round(float(low[bottom]), 4),
        "52WeekLowDate": str(year.days[bottom]),
        "52WeekPriceReturnDaily": round(100.0 * float(close[-1] / close[0] - 1.0), 4),
    }


def _valued(books: Fundamentals, price: float) -> dict[str, object]:
    """Ratios; those of earnings are null where a company earns nothing."""
    ratio = books.pe_ratio(price)
    newest = books.quarters[0]
    earned = books.eps_ttm_usd * books.shares
    return {
        "beta": books.beta,
        "bookValuePerShareQuarterly": books.book_value_usd,
        "currentDividendYieldTTM": round(100.0 * books.dividend_yield(price), 4),
        "currentRatioQuarterly": newest.current_ratio,
        "dividendPerShareTTM": round(books.dividend_ttm_usd, 4),
        "dividendYieldIndicatedAnnual": round(100.0 * books.dividend_yield(price), 4),
        "epsTTM": books.eps_ttm_usd,
        "marketCapitalization": round(books.shares * price / _MILLION, 4),
        "netProfitMarginTTM": round(100.0 * earned / books.revenue_ttm_usd, 2),
        "pbQuarterly": round(price / books.book_value_usd, 4),
        "peBasicExclExtraTTM": None if ratio is None else round(ratio, 4),
        "peTTM": None if ratio is None else round(ratio, 4),
        "roeTTM": round(100.0 * books.eps_ttm_usd / books.book_value_usd, 2),
    }


def _series(books: Fundamentals) -> dict[str, object]:
    columns = {"currentRatio": "current_ratio", "eps": "eps_usd", "netMargin": "net_margin"}
    return {
        name: [
            {"period": quarter.end.isoformat(), "v": getattr(quarter, column)}
            for quarter in books.quarters
        ]
        for name, column in columns.items()
    }
