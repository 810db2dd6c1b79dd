"""The calendar, corporate actions and listings into the lake.

Belongs here: feeds that are not bars. They are not partitioned: each run asks for what may have
changed and appends only what did.
Does not belong here: bars (prices.py).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from stock_assets.ingest.asked import Asked
from stock_assets.ingest.lateness import Decided
from stock_assets.ingest.report import FeedReport
from stock_assets.lake import LoadSource
from stock_assets.market import calendar as market_calendar
from stock_assets.tables import CORPORATE_ACTIONS, LISTINGS, SESSIONS

if TYPE_CHECKING:
    from stock_assets.lake import Lake
    from stock_assets.market import Calendar
    from stock_assets.tables import Table
    from stock_assets.vendors.polygon import ReferenceAnswer

OVERLAP: Final = timedelta(days=30)
"""Corporate actions are asked for again this far back: vendors add and correct them late."""


class ReferenceSource(Protocol):
    """A vendor of corporate actions and listings."""

    vendor: str

    def corporate_actions(self, symbols: Sequence[str], first: date, last: date) -> ReferenceAnswer:
        """Splits and dividends with an ex-date from ``first`` to ``last``."""
        ...

    def listings(self, symbols: Sequence[str]) -> ReferenceAnswer:
        """Listings of the symbols, delisted ones included."""
        ...


def store_sessions(lake: Lake, calendar: Calendar, now: datetime) -> FeedReport:
    """The exchange's sessions as rows; a calendar that has not changed appends nothing."""
    import pyarrow as pa

    sessions = calendar.sessions
    rows = pa.table(
        [
            [s.day for s in sessions],
            [s.number for s in sessions],
            [s.open_at for s in sessions],
            [s.close_at for s in sessions],
            [s.decision_at for s in sessions],
            [s.is_half_day for s in sessions],
            [now] * len(sessions),
        ],
        schema=SESSIONS.row_schema,
    )
    report = FeedReport("raw/sessions", "exchange")
    report.first_session, report.last_session = sessions[0].day, sessions[-1].day
    return _append(lake, SESSIONS, rows, LoadSource(feed=report.feed, vendor="exchange"), report)


def fetch_corporate_actions(
    lake: Lake, source: ReferenceSource, symbols: Sequence[str], first: date, last: date
) -> FeedReport:
    """Splits and dividends since the last run (with an overlap), or since ``first``.

    One question for all symbols, which costs the same for one and for all: it reaches back as far
    as it must for the symbol that was asked about least. What is new of days about which the vendor
    had answered, and that have been decided, is known from now.
    """
    feed = "raw/corporate_actions"
    asked = Asked.about(lake, feed, symbols)
    since = asked.since(first, OVERLAP)
    started = time.monotonic()
    answer = source.corporate_actions(symbols, since, last)
    decided = Decided.by(lake.now(), market_calendar(), lake)
    known = replace(answer, rows=asked.stamp(answer.rows, decided))
    report = _store_answer(lake, CORPORATE_ACTIONS, feed, known, since, last, started)
    asked.remember(lake, feed, answer.vendor, since, last)
    return report


def fetch_listings(
    lake: Lake, source: ReferenceSource, symbols: Sequence[str], today: date
) -> FeedReport:
    """Listings of the universe as the vendor has them today, with former symbols."""
    started = time.monotonic()
    answer = source.listings(symbols)
    return _store_answer(lake, LISTINGS, "raw/listings", answer, today, today, started)


def _store_answer(
    lake: Lake,
    table: Table,
    feed: str,
    answer: ReferenceAnswer,
    first: date,
    last: date,
    started: float,
) -> FeedReport:
    report = FeedReport(feed, answer.vendor, first_session=first, last_session=last)
    report.requests = len(answer.answers)
    report.bytes_received = sum(len(one.body) for one in answer.answers)
    source = LoadSource(
        feed=feed,
        vendor=answer.vendor,
        requests=tuple(one.request for one in answer.answers),
        payloads=tuple(one.payload for one in answer.answers),
        first_session=first,
        last_session=last,
        rejected=answer.rejected,
    )
    _append(lake, table, answer.rows, source, report)
    report.seconds = time.monotonic() - started
    return report


def _append(
    lake: Lake, table: Table, rows: object, source: LoadSource, report: FeedReport
) -> FeedReport:
    result = lake.append(table, rows, source)
    report.count_load(
        result.load_id,
        received=result.received,
        appended=result.appended,
        unchanged=result.unchanged,
        restated=result.restated,
        quarantined_rows=result.quarantined_rows,
        quarantined=result.quarantined,
    )
    return report
