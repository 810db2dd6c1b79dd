"""Which companies there are to speak of on a day: the seven, the fifty, the S&P 500 as it was.

Belongs here: universes by name as of a date, companies that have left included.
Does not belong here: the list of names and sectors (market.py), collecting who is in an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from stock_assets.errors import InputError
from stock_assets.market import MAGNIFICENT_SEVEN, companies
from stock_assets.tables import INDEX_MEMBERSHIP

if TYPE_CHECKING:
    from stock_assets.lake import Lake
    from stock_assets.settings import Settings

SP500: Final = "sp500"
_FIXED: Final = {
    "magnificent_seven": MAGNIFICENT_SEVEN,
    "fifty": tuple(company.symbol for company in companies()),
}
UNIVERSES: Final = (*_FIXED, SP500)


def companies_of(settings: Settings, lake: Lake, days: Sequence[date]) -> tuple[str, ...]:
    """Whom the feeds are about on ``days``: the universe that is set by name, else the symbols.

    Of an index all who were in it on any of the days from the first to the last one.

    Raises:
        InputError: nothing is known about the index on these days.
    """
    if settings.universe is None or not days:
        return settings.symbols
    return universe(settings.universe, min(days), lake, last=max(days))


def universe(name: str, day: date, lake: Lake, *, last: date | None = None) -> tuple[str, ...]:
    """The symbols of a universe on ``day``, in order; those of an index as they were on that day.

    With ``last``: of everybody who was in it on some day from ``day`` to ``last``.

    Nobody is left out because of what happened later: companies that left the index since are in
    it on the days of their stay, and those that joined later are not.

    Raises:
        InputError: there is no such universe, or nothing is known about the index on that day.
    """
    if name in _FIXED:
        return _FIXED[name]
    if name != SP500:
        raise InputError(
            ascii(name)[1:-1][:40],
            reason="no universe has that name",
            next_action=f"choose from {', '.join(UNIVERSES)}",
        )
    where = (
        f"index_symbol = '^GSPC' and first_day <= date '{last or day}' "
        f"and (last_day is null or last_day >= date '{day}')"
    )
    found = lake.read(INDEX_MEMBERSHIP, where=where, columns=("symbol",))
    members = tuple(sorted(set(found["symbol"].to_pylist())))
    if not members:
        raise InputError(
            day,
            reason="it is not known who was in the S&P 500 on that day",
            next_action="materialise raw/index_membership, or choose a day from 1996 on",
        )
    return members
