"""What Finnhub is asked: company news, snapshots of companies, the calendar of the economy.

Belongs here: Finnhub's feeds. Does not belong here: how it is spoken to (vendors/finnhub.py).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from stock_assets.ingest.universes import companies_of
from stock_assets.market import MAGNIFICENT_SEVEN, Clock
from stock_assets.suppliers.doors import open_transport, secret
from stock_assets.suppliers.source import Source, always, taken
from stock_assets.tables import ECONOMIC_EVENTS, FUNDAMENTALS, NEWS

if TYPE_CHECKING:
    from stock_assets.ingest.subjects import Ask, Collected
    from stock_assets.lake import Lake
    from stock_assets.settings import Settings
    from stock_assets.vendors.finnhub import Finnhub
    from stock_assets.vendors.transport import Transport


def _client(settings: Settings) -> tuple[Transport, Finnhub]:
    from stock_assets.vendors.finnhub import FINNHUB, Finnhub

    transport = open_transport(settings, FINNHUB)
    client = Finnhub(transport, secret(settings.finnhub_api_key), now=Clock(settings.now).now)
    return transport, client


def _news(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    transport, client = _client(settings)
    return transport, lambda symbol, first, last: taken(
        NEWS, client.company_news(symbol, first, last)
    )


def _fundamentals(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    transport, client = _client(settings)

    def ask(symbol: str, _first: date, _last: date) -> Collected:
        # A snapshot tells of now alone, whatever day it is asked for.
        return taken(FUNDAMENTALS, client.fundamentals([symbol], Clock(settings.now).now()))

    return transport, ask


def _economic_calendar(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    transport, client = _client(settings)
    return transport, lambda _subject, first, last: taken(
        ECONOMIC_EVENTS, client.economic_calendar(first, last)
    )


SOURCES: Final = {
    "raw/finnhub_news": Source(_news, companies_of, may_take_more=True),
    "raw/finnhub_fundamentals": Source(
        _fundamentals,
        always(*MAGNIFICENT_SEVEN),
        requests=lambda _lake, questions: 3 * len(questions),
    ),
    "raw/economic_calendar": Source(_economic_calendar, always("economic events")),
}
