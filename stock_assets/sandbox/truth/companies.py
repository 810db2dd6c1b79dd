"""Who trades on a generated market, and what is planned for them: splits, halts, a delisting.

Belongs here: names, exchanges, invented tickers, the plan that guarantees that every kind of
corporate action occurs. Does not belong here: prices (simulation.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from string import ascii_uppercase
from typing import Final

import numpy as np

from stock_assets import market
from stock_assets.errors import BadRange, BadSymbol
from stock_assets.sandbox.truth.model import Listing, Rename, invented_listing

MOST_SYMBOLS: Final = 600
DELISTED: Final = "SVBX"
HALTED: Final = "HALTX"
_NASDAQ_DEFAULTS: Final = """
AAPL MSFT GOOGL AMZN NVDA META TSLA PEP COST AVGO CSCO ADBE INTC AMD NFLX CMCSA SBUX HON LIN
"""
_RENAMES: Final = {"META": (Rename("FB", date(2022, 6, 9)),)}
_DELISTINGS: Final = {DELISTED: date(2025, 6, 27)}
_NAMES: Final = {DELISTED: "Svarin Bancorp", HALTED: "Haltex Pharma"}

PLANNED_SPLITS: Final[dict[str, dict[int, tuple[int, int]]]] = {
    "AAPL": {2018: (2, 1)},
    "MSFT": {2021: (2, 1)},
    "NKE": {2024: (2, 1)},
    "HD": {2027: (2, 1)},
    "TSLA": {2017: (3, 1)},
    "WMT": {2020: (3, 1)},
    "COST": {2023: (3, 1)},
    "PEP": {2025: (3, 1)},
    "AMZN": {2016: (20, 1)},
    "GOOGL": {2019: (20, 1)},
    "ORCL": {2022: (20, 1)},
    "AVGO": {2025: (20, 1)},
    "NFLX": {2028: (20, 1)},
    "GE": {2018: (1, 10)},
    "T": {2021: (1, 10)},
    "INTC": {2024: (1, 10)},
    "PFE": {2027: (1, 10)},
}
"""New for old shares by year, so that any three years in a row hold every kind."""

HALTS_OF_ONE_SESSION: Final = "BA"
HALTED_SESSIONS: Final = (date(2025, 3, 11), date(2025, 3, 12), date(2025, 3, 13))


@dataclass(frozen=True, slots=True)
class Profile:
    """One company of a generated market: its listing, its halts and what splits it has planned."""

    listing: Listing
    halts: frozenset[date]
    splits: dict[int, tuple[int, int]]


def choose_symbols(wanted: int | Sequence[str] | None) -> tuple[str, ...]:
    """Canonical symbols: the default companies, the first N (more are invented), or those named.

    Raises:
        BadRange: when N is not between 1 and MOST_SYMBOLS.
        BadSymbol: when a name is not a symbol, or not one of this market.
    """
    default = tuple(company.symbol for company in market.companies())
    if wanted is None:
        return default
    if not isinstance(wanted, int):
        chosen = market.check_symbols(wanted)
        if not 1 <= len(chosen) <= MOST_SYMBOLS:
            raise _wrong_number(len(chosen))
        _refuse_unknown(chosen)
        return chosen
    if not 1 <= wanted <= MOST_SYMBOLS:
        raise _wrong_number(wanted)
    return _ordinary_symbols()[:wanted]


def _ordinary_symbols() -> tuple[str, ...]:
    """The default companies, then invented ones, as many as a market holds."""
    default = tuple(company.symbol for company in market.companies())
    invented = (f"S{a}{b}" for a, b in product(ascii_uppercase, repeat=2))
    return (default + tuple(invented))[:MOST_SYMBOLS]


def _refuse_unknown(symbols: Sequence[str]) -> None:
    known = {*_ordinary_symbols(), DELISTED, HALTED}
    unknown = [symbol for symbol in symbols if symbol not in known]
    if unknown:
        raise BadSymbol(
            ", ".join(unknown),
            reason="a generated market has no such symbol",
            next_action="choose among the default companies (AAPL, MSFT, BRK.B …), "
            f"{DELISTED}, {HALTED}, and SAA, SAB …",
        )


def _wrong_number(count: int) -> BadRange:
    return BadRange(
        f"{count} symbols",
        reason=f"a generated market holds 1 to {MOST_SYMBOLS} symbols",
        next_action=f"ask for 1 to {MOST_SYMBOLS} symbols",
    )


def profile(symbol: str, draws: np.random.Generator, days: Sequence[date]) -> Profile:
    """The company behind ``symbol``; ``draws`` is its own stream, always used alike."""
    known = {company.symbol: company.name for company in market.companies()}
    listed_on = date(1980, 1, 2) + timedelta(days=int(draws.integers(0, 12_000)))
    coin = bool(draws.random() < 0.4)
    is_nasdaq = symbol in _NASDAQ_DEFAULTS.split() or (symbol not in known and coin)
    listing = invented_listing(
        symbol,
        known.get(symbol) or _NAMES.get(symbol) or f"{symbol.title()} Holdings",
        "XNAS" if is_nasdaq else "XNYS",
        listed_on,
        delisted_on=_DELISTINGS.get(symbol),
        renames=_RENAMES.get(symbol, ()),
    )
    return Profile(listing, _halts(symbol, days), PLANNED_SPLITS.get(symbol, {}))


def _halts(symbol: str, days: Sequence[date]) -> frozenset[date]:
    if symbol == HALTED:
        return frozenset(HALTED_SESSIONS)
    if symbol == HALTS_OF_ONE_SESSION:
        return frozenset(days[250::500])
    return frozenset()
