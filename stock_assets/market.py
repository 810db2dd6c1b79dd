"""The market's clock: sessions, closes, half days, decision times, and what a symbol may look like.

Belongs here: everything that is true of the New York Stock Exchange whoever asks (XNYS calendar
of exchange-calendars, 1990 to two years ahead), the rule which session is the last closed one,
and the default list of companies.
Does not belong here: partition definitions (partitions.py), vendors' spellings (vendors/).

Time basis: a *session* is a ``date`` in New York; every instant is an aware UTC ``datetime``.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from stock_assets.errors import BadRange, BadSymbol, NotASession

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar

EXCHANGE: Final = "XNYS"
NEW_YORK: Final = ZoneInfo("America/New_York")
FIRST_DAY: Final = date(1990, 1, 1)
YEARS_AHEAD: Final = 2
DECISION_TIME_UTC: Final = time(6, 30)
"""The prediction for session D is decided at this time of the calendar day after D."""
FINAL_AFTER: Final = timedelta(minutes=15)
"""A bar counts as final this long after the closing bell."""

_SYMBOL: Final = re.compile(r"[\^A-Z0-9][A-Z0-9.\-=]{0,14}")


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day. ``number`` counts sessions from 1990-01-02 = 0 without gaps."""

    day: date
    number: int
    open_at: datetime
    close_at: datetime
    decision_at: datetime
    is_half_day: bool


@dataclass(frozen=True, slots=True)
class Company:
    """A member of a universe: canonical symbol (share classes with a dot), name, GICS sector."""

    symbol: str
    name: str
    sector: str


@dataclass(frozen=True, slots=True)
class Clock:
    """The market's present: the wall clock, or one ``fixed`` instant for replays."""

    fixed: datetime | None = None

    def now(self) -> datetime:
        """The present as a UTC instant."""
        return self.fixed or datetime.now(UTC)


class Calendar:
    """All sessions of XNYS between two days; look-ups say why the market is shut."""

    def __init__(self, first: date, last: date) -> None:
        self._first, self._last = first, last

    @cached_property
    def _exchange(self) -> ExchangeCalendar:
        import exchange_calendars

        return exchange_calendars.get_calendar(
            EXCHANGE, start=self._first.isoformat(), end=self._last.isoformat()
        )

    @cached_property
    def sessions(self) -> tuple[Session, ...]:
        """Every session in order, with open and close as UTC instants."""
        schedule = self._exchange.schedule
        early = {stamp.date() for stamp in self._exchange.early_closes}
        days = [stamp.date() for stamp in schedule.index]
        opens = [stamp.to_pydatetime().astimezone(UTC) for stamp in schedule["open"]]
        closes = [stamp.to_pydatetime().astimezone(UTC) for stamp in schedule["close"]]
        return tuple(
            Session(day, number, open_at, close_at, decision_time(day), day in early)
            for number, (day, open_at, close_at) in enumerate(zip(days, opens, closes, strict=True))
        )

    @cached_property
    def days(self) -> tuple[date, ...]:
        """Every session's date in order."""
        return tuple(session.day for session in self.sessions)

    def is_session(self, day: date) -> bool:
        """Whether the exchange trades on that day."""
        position = bisect.bisect_left(self.days, day)
        return position < len(self.days) and self.days[position] == day

    def session(self, day: date) -> Session:
        """The session of that day.

        Raises:
            NotASession: when the exchange is shut, naming the sessions before and after.
        """
        position = bisect.bisect_left(self.days, day)
        if position < len(self.days) and self.days[position] == day:
            return self.sessions[position]
        before = self.days[position - 1] if position else None
        after = self.days[position] if position < len(self.days) else None
        raise NotASession(
            day.isoformat(),
            reason=f"{EXCHANGE} is shut on {day:%A %d %B %Y}",
            next_action=f"use a session, such as {before or after} or {after or before}",
        )

    def between(self, first: date, last: date) -> tuple[Session, ...]:
        """The sessions from ``first`` to ``last``, both included.

        Raises:
            BadRange: when the range is inverted or reaches outside the calendar.
        """
        if first > last:
            raise BadRange(
                f"{first} to {last}",
                reason="the first day is after the last one",
                next_action="swap the two dates",
            )
        if first < self._first or last > self._last:
            raise BadRange(
                f"{first} to {last}",
                reason=f"the calendar is known from {self._first} to {self._last}",
                next_action="choose days inside it",
            )
        low = bisect.bisect_left(self.days, first)
        high = bisect.bisect_right(self.days, last)
        return self.sessions[low:high]

    def after(self, day: date, count: int = 1) -> Session:
        """The ``count``-th session after ``day`` (which must be a session)."""
        number = self.session(day).number + count
        if number >= len(self.sessions):
            raise BadRange(
                f"{count} sessions after {day}",
                reason=f"the calendar ends on {self._last}",
                next_action="ask for fewer sessions or an earlier day",
            )
        return self.sessions[number]

    def before(self, day: date, count: int = 1) -> Session:
        """The ``count``-th session before ``day`` (which must be a session)."""
        number = self.session(day).number - count
        if number < 0:
            raise BadRange(
                f"{count} sessions before {day}",
                reason=f"the calendar begins on {self._first}",
                next_action="ask for fewer sessions or a later day",
            )
        return self.sessions[number]

    def last_decided(self, now: datetime) -> Session:
        """The newest session whose decision time has come: the one a daily run is about."""
        position = bisect.bisect_right(self._decisions, now)
        if position == 0:
            raise BadRange(
                now.isoformat(),
                reason=f"no session had been decided by then; the calendar begins on {self._first}",
                next_action="choose a later instant",
            )
        return self.sessions[position - 1]

    @cached_property
    def _decisions(self) -> tuple[datetime, ...]:
        return tuple(session.decision_at for session in self.sessions)


def decision_time(day: date) -> datetime:
    """When the prediction for session ``day`` is made: 06:30 UTC of the next calendar day."""
    return datetime.combine(day + timedelta(days=1), DECISION_TIME_UTC, tzinfo=UTC)


@lru_cache(maxsize=4)
def calendar(last: date | None = None) -> Calendar:
    """The XNYS calendar from 1990 to ``last`` (default: the end of the year two years ahead)."""
    if last is None:
        last = date(datetime.now(UTC).year + YEARS_AHEAD, 12, 31)
    return Calendar(FIRST_DAY, last)


def check_symbol(text: object) -> str:
    """The canonical symbol, or a clear refusal; call it wherever a symbol enters the system.

    Canonical symbols are upper case; share classes carry a dot (``BRK.B``), indices a caret.
    Vendors' own spellings are derived from it, never accepted.

    Raises:
        BadSymbol: for anything that is not, in full, a symbol (``fullmatch``: a trailing newline,
            a path, a query or an SQL fragment does not pass).
    """
    if isinstance(text, str) and len(text) <= 15 and _SYMBOL.fullmatch(text):
        return text
    shown = ascii(text)
    raise BadSymbol(
        shown if len(shown) <= 40 else shown[:37] + "...",
        reason="not a symbol: 1 to 15 characters A-Z, 0-9, '.', '-', '=', first one may be '^'",
        next_action="give a ticker such as AAPL or BRK.B, in upper case",
    )


def check_symbols(texts: Iterable[object]) -> tuple[str, ...]:
    """Canonical symbols in the order given, each once.

    Raises:
        BadSymbol: naming every text that is not a symbol.
    """
    good: dict[str, None] = {}
    bad: list[str] = []
    for text in texts:
        try:
            good[check_symbol(text)] = None
        except BadSymbol as error:
            bad.append(error.value)
    if bad:
        raise BadSymbol(
            ", ".join(bad[:10]),
            reason=f"{len(bad)} of these are not symbols (A-Z, 0-9, '.', '-', '=', '^'; 1 to 15)",
            next_action="give tickers such as AAPL or BRK.B, in upper case",
        )
    return tuple(good)


MAGNIFICENT_SEVEN: Final = ("AAPL", "MSFT", "GOOGL", "AMZN", "NVDA", "META", "TSLA")

_COMPANIES: Final = """
AAPL  Apple|Information Technology
MSFT  Microsoft|Information Technology
GOOGL Alphabet Class A|Communication Services
AMZN  Amazon.com|Consumer Discretionary
NVDA  NVIDIA|Information Technology
META  Meta Platforms|Communication Services
TSLA  Tesla|Consumer Discretionary
BRK.B Berkshire Hathaway Class B|Financials
JPM   JPMorgan Chase|Financials
V     Visa|Financials
JNJ   Johnson & Johnson|Health Care
WMT   Walmart|Consumer Staples
PG    Procter & Gamble|Consumer Staples
MA    Mastercard|Financials
UNH   UnitedHealth Group|Health Care
HD    Home Depot|Consumer Discretionary
BAC   Bank of America|Financials
XOM   Exxon Mobil|Energy
DIS   Walt Disney|Communication Services
CVX   Chevron|Energy
KO    Coca-Cola|Consumer Staples
PEP   PepsiCo|Consumer Staples
MRK   Merck|Health Care
ABBV  AbbVie|Health Care
PFE   Pfizer|Health Care
COST  Costco Wholesale|Consumer Staples
AVGO  Broadcom|Information Technology
CSCO  Cisco Systems|Information Technology
ADBE  Adobe|Information Technology
CRM   Salesforce|Information Technology
ORCL  Oracle|Information Technology
INTC  Intel|Information Technology
AMD   Advanced Micro Devices|Information Technology
NFLX  Netflix|Communication Services
CMCSA Comcast|Communication Services
T     AT&T|Communication Services
VZ    Verizon Communications|Communication Services
NKE   Nike|Consumer Discretionary
MCD   McDonald's|Consumer Discretionary
SBUX  Starbucks|Consumer Discretionary
GE    General Electric|Industrials
BA    Boeing|Industrials
CAT   Caterpillar|Industrials
HON   Honeywell|Industrials
UPS   United Parcel Service|Industrials
LIN   Linde|Materials
NEE   NextEra Energy|Utilities
DUK   Duke Energy|Utilities
AMT   American Tower|Real Estate
PLD   Prologis|Real Estate
"""


@lru_cache(maxsize=1)
def companies() -> tuple[Company, ...]:
    """The default universe: 50 large companies with name and sector (S4-01)."""
    rows = []
    for line in _COMPANIES.strip().splitlines():
        symbol, rest = line.split(maxsplit=1)
        name, sector = rest.split("|")
        rows.append(Company(symbol, name, sector))
    return tuple(rows)
