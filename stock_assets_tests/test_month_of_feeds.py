"""One month of all feeds at the vendors' published limits: nobody is asked too often, and whatever
did not come has a cause.

Time passes only when somebody waits, and a little with each request: our budgets, the vendors'
limits and the market have one simulated clock. The vendors are the twin with the keys of free
plans; feeds, clients and budgets are the real ones, the lake keeps its rows in memory, and the
schedules themselves say what is collected when. What is collected hourly is looked at at the
``HOURS`` alone, because a month of hours takes minutes; 06:00 is among them, when the days before
are completed; movements likewise once, half an hour after the close. The rhythms of days, weeks
and months are whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from typing import Any, Final, cast

import dagster as dg
import pytest
from pydantic import SecretStr

from stock_assets.automation.jobs import MOVING
from stock_assets.automation.schedules import all_schedules, sessions_due
from stock_assets.errors import VendorError
from stock_assets.ingest.feeds import BY_KEY, Feed, scheduled
from stock_assets.ingest.prices import PriceFeed
from stock_assets.ingest.reference import fetch_corporate_actions, fetch_listings
from stock_assets.ingest.subject_loads import last_day_over
from stock_assets.lake import Lake
from stock_assets.market import MAGNIFICENT_SEVEN, NEW_YORK, calendar
from stock_assets.partitions import days_in
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.fred_query import FRED_FREE_KEY
from stock_assets.sandbox.limits import FREE_KEY, UNLIMITED_KEY
from stock_assets.sandbox.limits import Limits as TwinLimits
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth.generated import generate
from stock_assets.sandbox.twin import Respond
from stock_assets.sandbox.wire import Answer, Ask
from stock_assets.settings import Settings, read_settings
from stock_assets.suppliers import BY_SUBJECT, open_polygon, open_supply, open_yahoo
from stock_assets.tables import COVERAGE, GAPS, NEWS, PRICES
from stock_assets.vendors.budget import Budget
from stock_assets.vendors.transport import Transport
from stock_assets_tests.memory_lake import MemoryLake

SYMBOLS: Final = ("AAPL", "MSFT", "NVDA")
START: Final = datetime(2025, 7, 1, tzinfo=UTC)
END: Final = datetime(2025, 7, 31, 10, tzinfo=UTC)
HOURS: Final = (6, 18)
HOUR_OF_MOVEMENTS: Final = 16
A_REQUEST_TAKES_S: Final = 0.2
MINUTE_S, DAY_S = 60.0, 86_400.0
PER_MINUTE: Final = {"polygon": 5, "finnhub": 60, "fred": 120, "yahoo": 6_000}
PER_DAY: Final = {"alphavantage": 25, "newsapi": 100}
PER_HALF_DAY: Final = {"newsapi": 50}
"""What the vendors publish for free plans (of Yahoo nothing is published: the twin's patience)."""
REFUSALS: Final = (b"API limit reached", b"standard API rate limit", b"Too Many Requests")


@dataclass
class Simulated:
    """Seconds since 1970 that pass when somebody waits or asks."""

    at: float = START.timestamp()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def time(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds

    def until(self, instant: datetime) -> None:
        """Come to an instant, unless what went on before has taken longer."""
        self.at = max(self.at, instant.timestamp())


class SimulatedClock(TwinClock):
    """The twin's market, at the simulated time."""

    def __init__(self, simulated: Simulated) -> None:
        super().__init__()
        self._simulated = simulated

    def now(self) -> datetime:
        return self._simulated.now()


@dataclass
class Doorkeeper:
    """Lets each request take its time, and remembers refusals whatever their status."""

    simulated: Simulated
    refused: list[str] = field(default_factory=list)

    async def __call__(self, ask: Ask, respond: Respond) -> Answer:
        answer = respond(ask)
        self.simulated.sleep(A_REQUEST_TAKES_S)
        if answer.status == 429 or any(words in answer.body for words in REFUSALS):
            self.refused.append(f"{ask.now:%d %H:%M:%S} {ask.vendor} {ask.path}")
        return answer


@dataclass
class Month:
    """What was done: the home and everything that stands in it."""

    settings: Settings
    lake: Lake
    simulated: Simulated
    twin: RunningTwin
    door: Doorkeeper
    collected: dict[str, set[date]] = field(default_factory=lambda: defaultdict(set))
    last_at: dict[str, datetime] = field(default_factory=dict)
    stopped: Counter[str] = field(default_factory=Counter)
    predicted: set[str] = field(default_factory=set)

    @cached_property
    def feeds(self) -> tuple[Feed, ...]:
        return scheduled(self.settings)

    def live(self) -> None:
        """All ticks from START to END, in order."""
        at = START
        while at < END:
            self.simulated.until(at)
            self._tick(at)
            at += timedelta(minutes=30)

    def _tick(self, at: datetime) -> None:
        local = at.astimezone(NEW_YORK)
        if at.minute == 0 and at.hour in HOURS:
            self._collect(self._by_cadence("hourly"), asked_by("hourly", at))
        if (at.hour, at.minute) == (6, 30):
            due = sessions_due(at, self.predicted)
            self._collect(self._by_cadence("daily"), due)
            self.predicted.update(due)
        if (at.hour, at.minute) == (9, 0):
            self._collect(self._by_cadence("macro"), asked_by("macro_daily", at))
            if at.weekday() == 0:
                self._collect(self._by_cadence("policy"), asked_by("policy_weekly", at))
        if at.minute == 30 and local.hour == HOUR_OF_MOVEMENTS and local.weekday() < 5:
            moving = [feed for feed in self.feeds if feed.key in MOVING]
            self._collect(moving, asked_by("movements_after_the_close", at))

    def _by_cadence(self, cadence: str) -> list[Feed]:
        return [feed for feed in self.feeds if feed.cadence == cadence]

    def _collect(self, feeds: Iterable[Feed], partitions: Iterable[str]) -> None:
        for key in partitions:
            for feed in feeds:
                self.last_at[feed.key] = self.simulated.now()
                if feed.slices != "none":
                    self.collected[feed.key].update(days_in(key))
                try:
                    self._fetch(feed, days_in(key))
                except VendorError as error:
                    # The run fails and says so; what it left out must stand among the gaps.
                    self.stopped[f"{feed.key}: {type(error).__name__}"] += 1

    def _fetch(self, feed: Feed, days: tuple[date, ...]) -> None:
        if feed in BY_SUBJECT:
            supply = open_supply(feed, self.settings, self.lake)
            supply.feed.fetch(supply.subjects, days)
        elif feed.key == "raw/yahoo_prices":
            self._prices(feed, open_yahoo(self.settings), days)
        elif feed.key == "raw/polygon_prices":
            self._prices(feed, open_polygon(self.settings), days)
        elif feed.key == "raw/corporate_actions":
            polygon, today = open_polygon(self.settings), self.simulated.now().date()
            fetch_corporate_actions(self.lake, polygon, SYMBOLS, START.date(), today)
        elif feed.key == "raw/listings":
            fetch_listings(
                self.lake, open_polygon(self.settings), SYMBOLS, self.simulated.now().date()
            )

    def _prices(self, feed: Feed, source: Any, days: tuple[date, ...]) -> None:
        PriceFeed(feed.key, source, self.lake, calendar(), self.simulated.now).fetch(SYMBOLS, days)


def asked_by(name: str, at: datetime) -> list[str]:
    """The partitions that a schedule asks for at a tick."""
    context = dg.build_schedule_context(scheduled_execution_time=at)
    said = cast("Any", BY_NAME[name](context))
    each = [said] if isinstance(said, dg.RunRequest | dg.SkipReason) else list(said)
    return [str(one.partition_key) for one in each if isinstance(one, dg.RunRequest)]


BY_NAME: Final = {schedule.name: schedule for schedule in all_schedules()}


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    """July 2025, lived through once: 22 sessions, a half day, a holiday."""
    simulated, home = Simulated(), tmp_path_factory.mktemp("month")
    door = Doorkeeper(simulated)
    truth = generate(MAGNIFICENT_SEVEN, seed=3, last=date(2025, 8, 29))
    limits = TwinLimits(timer=simulated.time)
    with (
        running_twin(truth, SimulatedClock(simulated), limits=limits, door=door) as twin,
        pytest.MonkeyPatch.context() as patch,
    ):
        budget = partial(Budget, clock=simulated.time, sleep=simulated.sleep)
        patch.setattr("stock_assets.vendors.budget.Budget", budget)
        transport = partial(
            Transport, clock=simulated.now, timer=simulated.time, sleep=simulated.sleep
        )
        patch.setattr("stock_assets.vendors.transport.Transport", transport)
        patch.setattr("stock_assets.market.Clock.now", lambda _: simulated.now())
        settings = read_settings(
            home=home,
            environment="sandbox",
            sandbox_url=twin.url,
            symbols=SYMBOLS,
            polygon_api_key=FREE_KEY,
            alpha_vantage_api_key=FREE_KEY,
            finnhub_api_key=FREE_KEY,
            newsapi_api_key=FREE_KEY,
            fred_api_key=FRED_FREE_KEY,
        )
        lake = MemoryLake(home / "lake", simulated.now)
        lived = Month(settings, lake, simulated, twin, door)
        lived.live()
        yield lived


def most_within(instants: list[float], span_s: float) -> int:
    """The most instants within any span of that length; ``instants`` in order."""
    most = first = 0
    for place, at in enumerate(instants):
        while instants[first] <= at - span_s:
            first += 1
        most = max(most, place - first + 1)
    return most


def instants_of(month: Month, vendor: str) -> list[float]:
    return sorted(
        datetime.fromisoformat(str(entry["at"])).timestamp()
        for entry in month.twin.requests(vendor)
    )


@pytest.mark.slow
def test_no_vendor_ever_refuses_us_for_asking_too_often(month: Month) -> None:
    assert month.door.refused == []
    assert {entry["status"] for entry in month.twin.requests()}.isdisjoint({429, 401})


@pytest.mark.slow
@pytest.mark.parametrize("vendor", PER_MINUTE)
def test_no_minute_holds_more_requests_than_the_vendor_allows(month: Month, vendor: str) -> None:
    instants = instants_of(month, vendor)
    assert 0 < most_within(instants, MINUTE_S) <= PER_MINUTE[vendor]


@pytest.mark.slow
@pytest.mark.parametrize("vendor", PER_DAY)
def test_no_day_holds_more_requests_than_the_vendor_allows(month: Month, vendor: str) -> None:
    instants = instants_of(month, vendor)
    assert 0 < most_within(instants, DAY_S) <= PER_DAY[vendor]


@pytest.mark.slow
@pytest.mark.parametrize("vendor", PER_HALF_DAY)
def test_no_half_day_holds_more_requests_than_the_vendor_allows(month: Month, vendor: str) -> None:
    instants = instants_of(month, vendor)
    assert 0 < most_within(instants, DAY_S / 2) <= PER_HALF_DAY[vendor]


@pytest.mark.slow
def test_every_subject_and_day_was_answered_or_is_a_gap_with_a_cause(month: Month) -> None:
    unexplained = {}
    for feed in month.feeds:
        if feed not in BY_SUBJECT:
            continue
        supply = open_supply(feed, month.settings, month.lake)
        over = last_day_over(month.last_at[feed.key], supply.feed.settled_after)
        days = {day for day in month.collected[feed.key] if day <= over}
        expected = {(subject, day) for subject in supply.subjects for day in days}
        covered = pairs(month.lake, COVERAGE, f"feed = '{feed.key}'", "subject", "day")
        gaps = pairs(month.lake, GAPS, told(feed), "symbol", "session")
        unexplained[feed.key] = sorted(expected - covered - gaps)
        assert expected
    assert {key: left for key, left in unexplained.items() if left} == {}


@pytest.mark.slow
@pytest.mark.parametrize("feed", [f for f in BY_SUBJECT if NEWS in f.tables], ids=lambda f: f.name)
def test_no_article_of_a_covered_day_is_missing(month: Month, feed: Feed) -> None:
    unlimited = month.settings.model_copy(
        update=dict.fromkeys(
            ("finnhub_api_key", "newsapi_api_key", "polygon_api_key"), SecretStr(UNLIMITED_KEY)
        )
    )
    supply = open_supply(feed, unlimited, month.lake)
    covered = month.lake.read(COVERAGE, where=f"feed = '{feed.key}'")["day"].unique().to_pylist()
    stored = month.lake.read(NEWS, where=f"vendor = '{feed.vendor}'", columns=("article_id",))
    known, published = set(stored["article_id"].to_pylist()), 0
    for subject in supply.subjects:
        rows = supply.feed.ask(subject, min(covered), max(covered)).rows[NEWS]
        published += rows.num_rows
        assert set(rows["article_id"].to_pylist()) <= known
    assert published > len(SYMBOLS)


@pytest.mark.slow
def test_a_series_is_read_when_something_was_published_and_not_every_day(month: Month) -> None:
    asked = Counter(
        cast("dict[str, str]", entry["query"]).get("series_id")
        for entry in month.twin.requests("fred")
        if str(entry["path"]).endswith("/observations")
    )
    assert 1 <= asked["UNRATE"] <= 3
    assert 20 <= asked["DGS10"] < 30


@pytest.mark.slow
def test_every_symbol_and_session_has_its_bar_or_a_gap_with_a_cause(month: Month) -> None:
    for feed in (BY_KEY["raw/yahoo_prices"], BY_KEY["raw/polygon_prices"]):
        expected = {(symbol, day) for symbol in SYMBOLS for day in month.collected[feed.key]}
        bars = pairs(month.lake, PRICES, f"vendor = '{feed.vendor}'", "symbol", "session")
        gaps = pairs(month.lake, GAPS, told(feed), "symbol", "session")
        assert expected - bars - gaps == set()
        assert len(bars & expected) >= 0.95 * len(expected)


@pytest.mark.slow
def test_only_what_a_free_plan_does_not_include_failed(month: Month) -> None:
    assert set(month.stopped) == {"raw/economic_calendar: EntitlementError"}


def told(feed: Feed) -> str:
    return (
        f"feed = '{feed.key}' and cause <> 'filled' and (detail is not null or cause <> 'failed')"
    )


def pairs(lake: Lake, table: Any, where: str, who: str, when: str) -> set[tuple[str, date]]:
    rows = lake.read(table, where=where, columns=(who, when))
    return set(zip(rows[who].to_pylist(), rows[when].to_pylist(), strict=True))
