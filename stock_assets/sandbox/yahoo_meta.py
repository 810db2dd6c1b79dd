"""What Yahoo's chart says about the symbol itself: exchange, last price, trading hours.

Belongs here: ``meta`` of the v8 chart. Does not belong here: the bars (yahoo_chart.py).
"""

from __future__ import annotations

import bisect
from datetime import UTC, datetime, time, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from stock_assets import market
from stock_assets.sandbox import viewing
from stock_assets.sandbox.truth import Stock
from stock_assets.sandbox.yahoo_series import QUOTES, Series, Window, live_value, opening

VALID_RANGES: Final = ("1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max")
_EXCHANGES: Final = {"XNAS": ("NMS", "NasdaqGS"), "XNYS": ("NYQ", "NYSE")}
_UNKNOWN_EXCHANGE: Final = ("YHD", "YHD")


def describe(
    stock: Stock, shown: Series, window: Window, now: datetime, live: viewing.Live | None
) -> dict[str, object]:
    """What Yahoo says about the symbol itself, as of ``now``."""
    listing = stock.listing
    today = now.astimezone(market.NEW_YORK).date()
    symbol = listing.symbol_on(today).replace(".", "-")
    short, full = _EXCHANGES.get(listing.exchange, _UNKNOWN_EXCHANGE)
    meta: dict[str, object] = {
        "currency": "USD",
        "symbol": symbol,
        "exchangeName": short,
        "fullExchangeName": full,
        "instrumentType": "EQUITY",
        "firstTradeDate": opening(listing.listed_on),
        "hasPrePostMarketData": True,
        "gmtoffset": _offset(now),
        "timezone": _zone(now),
        "exchangeTimezoneName": "America/New_York",
        "longName": listing.name,
        "shortName": listing.name,
        "priceHint": 2,
        "currentTradingPeriod": _trading_period(now),
        "dataGranularity": "1d",
        "range": window.label,
        "validRanges": VALID_RANGES,
    }
    traded = np.flatnonzero(np.isfinite(shown.quotes["close"]))
    if len(traded):
        meta |= _latest(shown, traded, window, live)
    return meta


def _latest(
    shown: Series, traded: npt.NDArray[np.int64], window: Window, live: viewing.Live | None
) -> dict[str, object]:
    """The last price and its day, the range of 52 weeks, the close before the window."""
    last = int(traded[-1])
    value = {name: float(values[last]) for name, values in shown.quotes.items()}
    at = datetime.fromtimestamp(int(shown.stamps[last]), UTC)
    stamp = int(_close_of(at).timestamp()) + 1
    if live is not None:
        value = {name: live_value(live, name) for name in QUOTES}
        stamp = int(live.at.timestamp())
    year = traded[shown.stamps[traded] > stamp - int(timedelta(weeks=52).total_seconds())]
    highs = np.append(shown.quotes["high"][year], value["high"])
    lows = np.append(shown.quotes["low"][year], value["low"])
    before = traded[shown.stamps[traded] < window.first]
    latest: dict[str, object] = {
        "regularMarketTime": stamp,
        "regularMarketPrice": round(value["close"], 4),
        "regularMarketDayHigh": round(value["high"], 4),
        "regularMarketDayLow": round(value["low"], 4),
        "regularMarketVolume": None if np.isnan(value["volume"]) else int(value["volume"]),
        "fiftyTwoWeekHigh": round(float(np.fmax.reduce(highs)), 4),
        "fiftyTwoWeekLow": round(float(np.fmin.reduce(lows)), 4),
    }
    if len(before):
        latest["chartPreviousClose"] = round(float(shown.quotes["close"][before[-1]]), 4)
    return latest


def _close_of(opened: datetime) -> datetime:
    day = opened.astimezone(market.NEW_YORK).date()
    calendar = market.calendar()
    if calendar.is_session(day):
        return calendar.session(day).close_at
    return datetime.combine(day, time(16), market.NEW_YORK).astimezone(UTC)


def _offset(now: datetime) -> int:
    offset = now.astimezone(market.NEW_YORK).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _zone(now: datetime) -> str:
    return now.astimezone(market.NEW_YORK).tzname() or "EST"


def _trading_period(now: datetime) -> dict[str, object]:
    """Pre-market, regular and post-market hours of today's session, or of the last one."""
    calendar = market.calendar()
    today = now.astimezone(market.NEW_YORK).date()
    session = calendar.sessions[max(0, bisect.bisect_right(calendar.days, today) - 1)]
    day = session.day
    early = datetime.combine(day, time(4), market.NEW_YORK)
    late = session.close_at + timedelta(hours=4)
    spans = {
        "pre": (early, session.open_at),
        "regular": (session.open_at, session.close_at),
        "post": (session.close_at, late),
    }
    return {
        name: {
            "timezone": _zone(begin),
            "start": int(begin.timestamp()),
            "end": int(end.timestamp()),
            "gmtoffset": _offset(begin),
        }
        for name, (begin, end) in spans.items()
    }
