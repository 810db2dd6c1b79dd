"""What each feed asks of whom: clients made from settings, and one question per subject and days.

Belongs here: opening a vendor's client with its budget, the subjects of a feed, the step from a
client's answer to rows by table. Does not belong here: how a vendor is spoken to (vendors/), what
is asked again and what is kept (ingest/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sized
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

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
from stock_assets.ingest.subjects import Collected, SubjectFeed
from stock_assets.lake import PayloadStore
from stock_assets.market import MAGNIFICENT_SEVEN, Clock
from stock_assets.tables import (
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
ANNOUNCED_AHEAD: Final = timedelta(days=21)
"""The Treasury announces auctions up to some weeks before they are held."""
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
        feed.key, feed.vendor, ask, lake, Clock(settings.now).now, progress=progress
    )
    return Supply(fetching, source.subjects(settings), transport)


def open_transport(
    settings: Settings,
    vendor: Vendor,
    key: SecretStr | None,
    per_minute: float,
    per_day: DailyLimit | None = None,
) -> Transport:
    """The one door to a vendor, with a budget that all our processes share."""
    from stock_assets.vendors.budget import Budget
    from stock_assets.vendors.redaction import Redactor
    from stock_assets.vendors.transport import Limits, Transport

    secret = _secret(key)
    settings.locks.mkdir(parents=True, exist_ok=True)
    return Transport(
        vendor,
        capture=PayloadStore(settings.payload_root).put,
        budget=Budget(settings.locks, vendor.name, secret, per_minute, per_day=per_day),
        redactor=Redactor([secret]),
        sandbox_url=settings.sandbox_url,
        limits=Limits(deadline_s=settings.request_deadline_s, attempts=settings.request_attempts),
    )


def open_yahoo(settings: Settings) -> Yahoo:
    """Yahoo through yfinance, with a cache directory of this home alone."""
    from stock_assets.vendors.yahoo import YAHOO, Yahoo

    transport = open_transport(settings, YAHOO, None, settings.yahoo_requests_per_minute)
    return Yahoo(transport, settings.home / "yahoo", now=Clock(settings.now).now)


def open_polygon(settings: Settings) -> Polygon:
    """Polygon through its own client.

    Raises:
        AuthError: POLYGON_API_KEY is not set.
    """
    from stock_assets.vendors.polygon import POLYGON, Polygon

    key = settings.polygon_api_key
    transport = open_transport(settings, POLYGON, key, settings.polygon_requests_per_minute)
    return Polygon(transport, _secret(key), now=Clock(settings.now).now)


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
    from stock_assets.vendors.vendor_day import DailyLimit

    return open_transport(
        settings,
        ALPHA_VANTAGE,
        settings.alpha_vantage_api_key,
        settings.alpha_vantage_requests_per_minute,
        DailyLimit(settings.alpha_vantage_requests_per_day),
    )


def address_of(vendor: str) -> str | None:
    """The front door of a vendor's first host; None for those that are no vendor."""
    known = _vendors().get(vendor)
    return f"https://{min(known.hosts)}/" if known else None


def open_probe(settings: Settings, vendor: str) -> Transport:
    """A door to a vendor that is outside of its quota: only to see whether anybody is there."""
    from dataclasses import replace

    known = _vendors()[vendor]
    probe = replace(known, name=f"{known.name}-probe")
    return open_transport(settings, probe, None, settings.open_requests_per_minute)


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

    transport = open_transport(
        settings, FINNHUB, settings.finnhub_api_key, settings.finnhub_requests_per_minute
    )
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
    from stock_assets.vendors.vendor_day import DailyLimit

    key = settings.newsapi_api_key
    transport = open_transport(
        settings,
        NEWSAPI,
        key,
        settings.open_requests_per_minute,
        DailyLimit(settings.newsapi_requests_per_day, zone=None),
    )
    client = NewsApi(transport, _secret(key), now=Clock(settings.now).now)
    return transport, lambda symbol, first, last: _one(
        NEWS, client.company_news(symbol, first, last)
    )


def _polygon_news(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.polygon import POLYGON
    from stock_assets.vendors.polygon_news import PolygonNews

    key = settings.polygon_api_key
    transport = open_transport(settings, POLYGON, key, settings.polygon_requests_per_minute)
    client = PolygonNews(transport, _secret(key), now=Clock(settings.now).now)
    return transport, lambda _market, first, last: _one(
        NEWS, client.market_news(settings.symbols, first, last)
    )


def _fred_macro(settings: Settings, lake: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.fred import FRED, Fred

    key = settings.fred_api_key
    transport = open_transport(settings, FRED, key, settings.fred_requests_per_minute)
    client = Fred(transport, _secret(key), now=Clock(settings.now).now)

    def ask(subject: str, first: date, last: date) -> Collected:
        if subject == RELEASES:
            return _one(MACRO_RELEASES, client.release_dates(first, last))
        # A vintage may be added to until its day is over.
        newest = _newest_vintage(lake, "fred", subject)
        after = newest - timedelta(days=1) if newest else None
        return _one(MACRO, client.observations(subject, after=after))

    return transport, ask


def _newest_vintage(lake: Lake, vendor: str, series: str) -> date | None:
    import pyarrow.compute as pc

    where = f"vendor = '{vendor}' and series = '{series}'"
    newest: date | None = pc.max(
        lake.read(MACRO, where=where, columns=("vintage_on",))["vintage_on"]
    ).as_py()
    return newest


def _world_bank_macro(settings: Settings, lake: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.world_bank import WORLD_BANK, WorldBank

    transport = open_transport(settings, WORLD_BANK, None, settings.open_requests_per_minute)
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

    transport = open_transport(settings, FED, None, settings.open_requests_per_minute)
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

    transport = open_transport(settings, TREASURY, None, settings.open_requests_per_minute)
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

    transport = open_transport(settings, MEMBERSHIP, None, settings.open_requests_per_minute)
    client = Membership(transport, now=Clock(settings.now).now)
    return transport, lambda _subject, _first, _last: _one(INDEX_MEMBERSHIP, client.stays())


def _yahoo_context(settings: Settings) -> tuple[Transport, YahooContext]:
    from stock_assets.vendors.yahoo import YAHOO
    from stock_assets.vendors.yahoo_context import YahooContext

    transport = open_transport(settings, YAHOO, None, settings.yahoo_requests_per_minute)
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
    "raw/yahoo_indices": _Source(_yahoo_indices, _always(*INDICES)),
    "raw/yahoo_fx": _Source(_yahoo_fx, _always(*CURRENCIES)),
    "raw/index_membership": _Source(_index_membership, _always("S&P 500")),
    "raw/finnhub_news": _Source(_finnhub_news, _universe),
    "raw/finnhub_fundamentals": _Source(_finnhub_fundamentals, _always(*MAGNIFICENT_SEVEN)),
    "raw/economic_calendar": _Source(_economic_calendar, _always("economic events")),
    "raw/newsapi_news": _Source(_newsapi_news, _universe),
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
