"""What is asked about policy: the Federal Reserve's releases and meetings, the Treasury's business.

Belongs here: these feeds. Does not belong here: how the sites are read (vendors/fed*.py,
vendors/treasury*.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from stock_assets.ingest.withdrawals import withdrawn
from stock_assets.market import Clock
from stock_assets.suppliers.doors import open_transport
from stock_assets.suppliers.source import Source, always, taken
from stock_assets.tables import (
    FED_RELEASES,
    FOMC_MEETINGS,
    FOMC_STATEMENTS,
    TREASURY_AUCTIONS,
    TREASURY_DEBT,
    TREASURY_RATES,
)

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

    from stock_assets.ingest.subjects import Ask, Collected
    from stock_assets.lake import Lake
    from stock_assets.settings import Settings
    from stock_assets.vendors.collected import Collected as FromFed
    from stock_assets.vendors.fed import Fed
    from stock_assets.vendors.transport import Transport

ANNOUNCEMENTS: Final = "press releases"
ANNOUNCED_AHEAD: Final = timedelta(days=21)
"""The Treasury announces auctions up to some weeks before they are held."""


def open_fed(settings: Settings) -> Fed:
    """The Federal Reserve's site."""
    return _fed(settings)[1]


def _fed(settings: Settings) -> tuple[Transport, Fed]:
    from stock_assets.vendors.fed import FED, Fed

    transport = open_transport(settings, FED)
    return transport, Fed(transport, now=Clock(settings.now).now)


def _fed_policy(settings: Settings, lake: Lake) -> tuple[Transport, Ask]:
    import pyarrow.compute as pc

    transport, client = _fed(settings)

    @cache
    def listed() -> FromFed:
        known = _known_by(Clock(settings.now).now(), lake.read(FED_RELEASES))
        return client.releases(not_older_than=pc.max(known["published_at"]).as_py())

    def ask(subject: str, first: date, last: date) -> Collected:
        if subject == ANNOUNCEMENTS:
            return taken(FED_RELEASES, listed())
        return taken(FOMC_STATEMENTS, client.statements(listed().rows, first, last))

    return transport, ask


def _fomc_calendar(settings: Settings, lake: Lake) -> tuple[Transport, Ask]:
    import pyarrow as pa
    import pyarrow.compute as pc

    transport, client = _fed(settings)

    def ask(_subject: str, _first: date, _last: date) -> Collected:
        stored = lake.read(FOMC_MEETINGS)
        due = _known_by(Clock(settings.now).now(), stored)
        due = due.filter(pc.is_null(due["withdrawn_at"]))
        calendar = client.calendar(not_older_than=pc.max(due["held_on"]).as_py())
        found = calendar.collected
        gone = withdrawn(stored, found.rows, calendar.coverage.covers, Clock(settings.now).now())
        return taken(FOMC_MEETINGS, replace(found, rows=pa.concat_tables([found.rows, gone])))

    return transport, ask


def _known_by(now: datetime, stored: pa.Table) -> pa.Table:
    """What the market knew: where its clock is set back, older lists are no stale copies."""
    import pyarrow as pa
    import pyarrow.compute as pc

    at = pa.scalar(now, stored.schema.field("known_at").type)
    return stored.filter(pc.less_equal(stored["known_at"], at))


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
    "raw/fed_policy": Source(
        _fed_policy,
        always(ANNOUNCEMENTS, "FOMC statements"),
        # Both read the list of announcements, which is asked for once; each statement is a page.
        requests=lambda _lake, questions: min(len(questions), 1),
        may_take_more=True,
    ),
    "raw/fomc_calendar": Source(_fomc_calendar, always("FOMC calendar")),
    "raw/treasury_policy": Source(_treasury_policy, always("debt", "rates", "auctions")),
}
