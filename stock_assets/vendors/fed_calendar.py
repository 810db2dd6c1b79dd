"""The Fed's calendar: from its file to rows of FOMC_MEETINGS, and the span that it covers.

Belongs here: titles, days and times of the committee's events. Does not belong here: asking for
the file (fed.py).

The calendar ends some months ahead. That nothing is due on a day may be concluded inside the span
of the committee's own events only, and in no month of which one of them could not be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

from stock_assets.market import NEW_YORK
from stock_assets.tables import FOMC_MEETINGS
from stock_assets.vendors.collected import Settled, Sorting, Unreadable
from stock_assets.vendors.fed_press import load_json, not_agreed
from stock_assets.vendors.release_clock import known_on

_KINDS: Final = (
    ("fomc press conference", "press_conference"),
    ("fomc minutes", "minutes"),
    ("fomc meeting", "statement"),
)
_MONTH: Final = re.compile(r"(\d{4})-(\d{1,2})")
_DAYS: Final = re.compile(r"(?:(\d{1,2}) *[-\N{EN DASH}] *)?(\d{1,2})\*?")
_TIME: Final = re.compile(r"(\d{1,2})(?::(\d{2}))? *([ap])\.? *m\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which days the calendar speaks about.

    ``first`` and ``last``: days of the committee's first and last event in it, None where it has
    none. ``unclear``: first days of months with an event that cannot be read; ``None`` among them
    where not even its month can be.
    """

    first: date | None
    last: date | None
    unclear: frozenset[date | None]

    def covers(self, day: date) -> bool:
        """Whether no event on that day means that nothing is due on it."""
        if self.first is None or self.last is None or None in self.unclear:
            return False
        return self.first <= day <= self.last and day.replace(day=1) not in self.unclear


def calendar_rows(request: str, body: bytes, now: datetime) -> tuple[Settled, Coverage]:
    """The committee's events; others (speeches, data releases) are not looked at.

    An event was known at the latest when it took place; one to come is known from ``now`` on.

    Raises:
        VendorOutage, PayloadError: a web page, or no whole JSON.
        ContractError: JSON of another form.
    """
    content = load_json(request, body)
    events = content.get("events") if isinstance(content, dict) else None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise not_agreed(request, "events is not a list of objects")
    sorting, unclear = Sorting(FOMC_MEETINGS), set[date | None]()
    for event in events:
        if str(event.get("type", "")).strip().upper() != "FOMC":
            continue
        try:
            sorting.accept(_row(event, now), event)
        except Unreadable as why:
            sorting.refuse(event, str(why))
            unclear.add(_month_of(event))
    settled = sorting.settled()
    return settled, _coverage(settled.rows["held_on"].to_pylist(), unclear)


def _coverage(days: Iterable[date], unclear: set[date | None]) -> Coverage:
    known = sorted(days)
    first, last = (known[0], known[-1]) if known else (None, None)
    return Coverage(first, last, frozenset(unclear))


def _month_of(event: Mapping[str, Any]) -> date | None:
    found = _MONTH.fullmatch(str(event.get("month", "")).strip())
    try:
        return date(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        return None


def _row(event: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    texts = {name: event.get(name) or "" for name in ("title", "description", "days", "time")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise Unreadable("title, description, days or time is not a text")
    title = " ".join(texts["title"].split())
    kind = next((kind for start, kind in _KINDS if title.lower().startswith(start)), None)
    if kind is None:
        raise Unreadable(f"{title!r:.60} is no meeting, press conference or minutes")
    held_on = _day(event, texts["days"].strip())
    starts_at = _starts(held_on, texts["time"].strip())
    happens = starts_at or known_on(held_on, None)
    return {
        "kind": kind,
        "held_on": held_on,
        "starts_at": starts_at,
        "title": title,
        "description": " ".join(texts["description"].split()) or None,
        "withdrawn_at": None,
        "known_at": min(now, happens),
    }


def _day(event: Mapping[str, Any], days: str) -> date:
    """``28``, ``27-28`` or ``27 - 28`` of the month: the last day is the one of the decision."""
    month, found = _month_of(event), _DAYS.fullmatch(days)
    if month is None or found is None:
        raise Unreadable(f"month {event.get('month')!r:.20} and days {days!r:.20} name no day")
    if found[1] is not None and int(found[1]) >= int(found[2]):
        raise Unreadable(f"days {days!r:.20} run backwards; over a month's end they are ambiguous")
    try:
        return month.replace(day=int(found[2]))
    except ValueError:
        raise Unreadable(f"{month:%B %Y} has no day {found[2]}") from None


def _starts(day: date, text: str) -> datetime | None:
    if not text:
        return None
    found = _TIME.fullmatch(text)
    if found is None or not 1 <= int(found[1]) <= 12 or int(found[2] or 0) > 59:
        raise Unreadable(f"{text!r:.20} is not a time such as 2:00 p.m.")
    hour = int(found[1]) % 12 + 12 * (found[3] in "pP")
    return datetime.combine(day, time(hour, int(found[2] or 0), fold=1), NEW_YORK).astimezone(UTC)
