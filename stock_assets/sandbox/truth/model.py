"""The shape of a market's truth: immutable, as traded, without any vendor in it.

Units: prices and dividends in USD per share of that day, volume in shares of that day, days as
New York dates (numpy ``datetime64[D]`` in arrays). A bar's missing value is NaN.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Bars:
    """Daily bars of one symbol in order of days, as traded; all arrays have the same length."""

    days: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        return len(self.days)

    def upto(self, day: date) -> Bars:
        """The bars of ``day`` and before, as views."""
        return self.between(None, day)

    def between(self, first: date | None, last: date) -> Bars:
        """The bars from ``first`` (or the beginning) to ``last``, both included, as views."""
        low = 0 if first is None else int(np.searchsorted(self.days, np.datetime64(first)))
        high = int(np.searchsorted(self.days, np.datetime64(last), side="right"))
        part = slice(low, high)
        return Bars(
            self.days[part],
            self.open[part],
            self.high[part],
            self.low[part],
            self.close[part],
            self.volume[part],
        )


@dataclass(frozen=True, slots=True)
class Split:
    """``new`` shares replace ``old`` ones from ``ex_date`` on; public from ``announced_on`` on."""

    ex_date: date
    new: int
    old: int
    announced_on: date

    @property
    def ratio(self) -> float:
        """New shares per old share."""
        return self.new / self.old


@dataclass(frozen=True, slots=True)
class Dividend:
    """Cash per share of the ex-date. ``declared_on`` is None where nobody recorded it."""

    ex_date: date
    cash_usd: float
    declared_on: date | None = None
    record_date: date | None = None
    pay_date: date | None = None
    special: bool = False

    @property
    def public_on(self) -> date:
        """First day on which a vendor can tell it."""
        return self.declared_on or self.ex_date


@dataclass(frozen=True, slots=True)
class Rename:
    """Until the day before ``day`` the stock traded as ``former``."""

    former: str
    day: date


@dataclass(frozen=True, slots=True)
class Listing:
    """Who the company is, and when it was listed. ``symbol`` is the canonical, newest one."""

    symbol: str
    name: str
    exchange: str
    figi: str
    share_class_figi: str
    cik: str
    listed_on: date
    delisted_on: date | None = None
    renames: tuple[Rename, ...] = ()

    def symbol_on(self, day: date) -> str:
        """The ticker under which it trades on ``day``."""
        for rename in self.renames:
            if day < rename.day:
                return rename.former
        return self.symbol

    def is_active(self, day: date) -> bool:
        """Whether it is listed on ``day``; the day of delisting is the last one."""
        gone = self.delisted_on is not None and day > self.delisted_on
        return self.listed_on <= day and not gone


@dataclass(frozen=True, slots=True)
class Stock:
    """Everything about one symbol. ``halts``: sessions on which it did not trade at all."""

    listing: Listing
    bars: Bars
    splits: tuple[Split, ...] = ()
    dividends: tuple[Dividend, ...] = ()
    halts: tuple[date, ...] = ()


@dataclass(frozen=True)
class Truth:
    """A market: stocks by canonical symbol. ``label`` names it, without a secret in it.

    ``seed`` is what the world around the stocks (news, economy, policy) is drawn from.
    """

    label: str
    stocks: dict[str, Stock]
    last_day: date
    seed: int = 0
    notes: tuple[str, ...] = field(default=())

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Canonical symbols in alphabetical order."""
        return tuple(sorted(self.stocks))

    @cached_property
    def rows(self) -> int:
        """How many bars there are."""
        return sum(len(stock.bars) for stock in self.stocks.values())

    def trading_as(self, ticker: str, day: date) -> Stock | None:
        """The stock that is known by ``ticker`` on ``day``, listed or already delisted."""
        stock = self.stocks.get(ticker)
        if stock is not None:
            return stock if stock.listing.symbol_on(day) == ticker else None
        return next(
            (s for s in self._renamed if s.listing.symbol_on(day) == ticker),
            None,
        )

    @cached_property
    def _renamed(self) -> tuple[Stock, ...]:
        return tuple(s for s in self.stocks.values() if s.listing.renames)


def invented_listing(
    symbol: str,
    name: str,
    exchange: str,
    listed_on: date,
    *,
    delisted_on: date | None = None,
    renames: tuple[Rename, ...] = (),
) -> Listing:
    """A listing whose identifiers are invented from the symbol: stable, and of the right shape."""
    digest = hashlib.sha256(f"figi {symbol}".encode()).digest()
    letters = "BCDFGHJKLMNPQRSTVWXYZ0123456789"
    text = "".join(letters[byte % len(letters)] for byte in digest)
    return Listing(
        symbol,
        name,
        exchange,
        figi=f"BBG00{text[:7]}",
        share_class_figi=f"BBG001{text[7:13]}",
        cik=f"{int.from_bytes(digest[-4:], 'big') % 2_000_000:010d}",
        listed_on=listed_on,
        delisted_on=delisted_on,
        renames=renames,
    )
