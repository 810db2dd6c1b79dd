"""The Fed's announcements: from its feeds and its list to rows of FED_RELEASES.

Belongs here: the two forms, and when an announcement was published.
Does not belong here: asking for them (fed.py), XML (plain_xml.py).

The feed gives instants in GMT, the list wall time in Washington; both become the same row.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import orjson

from stock_assets.errors import ContractError
from stock_assets.market import NEW_YORK
from stock_assets.tables import FED_RELEASES
from stock_assets.vendors.collected import Settled, Sorting, Unreadable
from stock_assets.vendors.plain_xml import MARK, items
from stock_assets.vendors.release_clock import known_on
from stock_assets.vendors.statuses import not_json

VENDOR: Final = "fed"
SITE: Final = "https://www.federalreserve.gov"

_WALL: Final = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4})(?: +(\d{1,2}):(\d{2})(?::(\d{2}))? *([AP])M)?", re.IGNORECASE
)
_LEEWAY: Final = timedelta(minutes=10)


def feed_rows(request: str, body: bytes, now: datetime) -> Settled:
    """The items of an RSS feed.

    Raises:
        VendorError: see plain_xml.py.
    """
    sorting = Sorting(FED_RELEASES)
    for item in items(request, body):
        try:
            url, title = item.get("link") or item.get("guid", ""), item.get("title", "")
            at = _gmt(item.get("pubDate", ""))
            sorting.accept(_row(url, title, item.get("category"), at, now), item)
        except Unreadable as why:
            sorting.refuse(item, str(why))
    return sorting.settled()


def list_rows(request: str, body: bytes, now: datetime) -> Settled:
    """The list behind the site's own pages: years of announcements.

    Raises:
        VendorOutage, PayloadError: a web page, or no whole JSON.
        ContractError: JSON of another form.
    """
    content = load_json(request, body)
    if not isinstance(content, list):
        raise not_agreed(request, "the answer is not a list")
    sorting = Sorting(FED_RELEASES)
    for item in content:
        if isinstance(item, dict) and "updateDate" in item and "l" not in item:
            continue
        try:
            texts = {name: _text(item, name) for name in ("d", "t", "pt", "l")}
            at = wall_instant(texts["d"])
            sorting.accept(_row(texts["l"], texts["t"], texts["pt"], at, now), item)
        except Unreadable as why:
            sorting.refuse(item, str(why))
    return sorting.settled()


def load_json(request: str, body: bytes) -> Any:
    """JSON behind a byte order mark, which the Fed's files have and JSON does not.

    Raises:
        VendorOutage, PayloadError: a web page, or no whole JSON.
    """
    plain = body.removeprefix(MARK)
    wrong = not_json(request, plain, vendor=VENDOR)
    if wrong:
        raise wrong
    return orjson.loads(plain)


def not_agreed(request: str, reason: str) -> ContractError:
    """The error for an answer that is readable and of another form."""
    return ContractError(
        request,
        reason=reason,
        next_action="keep what is stored; compare the kept answer with what the Fed used to send",
        vendor=VENDOR,
    )


def wall_instant(text: str) -> datetime:
    """``7/29/2026 2:00:00 PM`` in Washington as an instant.

    Without a time, or with midnight, which stands for none there, it is the end of that day; of
    an hour that the clock shows twice it is the second.

    Raises:
        Unreadable: anything else.
    """
    found = _WALL.fullmatch(text.strip())
    if found is None:
        raise Unreadable(f"{text!r:.40} is not a time such as 7/29/2026 2:00:00 PM")
    month, number, year, hour, minute, second, half = found.groups()
    try:
        day = date(int(year), int(month), int(number))
        if hour is None:
            return known_on(day, None)
        if not 1 <= int(hour) <= 12:
            raise Unreadable(f"{text!r:.40} has no such hour")
        clock = time(int(hour) % 12 + 12 * (half in "pP"), int(minute), int(second or 0), fold=1)
    except ValueError:
        raise Unreadable(f"{text!r:.40} is no day or time of the calendar") from None
    if clock == time():
        return known_on(day, None)
    return datetime.combine(day, clock, NEW_YORK).astimezone(UTC)


def _gmt(text: str) -> datetime:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        raise Unreadable(f"pubDate {text!r:.40} is not a date as RSS writes it") from None
    if at.tzinfo is None:
        raise Unreadable(f"pubDate {text!r:.40} names no time zone")
    return at.astimezone(UTC)


def _text(item: object, name: str) -> str:
    if not isinstance(item, dict):
        raise Unreadable("it is not an object")
    value = item.get(name, "")
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not a text")
    return value.strip()


def _row(
    link: str, title: str, category: str | None, at: datetime, now: datetime
) -> dict[str, Any]:
    url = urljoin(SITE, link)
    parts = urlsplit(url)
    if not link or f"{parts.scheme}://{parts.netloc}" != SITE or any(ord(c) < 33 for c in url):
        raise Unreadable(f"{link!r:.80} is not an address of the Federal Reserve")
    if not title:
        raise Unreadable("it has no title")
    if at > now + _LEEWAY:
        raise Unreadable(f"it was published at {at:%Y-%m-%dT%H:%MZ}, after we looked")
    return {
        "url": url,
        "title": title,
        "category": category or None,
        "published_at": at,
        "known_at": at,
    }
