"""Every feed that is asked by subject: opened as runs open it, against the twin, into a lake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from stock_assets.errors import AuthError, ConfigError, FeedIncomplete, InputError, RateLimited
from stock_assets.ingest.feeds import BY_KEY, FEEDS, Feed
from stock_assets.ingest.reference import fetch_listings
from stock_assets.ingest.report import FeedReport
from stock_assets.lake import Lake
from stock_assets.market import companies
from stock_assets.resources import open_lake
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.fred_query import FRED_UNLIMITED_KEY
from stock_assets.sandbox.limits import UNLIMITED_KEY
from stock_assets.sandbox.limits import Limits as TwinLimits
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth.generated import generate
from stock_assets.settings import Settings, read_settings
from stock_assets.suppliers import (
    BY_SUBJECT,
    Supply,
    allowance,
    open_alpha_vantage,
    open_polygon,
    open_supply,
    open_transport,
    open_yahoo,
)
from stock_assets.suppliers.doors import terms_of
from stock_assets.suppliers.source import lacking_bars
from stock_assets.tables import COVERAGE, GAPS, INDEX_MEMBERSHIP, NEWS, QUARANTINE
from stock_assets.vendors.forecast import Cost

NOW = datetime(2025, 8, 1, 20, 30, tzinfo=UTC)
DAYS = (date(2025, 6, 30), *(date(2025, 7, day) for day in range(1, 5)))
"""Monday to Friday of a week that is over, with the end of a month and a holiday in it."""
WITH_A_STATEMENT = (date(2025, 6, 18),)
"""A day on which the FOMC decided: such days are few."""
SYMBOLS = ("AAPL", "MSFT", "JPM")
KEYS: dict[str, str] = {
    "polygon_api_key": UNLIMITED_KEY,
    "alpha_vantage_api_key": UNLIMITED_KEY,
    "finnhub_api_key": UNLIMITED_KEY,
    "newsapi_api_key": UNLIMITED_KEY,
    "fred_api_key": FRED_UNLIMITED_KEY,
}
PACED = ("polygon", "yahoo", "alpha_vantage", "finnhub", "fred", "open")
KNOWN_DEFECTS = {"raw/yahoo_indices": {("bar_on_a_session", "^VIX")}}
"""Options on the index are traded for half of a holiday, and Yahoo has a bar of it."""

SHOWN_LATE = "raw/newsapi_news"
"""What is published today is shown tomorrow; to ask before is to spend a small budget."""
MAY_TAKE_MORE = {
    "raw/finnhub_news",
    "raw/newsapi_news",
    "raw/polygon_news",
    "raw/fred_macro",
    "raw/fed_policy",
}
"""Feeds whose lists may be cut, or tell what else there is to read."""
Fetched = dict[str, tuple[FeedReport, Supply, Lake, Cost]]


@dataclass(frozen=True)
class Put:
    """An answer's rows, and those put aside."""

    rows: pa.Table
    answers: tuple[Any, ...] = ()
    rejected: pa.Table | None = None


each_feed = pytest.mark.parametrize("feed", BY_SUBJECT, ids=lambda feed: feed.name)


@pytest.fixture(scope="module")
def twin() -> Iterator[RunningTwin]:
    """A market that has the seven of which fundamentals are collected."""
    truth = generate(12, seed=3, last=date(2025, 8, 29))
    with running_twin(truth, TwinClock(NOW), limits=TwinLimits(speed_up=1e6)) as running:
        yield running


def settings_of(home: Path, twin: RunningTwin, **other: Any) -> Settings:
    """A home beside the twin with all keys and without delays."""
    given: dict[str, Any] = {
        "home": home,
        "environment": "sandbox",
        "sandbox_url": twin.url,
        "now": NOW,
        "symbols": SYMBOLS,
        "request_attempts": 1,
        **KEYS,
        **{f"{vendor}_requests_per_minute": 1e6 for vendor in PACED},
        "alpha_vantage_requests_per_day": 10**6,
        "newsapi_requests_per_day": 10**6,
    }
    return read_settings(**(given | other))


@pytest.fixture
def settings(twin: RunningTwin, tmp_path: Path) -> Settings:
    twin.faults.clear()
    twin.twin.log.clear()
    return settings_of(tmp_path / "home", twin)


@pytest.fixture(scope="module")
def fetched(twin: RunningTwin, tmp_path_factory: pytest.TempPathFactory) -> Fetched:
    """Each feed, fetched once over the week, in a home of its own, and what that should cost."""
    found = {}
    for feed in BY_SUBJECT:
        here = settings_of(tmp_path_factory.mktemp("home"), twin)
        lake = open_lake(here)
        supply = open_supply(feed, here, lake)
        days = (*WITH_A_STATEMENT, *DAYS) if feed.key == "raw/fed_policy" else DAYS
        cost = supply.forecast(days)
        found[feed.key] = (supply.feed.fetch(supply.subjects, days), supply, lake, cost)
    return found


def broken_rules(lake: Lake, feed: Feed) -> dict[str, int]:
    """How many stored rows break each rule of the feed's tables."""
    found = {}
    with duckdb.connect() as db:
        db.execute("set timezone = 'UTC'")
        for table in feed.tables:
            db.register("stored", lake.history(table))
            for rule in table.all_rules:
                query = f"select count(*) from stored where ({rule.holds}) is not true"
                ((count,),) = db.execute(query).fetchall()
                if count:
                    found[f"{table.name}.{rule.id}"] = count
    return found


@each_feed
def test_a_fetch_stores_rows_that_keep_the_rules_of_their_tables(
    fetched: Fetched, feed: Feed
) -> None:
    report, _, lake, _ = fetched[feed.key]
    assert report.failed == {}
    assert report.rows_appended > 0
    for table in feed.tables:
        stored = lake.read(table)
        assert stored.num_rows > 0, table.name
        assert stored.schema.names[: len(table.row_schema.names)] == table.row_schema.names
        assert set(stored["environment"].to_pylist()) <= {"sandbox"}
        if "vendor" in stored.schema.names:
            assert set(stored["vendor"].to_pylist()) <= {feed.vendor}
    assert broken_rules(lake, feed) == {}


@each_feed
def test_only_what_is_known_to_be_wrong_with_a_source_is_put_aside(
    fetched: Fetched, feed: Feed
) -> None:
    _, _, lake, _ = fetched[feed.key]
    aside = {(row["rule"], row["symbol"]) for row in lake.read(QUARANTINE).to_pylist()}
    assert aside == KNOWN_DEFECTS.get(feed.key, set())


@each_feed
def test_nothing_is_known_after_now(fetched: Fetched, feed: Feed) -> None:
    _, _, lake, _ = fetched[feed.key]
    for table in feed.tables:
        known = lake.history(table)["known_at"].to_pylist()
        assert all(at <= NOW for at in known), table.name


@each_feed
def test_the_same_past_days_are_not_asked_for_again(
    fetched: Fetched, twin: RunningTwin, feed: Feed
) -> None:
    _, supply, lake, _ = fetched[feed.key]
    before = {table.name: lake.history(table).num_rows for table in feed.tables}
    doubtful = len({subject for _, subject in KNOWN_DEFECTS.get(feed.key, ())})
    assert supply.forecast(DAYS).requests == doubtful
    once_more = supply.feed.fetch(supply.subjects, DAYS)
    assert (once_more.requests, once_more.rows_appended) == (doubtful, 0)
    twin.twin.log.clear()
    assert supply.forecast(DAYS).requests == 0
    report = supply.feed.fetch(supply.subjects, DAYS)
    assert twin.requests() == []
    assert (report.requests, report.rows_appended) == (0, 0)
    assert report.already_stored == report.expected == len(supply.subjects) * len(DAYS)
    assert {table.name: lake.history(table).num_rows for table in feed.tables} == before


@each_feed
def test_a_day_that_is_not_over_is_asked_for_again_where_it_can_be_answered(
    twin: RunningTwin, settings: Settings, feed: Feed
) -> None:
    lake = open_lake(settings)
    for _ in range(2):
        twin.twin.log.clear()
        supply = open_supply(feed, settings, lake)
        asked = () if feed.key == SHOWN_LATE else supply.subjects
        questions = supply.feed.questions(supply.subjects, [NOW.date()])
        assert tuple(question.subject for question in questions) == asked
        supply.feed.fetch(supply.subjects[:1], [NOW.date()])
        assert bool(twin.requests()) == bool(asked)
    assert lake.count(COVERAGE, where=f"day >= date '{NOW.date()}'") == 0


@each_feed
def test_a_feed_without_its_key_says_which_variable_to_set(
    twin: RunningTwin, settings: Settings, feed: Feed
) -> None:
    bare = settings.model_copy(update=dict.fromkeys(KEYS))
    assert feed.missing(bare) == tuple(name.upper() for name in feed.needs)
    if not feed.needs:
        open_supply(feed, bare, open_lake(bare))
        return
    with pytest.raises(AuthError) as why:
        open_supply(feed, bare, open_lake(bare))
    (variable,) = feed.missing(bare)
    assert why.value.value == variable
    assert f"set {variable} in the environment" in why.value.next_action
    assert twin.requests() == []


@each_feed
def test_the_forecast_tells_how_many_requests_go_out_before_anything_is_asked(
    fetched: Fetched, feed: Feed
) -> None:
    report, supply, _, cost = fetched[feed.key]
    assert cost.fits_today
    assert report.failed == {}
    if feed.key in MAY_TAKE_MORE:
        assert 0 < cost.requests <= report.requests
        assert str(cost).startswith("At least ")
    else:
        assert cost.requests == report.requests >= len(supply.subjects)
        assert str(cost)[0].isdigit()


@each_feed
def test_a_forecast_asks_nobody(twin: RunningTwin, settings: Settings, feed: Feed) -> None:
    supply = open_supply(feed, settings, open_lake(settings))
    assert supply.forecast(DAYS).requests > 0
    assert twin.requests() == []


def test_the_forecast_of_fundamentals_and_of_a_first_fetch_of_series_counts_each_request(
    fetched: Fetched,
) -> None:
    assert fetched["raw/finnhub_fundamentals"][3].requests == 3 * 7
    series = len(fetched["raw/fred_macro"][1].subjects) - 1
    assert fetched["raw/fred_macro"][3].requests == 3 * series + 1


def test_the_forecast_tells_days_where_the_quota_does_not_suffice(
    twin: RunningTwin, settings: Settings
) -> None:
    slow = settings_of(settings.home, twin, newsapi_requests_per_day=2, open_requests_per_minute=1)
    supply = open_supply(BY_KEY["raw/newsapi_news"], slow, open_lake(slow))
    cost = supply.forecast(DAYS)
    assert (cost.requests, cost.per_day, cost.left_today, cost.days) == (3, 2, 2, 2)
    assert "3 requests at 1 a minute" in str(cost)
    supply.budget.take()
    assert supply.left_today == 1
    assert supply.forecast(DAYS).left_today == 1


@pytest.mark.parametrize("vendor", sorted({feed.vendor for feed in BY_SUBJECT}))
def test_feeds_of_one_vendor_share_its_budget(
    twin: RunningTwin, settings: Settings, vendor: str
) -> None:
    slow = settings_of(settings.home, twin, **{f"{name}_requests_per_minute": 2 for name in PACED})
    lake = open_lake(slow)
    budgets = [open_supply(f, slow, lake).budget for f in BY_SUBJECT if f.vendor == vendor]
    opened = {
        "polygon": lambda: open_polygon(slow).transport,
        "yahoo": lambda: open_yahoo(slow).transport,
        "alpha_vantage": lambda: open_alpha_vantage(slow).transport,
    }
    if vendor in opened:
        budgets.append(opened[vendor]().budget)
    assert len({budget.path for budget in budgets}) == 1
    for number in range(2):
        budgets[number % len(budgets)].take()
    assert all(budget.peek() > 50 for budget in budgets)
    assert allowance(slow, vendor).wait_s > 50


def test_vendors_and_keys_do_not_share_a_budget(twin: RunningTwin, settings: Settings) -> None:
    lake = open_lake(settings)
    paths = {f.vendor: open_supply(f, settings, lake).budget.path for f in BY_SUBJECT}
    assert len(set(paths.values())) == len(paths)
    other = settings_of(settings.home, twin, fred_api_key="a" * 32)
    fred = open_supply(BY_KEY["raw/fred_macro"], other, lake)
    assert fred.budget.path != paths["fred"]


def test_a_spent_day_stops_a_feed_before_anybody_is_asked(
    twin: RunningTwin, settings: Settings
) -> None:
    short = settings_of(settings.home, twin, alpha_vantage_requests_per_day=2)
    supply = open_supply(BY_KEY["raw/alpha_vantage_macro"], short, open_lake(short))
    with pytest.raises(RateLimited, match="our own budget of 2 requests per day is spent"):
        supply.feed.fetch(supply.subjects, DAYS)
    assert len(twin.requests()) == 2
    assert supply.left_today == 0
    assert allowance(short, "alpha_vantage").left_today == 0
    assert open_supply(BY_KEY["raw/fred_macro"], short, open_lake(short)).left_today is None


@pytest.mark.parametrize(
    ("vendor", "per_minute", "spacing_s"),
    [("alpha_vantage", 5, 1.2), ("alpha_vantage", 75, 0), ("polygon", 5, 0)],
)
def test_the_free_plan_that_forbids_bursts_is_asked_once_per_second(
    twin: RunningTwin, settings: Settings, vendor: str, per_minute: float, spacing_s: float
) -> None:
    paced = settings_of(settings.home, twin, **{f"{vendor}_requests_per_minute": per_minute})
    assert terms_of(paced, vendor).budget(paced).spacing_s == spacing_s


def test_what_is_allowed_can_be_looked_up_without_writing_anything(
    twin: RunningTwin, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path / "home", twin, newsapi_requests_per_day=100)
    for vendor in {feed.vendor for feed in FEEDS}:
        told = allowance(settings, vendor)
        assert told.wait_s == 0.0
        assert told.left_today == told.per_day
    assert allowance(settings, "newsapi").left_today == 100
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("environment", "with_url"), [("sandbox", False), ("live", True)], ids=["no twin", "twin"]
)
def test_no_door_opens_while_twin_and_real_vendors_could_be_mistaken(
    twin: RunningTwin, tmp_path: Path, environment: str, with_url: bool
) -> None:
    url = twin.url if with_url else None
    mixed = settings_of(tmp_path / "home", twin, environment=environment, sandbox_url=url)
    from stock_assets.vendors.fed import FED

    with pytest.raises(ConfigError, match="STOCK_ASSETS_SANDBOX_URL"):
        open_transport(mixed, FED)
    assert not (tmp_path / "home").exists()


def test_every_feed_has_subjects_and_every_subject_is_asked_about(settings: Settings) -> None:
    lake = open_lake(settings)
    for feed in BY_SUBJECT:
        supply = open_supply(replace(feed), settings, lake)
        assert len(set(supply.subjects)) == len(supply.subjects) > 0
        assert {q.subject for q in supply.feed.questions(supply.subjects, DAYS)} == set(
            supply.subjects
        )


def test_feeds_of_an_index_ask_for_its_members_of_those_days(
    twin: RunningTwin, tmp_path: Path
) -> None:
    """Of the index as it was: who joined later is not asked about, who left since is."""
    here = settings_of(tmp_path / "home", twin, universe="sp500")
    lake = open_lake(here)
    with pytest.raises(InputError, match="raw/index_membership"):
        open_supply(BY_KEY["raw/finnhub_news"], here, lake, days=DAYS)
    membership = open_supply(BY_KEY["raw/index_membership"], here, lake)
    membership.feed.fetch(membership.subjects, DAYS)

    stays = lake.read(INDEX_MEMBERSHIP).to_pylist()
    first_day = min(stay["first_day"] for stay in stays)
    for day in (first_day, DAYS[0]):
        members = {
            stay["symbol"]
            for stay in stays
            if stay["first_day"] <= day and (stay["last_day"] is None or stay["last_day"] >= day)
        }
        supply = open_supply(BY_KEY["raw/finnhub_news"], here, lake, days=(day,))
        assert set(supply.subjects) == members
        assert supply.forecast([day]).requests == len(members) > 0


def test_the_press_is_asked_for_a_company_by_the_name_that_its_listing_has(tmp_path: Path) -> None:
    """Beyond the fifty whose names are written down, names come from what is listed."""
    month = [date(2025, 7, day) for day in range(1, 31)]
    truth = generate(52, seed=3, last=date(2025, 8, 29))
    unknown = min(set(truth.symbols) - {company.symbol for company in companies()})
    with running_twin(truth, TwinClock(NOW), limits=TwinLimits(speed_up=1e6)) as running:
        here = settings_of(tmp_path / "home", running, symbols=(unknown,))
        lake = open_lake(here)
        feed = BY_KEY["raw/newsapi_news"]
        with pytest.raises(FeedIncomplete, match="none is known for this symbol"):
            open_supply(feed, here, lake).feed.fetch([unknown], DAYS)
        fetch_listings(lake, open_polygon(here), [unknown], NOW.date())
        supply = open_supply(feed, here, lake)
        supply.feed.fetch([unknown], month)
    found = lake.read(NEWS, where="vendor = 'newsapi'")
    assert set(found["symbol"].to_pylist()) == {unknown}


def test_an_article_of_a_plan_that_is_a_day_late_is_known_a_day_after_its_publication(
    fetched: Fetched,
) -> None:
    rows = fetched[SHOWN_LATE][2].history(NEWS).to_pylist()
    assert {row["known_at"] - row["published_at"] for row in rows} == {timedelta(hours=24)}


def test_a_symbol_that_joins_later_has_its_market_news_too(
    twin: RunningTwin, settings: Settings
) -> None:
    feed, lake = BY_KEY["raw/polygon_news"], open_lake(settings)
    few = settings.model_copy(update={"symbols": SYMBOLS[:2]})
    for here, requests in ((few, 1), (few, 0), (settings, 1), (settings, 0), (few, 0)):
        supply = open_supply(feed, here, lake)
        assert supply.forecast(DAYS).requests == requests
        assert supply.feed.fetch(supply.subjects, DAYS).requests == requests
    assert set(lake.read(NEWS)["symbol"].to_pylist()) == set(SYMBOLS)


MISSING = DAYS[2]
"""A Wednesday, of which New York and London have a bar."""
CHART = "$.chart.result[0]"
QUOTES = [f"indicators.quote[0].{name}" for name in ("open", "high", "low", "close", "volume")]
NO_DATA = {
    "chart": {
        "result": None,
        "error": {
            "code": "Bad Request",
            "description": "Data doesn't exist for startDate = 1, endDate = 2",
        },
    }
}


def left_out(place: int) -> list[dict[str, Any]]:
    """A chart in which one day is not there at all."""
    lists = ["timestamp", *QUOTES, "indicators.adjclose[0].adjclose"]
    return [
        {"kind": "mutate", "jsonpath": f"{CHART}.{one}[{place}]", "op": "drop"} for one in lists
    ]


@pytest.mark.parametrize(
    ("key", "subject", "path", "place"),
    [("raw/yahoo_indices", "^GSPC", "GSPC", -22), ("raw/yahoo_fx", "INR", "INR", -23)],
)
@pytest.mark.parametrize("how", ["a day is left out", "no data"])
def test_a_bar_that_is_not_in_the_chart_is_a_gap_until_a_later_chart_has_it(
    twin: RunningTwin, settings: Settings, key: str, subject: str, path: str, place: int, how: str
) -> None:
    nothing = {"kind": "replace_body", "body": NO_DATA, "status": 400}
    actions = [nothing] if how == "no data" else left_out(place)
    lake = open_lake(settings)
    supply = open_supply(BY_KEY[key], settings, lake)
    match = {"vendor": "yahoo", "path": path}
    twin.faults.set([{"match": match, "action": action} for action in actions])
    report = supply.feed.fetch([subject], DAYS)
    gaps = lake.read(GAPS).to_pylist()
    assert {(gap["symbol"], gap["cause"]) for gap in gaps} == {(subject, "no_bar")}
    missing = {gap["session"] for gap in gaps}
    assert (missing == {MISSING}) == (how != "no data")
    assert MISSING in missing
    assert report.gaps == {"no_bar": len(missing)}
    twin.faults.clear()
    assert supply.feed.fetch([subject], DAYS).requests == 0, "it was answered"
    supply.feed.fetch([subject], [date(2025, 7, 8)])
    still = lake.read(GAPS, where="cause <> 'filled'")["session"].to_pylist()
    assert all(day < date(2025, 7, 1) for day in still), "older than what is looked at again"


def test_no_bar_is_expected_while_nobody_trades(twin: RunningTwin, settings: Settings) -> None:
    """Neither of weekends, nor of holidays, nor of a day that is not over."""
    lake = open_lake(settings)
    days = [date(2025, 7, 26) + timedelta(days=step) for step in range(7)]
    for key in ("raw/yahoo_indices", "raw/yahoo_fx"):
        supply = open_supply(BY_KEY[key], settings, lake)
        supply.feed.fetch(supply.subjects, days)
    assert lake.count(GAPS, where="cause = 'no_bar'") == 0


def test_what_a_restating_vendor_sent_twice_is_counted_as_left_out(
    twin: RunningTwin, settings: Settings
) -> None:
    double = {"kind": "mutate", "jsonpath": "$.data[0]", "op": "duplicate"}
    twin.faults.set([{"match": {"vendor": "alphavantage"}, "action": double}])
    supply = open_supply(BY_KEY["raw/alpha_vantage_macro"], settings, open_lake(settings))
    assert supply.feed.fetch(["CPI"], DAYS).left_out == {"identical doubles": 1}


def test_a_day_of_which_a_vendor_may_have_more_articles_is_a_gap_and_asked_for_once_more(
    twin: RunningTwin, settings: Settings
) -> None:
    """Finnhub sends no more than so many articles, and does not say that there are others."""
    day = DAYS[1]
    crowd = {"kind": "huge", "rows": 300}
    match = {"vendor": "finnhub", "query": {"symbol": "AAPL"}}
    twin.faults.set([{"match": match, "action": crowd}])
    lake = open_lake(settings)
    supply = open_supply(BY_KEY["raw/finnhub_news"], settings, lake)
    for requests in (1, 1, 0):
        assert supply.feed.fetch(["AAPL"], [day]).requests == requests
        gaps = lake.read(GAPS).to_pylist()
        assert [(gap["session"], gap["cause"]) for gap in gaps] == [(day, "cut")]


def test_a_bar_that_was_put_aside_has_come() -> None:
    came, aside, absent = DAYS[:3]
    rows = pa.table({"session": [came]})
    told = Put(rows, rejected=pa.table({"session": [aside]}))
    assert lacking_bars(told, "session", DAYS[:3]) == {aside: "quarantined", absent: "no_bar"}
    assert lacking_bars(Put(rows), "session", [came]) == {}
