"""All feeds by name: whose they are, what they bring, when they are collected, what they need.

Belongs here: the list, and whether a feed is configured. Does not belong here: how one is opened
(feeds of bars: resources.py; by subject: suppliers/), its asset (assets/), its schedule
(automation/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from stock_assets.tables import (
    CORPORATE_ACTIONS,
    ECONOMIC_EVENTS,
    FED_RELEASES,
    FOMC_MEETINGS,
    FOMC_STATEMENTS,
    FUNDAMENTALS,
    FX_RATES,
    INDEX_MEMBERSHIP,
    INDEX_PRICES,
    LISTINGS,
    MACRO,
    MACRO_RELEASES,
    NEWS,
    PRICES,
    SESSIONS,
    TREASURY_AUCTIONS,
    TREASURY_DEBT,
    TREASURY_RATES,
    Table,
)

if TYPE_CHECKING:
    from stock_assets.settings import Settings

Slices = Literal["session", "day", "month", "none"]
Cadence = Literal["daily", "hourly", "macro", "policy"]
"""When a feed is collected: ``daily`` at decision time, ``hourly``, ``macro`` every day at 09:00
UTC, ``policy`` on Mondays at 09:00 UTC and when something is announced."""

FRED_SERIES: Final = (
    "UNRATE",
    "CPIAUCSL",
    "GDP",
    "GDPC1",
    "A191RL1Q225SBEA",
    "FEDFUNDS",
    "DFEDTARU",
    "DFEDTARL",
    "DGS10",
    "DGS2",
    "T10Y2Y",
    "PAYEMS",
    "ICSA",
)
"""Unemployment, prices, output and its growth, the Fed's rate and its target, yields, jobs."""
WORLD_BANK_INDICATORS: Final = (
    "NY.GDP.MKTP.KD.ZG",
    "FP.CPI.TOTL.ZG",
    "SL.UEM.TOTL.ZS",
    "FR.INR.LEND",
)
"""Growth of output, inflation, unemployment, lending rate: one value a year and country."""
WORLD_BANK_COUNTRIES: Final = ("USA", "CHN", "JPN", "DEU", "IND", "GBR")
ALPHA_VANTAGE_FUNCTIONS: Final = (
    "REAL_GDP",
    "CPI",
    "INFLATION",
    "UNEMPLOYMENT",
    "FEDERAL_FUNDS_RATE",
    "TREASURY_YIELD",
)
INDICES: Final = ("^GSPC", "^IXIC", "^VIX")
CURRENCIES: Final = ("INR", "EUR")
"""ISO 4217 codes; Yahoo's symbols are derived from them."""


@dataclass(frozen=True)
class Feed:
    """One vendor's feed. ``needs``: the settings (vendors' keys) without which it cannot run."""

    key: str
    vendor: str
    brings: str
    tables: tuple[Table, ...]
    slices: Slices
    cadence: Cadence
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]

    def missing(self, settings: Settings) -> tuple[str, ...]:
        """The variables that must be set before it can run."""
        return tuple(name.upper() for name in self.needs if getattr(settings, name) is None)


FEEDS: Final = (
    Feed("raw/sessions", "exchange", "trading days of XNYS", (SESSIONS,), "none", "daily"),
    Feed("raw/yahoo_prices", "yahoo", "daily bars", (PRICES,), "session", "daily"),
    Feed(
        "raw/polygon_prices",
        "polygon",
        "daily bars",
        (PRICES,),
        "session",
        "daily",
        ("polygon_api_key",),
    ),
    Feed(
        "raw/alpha_vantage_prices",
        "alpha_vantage",
        "daily bars of the last hundred sessions",
        (PRICES,),
        "session",
        "daily",
        ("alpha_vantage_api_key",),
    ),
    Feed(
        "raw/corporate_actions",
        "polygon",
        "splits and dividends",
        (CORPORATE_ACTIONS,),
        "none",
        "daily",
        ("polygon_api_key",),
    ),
    Feed(
        "raw/listings",
        "polygon",
        "who is listed where, and former symbols",
        (LISTINGS,),
        "none",
        "daily",
        ("polygon_api_key",),
    ),
    Feed("raw/yahoo_indices", "yahoo", "index levels", (INDEX_PRICES,), "session", "daily"),
    Feed("raw/yahoo_fx", "yahoo", "currencies against the US dollar", (FX_RATES,), "day", "hourly"),
    Feed(
        "raw/index_membership",
        "membership",
        "who was in the S&P 500 from when to when",
        (INDEX_MEMBERSHIP,),
        "month",
        "policy",
    ),
    Feed(
        "raw/finnhub_fundamentals",
        "finnhub",
        "price, range, volume, capitalisation, P/E and yield of the seven largest",
        (FUNDAMENTALS,),
        "day",
        "hourly",
        ("finnhub_api_key",),
    ),
    Feed(
        "raw/finnhub_news",
        "finnhub",
        "news by company",
        (NEWS,),
        "day",
        "hourly",
        ("finnhub_api_key",),
    ),
    Feed(
        "raw/newsapi_news",
        "newsapi",
        "news by company",
        (NEWS,),
        "day",
        "hourly",
        ("newsapi_api_key",),
    ),
    Feed(
        "raw/polygon_news",
        "polygon",
        "news by company",
        (NEWS,),
        "day",
        "hourly",
        ("polygon_api_key",),
    ),
    Feed(
        "raw/fred_macro",
        "fred",
        "the US economy with every vintage",
        (MACRO, MACRO_RELEASES),
        "month",
        "macro",
        ("fred_api_key",),
    ),
    Feed("raw/world_bank_macro", "world_bank", "economies by year", (MACRO,), "month", "macro"),
    Feed(
        "raw/alpha_vantage_macro",
        "alpha_vantage",
        "the US economy as stated today",
        (MACRO,),
        "month",
        "macro",
        ("alpha_vantage_api_key",),
    ),
    Feed(
        "raw/fed_policy",
        "fed",
        "announcements of the Federal Reserve, and what the FOMC stated in full",
        (FED_RELEASES, FOMC_STATEMENTS),
        "month",
        "policy",
    ),
    Feed(
        "raw/fomc_calendar",
        "fed",
        "meetings, press conferences and minutes of the FOMC",
        (FOMC_MEETINGS,),
        "month",
        "policy",
    ),
    Feed(
        "raw/treasury_policy",
        "treasury",
        "debt, average rates, auctions announced and held",
        (TREASURY_DEBT, TREASURY_RATES, TREASURY_AUCTIONS),
        "month",
        "policy",
    ),
    Feed(
        "raw/economic_calendar",
        "finnhub",
        "economic events with what is expected and what came",
        (ECONOMIC_EVENTS,),
        "month",
        "policy",
        ("finnhub_api_key",),
    ),
)
BY_KEY: Final = {feed.key: feed for feed in FEEDS}
PRICED: Final = tuple(feed for feed in FEEDS if PRICES in feed.tables)
"""The feeds of shares' daily bars."""


def scheduled(settings: Settings) -> tuple[Feed, ...]:
    """The feeds that jobs collect: with their key, and bars only of vendors that may count."""
    return tuple(
        feed
        for feed in FEEDS
        if not feed.missing(settings)
        and (PRICES not in feed.tables or feed.vendor in settings.vendor_priority)
    )


def price_feeds_of(settings: Settings) -> tuple[Feed, ...]:
    """The feeds of bars that jobs collect; the best of them counts, session by session."""
    return tuple(feed for feed in scheduled(settings) if PRICES in feed.tables)
