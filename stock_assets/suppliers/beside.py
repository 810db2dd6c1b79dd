"""What is asked about what stands beside the shares: indices, currencies, who is in an index.

Belongs here: these feeds. Does not belong here: shares' own bars (resources.py opens those).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from stock_assets.ingest.feeds import CURRENCIES, INDICES
from stock_assets.market import Clock
from stock_assets.suppliers.doors import open_transport
from stock_assets.suppliers.source import Source, always, lacking_bars, taken
from stock_assets.tables import FX_RATES, INDEX_MEMBERSHIP, INDEX_PRICES

if TYPE_CHECKING:
    from stock_assets.ingest.subjects import Ask, Collected
    from stock_assets.lake import Lake
    from stock_assets.settings import Settings
    from stock_assets.vendors.transport import Transport
    from stock_assets.vendors.yahoo_context import YahooContext

A_WEEK: Final = timedelta(days=7)
"""Index levels and rates are asked for again so far back: vendors correct last week's."""


def _index_membership(settings: Settings, lake: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.membership import MEMBERSHIP, Membership, newest_change

    transport, now = open_transport(settings, MEMBERSHIP), Clock(settings.now).now
    client = Membership(transport, now=now)

    def ask(_subject: str, _first: date, _last: date) -> Collected:
        stored = newest_change(lake.read(INDEX_MEMBERSHIP), now())
        return taken(INDEX_MEMBERSHIP, client.stays(not_older_than=stored))

    return transport, ask


def _yahoo_context(settings: Settings) -> tuple[Transport, YahooContext]:
    from stock_assets.vendors.yahoo import YAHOO
    from stock_assets.vendors.yahoo_context import YahooContext

    transport = open_transport(settings, YAHOO)
    client = YahooContext(transport, settings.home / "yahoo", now=Clock(settings.now).now)
    return transport, client


def _yahoo_indices(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    transport, client = _yahoo_context(settings)

    def ask(symbol: str, first: date, last: date) -> Collected:
        answer, expected = client.index(symbol, first, last), client.sessions(first, last)
        lacking = lacking_bars(answer, "session", expected)
        return replace(taken(INDEX_PRICES, answer), lacking=lacking)

    return transport, ask


def _yahoo_fx(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    transport, client = _yahoo_context(settings)

    def ask(code: str, first: date, last: date) -> Collected:
        answer, expected = client.currency(code, first, last), client.london_days(first, last)
        return replace(taken(FX_RATES, answer), lacking=lacking_bars(answer, "day", expected))

    return transport, ask


SOURCES: Final = {
    "raw/yahoo_indices": Source(_yahoo_indices, always(*INDICES), overlap=A_WEEK),
    "raw/yahoo_fx": Source(_yahoo_fx, always(*CURRENCIES), overlap=A_WEEK),
    "raw/index_membership": Source(_index_membership, always("S&P 500")),
}
