"""What the Federal Reserve announces: decisions, minutes, and the paper of every other week.

Belongs here: which announcement comes when, under which address, with which words.
Does not belong here: feeds and pages (sandbox/fed.py), the decisions themselves (fomc.py).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Final

from stock_assets.sandbox.truth.fomc import FIRST_YEAR, Meeting, meetings
from stock_assets.sandbox.truth.luck import stream
from stock_assets.sandbox.truth.treasury import at_new_york, rolled

MONETARY: Final = "Monetary Policy"
_LAST_DAY: Final = date(2045, 12, 31)
_FIRST_OTHER: Final = date(2006, 1, 5)
_OTHERS: Final = (
    ("Enforcement Actions", "enforcement", "Federal Reserve Board issues enforcement action", 11),
    ("Orders on Banking Applications", "orders", "Federal Reserve Board announces approval", 16),
    ("Banking and Consumer Regulatory Policy", "bcreg", "Agencies request comment on a rule", 10),
    ("Other Announcements", "other", "Federal Reserve Board announces appointments", 15),
)


@dataclass(frozen=True, slots=True)
class Release:
    """One announcement. ``path`` is its page's address on the Fed's site."""

    path: str
    title: str
    category: str
    at: datetime
    text: str


@lru_cache(maxsize=4)
def releases(seed: int) -> tuple[Release, ...]:
    """All announcements to 2045 in order of time."""
    planned = _monetary(seed) + _others(seed)
    planned.sort(key=lambda one: one[0])
    used: Counter[str] = Counter()
    found = []
    for at, day, stem, title, category, text in planned:
        name = f"{stem}{day:%Y%m%d}"
        letter = "abcdef"[used[name]]
        used[name] += 1
        path = f"/newsevents/pressreleases/{name}{letter}.htm"
        found.append(Release(path, title, category, at, text))
    return tuple(found)


_Planned = tuple[datetime, date, str, str, str, str]


def _monetary(seed: int) -> list[_Planned]:
    found: list[_Planned] = []
    for meeting in meetings(seed, date(FIRST_YEAR, 1, 1), _LAST_DAY):
        day, title = meeting.decided_on, "Federal Reserve issues FOMC statement"
        found.append((meeting.decision_at, day, "monetary", title, MONETARY, statement(meeting)))
        title = f"Minutes of the Federal Open Market Committee, {_days(meeting)}"
        later = meeting.decided_on + timedelta(days=21)
        found.append((meeting.minutes_at, later, "monetary", title, MONETARY, title + "."))
    return found


def _others(seed: int) -> list[_Planned]:
    draws = stream(seed, "Fed", "announcements")
    found: list[_Planned] = []
    week = _FIRST_OTHER
    while week < _LAST_DAY:
        kind, later = int(draws.integers(0, len(_OTHERS))), int(draws.integers(0, 4))
        category, stem, title, hour = _OTHERS[kind]
        day = rolled(week + timedelta(days=later), -1)
        found.append((at_new_york(day, time(hour)), day, stem, title, category, f"{title}."))
        week += timedelta(weeks=1)
    return found


def statement(meeting: Meeting) -> str:
    """The decision in the committee's words."""
    verb = "maintain" if not meeting.change else "raise" if meeting.change > 0 else "lower"
    low, high = in_eighths(meeting.lower), in_eighths(meeting.upper)
    return (
        "The Committee seeks to achieve maximum employment and inflation at the rate of 2 percent "
        f"over the longer run. In support of its goals, the Committee decided to {verb} the target "
        f"range for the federal funds rate {'at' if not meeting.change else 'to'} {low} to {high} "
        "percent."
    )


def in_eighths(rate: float) -> str:
    """A rate as the committee writes it: 4-1/4, 1/2, 3."""
    whole, part = divmod(Fraction(rate).limit_denominator(8), 1)
    if not part:
        return str(whole)
    return f"{whole}-{part}" if whole else str(part)


def _days(meeting: Meeting) -> str:
    """``June 16-17, 2026``; over a month's end ``October 31-November 1, 2023``."""
    first, last = meeting.begins_on, meeting.decided_on
    if first == last:
        return f"{last:%B} {last.day}, {last.year}"
    until = f"{last:%B} {last.day}" if first.month != last.month else str(last.day)
    return f"{first:%B} {first.day}-{until}, {last.year}"
