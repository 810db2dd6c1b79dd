"""What stands beside the shares: stock indices made of them, an index of volatility, currencies.

Belongs here: their daily bars. Does not belong here: Yahoo's form of them (sandbox/yahoo_*.py).

An index moves by the mean of its members' moves, each day's from their own last close, so nothing
in it says more about tomorrow than its members do. The volatility index follows what the broad
index has done. Currencies are drawn for themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

import numpy as np

from stock_assets import market
from stock_assets.sandbox.truth.luck import stream
from stock_assets.sandbox.truth.model import Bars, Days, Floats, Listing, Stock, Truth

BROAD: Final = "^GSPC"
NASDAQ: Final = "^IXIC"
VOLATILITY: Final = "^VIX"
INDICES: Final = (BROAD, NASDAQ, VOLATILITY)

PAIRS: Final = {"USDINR=X": (63.0, 0.0028, 1.1e-4), "EURUSD=X": (1.21, 0.0048, -1e-5)}
"""What one unit of the first currency costs on the first day, its daily spread of moves, drift."""

HOLIDAY_BARS_FROM: Final = date(2022, 5, 1)
_FX_FIRST: Final = date(2015, 1, 1)
_FX_LAST: Final = date(2045, 12, 31)
_STARTS: Final = {BROAD: 2058.9, NASDAQ: 4736.05}
_NAMES: Final = {BROAD: "S&P 500", NASDAQ: "NASDAQ Composite", VOLATILITY: "CBOE Volatility Index"}
_MEMORY: Final = 0.94
_FULL_HOLIDAYS: Final = frozenset({(1, 1), (12, 25)})


def index(truth: Truth, symbol: str) -> Stock:
    """The index as something with bars; ``symbol`` is one of INDICES."""
    if symbol == VOLATILITY:
        bars = _volatility(truth.seed, index(truth, BROAD).bars)
    else:
        members = [
            stock
            for stock in truth.stocks.values()
            if symbol == BROAD or stock.listing.exchange == "XNAS"
        ]
        bars = _mean_of(members or truth.stocks.values(), _STARTS[symbol])
    listed = bars.days[0].astype(object) if len(bars) else market.FIRST_DAY
    return Stock(Listing(symbol, _NAMES[symbol], "INDEX", "", "", "", listed), bars)


def pair(seed: int, symbol: str) -> Bars:
    """Every weekday's bar of a currency pair in London; ``symbol`` is one of PAIRS."""
    start, spread, drift = PAIRS[symbol]
    days = np.arange(np.datetime64(_FX_FIRST), np.datetime64(_FX_LAST) + 1)
    days = days[np.is_busday(days)]
    luck = stream(seed, symbol, "currency").standard_normal((len(days), 4))
    # Pulled back a little, so that thirty years stay within what a currency does.
    log = _pulled(spread * luck[:, 0] + drift, pull=0.0008)
    close = start * np.exp(log)
    opened = np.concatenate([[start], close[:-1]]) * np.exp(0.1 * spread * luck[:, 1])
    high = np.maximum(opened, close) * np.exp(0.5 * spread * np.abs(luck[:, 2]))
    low = np.minimum(opened, close) * np.exp(-0.5 * spread * np.abs(luck[:, 3]))
    return _rounded(days, opened, high, low, close, np.zeros(len(days)), decimals=4)


def _pulled(steps: Floats, *, pull: float) -> Floats:
    out, level = np.empty(len(steps)), 0.0
    for place, step in enumerate(steps.tolist()):
        level = level * (1 - pull) + step
        out[place] = level
    return out


def _mean_of(members: Iterable[Stock], start: float) -> Bars:
    """Each day's mean of open, high, low and close over the last close, in today's shares."""
    stocks = [stock for stock in members if len(stock.bars) > 1]
    if not stocks:
        nothing = np.empty(0)
        return Bars(nothing.astype("datetime64[D]"), nothing, nothing, nothing, nothing, nothing)
    days = np.unique(np.concatenate([stock.bars.days for stock in stocks]))
    sums, counts, volume = np.zeros((4, len(days))), np.zeros(len(days)), np.zeros(len(days))
    for stock in stocks:
        bars, factors = stock.bars, _split_factors(stock)
        at = np.searchsorted(days, bars.days)
        volume[at] += bars.volume
        before = bars.close[:-1] / factors[:-1]
        for row, values in enumerate((bars.open, bars.high, bars.low, bars.close)):
            sums[row, at[1:]] += values[1:] / factors[1:] / before
        counts[at[1:]] += 1
    ratios = np.where(counts > 0, sums / np.maximum(counts, 1), 1.0)
    close = start * np.cumprod(ratios[3])
    before = np.concatenate([[start], close[:-1]])
    opened, high, low, closed = (before * row for row in ratios)
    return _rounded(days, opened, high, low, closed, volume * 40, decimals=2)


def _split_factors(stock: Stock) -> Floats:
    factors = np.ones(len(stock.bars))
    for split in stock.splits:
        factors[stock.bars.days < np.datetime64(split.ex_date)] *= split.ratio
    return factors


def _volatility(seed: int, broad: Bars) -> Bars:
    """Yearly percent that the broad index has moved by, with luck of its own."""
    if not len(broad):
        return broad
    moves = np.diff(np.log(broad.close), prepend=np.log(broad.close[0]))
    variance = np.empty(len(moves))
    level = 0.0001
    for place, move in enumerate(moves.tolist()):
        level = _MEMORY * level + (1 - _MEMORY) * move * move
        variance[place] = level
    luck = stream(seed, VOLATILITY, "bars").standard_normal((len(moves), 4))
    close = 9.0 + 80.0 * np.sqrt(252 * variance) * np.exp(0.05 * luck[:, 0])
    opened = np.concatenate([close[:1], close[:-1]]) * np.exp(0.02 * luck[:, 1])
    high = np.maximum(opened, close) * np.exp(0.03 * np.abs(luck[:, 2]))
    low = np.minimum(opened, close) * np.exp(-0.03 * np.abs(luck[:, 3]))
    bars = _rounded(broad.days, opened, high, low, close, np.zeros(len(close)), decimals=2)
    return _with_holidays(bars)


def _with_holidays(bars: Bars) -> Bars:
    """Since 2022 there are bars on days on which futures trade and the exchange is shut."""
    first, last = bars.days[0], bars.days[-1]
    weekdays = np.arange(max(first, np.datetime64(HOLIDAY_BARS_FROM)), last + 1)
    weekdays = weekdays[np.is_busday(weekdays)]
    calendar = market.calendar()
    extra = [day for day in weekdays.tolist() if not calendar.is_session(day) and _has_bar(day)]
    if not extra:
        return bars
    holidays = np.array(extra, dtype="datetime64[D]")
    at = np.searchsorted(bars.days, holidays)
    still = bars.close[at - 1]
    return Bars(
        np.insert(bars.days, at, holidays),
        np.insert(bars.open, at, still),
        np.insert(bars.high, at, still + 0.1),
        np.insert(bars.low, at, still - 0.1),
        np.insert(bars.close, at, still),
        np.insert(bars.volume, at, 0.0),
    )


def _has_bar(day: date) -> bool:
    """Whether futures trade in the morning: not at Christmas, New Year and Good Friday."""
    observed = {(day.month, day.day), (day.month, day.day - 1), (day.month, day.day + 1)}
    return not observed & _FULL_HOLIDAYS and not (day.month in (3, 4) and day.weekday() == 4)


def _rounded(
    days: Days,
    opened: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    volume: Floats,
    *,
    decimals: int,
) -> Bars:
    opened, high, low, close = (np.round(v, decimals) for v in (opened, high, low, close))
    return Bars(days, opened, high, low, close, np.round(volume))
