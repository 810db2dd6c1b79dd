"""Feeds to be struck, what strikes one of their subjects, and the way back to health.

Belongs here: who is asked for what in these tests, and what a run does before, under and after a
fault. Does not belong here: what the fault is, and what it must lead to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from stock_assets.errors import StockAssetsError
from stock_assets.ingest.report import FeedReport
from stock_assets_tests.faults import invariants
from stock_assets_tests.faults.conftest import SYMBOLS, World
from stock_assets_tests.twin_home import sessions

EARLIER: Final = sessions(date(2025, 7, 14), date(2025, 7, 18))
DAYS: Final = sessions(date(2025, 7, 21), date(2025, 7, 29))
"""Over for good, and so many that asking symbol by symbol takes the fewest requests."""


@dataclass(frozen=True)
class Case:
    """A feed, some of its subjects, and which requests are about the first of them."""

    key: str
    vendor: str
    """As the twin calls it."""
    match: dict[str, Any] = field(default_factory=dict)
    subjects: tuple[str, ...] = SYMBOLS

    def __str__(self) -> str:
        return self.key.rpartition("/")[2]

    @property
    def struck(self) -> str:
        """The subject that the fault is about."""
        return self.subjects[0]

    def rule(self, action: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A rule that strikes what is asked about :attr:`struck`."""
        return {"match": {"vendor": self.vendor, **self.match}, "action": action, **more}

    def rule_for_all(self, action: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A rule that strikes whatever this vendor is asked."""
        return {"match": {"vendor": self.vendor}, "action": action, **more}


YAHOO: Final = Case("raw/yahoo_prices", "yahoo", {"path": "/v8/finance/chart/AAPL$"})
POLYGON: Final = Case("raw/polygon_prices", "polygon", {"path": "/ticker/AAPL/"})
ALPHA_VANTAGE: Final = Case(
    "raw/alpha_vantage_prices", "alphavantage", {"query": {"symbol": "AAPL"}}
)
FINNHUB: Final = Case("raw/finnhub_news", "finnhub", {"query": {"symbol": "AAPL"}})
NEWSAPI: Final = Case("raw/newsapi_news", "newsapi", {"query": {"q": "*"}, "nth": 1})
POLYGON_NEWS: Final = Case("raw/polygon_news", "polygon", subjects=("US stocks",))
INDICES: Final = Case("raw/yahoo_indices", "yahoo", {"path": "GSPC"}, ("^GSPC", "^VIX"))
FX: Final = Case("raw/yahoo_fx", "yahoo", {"path": "INR"}, ("INR", "EUR"))
FRED: Final = Case(
    "raw/fred_macro", "fred", {"query": {"series_id": "GDPC1"}}, ("GDPC1", "FEDFUNDS")
)
WORLD_BANK: Final = Case(
    "raw/world_bank_macro",
    "worldbank",
    {"path": "/FP.CPI.TOTL.ZG"},
    ("FP.CPI.TOTL.ZG", "SL.UEM.TOTL.ZS"),
)
ECONOMY: Final = Case(
    "raw/alpha_vantage_macro",
    "alphavantage",
    {"query": {"function": "CPI"}},
    ("CPI", "UNEMPLOYMENT"),
)
TREASURY: Final = Case("raw/treasury_policy", "treasury", {"path": "debt_to"}, ("debt", "rates"))
FED: Final = Case("raw/fed_policy", "fed", subjects=("press releases",))
MEMBERSHIP: Final = Case("raw/index_membership", "membership", subjects=("S&P 500",))


def run(
    world: World, case: Case, *, days: tuple[date, ...] = DAYS, **settings: Any
) -> tuple[FeedReport | None, StockAssetsError | None]:
    """One run under whatever faults are in force: its report, or the error that ended it.

    Whatever comes of it, no row may be lost and no bar or day may be missing without a cause.
    """
    lake = world.lake()
    before = invariants.everything(lake)
    report, error = None, None
    try:
        report = world.fetch(case.key, days, case.subjects, **settings)
    except StockAssetsError as raised:
        error = raised
    invariants.assert_nothing_lost(before, lake)
    invariants.assert_no_silent_gap(lake, case.key, case.subjects, days)
    keys = invariants.keys_of(world.settings())
    invariants.assert_no_secret([str(error), repr(error), repr(report)], keys)
    return report, error


def assert_mended(
    world: World, case: Case, *, days: tuple[date, ...] = DAYS, earlier: tuple[date, ...] = ()
) -> None:
    """One ordinary run heals: the same data as without the fault; one more changes nothing.

    ``earlier``: days that had been fetched before the fault.
    """
    world.heal()
    lake = world.lake()
    before = invariants.everything(lake)
    world.fetch(case.key, days, case.subjects)
    healed = invariants.everything(lake)
    invariants.assert_nothing_lost(before, healed)
    calm = world.calm_after(case.key, days, case.subjects, earlier=earlier)
    invariants.assert_healed(lake, calm)
    invariants.assert_one_row_per_key(lake)
    world.fetch(case.key, days, case.subjects)
    assert invariants.everything(lake) == healed
