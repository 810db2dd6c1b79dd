"""What ``demo`` was asked for, checked before anything starts.

Belongs here: parsing and refusing. Does not belong here: doing it (demo.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Literal

from stock_assets.errors import BadRange, BadSymbol, NotASession
from stock_assets.market import Session, calendar, check_symbols

DEFAULT_YEARS: Final = 3.0
DEFAULT_SYMBOLS: Final = 50
WARM_UP_SESSIONS: Final = 20
MIN_SESSIONS: Final = 260
"""A year of sessions and a bit: less cannot be both learnt from and judged on."""
_DAYS_PER_YEAR: Final = 365.25


@dataclass(frozen=True)
class DemoOptions:
    """A checked request: which market, which symbols, which sessions."""

    market: Literal["edge", "null"]
    seed: int
    symbols: str
    years: float | None
    first: date | None
    last: date | None
    recorded: Path | None
    json: Path | None

    @property
    def twin_arguments(self) -> list[str]:
        """What the twin is told."""
        arguments = ["--symbols", self.symbols]
        if self.recorded:
            # Absolute, because the twin may be started again from elsewhere.
            return [*arguments, "--recorded", str(self.recorded.absolute())]
        return [*arguments, "--market", self.market, "--seed", str(self.seed)]


def check_symbol_option(text: str) -> str:
    """A count (``50``) or symbols (``AAPL,MSFT``), canonical.

    Raises:
        BadSymbol: naming what is neither.
    """
    if text.isascii() and text.isdigit():
        if int(text) == 0:
            raise BadSymbol("0", reason="no symbols", next_action="ask for at least one")
        return str(int(text))
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise BadSymbol(
            ascii(text),
            reason="neither a count nor a list of symbols",
            next_action="give --symbols 50 or --symbols AAPL,MSFT",
        )
    return ",".join(check_symbols(parts))


def check_range(options: DemoOptions) -> None:
    """What can be said of a range before the market is there.

    Raises:
        BadRange: inverted, or fewer sessions than can be learnt from.
        NotASession: the range holds no session at all.
    """
    if options.first is None or options.last is None:
        return
    if options.first > options.last:
        raise BadRange(
            f"--from {options.first} --to {options.last}",
            reason="the first day is after the last one",
            next_action="swap the two dates",
        )
    _enough(options.first, options.last)


def sessions_asked(
    options: DemoOptions, known_first: date, known_last: date
) -> tuple[Session, ...]:
    """The sessions to work on: the range asked for, inside what the market holds.

    Raises:
        BadRange: inverted, or fewer sessions than can be learnt from.
        NotASession: the range holds no session at all.
    """
    last = min(options.last or known_last, known_last)
    years = options.years or DEFAULT_YEARS
    default_first = date.fromordinal(last.toordinal() - round(years * _DAYS_PER_YEAR))
    asked_first = options.first or (known_first if options.recorded else default_first)
    first = max(asked_first, known_first)
    if first > last:
        raise BadRange(
            f"{asked_first} to {options.last or last}",
            reason=f"the market's bars run from {known_first} to {known_last}",
            next_action="choose days inside it",
        )
    return _enough(first, last)


def _enough(first: date, last: date) -> tuple[Session, ...]:
    sessions = calendar().between(first, last)
    if not sessions:
        raise NotASession(
            f"{first} to {last}",
            reason="the exchange is shut on all of these days",
            next_action="choose a range with sessions in it",
        )
    if len(sessions) < MIN_SESSIONS:
        raise BadRange(
            f"{first} to {last}",
            reason=f"{len(sessions)} sessions are too few to learn and judge"
            f" ({MIN_SESSIONS} needed)",
            next_action="begin earlier or end later",
        )
    return sessions


def last_decided_day() -> date:
    """The newest session whose decision time has come, by the wall clock."""
    return calendar().last_decided(datetime.now(UTC)).day
