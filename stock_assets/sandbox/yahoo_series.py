"""One symbol as Yahoo states it: everything in today's shares, dividends taken out of adjcloses.

Belongs here: the numbers, computed once per symbol and day. Does not belong here: JSON
(yahoo_chart.py), what is said about the symbol itself (yahoo_meta.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from stock_assets.sandbox import viewing
from stock_assets.sandbox.instants import OPEN, Seconds, instant, instants
from stock_assets.sandbox.truth import Stock
from stock_assets.sandbox.truth.model import Days, Floats

QUOTES: Final = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Series:
    """All that Yahoo could show of one symbol after a given finished day, in today's shares.

    Halted sessions are rows of NaN. ``adjusted`` also takes dividends out.
    """

    stamps: Seconds
    quotes: dict[str, Floats]
    adjusted: Floats
    dividends: tuple[tuple[int, float], ...]
    splits: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Window:
    """Which bars were asked for: from ``first`` up to before ``end``, in seconds.

    ``label`` is the range by name, if it was one.
    """

    first: int
    end: int
    label: str = ""


def opening(day: date) -> int:
    """The stamp of a daily bar: 09:30 in New York, in seconds since 1970."""
    return instant(day, OPEN)


def series(stock: Stock, through: date, today: date) -> Series:
    """Bars to ``through``, in shares of ``today``."""
    bars = stock.bars.upto(through)
    days = _with_halts(bars.days, [day for day in stock.halts if day <= through])
    where = np.searchsorted(days, bars.days)
    factors = viewing.split_factors(stock, days, today)
    quotes: dict[str, Floats] = {}
    for name in QUOTES:
        row = np.full(len(days), np.nan)
        row[where] = getattr(bars, name)
        is_price = name != "volume"
        quotes[name] = single(row / factors) if is_price else np.round(row * factors)
    paid = [d for d in stock.dividends if d.ex_date <= today]
    when = np.array([d.ex_date for d in paid], dtype="datetime64[D]")
    cash = np.array([d.cash_usd for d in paid]) / viewing.split_factors(stock, when, today)
    return Series(
        instants(days, OPEN),
        quotes,
        single(quotes["close"] * _dividend_factors(days, quotes["close"], when, cash)),
        tuple(zip(instants(when, OPEN).tolist(), np.round(cash, 6).tolist(), strict=True)),
        tuple((opening(s.ex_date), s.new, s.old) for s in stock.splits if s.ex_date <= today),
    )


def _with_halts(days: Days, halts: Iterable[date]) -> Days:
    extra = np.array(list(halts), dtype="datetime64[D]")
    return np.union1d(days, extra) if len(extra) else days


def single(values: Floats) -> Floats:
    """Through single precision and back: the digits that Yahoo shows."""
    narrow: npt.NDArray[np.float32] = values.astype(np.float32)
    return narrow.astype(np.float64)


def _dividend_factors(days: Days, close: Floats, when: Days, cash: Floats) -> Floats:
    """Product over later dividends of (1 - cash / last close before the ex-date)."""
    steps = np.ones(len(days) + 1)
    for day, amount in zip(when, cash, strict=True):
        at = int(np.searchsorted(days, day))
        before = close[:at][np.isfinite(close[:at])]
        if len(before) and before[-1] > amount:
            steps[at] *= 1.0 - amount / before[-1]
    return np.multiply.accumulate(steps[::-1])[::-1][1:]


def live_value(live: viewing.Live, name: str) -> float:
    """A field of the bar in progress, as it is shown."""
    value = float(getattr(live, name))
    return value if name == "volume" else float(np.float32(value))
