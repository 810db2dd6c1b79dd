"""From the truth to what can be seen at an instant: only what has happened, in today's shares.

Belongs here: clipping to the clock, split factors, the bar that is still open. Every vendor's
view starts here. Does not belong here: field names, units of time, rounding of any vendor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from stock_assets import market
from stock_assets.sandbox.truth import Bars, Stock
from stock_assets.sandbox.truth.model import Days, Floats


@dataclass(frozen=True, slots=True)
class Live:
    """The bar of the session in progress, as traded so far."""

    day: date
    at: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float

    def as_bars(self) -> Bars:
        """The same as a series of one."""
        values = (self.open, self.high, self.low, self.close, self.volume)
        return Bars(np.array([self.day], "datetime64[D]"), *(np.array([v]) for v in values))


def finished_through(now: datetime) -> date:
    """The newest day whose session, if it has one, is over by ``now``."""
    today = now.astimezone(market.NEW_YORK).date()
    calendar = market.calendar()
    if calendar.is_session(today) and now < calendar.session(today).close_at:
        return date.fromordinal(today.toordinal() - 1)
    return today


def finished_bars(stock: Stock, now: datetime) -> Bars:
    """The bars of all sessions that are over."""
    return stock.bars.upto(finished_through(now))


def live_bar(stock: Stock, now: datetime) -> Live | None:
    """The partial bar when ``now`` is inside a session in which the stock trades.

    The price moves straight from open to close; high and low widen with it.
    """
    today = now.astimezone(market.NEW_YORK).date()
    calendar = market.calendar()
    if not calendar.is_session(today):
        return None
    session = calendar.session(today)
    if not session.open_at < now < session.close_at:
        return None
    bar = stock.bars.between(today, today)
    if not len(bar):
        return None
    passed = (now - session.open_at) / (session.close_at - session.open_at)
    first, last = float(bar.open[0]), float(bar.close[0])
    price = round(first + (last - first) * passed, 2)
    top, bottom = max(first, price), min(first, price)
    high = max(top, round(top + (float(bar.high[0]) - max(first, last)) * passed, 2))
    low = min(bottom, round(bottom + (float(bar.low[0]) - min(first, last)) * passed, 2))
    return Live(today, now, first, high, low, price, float(round(float(bar.volume[0]) * passed)))


def split_factors(stock: Stock, days: Days, today: date) -> Floats:
    """New shares of ``today`` per share of each day: the product of the splits in between."""
    factors = np.ones(len(days))
    for split in stock.splits:
        if split.ex_date <= today:
            factors[days < np.datetime64(split.ex_date)] *= split.ratio
    return factors
