"""What each feed asks of whom: clients made from settings, and one question per subject and days.

Belongs here: opening a vendor's client with its budget, the subjects of a feed, the step from a
client's answer to rows by table. Does not belong here: how a vendor is spoken to (vendors/), what
is asked again and what is kept (ingest/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sized
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from stock_assets.errors import ConfigError
from stock_assets.ingest.feeds import (
    ALPHA_VANTAGE_FUNCTIONS,
    BY_KEY,
    CURRENCIES,
    FRED_SERIES,
    INDICES,
    WORLD_BANK_COUNTRIES,
    WORLD_BANK_INDICATORS,
    Feed,
)
from stock_assets.ingest.subjects import SETTLED_AFTER, Collected, SubjectFeed
from stock_assets.lake import PayloadStore
from stock_assets.market import MAGNIFICENT_SEVEN, Clock
from stock_assets.tables import (
    COVERAGE,
    ECONOMIC_EVENTS,
    FED_RELEASES,
    FOMC_MEETINGS,
    FUNDAMENTALS,
    FX_RATES,
    INDEX_MEMBERSHIP,
    INDEX_PRICES,
    MACRO,
    MACRO_RELEASES,
    NEWS,
    TREASURY_AUCTIONS,
    TREASURY_DEBT,
    TREASURY_RATES,
    Table,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from pydantic import SecretStr

    from stock_assets.ingest.subjects import Ask, Progress
    from stock_assets.lake import Lake
    from stock_assets.settings import Settings
    from stock_assets.vendors.addresses import Vendor
    from stock_assets.vendors.alpha_vantage import AlphaVantage
    from stock_assets.vendors.budget import Budget
    from stock_assets.vendors.fed import Fed
    from stock_assets.vendors.forecast import Cost
    from stock_assets.vendors.meter import Meter
    from stock_assets.vendors.polygon import Polygon
    from stock_assets.vendors.transport import Transport
    from stock_assets.vendors.vendor_day import DailyLimit
    from stock_assets.vendors.yahoo import Yahoo
    from stock_assets.vendors.yahoo_context import YahooContext

MARKET: Final = "US stocks"
RELEASES: Final = "releases"
"""Subjects that are no symbol and no series: the whole market's news, the calendar of releases."""
HISTORY_FROM: Final = 1990
A_WEEK: Final = timedelta(days=7)
"""Index levels and rates are asked for again so far back: vendors correct last week's."""
ANNOUNCED_AHEAD: Final = timedelta(days=21)
"""The Treasury announces auctions up to some weeks before they are held."""
A_DAY_LATE: Final = timedelta(hours=24)
"""NewsAPI's developer plan shows articles so long after they were published."""
_LEFT_OUT: Final = {
    "doubled": "identical doubles",
    "withdrawn": "withdrawn articles",
    "irrelevant": "articles about something else",
    "crowded": "days of which there may be more",
    "unfinished": "bars that are not final",
    "missing": "days without a value",
}
"""What clients count besides rows, in words."""


class Answered(Protocol):
    """What a client hands over: rows of one table, the answers behind them, rows put aside."""

    @property
    def rows(self) -> pa.Table:
        """As the table declares them."""
        ...

    @property
    def answers(self) -> tuple[Any, ...]:
        """As the transport gave them."""
        ...

    @property
    def rejected(self) -> pa.Table | None:
        """With ``target``, ``rule`` and ``reason``."""
        ...


@dataclass(frozen=True)
class Supply:
    """A feed that can be asked now: its subjects, what its requests cost and may cost."""

    feed: SubjectFeed
    subjects: tuple[str, ...]
    transport: Transport

    @property
    def budget(self) -> Budget:
        """What may be asked, shared with all our processes."""
        return self.transport.budget

    @property
    def meter(self) -> Meter:
        """What has been asked so far."""
        return self.transport.meter

    @property
    def left_today(self) -> int | None:
        """Requests left of the day's budget; None where there is no daily limit."""
        return self.budget.left_today()

    def forecast(self, days: Iterable[date]) -> Cost:
        """What a fetch of these days would cost, before anything is asked."""
        from stock_assets.vendors.forecast import forecast

        return forecast(
            len(self.feed.questions(self.subjects, days)),
            per_minute=60.0 / self.budget.interval_s,
            per_day=self.budget.per_day.requests if self.budget.per_day else None,
            left_today=self.left_today,
        )


def open_supply(
    feed: Feed,
    settings: Settings,
    lake: Lake,
    progress: Progress = lambda done, total, what: None,
) -> Supply:
    """The feed with its vendor's client behind it.

    Raises:
        AuthError: the vendor's key is not set.
    """
    source = _SOURCES[feed.key]
    transport, ask = source.open(settings, lake)
    fetching = SubjectFeed(
        feed.key,
        feed.vendor,
        ask,
        lake,
        Clock(settings.now).now,
        progress=progress,
        settled_after=source.settled_after,
        overlap=source.overlap,
    )
    return Supply(fetching, source.subjects(settings), transport)


def open_transport(settings: Settings, vendor: Vendor) -> Transport:
    """The one door to a vendor, with a budget that all our processes share.

    Raises:
        ConfigError: the twin is meant and its address is not set, or the other way round.
    """
    from stock_assets.vendors.redaction import Redactor
    from stock_assets.vendors.transport import Limits, Transport

    check_environment(settings)
    terms = _terms(settings, vendor.name)
    settings.locks.mkdir(parents=True, exist_ok=True)
    return Transport(
        vendor,
        capture=PayloadStore(settings.payload_root).put,
        budget=terms.budget(settings),
        redactor=Redactor([terms.key]),
        sandbox_url=settings.sandbox_url,
        limits=Limits(deadline_s=settings.request_deadline_s, attempts=settings.request_attempts),
    )


def check_environment(settings: Settings) -> None:
    """Refuse to take the twin for the vendors, or the vendors for the twin.

    Raises:
        ConfigError: environment and address of the twin contradict each other.
    """
    if settings.environment == "sandbox" and settings.sandbox_url is None:
        raise ConfigError(
            "STOCK_ASSETS_SANDBOX_URL",
            reason="is not set, and STOCK_ASSETS_ENVIRONMENT is sandbox: nobody may be asked",
            next_action="start `stock-assets sandbox` and set it to the url that it prints",
        )
    if settings.environment == "live" and settings.sandbox_url is not None:
        raise ConfigError(
            "STOCK_ASSETS_SANDBOX_URL",
            reason="is set, and STOCK_ASSETS_ENVIRONMENT is live: the twin's answers would be "
            "stored as real ones",
            next_action="set STOCK_ASSETS_ENVIRONMENT=sandbox, or take the address away",
        )


@dataclass(frozen=True)
class _Terms:
    """Our key for a vendor, and how often it may be asked; feeds of one vendor share them."""

    vendor: str
    key: str | None = field(repr=False)
    per_minute: float
    per_day: DailyLimit | None = None

    def budget(self, settings: Settings) -> Budget:
        """The bucket that all our processes share. Nothing is written before it is used."""
        from stock_assets.vendors.budget import Budget

        return Budget(settings.locks, self.vendor, self.key, self.per_minute, per_day=self.per_day)


def _terms(settings: Settings, vendor: str) -> _Terms:
    from stock_assets.vendors.vendor_day import DailyLimit

    per_minute = {
        "alpha_vantage": settings.alpha_vantage_requests_per_minute,
        "finnhub": settings.finnhub_requests_per_minute,
        "fred": settings.fred_requests_per_minute,
        "polygon": settings.polygon_requests_per_minute,
        "yahoo": settings.yahoo_requests_per_minute,
    }
    per_day = {
        "alpha_vantage": DailyLimit(settings.alpha_vantage_requests_per_day),
        "newsapi": DailyLimit(settings.newsapi_requests_per_day, zone=None),
    }
    return _Terms(
        vendor,
        _secret(getattr(settings, f"{vendor}_api_key", None)),
        per_minute.get(vendor, settings.open_requests_per_minute),
        per_day.get(vendor),
    )


@dataclass(frozen=True)
class Allowance:
    """How often a vendor may be asked: per minute, per day, and what is left of it.

    ``wait_s``: seconds until the next request may go, 0 when it may go now.
    """

    per_minute: float
    per_day: int | None
    left_today: int | None
    wait_s: float


def allowance(settings: Settings, vendor: str) -> Allowance:
    """What is left of a vendor's budget. Nothing is taken, asked or written.

    Raises:
        StorageUnavailable: what has been used so far cannot be read.
    """
    terms = _terms(settings, vendor)
    budget = terms.budget(settings)
    per_day = terms.per_day.requests if terms.per_day else None
    if not budget.path.is_file():
        return Allowance(terms.per_minute, per_day, per_day, 0.0)
    return Allowance(terms.per_minute, per_day, budget.left_today(), max(0.0, budget.peek()))


def reach(settings: Settings, vendor: str) -> None:
    """One request without a key, outside of the quota: is the vendor, or its twin, there?

    Raises:
        ConfigError, VendorError, SecurityError: why it cannot be asked.
    """
    from stock_assets.vendors.probe import knock

    check_environment(settings)
    knock(_vendors()[vendor], settings.sandbox_url)


def is_vendor(name: str) -> bool:
    """Whether there is anybody to ask; sessions come from a calendar of our own."""
    return name in _vendors()


def open_yahoo(settings: Settings) -> Yahoo:
    """Yahoo through yfinance, with a cache directory of this home alone."""
    from stock_assets.vendors.yahoo import YAHOO, Yahoo

    transport = open_transport(settings, YAHOO)
    return Yahoo(transport, settings.home / "yahoo", now=Clock(settings.now).now)


def open_polygon(settings: Settings) -> Polygon:
    """Polygon through its own client.

    Raises:
        AuthError: POLYGON_API_KEY is not set.
    """
    from stock_assets.vendors.polygon import POLYGON, Polygon

    transport = open_transport(settings, POLYGON)
    return Polygon(transport, _secret(settings.polygon_api_key), now=Clock(settings.now).now)


def open_alpha_vantage(settings: Settings) -> AlphaVantage:
    """Alpha Vantage by plain requests.

    Raises:
        AuthError: ALPHA_VANTAGE_API_KEY is not set.
    """
    from stock_assets.vendors.alpha_vantage import AlphaVantage

    transport = _alpha_vantage_transport(settings)
    return AlphaVantage(
        transport, _secret(settings.alpha_vantage_api_key), now=Clock(settings.now).now
    )


def _alpha_vantage_transport(settings: Settings) -> Transport:
    from stock_assets.vendors.alpha_vantage_body import ALPHA_VANTAGE

    return open_transport(settings, ALPHA_VANTAGE)


def _vendors() -> dict[str, Vendor]:
    from stock_assets.vendors.alpha_vantage_body import ALPHA_VANTAGE
    from stock_assets.vendors.fed import FED
    from stock_assets.vendors.finnhub import FINNHUB
    from stock_assets.vendors.fred import FRED
    from stock_assets.vendors.membership import MEMBERSHIP
    from stock_assets.vendors.newsapi import NEWSAPI
    from stock_assets.vendors.polygon import POLYGON
    from stock_assets.vendors.treasury import TREASURY
    from stock_assets.vendors.world_bank import WORLD_BANK
    from stock_assets.vendors.yahoo import YAHOO

    known = (
        ALPHA_VANTAGE,
        FED,
        FINNHUB,
        FRED,
        MEMBERSHIP,
        NEWSAPI,
        POLYGON,
        TREASURY,
        WORLD_BANK,
        YAHOO,
    )
    return {vendor.name: vendor for vendor in known}


@dataclass(frozen=True)
class _Source:
    """How one feed is opened, and what it asks for."""

    open: Callable[[Settings, Lake], tuple[Transport, Ask]]
    subjects: Callable[[Settings], tuple[str, ...]]
    settled_after: timedelta = SETTLED_AFTER
    overlap: timedelta = timedelta(0)


def _secret(key: SecretStr | None) -> str | None:
    return key.get_secret_value() if key else None


def _one(table: Table, answer: Answered) -> Collected:
    counts = {name: _count(getattr(answer, name, 0)) for name in _LEFT_OUT}
    left_out = {_LEFT_OUT[name]: count for name, count in counts.items() if count}
    return Collected({table: answer.rows}, answer.answers, answer.rejected, left_out)


def _count(told: int | Sized) -> int:
    return told if isinstance(told, int) else len(told)


def _universe(settings: Settings) -> tuple[str, ...]:
    return settings.symbols


def _always(*subjects: str) -> Callable[[Settings], tuple[str, ...]]:
    return lambda _: subjects


def _finnhub(settings: Settings) -> tuple[Transport, Any]:
    from stock_assets.vendors.finnhub import FINNHUB, Finnhub

    transport = open_transport(settings, FINNHUB)
    client = Finnhub(transport, _secret(settings.finnhub_api_key), now=Clock(settings.now).now)
    return transport, client


def _finnhub_news(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    transport, client = _finnhub(settings)
    return transport, lambda symbol, first, last: _one(
        NEWS, client.company_news(symbol, first, last)
    )


def _finnhub_fundamentals(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    transport, client = _finnhub(settings)

    def ask(symbol: str, _first: date, _last: date) -> Collected:
        # A snapshot tells of now alone, whatever day it is asked for.
        return _one(FUNDAMENTALS, client.fundamentals([symbol], Clock(settings.now).now()))

    return transport, ask


def _economic_calendar(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    transport, client = _finnhub(settings)
    return transport, lambda _subject, first, last: _one(
        ECONOMIC_EVENTS, client.economic_calendar(first, last)
    )


def _newsapi_news(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.newsapi import NEWSAPI, NewsApi

    transport = open_transport(settings, NEWSAPI)
    client = NewsApi(transport, _secret(settings.newsapi_api_key), now=Clock(settings.now).now)
    return transport, lambda symbol, first, last: _one(
        NEWS, client.company_news(symbol, first, last)
    )


def _polygon_news(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.polygon import POLYGON
    from stock_assets.vendors.polygon_news import PolygonNews

    transport = open_transport(settings, POLYGON)
    client = PolygonNews(transport, _secret(settings.polygon_api_key), now=Clock(settings.now).now)
    return transport, lambda _market, first, last: _one(
        NEWS, client.market_news(settings.symbols, first, last)
    )


def _fred_macro(settings: Settings, lake: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.fred import FRED, Fred

    transport = open_transport(settings, FRED)
    client = Fred(transport, _secret(settings.fred_api_key), now=Clock(settings.now).now)

    def ask(subject: str, first: date, last: date) -> Collected:
        if subject == RELEASES:
            return _one(MACRO_RELEASES, client.release_dates(first, last))
        newest = _newest_vintage(lake, "fred", subject)
        if newest and not _was_asked_after(lake, "raw/fred_macro", subject, newest):
            # A vintage may be added to until its day is over.
            newest -= timedelta(days=1)
        return _one(MACRO, client.observations(subject, after=newest))

    return transport, ask


def _newest_vintage(lake: Lake, vendor: str, series: str) -> date | None:
    import pyarrow.compute as pc

    where = f"vendor = '{vendor}' and series = '{series}'"
    newest: date | None = pc.max(
        lake.read(MACRO, where=where, columns=("vintage_on",))["vintage_on"]
    ).as_py()
    return newest


def _was_asked_after(lake: Lake, feed: str, subject: str, day: date) -> bool:
    """Whether the subject has been answered since that day was over."""
    where = f"feed = '{feed}' and subject = '{subject}' and day >= date '{day}'"
    return lake.count(COVERAGE, where=where) > 0


def _world_bank_macro(settings: Settings, lake: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.world_bank import WORLD_BANK, WorldBank

    transport = open_transport(settings, WORLD_BANK)
    client = WorldBank(transport)

    def ask(indicator: str, _first: date, last: date) -> Collected:
        answer = client.observations(
            indicator,
            WORLD_BANK_COUNTRIES,
            HISTORY_FROM,
            last.year,
            not_older_than=_newest_vintage(lake, "world_bank", indicator),
        )
        return _restated(lake, answer)

    return transport, ask


def _restated(lake: Lake, answer: Answered) -> Collected:
    """Only what differs from the newest vintage that is stored of each period."""
    from stock_assets.ingest.vintages import only_changed

    collected = _one(MACRO, answer)
    told = ", ".join(f"'{name}'" for name in answer.rows["series"].unique().to_pylist())
    if not told:
        return collected
    rows = only_changed(answer.rows, lake.read(MACRO, where=f"series in ({told})"))
    return Collected({MACRO: rows}, collected.answers, collected.rejected)


def _alpha_vantage_macro(settings: Settings, lake: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.alpha_vantage_macro import AlphaVantageMacro

    transport = _alpha_vantage_transport(settings)
    client = AlphaVantageMacro(
        transport, _secret(settings.alpha_vantage_api_key), now=Clock(settings.now).now
    )
    return transport, lambda function, _first, _last: _restated(lake, client.observations(function))


def open_fed(settings: Settings) -> Fed:
    """The Federal Reserve's site."""
    return _fed(settings)[1]


def _fed(settings: Settings) -> tuple[Transport, Fed]:
    from stock_assets.vendors.fed import FED, Fed

    transport = open_transport(settings, FED)
    return transport, Fed(transport, now=Clock(settings.now).now)


def _fed_policy(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    transport, client = _fed(settings)
    return transport, lambda _subject, _first, _last: _one(FED_RELEASES, client.releases())


def _fomc_calendar(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    transport, client = _fed(settings)
    return transport, lambda _subject, _first, _last: _one(
        FOMC_MEETINGS, client.calendar().collected
    )


def _treasury_policy(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.treasury import TREASURY, Treasury

    transport = open_transport(settings, TREASURY)
    client = Treasury(transport, now=Clock(settings.now).now)
    asked = {
        "debt": (TREASURY_DEBT, client.debt),
        "rates": (TREASURY_RATES, client.rates),
        "auctions": (
            TREASURY_AUCTIONS,
            lambda first, last: client.auctions(first, last + ANNOUNCED_AHEAD),
        ),
    }

    def ask(subject: str, first: date, last: date) -> Collected:
        table, question = asked[subject]
        return _one(table, question(first, last))

    return transport, ask


def _index_membership(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.membership import MEMBERSHIP, Membership

    transport = open_transport(settings, MEMBERSHIP)
    client = Membership(transport, now=Clock(settings.now).now)
    return transport, lambda _subject, _first, _last: _one(INDEX_MEMBERSHIP, client.stays())


def _yahoo_context(settings: Settings) -> tuple[Transport, YahooContext]:
    from stock_assets.vendors.yahoo import YAHOO
    from stock_assets.vendors.yahoo_context import YahooContext

    transport = open_transport(settings, YAHOO)
    client = YahooContext(transport, settings.home / "yahoo", now=Clock(settings.now).now)
    return transport, client


def _yahoo_indices(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    transport, client = _yahoo_context(settings)
    return transport, lambda symbol, first, last: _one(
        INDEX_PRICES, client.index(symbol, first, last)
    )


def _yahoo_fx(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    transport, client = _yahoo_context(settings)
    return transport, lambda code, first, last: _one(FX_RATES, client.currency(code, first, last))


_SOURCES: Final[Mapping[str, _Source]] = {
    "raw/yahoo_indices": _Source(_yahoo_indices, _always(*INDICES), overlap=A_WEEK),
    "raw/yahoo_fx": _Source(_yahoo_fx, _always(*CURRENCIES), overlap=A_WEEK),
    "raw/index_membership": _Source(_index_membership, _always("S&P 500")),
    "raw/finnhub_news": _Source(_finnhub_news, _universe),
    "raw/finnhub_fundamentals": _Source(_finnhub_fundamentals, _always(*MAGNIFICENT_SEVEN)),
    "raw/economic_calendar": _Source(_economic_calendar, _always("economic events")),
    "raw/newsapi_news": _Source(_newsapi_news, _universe, A_DAY_LATE + SETTLED_AFTER),
    "raw/polygon_news": _Source(_polygon_news, _always(MARKET)),
    "raw/fred_macro": _Source(_fred_macro, _always(*FRED_SERIES, RELEASES)),
    "raw/world_bank_macro": _Source(_world_bank_macro, _always(*WORLD_BANK_INDICATORS)),
    "raw/fed_policy": _Source(_fed_policy, _always("press releases")),
    "raw/fomc_calendar": _Source(_fomc_calendar, _always("FOMC calendar")),
    "raw/treasury_policy": _Source(_treasury_policy, _always("debt", "rates", "auctions")),
    "raw/alpha_vantage_macro": _Source(_alpha_vantage_macro, _always(*ALPHA_VANTAGE_FUNCTIONS)),
}

BY_SUBJECT: Final = tuple(BY_KEY[key] for key in _SOURCES)
"""The feeds that are collected by subject and days."""
