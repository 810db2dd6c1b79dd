"""A home beside a twin whose answers go wrong, and the same market where all is well.

Belongs here: twins, homes, settings, how a feed is opened and fetched, time that nobody waits for.
Does not belong here: what must hold afterwards (invariants.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from stock_assets.ingest import reference
from stock_assets.ingest.feeds import BY_KEY
from stock_assets.ingest.report import FeedReport
from stock_assets.lake import Lake
from stock_assets.market import decision_time
from stock_assets.resources import open_lake, open_prices
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import UNLIMITED_KEY
from stock_assets.sandbox.limits import Limits as TwinLimits
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.settings import Settings, read_settings
from stock_assets.suppliers import open_polygon, open_supply
from stock_assets.tables import PRICES
from stock_assets.vendors.budget import Budget
from stock_assets.vendors.transport import Transport
from stock_assets_tests.faults import invariants
from stock_assets_tests.twin_home import market

SYMBOLS: Final = ("AAPL", "INTC", "MSFT", "NKE")
"""INTC has a reverse split (2024-05-29), NKE a split (2024-08-26); the market also has HALTX,
halted on 2025-03-11 to -13, and SVBX, delisted after 2025-06-27."""
LAST: Final = date(2025, 7, 30)
NOW: Final = decision_time(LAST)
KEY: Final = UNLIMITED_KEY
FRED_KEY: Final = "twinunlimited".ljust(32, "0")
KEYS: Final = {
    "polygon_api_key": KEY,
    "alpha_vantage_api_key": KEY,
    "finnhub_api_key": KEY,
    "newsapi_api_key": KEY,
    "fred_api_key": FRED_KEY,
}
UNBOUNDED: Final = {
    "polygon_requests_per_minute": 1e6,
    "yahoo_requests_per_minute": 1e6,
    "alpha_vantage_requests_per_minute": 1e6,
    "alpha_vantage_requests_per_day": 10**6,
    "finnhub_requests_per_minute": 1e6,
    "newsapi_requests_per_day": 10**6,
    "fred_requests_per_minute": 1e6,
    "open_requests_per_minute": 1e6,
}
_REFERENCE_FROM: Final = date(2024, 1, 1)

Fetch = Callable[[Sequence[str], Sequence[date]], FeedReport]


@dataclass(frozen=True)
class Opened:
    """A feed with its vendor's client behind it, newly opened as each run does."""

    subjects: tuple[str, ...]
    run: Fetch
    feed: Any
    """PriceFeed or SubjectFeed; None for corporate actions and listings."""

    def fetch(self, days: Sequence[date], subjects: Sequence[str] | None = None) -> FeedReport:
        """One run; all of the feed's own subjects unless others are given."""
        return self.run(self.subjects if subjects is None else subjects, days)


@dataclass
class World:
    """A twin, a home directory, the market's present.

    No process of ours ever sleeps here: waits are noted in ``waits`` (seconds) and move the twin's
    clock, which is also the clock of our budgets, so they can be seen in the twin's log.
    """

    twin: RunningTwin
    home: Path
    calm: World | None = None
    now: datetime = NOW
    waits: list[float] = field(default_factory=list)
    _calm_hashes: dict[object, invariants.Hashes] = field(default_factory=dict)

    def at(self, now: datetime) -> None:
        """Make it another time, for the twin and for the settings of later runs."""
        self.now = now
        self.twin.clock.fix(now)

    def settings(self, **other: Any) -> Settings:
        """The settings of this home: all keys, no limits, one attempt each."""
        given: dict[str, Any] = {
            "home": self.home,
            "environment": "sandbox",
            "sandbox_url": self.twin.url,
            "now": self.now,
            "symbols": SYMBOLS,
            "vendor_priority": ("polygon", "yahoo", "alpha_vantage"),
            "request_attempts": 1,
            "request_deadline_s": 10.0,
        }
        return read_settings(**(given | KEYS | UNBOUNDED | other))

    def lake(self) -> Lake:
        """The lake of this home."""
        return open_lake(self.settings())

    def feed(self, key: str, **other: Any) -> Opened:
        """A feed by its asset key, such as ``raw/finnhub_news``; ``other`` are settings."""
        settings = self.settings(**other)
        lake = open_lake(settings)
        if PRICES in BY_KEY[key].tables:
            prices = open_prices(BY_KEY[key], settings, lake)
            return Opened(settings.symbols, prices.fetch, prices)
        if key in ("raw/corporate_actions", "raw/listings"):
            return Opened(settings.symbols, self._reference(key, settings, lake), None)
        supply = open_supply(BY_KEY[key], settings, lake)
        return Opened(supply.subjects, supply.feed.fetch, supply.feed)

    def fetch(
        self,
        key: str,
        days: Sequence[date] = (),
        subjects: Sequence[str] | None = None,
        **other: Any,
    ) -> FeedReport:
        """Open a feed and run it once over these days."""
        return self.feed(key, **other).fetch(days, subjects)

    def calm_after(
        self,
        key: str,
        days: Sequence[date] = (),
        subjects: Sequence[str] | None = None,
        *,
        earlier: Sequence[date] = (),
    ) -> invariants.Hashes:
        """The snapshot of a lake into which the same was fetched while nothing went wrong.

        ``earlier``: days that were fetched by a run of their own before.
        """
        assert self.calm is not None
        which = None if subjects is None else tuple(subjects)
        asked = (key, tuple(days), which, tuple(earlier), self.now)
        if asked not in self.calm._calm_hashes:
            number = len(self.calm._calm_hashes)
            beside = replace(self.calm, home=self.calm.home / str(number))
            beside.at(self.now)
            if earlier:
                beside.fetch(key, earlier, subjects)
            beside.fetch(key, days, subjects)
            self.calm._calm_hashes[asked] = invariants.snapshot(beside.lake())
        return self.calm._calm_hashes[asked]

    def set_faults(self, *rules: dict[str, Any]) -> None:
        """Put these rules in the place of those in force (see ``stock_assets.sandbox.faults``)."""
        self.twin.faults.set(list(rules))

    def heal(self) -> None:
        """Nothing goes wrong from now on."""
        self.twin.faults.clear()

    def hits(self) -> int:
        """How often the rules in force have struck and changed something."""
        return sum(int(rule["hits"]) - int(rule["unchanged"]) for rule in self.twin.faults.state())

    def requests(self, vendor: str | None = None) -> list[dict[str, Any]]:
        """The twin's log since the last :meth:`forget`, oldest first."""
        return self.twin.requests(vendor)

    def forget(self) -> None:
        """Begin to count requests and waits anew."""
        self.twin.twin.log.clear()
        self.waits.clear()

    def wait(self, seconds: float) -> None:
        """What stands in the place of sleeping."""
        self.waits.append(seconds)
        self.twin.clock.advance(timedelta(seconds=seconds))

    def clock(self) -> float:
        """What stands in the place of the budgets' clock: seconds since 1970."""
        return self.twin.clock.now().timestamp()

    def _reference(self, key: str, settings: Settings, lake: Lake) -> Fetch:
        polygon, today = open_polygon(settings), self.now.date()

        def run(symbols: Sequence[str], _: Sequence[date]) -> FeedReport:
            if key == "raw/listings":
                return reference.fetch_listings(lake, polygon, symbols, today)
            return reference.fetch_corporate_actions(lake, polygon, symbols, _REFERENCE_FROM, today)

        return run


@pytest.fixture(scope="package")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    """A world to be struck and one that never is, of the same market."""
    limits = [TwinLimits(speed_up=1e6) for _ in range(2)]
    with (
        running_twin(market(), TwinClock(NOW), limits=limits[0]) as struck,
        running_twin(market(), TwinClock(NOW), limits=limits[1]) as calm,
    ):
        made = World(calm, tmp_path_factory.mktemp("calm"))
        yield World(struck, tmp_path_factory.mktemp("struck"), made), made


@pytest.fixture
def world(
    twins: tuple[World, World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """A new home beside a twin at which nothing goes wrong yet; sound when the test is over."""
    here = replace(twins[0], home=tmp_path / "home", now=NOW, waits=[])
    here.at(NOW)
    here.heal()
    here.forget()
    transport, budget = Transport.__init__.__kwdefaults__, Budget.__init__.__kwdefaults__
    assert transport is not None
    assert budget is not None
    monkeypatch.setitem(transport, "sleep", here.wait)
    monkeypatch.setitem(budget, "sleep", here.wait)
    monkeypatch.setitem(budget, "clock", here.clock)
    yield here
    here.heal()
    invariants.assert_sound(here.lake(), here.settings())
