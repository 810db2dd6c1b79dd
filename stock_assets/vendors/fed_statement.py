"""The page behind an announcement: when it was released, its words, the target range in them.

Belongs here: the page's form and the committee's way of writing rates. Does not belong here: asking
for the page (fed.py); judging its words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from html.parser import HTMLParser
from typing import Any, Final

from stock_assets.errors import ContractError
from stock_assets.market import NEW_YORK
from stock_assets.vendors.fed_press import not_agreed
from stock_assets.vendors.release_clock import known_on

_HYPHEN: Final = "[-\N{NON-BREAKING HYPHEN}\N{EN DASH} ]"
_RATE: Final = rf"(\d+(?:\.\d+|{_HYPHEN}\d/\d)?|\d/\d)"
_RANGE: Final = rf"{_RATE} to {_RATE} percent"
_BETWEEN: Final = r"(?:[^.;]|\.\d){0,60}?"
_SAID: Final = (
    re.compile(rf"target range for the federal funds rate{_BETWEEN} (?:at|to|of) {_RANGE}"),
    re.compile(rf"current {_RANGE} target range for the federal funds rate"),
    re.compile(rf"target for the federal funds rate{_BETWEEN} (?:at|to) {_RATE}(?= percent\b)"),
)
_CLOCK: Final = re.compile(r"for release at (\d{1,2}):(\d{2}) ([ap])\.m\.", re.IGNORECASE)
_DAY_FORM: Final = "%B %d, %Y"
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Statement:
    """One announcement in full.

    ``released_at``: the stated hour in Washington, or the end of the day where none is stated.
    ``target``: lower and upper bound of the federal funds rate, percent per year (equal before
    2008, when there was one number); None where the words name none.
    """

    title: str
    day: date
    released_at: datetime
    text: str
    target: tuple[float, float] | None


def parse_statement(request: str, body: bytes) -> Statement:
    """Read the page.

    Raises:
        ContractError: it is another page: without an article, its title or its day.
    """
    reading = _Article()
    reading.feed(body.decode("utf-8", "replace"))
    parts = {name: _SPACES.sub(" ", text).strip() for name, text in reading.parts.items()}
    if not parts["title"] or not parts["text"]:
        raise not_agreed(request, "the page has no article with a title and a text")
    try:
        day = datetime.strptime(parts["day"], _DAY_FORM).replace(tzinfo=NEW_YORK).date()
    except ValueError:
        raise _no_day(request, parts["day"]) from None
    at = released_at(day, parts["release"])
    return Statement(parts["title"], day, at, parts["text"], target_range(parts["text"]))


def statement_row(url: str, said: Statement, now: datetime) -> dict[str, Any]:
    """One row of FOMC_STATEMENTS; what is in our hands before its stated hour is known by then."""
    low, high = said.target or (None, None)
    return {
        "url": url,
        "decided_on": said.day,
        "title": said.title,
        "text": said.text,
        "target_low_percent": low,
        "target_high_percent": high,
        "known_at": min(now, said.released_at),
    }


def released_at(day: date, line: str | None) -> datetime:
    """The instant in a line such as ``For release at 2:00 p.m. EST``.

    The letters of the zone are not believed: the clock is Washington's, whatever the season.
    ``For immediate release`` names no hour, so the end of the day counts.
    """
    found = _CLOCK.search(line or "")
    if found is None or not 1 <= int(found[1]) <= 12 or int(found[2]) > 59:
        return known_on(day, None)
    clock = time(int(found[1]) % 12 + 12 * (found[3] in "pP"), int(found[2]))
    return datetime.combine(day, clock, NEW_YORK).astimezone(UTC)


def target_range(text: str) -> tuple[float, float] | None:
    """The first target of the federal funds rate that the words name, percent per year."""
    plain = _SPACES.sub(" ", text)
    for said in _SAID:
        if found := said.search(plain):
            rates = [_rate(group) for group in found.groups()]
            return rates[0], rates[-1]
    return None


def _rate(text: str) -> float:
    """``4-1/2``, ``1/4``, ``5`` or ``4.25``."""
    whole, _, part = re.sub(_HYPHEN, " ", text).rpartition(" ")
    if "/" not in part:
        return float(part)
    over, under = part.split("/")
    return (float(whole) if whole else 0.0) + int(over) / int(under)


def _no_day(request: str, text: str) -> ContractError:
    return not_agreed(request, f"{text!r:.40} is not a day such as July 29, 2026")


class _Article(HTMLParser):
    """Texts inside ``div#article``: day, title, release line, and paragraphs.

    The release line's paragraph is never closed on the Fed's pages: the next one ends it.
    """

    _NAMED: Final = {"article__time": "day", "title": "title", "releaseTime": "release"}

    def __init__(self) -> None:
        super().__init__()
        self.parts = {"day": "", "title": "", "release": "", "text": ""}
        self._depth, self._inside, self._part = 0, 0, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "div":
            self._depth += 1
            self._part = ""
            if known.get("id") == "article":
                self._inside = self._depth
        elif self._inside and tag in {"p", "h3"}:
            names = (known.get("class") or "").split()
            named = [self._NAMED[name] for name in names if name in self._NAMED]
            self._part = named[0] if named else "text"
            self.parts[self._part] += " "

    def handle_endtag(self, tag: str) -> None:
        if tag in {"p", "h3"}:
            self._part = ""
        elif tag == "div":
            self._part = ""
            if self._depth == self._inside:
                self._inside = 0
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._inside and self._part:
            self.parts[self._part] += data
