"""Alpha Vantage's prices: as traded, newest first, every value a string.

Belongs here: TIME_SERIES_DAILY, TIME_SERIES_DAILY_ADJUSTED, GLOBAL_QUOTE. Does not belong here:
who may have them (alpha_vantage.py).

While a session is open its bar so far comes first. Rows without a complete price are left out.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import numpy as np

from stock_assets.market import NEW_YORK
from stock_assets.sandbox import viewing
from stock_assets.sandbox.truth import Bars, Stock
from stock_assets.sandbox.truth.model import Floats
from stock_assets.sandbox.wire import Answer, Ask, json_answer, text_answer

SIZES: Final = ("compact", "full")
COMPACT: Final = 100

_RAW: Final = ("1. open", "2. high", "3. low", "4. close", "5. volume")
_ADJUSTED: Final = (
    "1. open", "2. high", "3. low", "4. close", "5. adjusted close", "6. volume",
    "7. dividend amount", "8. split coefficient",
)  # fmt: skip


def has_traded(stock: Stock, now: datetime) -> bool:
    """Whether there is any bar of it yet."""
    return len(seen(stock, now)) > 0


def seen(stock: Stock, now: datetime) -> Bars:
    """All complete bars up to now, oldest first, the one in progress included."""
    bars = viewing.finished_bars(stock, now)
    live = viewing.live_bar(stock, now)
    if live is not None:
        bars = _joined(bars, live.as_bars())
    prices = np.vstack([bars.open, bars.high, bars.low, bars.close, bars.volume])
    whole = np.isfinite(prices).all(axis=0)
    return bars if whole.all() else Bars(bars.days[whole], *prices[:, whole])


def _joined(bars: Bars, more: Bars) -> Bars:
    return Bars(
        np.concatenate([bars.days, more.days]),
        np.concatenate([bars.open, more.open]),
        np.concatenate([bars.high, more.high]),
        np.concatenate([bars.low, more.low]),
        np.concatenate([bars.close, more.close]),
        np.concatenate([bars.volume, more.volume]),
    )


def daily(stock: Stock, symbol: str, ask: Ask, size: str, *, is_adjusted: bool) -> Answer:
    """A body of TIME_SERIES_DAILY or TIME_SERIES_DAILY_ADJUSTED, or the same as CSV."""
    bars = seen(stock, ask.now)
    names = _ADJUSTED if is_adjusted else _RAW
    columns = _columns(stock, bars, ask.today, is_adjusted=is_adjusted)
    first = 0 if size == "full" else max(0, len(bars) - COMPACT)
    days: list[str] = np.datetime_as_string(bars.days).tolist()
    order = range(len(bars) - 1, first - 1, -1)
    if ask.query.get("datatype") == "csv":
        header = ["timestamp", *(name.split(". ")[1].replace(" ", "_") for name in names)]
        lines = [",".join([days[at], *(column[at] for column in columns)]) for at in order]
        return text_answer("\r\n".join([",".join(header), *lines, ""]), content_type="text/csv")
    rows = {
        days[at]: dict(zip(names, (column[at] for column in columns), strict=True)) for at in order
    }
    title = (
        "Daily Time Series with Splits and Dividend Events"
        if is_adjusted
        else "Daily Prices (open, high, low, close) and Volumes"
    )
    meta = {
        "1. Information": title,
        "2. Symbol": symbol,
        "3. Last Refreshed": _refreshed(stock, days[-1], ask.now),
        "4. Output Size": "Full size" if size == "full" else "Compact",
        "5. Time Zone": "US/Eastern",
    }
    return json_answer({"Meta Data": meta, "Time Series (Daily)": rows})


def quote(stock: Stock, symbol: str, ask: Ask) -> dict[str, str]:
    """What stands under ``Global Quote``: the newest bar and its change from the close before."""
    bars = seen(stock, ask.now)
    day: date = bars.days[-1].astype(object)
    close = float(bars.close[-1])
    before = close
    if len(bars) > 1:
        before = float(bars.close[-2] / viewing.split_factors(stock, bars.days[-2:-1], day)[0])
    change = close - before
    return {
        "01. symbol": symbol,
        "02. open": f"{bars.open[-1]:.4f}",
        "03. high": f"{bars.high[-1]:.4f}",
        "04. low": f"{bars.low[-1]:.4f}",
        "05. price": f"{close:.4f}",
        "06. volume": f"{bars.volume[-1]:.0f}",
        "07. latest trading day": str(day),
        "08. previous close": f"{before:.4f}",
        "09. change": f"{change:.4f}",
        "10. change percent": f"{100 * change / before:.4f}%",
    }


def adjusted_close(stock: Stock, bars: Bars, today: date) -> Floats:
    """Closes in shares of ``today`` with the dividends paid until then taken out."""
    factors = viewing.split_factors(stock, bars.days, today)
    close = bars.close / factors
    steps = np.ones(len(bars) + 1)
    for paid in stock.dividends:
        at = int(np.searchsorted(bars.days, np.datetime64(paid.ex_date)))
        if paid.ex_date > today or not 0 < at < len(bars):
            continue
        cash = paid.cash_usd / viewing.split_factors(
            stock, np.array([paid.ex_date], "datetime64[D]"), today
        )
        if cash[0] < close[at - 1]:
            steps[at] *= 1.0 - float(cash[0] / close[at - 1])
    later: Floats = np.multiply.accumulate(steps[::-1])[::-1][1:]
    return close * later


def _columns(stock: Stock, bars: Bars, today: date, *, is_adjusted: bool) -> list[list[str]]:
    prices = [_written(row, 4) for row in (bars.open, bars.high, bars.low, bars.close)]
    volume = _written(bars.volume, 0)
    if not is_adjusted:
        return [*prices, volume]
    cash, split = np.zeros(len(bars)), np.ones(len(bars))
    for paid in stock.dividends:
        cash[bars.days == np.datetime64(paid.ex_date)] += paid.cash_usd
    for change in stock.splits:
        split[bars.days == np.datetime64(change.ex_date)] *= change.ratio
    adjusted = _written(adjusted_close(stock, bars, today), 4)
    return [*prices, adjusted, volume, _written(cash, 4), [str(ratio) for ratio in split.tolist()]]


def _written(values: Floats, decimals: int) -> list[str]:
    return [f"{value:.{decimals}f}" for value in values.tolist()]


def _refreshed(stock: Stock, newest: str, now: datetime) -> str:
    """The newest day, with the time while the session is open."""
    if viewing.live_bar(stock, now) is None:
        return newest
    return f"{now.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S}"
