"""Indices and currencies on Yahoo: the same chart, other exchanges, other hours.

Belongs here: which of them there are, their series and description as of an instant.
Does not belong here: their numbers (truth/indices.py), the chart's form (yahoo_chart.py).

A currency's day is London's: its bar carries midnight there, also on holidays of the United
States, and has no volume. The volatility index has bars on some days on which the exchange is shut.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from stock_assets.market import NEW_YORK, calendar
from stock_assets.sandbox import viewing
from stock_assets.sandbox.truth import Bars, Stock, Truth
from stock_assets.sandbox.truth.indices import (
    BROAD,
    INDICES,
    NASDAQ,
    PAIRS,
    VOLATILITY,
    index,
    pair,
)
from stock_assets.sandbox.viewing import Live
from stock_assets.sandbox.yahoo_chart import Seen
from stock_assets.sandbox.yahoo_meta import VALID_RANGES, describe
from stock_assets.sandbox.yahoo_series import QUOTES, Series, Window, series, single

LONDON: Final = ZoneInfo("Europe/London")
CHICAGO: Final = ZoneInfo("America/Chicago")
_EXCHANGES: Final = {
    BROAD: ("SNP", "SNP"),
    NASDAQ: ("NIM", "Nasdaq GIDS"),
    VOLATILITY: ("CXI", "Cboe Indices"),
}
_CURRENCIES: Final = {"USDINR=X": ("INR", "USD/INR"), "EURUSD=X": ("USD", "EUR/USD")}
_HOLIDAY_BAR_AT: Final = time(16)
_DAY: Final = timedelta(days=1)


class YahooContext:
    """Indices and currencies of one market; each is made when it is first asked for."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._indices: dict[str, Stock] = {}
        self._pairs: dict[str, Bars] = {}
        self._series: dict[str, tuple[date, Series]] = {}

    def seen(self, ticker: str, now: datetime) -> Seen | None:
        """What Yahoo shows at ``now``; None for tickers that are neither."""
        if ticker in INDICES:
            return self._index(ticker, now)
        return self._pair(ticker, now) if ticker in PAIRS else None

    def _index(self, ticker: str, now: datetime) -> Seen:
        if ticker not in self._indices:
            self._indices[ticker] = index(self._truth, ticker)
        stock = self._indices[ticker]
        through = _index_through(now)
        kept = self._series.get(ticker)
        if kept is None or kept[0] != through:
            kept = self._series[ticker] = (through, series(stock, through, through))
        shown, live = kept[1], viewing.live_bar(stock, now)

        def meta(window: Window) -> dict[str, object]:
            return describe(stock, shown, window, now, live) | _about_index(ticker, now)

        return Seen(shown, live, meta)

    def _pair(self, ticker: str, now: datetime) -> Seen:
        if ticker not in self._pairs:
            self._pairs[ticker] = pair(self._truth.seed, ticker)
        bars, today = self._pairs[ticker], now.astimezone(LONDON).date()
        kept = self._series.get(ticker)
        if kept is None or kept[0] != today:
            kept = self._series[ticker] = (today, _london_series(bars.upto(today - _DAY)))
        shown, live = kept[1], _london_live(bars, now)
        return Seen(shown, live, lambda window: _about_pair(ticker, shown, window, now, live))


def _index_through(now: datetime) -> date:
    """The newest finished day; a bar on a day without a session comes in the afternoon."""
    local = now.astimezone(NEW_YORK)
    if not calendar().is_session(local.date()) and local.time() < _HOLIDAY_BAR_AT:
        return local.date() - _DAY
    return viewing.finished_through(now)


def _about_index(ticker: str, now: datetime) -> dict[str, object]:
    short, full = _EXCHANGES[ticker]
    about: dict[str, object] = {
        "exchangeName": short,
        "fullExchangeName": full,
        "instrumentType": "INDEX",
        "hasPrePostMarketData": False,
    }
    if ticker == VOLATILITY:
        about |= {"exchangeTimezoneName": CHICAGO.key, **_zone(now, CHICAGO)}
    return about


def _zone(now: datetime, zone: ZoneInfo) -> dict[str, object]:
    local = now.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    return {"gmtoffset": int(offset.total_seconds()), "timezone": local.tzname()}


def _london_series(bars: Bars) -> Series:
    stamps = np.array([_midnight(day) for day in bars.days.tolist()], dtype=np.int64)
    quotes = {
        name: getattr(bars, name) if name == "volume" else single(getattr(bars, name))
        for name in QUOTES
    }
    return Series(stamps, quotes, quotes["close"], (), ())


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), LONDON).timestamp())


def _london_live(bars: Bars, now: datetime) -> Live | None:
    """The bar of London's today: the rate moves straight from its first to its last value."""
    today = now.astimezone(LONDON).date()
    bar = bars.between(today, today)
    begun = datetime.fromtimestamp(_midnight(today), UTC)
    if not len(bar) or now <= begun:
        return None
    passed = (now - begun) / (datetime.fromtimestamp(_midnight(today + _DAY), UTC) - begun)
    first, last = float(bar.open[0]), float(bar.close[0])
    rate = round(first + (last - first) * passed, 4)
    return Live(today, now, first, max(first, rate), min(first, rate), rate, 0.0)


def _about_pair(
    ticker: str, shown: Series, window: Window, now: datetime, live: Live | None
) -> dict[str, object]:
    """What Yahoo says about a currency pair, as of ``now``."""
    currency, name = _CURRENCIES[ticker]
    begun = _midnight(now.astimezone(LONDON).date())
    period = {**_zone(now, LONDON), "start": begun, "end": begun + 86_340}
    meta: dict[str, object] = {
        "currency": currency,
        "symbol": ticker,
        "exchangeName": "CCY",
        "fullExchangeName": "CCY",
        "instrumentType": "CURRENCY",
        "firstTradeDate": int(shown.stamps[0]) if len(shown.stamps) else None,
        "hasPrePostMarketData": False,
        **_zone(now, LONDON),
        "exchangeTimezoneName": LONDON.key,
        "longName": name,
        "shortName": name,
        "priceHint": 4,
        "currentTradingPeriod": {"pre": period, "regular": period, "post": period},
        "dataGranularity": "1d",
        "range": window.label,
        "validRanges": VALID_RANGES,
    }
    if len(shown.stamps):
        price = live.close if live is not None else float(shown.quotes["close"][-1])
        at = int(now.timestamp()) if live is not None else int(shown.stamps[-1]) + 86_399
        before = shown.quotes["close"][shown.stamps < window.first]
        meta |= {"regularMarketTime": at, "regularMarketPrice": round(price, 4)}
        meta |= {"regularMarketVolume": 0}
        if len(before):
            meta["chartPreviousClose"] = round(float(before[-1]), 4)
    return meta
