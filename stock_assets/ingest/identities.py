"""Who a company is, whatever it was called: symbols and their permanent identity.

Belongs here: from a symbol on a day to the identity, over renames. Does not belong here: collecting
listings (reference.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from stock_assets.errors import NotFound
from stock_assets.tables import LISTINGS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from stock_assets.lake import Lake


REUSED_RULE: Final = (
    "bar_of_its_company",
    "on that session the symbol stood for another company than it does now",
)


@dataclass(frozen=True)
class Name:
    """A symbol that stood for ``identity`` (composite FIGI) from ``first`` to ``last``.

    None: as long as is known, or still.
    """

    identity: str
    symbol: str
    first: date | None
    last: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the symbol stood for it on that day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def names_of(listings: pa.Table) -> tuple[Name, ...]:
    """All names in rows of LISTINGS, the former ones included; without a FIGI there is no identity.

    A former symbol ends on the day before the rename, when somebody else may take it.
    """
    from datetime import timedelta

    names = []
    for row in listings.to_pylist():
        if not row["figi"]:
            continue
        renamed = row["renamed_on"]
        names.append(
            Name(row["figi"], row["symbol"], renamed or row["listed_on"], row["delisted_on"])
        )
        if row["formerly"] and renamed:
            ended = renamed - timedelta(days=1)
            names.append(Name(row["figi"], row["formerly"], row["listed_on"], ended))
    return tuple(sorted(names, key=lambda name: (name.symbol, name.first or date.min)))


def identity_of(names: Sequence[Name], symbol: str, day: date) -> str:
    """Whom ``symbol`` stood for on ``day``.

    Raises:
        NotFound: nobody that we know had that symbol then.
    """
    found = {name.identity for name in names if name.symbol == symbol and name.holds_on(day)}
    if len(found) != 1:
        raise NotFound(
            f"{symbol} on {day}",
            reason="no listing has that symbol on that day"
            if not found
            else f"{len(found)} listings have that symbol on that day",
            next_action="materialise raw/listings, and look at the table listings",
        )
    return found.pop()


def symbol_of(names: Sequence[Name], identity: str, day: date) -> str:
    """What a company was called on ``day``.

    Raises:
        NotFound: it was not listed then, or is not known.
    """
    found = [name.symbol for name in names if name.identity == identity and name.holds_on(day)]
    if not found:
        raise NotFound(
            f"{identity} on {day}",
            reason="it had no symbol on that day",
            next_action="choose a day between its listing and its delisting",
        )
    return found[-1]


def of_another_company(
    names: Sequence[Name], symbols: NDArray[np.object_], sessions: NDArray[np.datetime64]
) -> NDArray[np.bool_]:
    """Which bars are of a company that had the symbol before the one that has it now.

    ``symbols`` and ``sessions`` (datetime64[D]): of each bar. Bars from before a company took its
    symbol are its own, told under the new name, unless somebody else had that name then.
    """
    import numpy as np

    found = np.zeros(len(symbols), dtype=bool)
    by_symbol: dict[str, list[Name]] = {}
    for name in names:
        by_symbol.setdefault(name.symbol, []).append(name)
    for symbol, held in by_symbol.items():
        present = max(held, key=lambda name: name.first or date.min).identity
        for name in held:
            if name.identity != present:
                first = np.datetime64(name.first or date.min, "D")
                last = np.datetime64(name.last or date.max, "D")
                found |= (symbols == symbol) & (first <= sessions) & (sessions <= last)
    return found


def read_names(lake: Lake) -> tuple[Name, ...]:
    """The names of all listings that are stored."""
    return names_of(lake.read(LISTINGS))
