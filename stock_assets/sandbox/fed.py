"""The Federal Reserve's site: press feeds, lists in JSON, the calendar, pages of announcements.

Belongs here: the forms of each file, conditional requests. Does not belong here: what is announced
when (truth/fed_releases.py, truth/fomc.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import escape
from typing import Final

import orjson

from stock_assets.market import NEW_YORK
from stock_assets.sandbox.limits import Limits
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.fed_releases import MONETARY, Release, releases
from stock_assets.sandbox.truth.fomc import Meeting, meetings
from stock_assets.sandbox.wire import Answer, Ask, http_date, text_answer

SITE: Final = "https://www.federalreserve.gov"
BOM: Final = b"\xef\xbb\xbf"
FEED_ITEMS: Final = 20
LISTED_YEARS: Final = 20
CALENDAR_BEHIND: Final = timedelta(days=730)
CALENDAR_AHEAD: Final = timedelta(days=270)

_PAGES: Final = "/newsevents/pressreleases/"
_MALFORMED: Final = {
    "title": "Speech - to be announced",
    "description": "",
    "type": "Speeches",
    "month": "",
    "days": "",
    "time": "TBD",
    "location": "",
    "link": "",
}


class Fed:
    """Answers what is asked of ``www.federalreserve.gov``."""

    def __init__(self, truth: Truth, limits: Limits) -> None:
        self._seed, self._limits = truth.seed, limits

    def answer(self, ask: Ask) -> Answer:
        """One file or page as it stood at the asker's instant."""
        past = [one for one in releases(self._seed) if one.at <= ask.now]
        latest = past[-1].at if past else datetime(1990, 1, 1, tzinfo=UTC)
        match ask.path:
            case "/feeds/press_monetary.xml":
                chosen = [one for one in past if one.category == MONETARY]
                body = _feed("FRB: Press Release - Monetary Policy", chosen)
                return _file(ask, body, "text/xml", chosen[-1].at if chosen else latest)
            case "/feeds/press_all.xml":
                body = _feed("FRB: Press Release - All Releases", past)
                return _file(ask, body, "text/xml", latest)
            case "/json/ne-press.json":
                return _file(ask, _press_list(past, ask.now), "application/json", latest)
            case "/json/calendar.json":
                body = _calendar(self._seed, ask.now)
                return _file(ask, body, "application/json", _midnight(ask.today))
            case path if path.startswith(_PAGES):
                found = next((one for one in reversed(past) if one.path == path), None)
                if found is not None:
                    return text_answer(_page(found), content_type="text/html")
        page = "<!DOCTYPE html><html><head><title>Page not found</title></head></html>"
        return text_answer(page, 404, "text/html")


def _file(ask: Ask, body: bytes, kind: str, changed: datetime) -> Answer:
    """The file, or 304 to whoever has it already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"etag": tag, "last-modified": http_date(changed), "cache-control": "max-age=60"}
    known, since = ask.headers.get("if-none-match"), ask.headers.get("if-modified-since")
    same = tag in known if known is not None else _not_modified(since, changed)
    return Answer(304 if same else 200, b"" if same else body, kind, headers)


def _not_modified(since: str | None, changed: datetime) -> bool:
    try:
        at = parsedate_to_datetime(since or "")
    except ValueError:
        return False
    return changed.replace(microsecond=0) <= at.astimezone(UTC)


def _feed(title: str, past: Sequence[Release]) -> bytes:
    """The latest announcements, newest first, as RSS with CDATA."""
    about = "Press releases from the Federal Reserve Board"
    head = (
        '<?xml version="1.0" encoding="utf-8" ?>\n<rss version="2.0">\n    <channel>\n'
        f"        <title>{escape(title)}</title>\n"
        f"        <link><![CDATA[{SITE}/feeds/feeds.htm]]></link>\n"
        f"        <description><![CDATA[{about}]]></description>\n"
        "        <language>en</language>\n"
    )
    items = "".join(_item(one) for one in reversed(past[-FEED_ITEMS:]))
    return BOM + f"{head}{items}    </channel>\n</rss>\n".encode()


def _item(one: Release) -> str:
    address = f"<![CDATA[{SITE}{one.path}]]>"
    return (
        "        <item>\n"
        f"            <title>{escape(one.title)}</title>\n"
        f"            <link>{address}</link>\n"
        f"            <guid>{address}</guid>\n"
        f"            <description><![CDATA[{one.title}]]></description>\n"
        f"            <category>{escape(one.category)}</category>\n"
        f"            <pubDate><![CDATA[{http_date(one.at)}]]></pubDate>\n"
        "        </item>\n"
    )


def _press_list(past: Sequence[Release], now: datetime) -> bytes:
    """Twenty years of announcements, newest first, in Eastern wall time."""
    oldest = now - timedelta(days=365 * LISTED_YEARS)
    rows: list[dict[str, str]] = [
        {"d": _wall(one.at), "t": one.title, "pt": one.category, "l": one.path}
        for one in reversed(past)
        if one.at >= oldest
    ]
    changed = past[-1].at if past else oldest
    return BOM + orjson.dumps([*rows, {"updateDate": _wall(changed)}])


def _wall(at: datetime) -> str:
    """``7/29/2026 2:00:00 PM``, New York."""
    local = at.astimezone(NEW_YORK)
    clock = f"{local.hour % 12 or 12}:{local:%M:%S} {local:%p}"
    return f"{local.month}/{local.day}/{local.year} {clock}"


def _calendar(seed: int, now: datetime) -> bytes:
    """The published calendar: two years back, to the end of the month nine months ahead."""
    today = now.astimezone(NEW_YORK).date()
    first, last = today - CALENDAR_BEHIND, _month_end(today + CALENDAR_AHEAD)
    events = []
    for meeting in meetings(seed, first - timedelta(days=31), last):
        if not meeting.is_scheduled and meeting.decision_at > now:
            continue
        events += [one for one in _events(meeting) if first <= _day(one) <= last]
    events.sort(key=lambda one: (_day(one), one["title"]))
    return BOM + orjson.dumps({"events": [*events, _MALFORMED]})


def _events(meeting: Meeting) -> list[dict[str, str]]:
    decided, begun = meeting.decided_on, meeting.begins_on
    length = "Two-day meeting" if begun != decided else "Unscheduled meeting"
    until = f"{decided:%B} {decided.day}" if begun.month != decided.month else str(decided.day)
    days = f"{begun:%B} {begun.day}" + (f" - {until}" if begun != decided else "")
    talks = " Press Conference" if meeting.is_scheduled else ""
    minutes = meeting.minutes_at.astimezone(NEW_YORK).date()
    found = [
        _event("FOMC Meeting", f"{length}, {days}{talks}", decided, meeting.decision_at),
        _event("FOMC Minutes", f"Meeting of {days}", minutes, meeting.minutes_at),
    ]
    if meeting.is_scheduled:
        at = meeting.decision_at + timedelta(minutes=30)
        found.append(_event("FOMC Press Conference", "", decided, at))
    return found


def _event(title: str, description: str, day: date, at: datetime) -> dict[str, str]:
    local = at.astimezone(NEW_YORK)
    half = "a.m." if local.hour < 12 else "p.m."
    return {
        "title": title,
        "description": description,
        "type": "FOMC",
        "month": f"{day:%Y-%m}",
        "days": str(day.day),
        "time": f"{local.hour % 12 or 12}:{local:%M} {half}",
        "location": "Washington, D.C.",
        "link": "/monetarypolicy/fomccalendars.htm",
    }


def _day(event: dict[str, str]) -> date:
    return date.fromisoformat(f"{event['month']}-{int(event['days']):02d}")


def _month_end(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1) - timedelta(days=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).astimezone(UTC)


def _page(one: Release) -> str:
    """The page behind an announcement; one paragraph is never closed, as on the real ones."""
    local = one.at.astimezone(NEW_YORK)
    half = "a.m." if local.hour < 12 else "p.m."
    clock = f"{local.hour % 12 or 12}:{local:%M} {half} {local.tzname()}"
    return f"""<!DOCTYPE html>
<html lang="en"><head><title>Federal Reserve Board - {escape(one.title)}</title></head>
<body><div id="content"><div id="article">
<div class="heading col-xs-12 col-sm-8 col-md-8">
<p class="article__time">{local:%B} {local.day}, {local.year}</p>
<h3 class="title">{escape(one.title)}</h3>
<p class="releaseTime">For release at {clock}
</div>
<div class="col-xs-12 col-sm-8 col-md-8">
<p>{escape(one.text)}</p>
</div></div></div></body></html>
"""
