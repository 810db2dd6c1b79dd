"""Whom articles are about: one company, or several of one sector.

Belongs here: what a company is called in a headline, which companies share a sector.
Does not belong here: what is said about them (phrases.py, news.py).
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from stock_assets import market
from stock_assets.sandbox.truth.model import Truth

_LEGAL: Final = re.compile(r" (Class [A-Z]|Holdings|Group)$")


@dataclass(frozen=True, slots=True)
class Subject:
    """``companies`` holds symbol and name; more than one where a whole sector is looked at.

    ``key`` names the random stream: the symbol, or the sector.
    """

    key: str
    sector: str
    companies: tuple[tuple[str, str], ...]

    @property
    def is_sector(self) -> bool:
        """Whether its articles are about several companies."""
        return len(self.companies) > 1

    def leading(self, luck: float) -> str:
        """The symbol of whom the article is about in the first place, by a draw from 0 to 1."""
        return self.companies[int(luck * len(self.companies))][0]

    def named(self, luck: float, more: float) -> tuple[tuple[str, str], ...]:
        """Whom an article names, the leading company first; of a sector two to four."""
        start = int(luck * len(self.companies))
        turned = self.companies[start:] + self.companies[:start]
        return turned[: 2 + int(more * 3)] if self.is_sector else self.companies


def sector_of(symbol: str) -> str:
    """The sector of a default company; of any other one, a sector that is always the same."""
    known = {company.symbol: company.sector for company in market.companies()}
    every = sorted(set(known.values()))
    return known.get(symbol) or every[zlib.crc32(symbol.encode()) % len(every)]


def subjects_of(truth: Truth) -> tuple[Subject, ...]:
    """The companies of a market, then the sectors of which it holds a default company."""
    companies = [
        Subject(symbol, sector_of(symbol), ((symbol, spoken(stock.listing.name)),))
        for symbol, stock in sorted(truth.stocks.items())
    ]
    sectors = [
        sector
        for sector in _sectors()
        if any(symbol in truth.stocks for symbol, _ in sector.companies)
    ]
    return (*companies, *sectors)


def spoken(name: str) -> str:
    """The name as a headline has it: without the share class."""
    return _LEGAL.sub("", name)


@lru_cache(maxsize=1)
def _sectors() -> tuple[Subject, ...]:
    """Sectors with two default companies or more; the same ones whatever market is served."""
    members: dict[str, list[tuple[str, str]]] = {}
    for company in market.companies():
        members.setdefault(company.sector, []).append((company.symbol, spoken(company.name)))
    return tuple(
        Subject(f"sector {sector}", sector, tuple(found))
        for sector, found in sorted(members.items())
        if len(found) > 1
    )
