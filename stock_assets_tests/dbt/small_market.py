"""A seeded market for the dbt tests, as rows of the declared tables.

Belongs here: sessions, bars, splits, dividends, gaps, two vendors. Does not belong here: storage
(small_lake.py), features (oracle.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from stock_assets.market import Calendar, Session
from stock_assets_tests.dbt.small_lake import Rows

NEW_YORK = ZoneInfo("America/New_York")


@lru_cache(maxsize=1)
def sessions() -> tuple[Session, ...]:
    """The sessions of 2019 to 2022; numbers count from the first of them."""
    return Calendar(date(2019, 1, 1), date(2022, 12, 31)).sessions


def session_rows() -> Rows:
    return rows_of(sessions())


def rows_of(days: Iterable[Session]) -> Rows:
    """Sessions as rows of SESSIONS."""
    return [
        {
            "session": s.day,
            "session_number": s.number,
            "open_at": s.open_at,
            "close_at": s.close_at,
            "decision_at": s.decision_at,
            "is_half_day": s.is_half_day,
            "known_at": s.open_at,
        }
        for s in days
    ]


def bar(vendor: str, symbol: str, session: Session, close: float, **other: Any) -> dict[str, Any]:
    """One as-traded bar around ``close``; ``other`` overrides columns."""
    row = {
        "vendor": vendor,
        "symbol": symbol,
        "session": session.day,
        "open_usd": close,
        "high_usd": close * 1.01,
        "low_usd": close * 0.99,
        "close_usd": close,
        "volume_shares": 1000.0,
        "price_basis": "as_traded",
        "known_at": session.close_at,
    }
    return {**row, **other}


def action(
    vendor: str, symbol: str, kind: str, ex_date: date, amount: float, **other: Any
) -> dict[str, Any]:
    """One split (ratio) or dividend (USD)."""
    row = {
        "vendor": vendor,
        "symbol": symbol,
        "kind": kind,
        "ex_date": ex_date,
        "split_ratio": amount if kind == "split" else None,
        "dividend_usd": amount if kind == "dividend" else None,
        "known_at": datetime.combine(ex_date, time(0), tzinfo=NEW_YORK).astimezone(UTC),
    }
    return {**row, **other}


@dataclass
class Market:
    """Rows of a generated market in the order of time."""

    days: tuple[Session, ...]
    symbols: tuple[str, ...]
    prices: Rows = field(default_factory=list)
    actions: Rows = field(default_factory=list)

    def prices_between(self, first: int, last: int) -> Rows:
        """Bars of the sessions number ``first`` to ``last``."""
        low, high = self.days[first].day, self.days[last].day
        return [row for row in self.prices if low <= row["session"] <= high]

    def actions_between(self, first: int, last: int) -> Rows:
        """Splits and dividends that go ex on the sessions number ``first`` to ``last``."""
        low, high = self.days[first].day, self.days[last].day
        return [row for row in self.actions if low <= row["ex_date"] <= high]


def generate(symbols: int, count: int, seed: int = 7) -> Market:
    """A random walk per symbol with as-traded prices; what else happens depends on its number.

    Number % 4 = 0: one split; 1: a reverse split and two splits within ten sessions. Number % 5 =
    1: two sessions without a bar; 2: one session without volume. Number % 2 = 0: dividends.
    Number % 3 = 0: a second vendor on most sessions, whose prices differ a little.
    """
    rng = np.random.default_rng(seed)
    market = Market(sessions()[:count], tuple(f"S{i:03d}" for i in range(symbols)))
    for index, symbol in enumerate(market.symbols):
        _add(market, index, symbol, rng)
    return market


def _add(market: Market, index: int, symbol: str, rng: np.random.Generator) -> None:
    count = len(market.days)
    splits = _splits(index, count)
    gaps = {count // 2, count // 2 + 30} if index % 5 == 1 else set()
    idle = {count // 3} if index % 5 == 2 else set()
    close, factor = float(rng.uniform(5, 400)), 1.0
    for n, day in enumerate(market.days):
        close *= float(np.exp(rng.normal(0.0003, 0.02)))
        volume = float(np.floor(rng.lognormal(13, 0.5)))
        spread = sorted(rng.uniform(0, 0.02, 2))
        ratio = splits.get(n, 1.0)
        factor *= ratio
        price = round(close / factor, 4)
        if ratio != 1.0:
            market.actions += [
                action(vendor, symbol, "split", day.day, ratio) for vendor in ("polygon", "yahoo")
            ]
        if n % 63 == 10 + index % 40 and index % 2 == 0:
            amount = round(price * 0.005, 4)
            market.actions.append(action("yahoo", symbol, "dividend", day.day, amount))
        if n in gaps:
            continue
        shape = {
            "open_usd": round(price * (1 - spread[0] / 2), 4),
            "high_usd": round(price * (1 + spread[1]), 4),
            "low_usd": round(price * (1 - spread[1]), 4),
            "volume_shares": 0.0 if n in idle else volume,
        }
        market.prices.append(bar("yahoo", symbol, day, price, **shape))
        if index % 3 == 0 and n % 7:
            market.prices.append(bar("polygon", symbol, day, round(price * 1.0001, 4), **shape))


def _splits(index: int, count: int) -> dict[int, float]:
    if index % 4 == 0:
        return {count // 2 + 5: 4.0}
    if index % 4 == 1:
        return {count // 3: 0.1, count // 3 + 7: 1.5, count // 3 + 9: 3.0}
    return {}
