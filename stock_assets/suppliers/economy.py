"""What is asked about economies: FRED with every vintage, the World Bank, Alpha Vantage.

Belongs here: these feeds, and how far back each asks given what is stored.
Does not belong here: what a vintage is, as-of answers (ingest/vintages.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from stock_assets.ingest.feeds import (
    ALPHA_VANTAGE_FUNCTIONS,
    FRED_SERIES,
    WORLD_BANK_COUNTRIES,
    WORLD_BANK_INDICATORS,
)
from stock_assets.ingest.subjects import Collected
from stock_assets.market import Clock
from stock_assets.suppliers.doors import open_transport, secret
from stock_assets.suppliers.source import Answered, Source, always, taken
from stock_assets.tables import COVERAGE, MACRO, MACRO_RELEASES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stock_assets.ingest.subjects import Ask, Question
    from stock_assets.lake import Lake
    from stock_assets.settings import Settings
    from stock_assets.vendors.transport import Transport

RELEASES: Final = "releases"
"""The subject that is no series: the calendar of releases."""
HISTORY_FROM: Final = 1990


def _fred(settings: Settings, lake: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.fred import FRED, Fred

    transport = open_transport(settings, FRED)
    client = Fred(transport, secret(settings.fred_api_key), now=Clock(settings.now).now)

    def ask(subject: str, first: date, last: date) -> Collected:
        if subject == RELEASES:
            return taken(MACRO_RELEASES, client.release_dates(first, last))
        newest = _newest_vintage(lake, "fred", subject)
        if not _was_asked_after(lake, "raw/fred_macro", subject, date.min):
            # Never answered whole: of the vintages before, some may have been put aside.
            newest = None
        if newest and not _was_asked_after(lake, "raw/fred_macro", subject, newest):
            # A vintage may be added to until its day is over.
            newest -= timedelta(days=1)
        return taken(MACRO, client.observations(subject, after=newest))

    return transport, ask


def _requests_to_fred(lake: Lake, questions: Sequence[Question]) -> int:
    """Three for a series that was never answered; one where it is only looked for vintages."""
    return sum(
        1
        if one.subject == RELEASES
        or _was_asked_after(lake, "raw/fred_macro", one.subject, date.min)
        else 3
        for one in questions
    )


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


def _world_bank(settings: Settings, lake: Lake) -> tuple[Transport, Ask]:
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

    collected = taken(MACRO, answer)
    told = ", ".join(f"'{name}'" for name in answer.rows["series"].unique().to_pylist())
    if not told:
        return collected
    rows = only_changed(answer.rows, lake.read(MACRO, where=f"series in ({told})"))
    return replace(collected, rows={MACRO: rows})


def _alpha_vantage(settings: Settings, lake: Lake) -> tuple[Transport, Ask]:
    from stock_assets.vendors.alpha_vantage_body import ALPHA_VANTAGE
    from stock_assets.vendors.alpha_vantage_macro import AlphaVantageMacro

    transport = open_transport(settings, ALPHA_VANTAGE)
    key = secret(settings.alpha_vantage_api_key)
    client = AlphaVantageMacro(transport, key, now=Clock(settings.now).now)
    return transport, lambda function, _first, _last: _restated(lake, client.observations(function))


SOURCES: Final = {
    "raw/fred_macro": Source(
        _fred, always(*FRED_SERIES, RELEASES), requests=_requests_to_fred, may_take_more=True
    ),
    "raw/world_bank_macro": Source(_world_bank, always(*WORLD_BANK_INDICATORS)),
    "raw/alpha_vantage_macro": Source(_alpha_vantage, always(*ALPHA_VANTAGE_FUNCTIONS)),
}
