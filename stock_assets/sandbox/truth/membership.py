"""Who is in the index and since when, for the stocks of a market.

Belongs here: stays in the S&P 500, those that left and came back included, and sectors.
Does not belong here: the files that list them (sandbox/membership.py).

Dates of the default companies are near the real ones, where that is possible; others are drawn
for each symbol alone, so that no symbol's stays depend on which other symbols exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from stock_assets import market
from stock_assets.sandbox.truth.luck import stream
from stock_assets.sandbox.truth.model import Stock, Truth

BEGINNING: Final = date(1996, 1, 2)
"""The first day of the list; whoever was a member then has it as the first day."""

_STAYS: Final[dict[str, tuple[tuple[date, date | None], ...]]] = {
    "GOOGL": ((date(2006, 4, 3), None),),
    "AMZN": ((date(2005, 11, 21), None),),
    "NVDA": ((date(2001, 11, 30), None),),
    "META": ((date(2013, 12, 23), None),),
    "TSLA": ((date(2020, 12, 21), None),),
    "BRK.B": ((date(2010, 2, 16), None),),
    "ABBV": ((date(2013, 1, 2), None),),
    "AVGO": ((date(2014, 5, 8), None),),
    "CRM": ((date(2008, 9, 15), None),),
    "NFLX": ((date(2010, 12, 20), None),),
    "AMD": ((BEGINNING, date(2013, 9, 23)), (date(2017, 3, 20), None)),
    "INTC": ((BEGINNING, date(2025, 3, 24)),),
    "SVBX": ((date(2018, 3, 19), None),),
}
_SECTORS: Final = (
    "Information Technology",
    "Financials",
    "Health Care",
    "Consumer Discretionary",
    "Industrials",
    "Consumer Staples",
    "Energy",
    "Utilities",
    "Materials",
    "Real Estate",
    "Communication Services",
)


@dataclass(frozen=True, slots=True)
class Stay:
    """Membership under one ticker from ``first_day`` to before ``gone_on`` (None: still)."""

    ticker: str
    first_day: date
    gone_on: date | None


def stays(truth: Truth) -> tuple[Stay, ...]:
    """All stays by ticker and day; a renamed member leaves as one ticker and joins as the next."""
    found = [
        part
        for symbol, stock in truth.stocks.items()
        for first, gone in _of(truth.seed, symbol, stock)
        for part in _by_ticker(stock, first, gone)
    ]
    return tuple(sorted(found, key=lambda stay: (stay.ticker, stay.first_day)))


def sector(seed: int, symbol: str) -> str:
    """The GICS sector."""
    known = {company.symbol: company.sector for company in market.companies()}
    draw = int(stream(seed, symbol, "sector").integers(0, len(_SECTORS)))
    return known.get(symbol) or _SECTORS[draw]


def _of(seed: int, symbol: str, stock: Stock) -> list[tuple[date, date | None]]:
    planned = _STAYS.get(symbol) or ((_joined(seed, symbol), None),)
    delisted = stock.listing.delisted_on
    last = None if delisted is None else delisted + timedelta(days=1)
    return [
        (first, gone if last is None or (gone is not None and gone < last) else last)
        for first, gone in planned
        if last is None or first < last
    ]


def _joined(seed: int, symbol: str) -> date:
    """Most invented companies were there from the beginning, the others joined on some Monday."""
    if any(company.symbol == symbol for company in market.companies()):
        return BEGINNING
    draws = stream(seed, symbol, "membership")
    if draws.random() < 0.6:
        return BEGINNING
    return date(1998, 1, 5) + timedelta(weeks=int(draws.integers(0, 26 * 52)))


def _by_ticker(stock: Stock, first: date, gone: date | None) -> list[Stay]:
    parts = []
    for rename in stock.listing.renames:
        if first < rename.day and (gone is None or rename.day < gone):
            parts.append(Stay(rename.former, first, rename.day))
            first = rename.day
    return [*parts, Stay(stock.listing.symbol_on(first), first, gone)]
