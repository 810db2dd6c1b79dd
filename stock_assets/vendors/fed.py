"""The Federal Reserve's site: press feeds, the list of years of announcements, the calendar.

Belongs here: which file is asked for, also only if it has changed. Does not belong here: from a
file to rows (fed_press.py, fed_calendar.py), from a page to its words (fed_statement.py).
Source: federalreserve.gov/feeds/feeds.htm; the lists in JSON are those behind the site's own pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from stock_assets.errors import ContractError
from stock_assets.tables import FED_RELEASES, FOMC_STATEMENTS
from stock_assets.vendors.addresses import Vendor
from stock_assets.vendors.collected import Collected, Settled, Sorting
from stock_assets.vendors.fed_calendar import Coverage, calendar_rows
from stock_assets.vendors.fed_press import SITE, VENDOR, feed_rows, list_rows
from stock_assets.vendors.fed_statement import parse_statement, statement_row
from stock_assets.vendors.messages import OK, Answer, Request
from stock_assets.vendors.stale import refuse_older
from stock_assets.vendors.transport import Transport, utc_now

Feed = Literal["press_monetary", "press_all"]

FED: Final = Vendor(
    name=VENDOR,
    hosts=frozenset({"www.federalreserve.gov"}),
    twin="/fed",
    key_advice="no key is needed there; open the address in a browser",
)
_UNCHANGED: Final = 304
_STATEMENT: Final = re.compile(r"\bFOMC statement\b", re.IGNORECASE)
_MOVED_AT_MOST: Final = timedelta(days=28)
"""The last event of a calendar may be held earlier after all; more than that is an old copy."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What the Fed said about a file, to ask next time only whether it has changed."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The conditional request's headers."""
        known = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in known.items() if value}


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """Announcements of a feed.

    ``has_changed`` is False, and there are no rows, where nothing is new since the mark was given.
    """

    collected: Collected
    mark: Mark
    has_changed: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """Rows of FOMC_MEETINGS, and for which days the absence of a row means that nothing is due."""

    collected: Collected
    coverage: Coverage


class Fed:
    """The Federal Reserve Board's announcements and calendar. ``now`` is the market's clock."""

    vendor = VENDOR

    def __init__(self, transport: Transport, *, now: Callable[[], datetime] = utc_now) -> None:
        self._transport, self._now = transport, now

    def feed(self, feed: Feed = "press_monetary", since: Mark | None = None) -> FeedAnswer:
        """The latest announcements (about twenty) as rows of FED_RELEASES, in one request.

        ``since``: the mark of an earlier answer; then nothing comes where nothing has changed.

        Raises:
            VendorError: as the transport says, or the feed is none (see plain_xml.py).
        """
        answer = self._ask(f"/feeds/{feed}.xml", since)
        mark = Mark(_header(answer, "ETag"), _header(answer, "Last-Modified"))
        if answer.status == _UNCHANGED:
            nothing = Settled(FED_RELEASES.row_schema.empty_table(), None, 0)
            return FeedAnswer(_collected(nothing, answer), since or mark, has_changed=False)
        settled = feed_rows(answer.request, answer.body, self._now())
        return FeedAnswer(_collected(settled, answer), mark, has_changed=True)

    def releases(self, *, not_older_than: datetime | None = None) -> Collected:
        """Years of announcements as rows of FED_RELEASES, in one request.

        ``not_older_than``: when the newest announcement that is stored was published.

        Raises:
            ContractError: a copy of the list from before that.
            VendorError: as the transport says, or the list is none.
        """
        answer = self._ask("/json/ne-press.json")
        settled = list_rows(answer.request, answer.body, self._now())
        newest: datetime | None = pc.max(settled.rows["published_at"]).as_py()
        refuse_older(answer, VENDOR, "announcements", newest, not_older_than)
        return _collected(settled, answer)

    def calendar(self, *, not_older_than: date | None = None) -> Calendar:
        """Meetings, press conferences and minutes, past and to come, in one request.

        ``not_older_than``: the last day of the committee's that is stored. The calendar grows at
        its end alone.

        Raises:
            ContractError: a copy from when it ended a month before that, or earlier.
            VendorError: as the transport says, or the calendar is none.
        """
        answer = self._ask("/json/calendar.json")
        settled, coverage = calendar_rows(answer.request, answer.body, self._now())
        end = coverage.last
        is_near = end and not_older_than and end >= not_older_than - _MOVED_AT_MOST
        if not is_near:
            refuse_older(answer, VENDOR, "the committee's days", end, not_older_than)
        return Calendar(_collected(settled, answer), coverage)

    def statements(self, listed: pa.Table, first: date, last: date) -> Collected:
        """What the FOMC stated from ``first`` to ``last`` (UTC), in full: rows of FOMC_STATEMENTS.

        ``listed``: rows of FED_RELEASES to look for them in; one request for each. A page of
        another form is put aside with its reason: older ones are built differently.

        Raises:
            SecurityError: an address that is not the Federal Reserve's.
            ContractError: no page has the form that we know.
            VendorError: a page does not come; none is left out.
        """
        sorting, answers = Sorting(FOMC_STATEMENTS), list[Answer]()
        another_form: ContractError | None = None
        for release in listed.to_pylist():
            is_ours = _STATEMENT.search(release["title"])
            if not is_ours or not first <= release["published_at"].date() <= last:
                continue
            answer = self._transport.send(Request(release["url"], json=False))
            answers.append(answer)
            try:
                said = parse_statement(answer.request, answer.body)
            except ContractError as error:
                another_form = another_form or error
                sorting.refuse(release, error.reason)
            else:
                sorting.accept(statement_row(release["url"], said, self._now()), release)
        settled = sorting.settled()
        if another_form and not settled.rows.num_rows:
            raise another_form
        return Collected(VENDOR, settled.rows, tuple(answers), settled.rejected, settled.doubled)

    def _ask(self, path: str, since: Mark | None = None) -> Answer:
        """The file. Neither it nor an error page is believed for its content type."""
        headers = since.headers if since else {}
        accept = OK | {_UNCHANGED} if headers else OK
        request = Request(SITE + path, headers=headers, accept=accept, json=False)
        return self._transport.send(request)


def _collected(settled: Settled, answer: Answer) -> Collected:
    return Collected(VENDOR, settled.rows, (answer,), settled.rejected, settled.doubled)


def _header(answer: Answer, name: str) -> str | None:
    return next((v for k, v in answer.headers if k.lower() == name.lower()), None)
