"""What was asked for: a key, days in order, a share; and whether an answer is about those days.

Belongs here: refusals that cost no request, and the edge of a range of days.
Does not belong here: what a symbol looks like (market.py), what vendors refuse (statuses.py).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from stock_assets.errors import AuthError, BadRange, NotFound
from stock_assets.market import check_symbol

EDGE: Final = timedelta(days=1)
"""Vendors do not say in which time zone their days are: so far outside of them is accepted."""


def check_key(setting: str, key: str | None, vendor: str) -> str:
    """The key.

    Raises:
        AuthError: there is none; ``setting`` says where it belongs.
    """
    if not key:
        raise AuthError(
            setting,
            reason=f"{vendor} answers nobody without a key, and none is set",
            next_action=f"set {setting} in the environment or in .env",
            vendor=vendor,
        )
    return key


def check_days(first: date, last: date) -> None:
    """Refuse an inverted range.

    Raises:
        BadRange: ``first`` is after ``last``.
    """
    if first > last:
        raise BadRange(
            f"{first} to {last}",
            reason="the first day is after the last one",
            next_action="swap the two dates",
        )


def check_share(symbol: object, vendor: str) -> str:
    """The canonical symbol of a share.

    Raises:
        BadSymbol: not a symbol at all.
        NotFound: an index or a currency, which ``vendor`` does not have under such a name.
    """
    checked = check_symbol(symbol)
    if checked.startswith("^") or "=" in checked:
        raise NotFound(
            checked,
            reason=f"{vendor} is asked about shares only, and this is an index or a currency",
            next_action="ask Yahoo for it",
            vendor=vendor,
        )
    return checked


def edges(first: date, last: date) -> tuple[datetime, datetime]:
    """From when on, and before when, an instant counts as one of these days (UTC)."""
    start, end = (datetime.combine(day, time(), UTC) for day in (first, last))
    return start - EDGE, end + timedelta(days=1) + EDGE


def is_near(at: datetime, first: date, last: date) -> bool:
    """Whether an instant lies on the days ``first`` to ``last`` (UTC), or less than a day off."""
    start, end = edges(first, last)
    return start <= at < end
