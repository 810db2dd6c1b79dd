"""What the press is asked: NewsAPI by company, Polygon for the whole market at once.

Belongs here: these two feeds of news; Finnhub's is with its other feeds (finnhub.py).
Does not belong here: how a vendor is spoken to, how news sound (ingest/sentiment.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from stock_assets.ingest.subject_loads import SETTLED_AFTER
from stock_assets.ingest.universes import companies_of
from stock_assets.market import Clock, companies
from stock_assets.suppliers.doors import open_transport, secret
from stock_assets.suppliers.source import Source, always, taken
from stock_assets.tables import LISTINGS, NEWS

if TYPE_CHECKING:
    from stock_assets.ingest.subjects import Ask, Collected
    from stock_assets.lake import Lake
    from stock_assets.settings import Settings
    from stock_assets.vendors.transport import Transport

MARKET: Final = "US stocks"
"""The subject of news that come for all companies in one listing."""
A_DAY_LATE: Final = timedelta(hours=24)
"""NewsAPI's developer plan shows articles so long after they were published: nobody on it knows
them before, and what is asked about today brings nothing and costs a request of a hundred."""


def _newsapi(settings: Settings, lake: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.newsapi import NEWSAPI, NewsApi

    transport = open_transport(settings, NEWSAPI)
    client = NewsApi(
        transport,
        secret(settings.newsapi_api_key),
        names=_names(lake),
        now=Clock(settings.now).now,
        delay=A_DAY_LATE,
    )
    return transport, lambda symbol, first, last: taken(
        NEWS, client.company_news(symbol, first, last)
    )


def _names(lake: Lake) -> dict[str, str]:
    """Companies as the press calls them: the default universe by hand, others as they are listed.

    A company that is neither is unknown to NewsAPI, which finds articles by name.
    """
    from stock_assets.vendors.press_names import press_name

    listed = lake.read(LISTINGS, where="name is not null", columns=("symbol", "name"))
    names = zip(listed["symbol"].to_pylist(), listed["name"].to_pylist(), strict=True)
    found = {symbol: press_name(name) for symbol, name in names}
    return found | {company.symbol: company.name for company in companies()}


def _polygon(settings: Settings, lake: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.polygon import POLYGON
    from stock_assets.vendors.polygon_news import PolygonNews

    transport = open_transport(settings, POLYGON)
    client = PolygonNews(transport, secret(settings.polygon_api_key), now=Clock(settings.now).now)

    def ask(_market: str, first: date, last: date) -> Collected:
        symbols = companies_of(settings, lake, (first, last))
        return replace(taken(NEWS, client.market_news(symbols, first, last)), about=symbols)

    return transport, ask


SOURCES: Final = {
    "raw/newsapi_news": Source(
        _newsapi,
        companies_of,
        A_DAY_LATE + SETTLED_AFTER,
        only_settled=True,
        may_take_more=True,
    ),
    "raw/polygon_news": Source(_polygon, always(MARKET), about=companies_of, may_take_more=True),
}
