"""What is asked about policy: the Federal Reserve's releases and meetings, the Treasury's business.

Belongs here: these feeds. Does not belong here: how the sites are read (vendors/fed*.py,
vendors/treasury*.py).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from stock_assets.market import Clock
from stock_assets.suppliers.doors import open_transport
from stock_assets.suppliers.source import Source, always, taken
from stock_assets.tables import (
    FED_RELEASES,
    FOMC_MEETINGS,
    TREASURY_AUCTIONS,
    TREASURY_DEBT,
    TREASURY_RATES,
)

if TYPE_CHECKING:
    from stock_assets.ingest.subjects import Ask, Collected
    from stock_assets.lake import Lake
    from stock_assets.settings import Settings
    from stock_assets.vendors.fed import Fed
    from stock_assets.vendors.transport import Transport

ANNOUNCED_AHEAD: Final = timedelta(days=21)
"""The Treasury announces auctions up to some weeks before they are held."""


def open_fed(settings: Settings) -> Fed:
    """The Federal Reserve's site."""
    return _fed(settings)[1]


def _fed(settings: Settings) -> tuple[Transport, Fed]:
    from stock_assets.vendors.fed import FED, Fed

    transport = open_transport(settings, FED)
    return transport, Fed(transport, now=Clock(settings.now).now)


def _fed_policy(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    transport, client = _fed(settings)
    return transport, lambda _subject, _first, _last: taken(FED_RELEASES, client.releases())


def _fomc_calendar(settings: Settings, _: Lake) -> tuple[Transport, Ask]:
    transport, client = _fed(settings)
    return transport, lambda _subject, _first, _last: taken(
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
        return taken(table, question(first, last))

    return transport, ask


SOURCES: Final = {
    "raw/fed_policy": Source(_fed_policy, always("press releases")),
    "raw/fomc_calendar": Source(_fomc_calendar, always("FOMC calendar")),
    "raw/treasury_policy": Source(_treasury_policy, always("debt", "rates", "auctions")),
}
