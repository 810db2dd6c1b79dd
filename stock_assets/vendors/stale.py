"""Old copies of lists that have no version of their own: what is newest in them tells.

Belongs here: the comparison with what has been stored, and its error.
Does not belong here: what is newest in a list (each vendor's rows), what is stored (the caller).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeVar

from stock_assets.errors import ContractError
from stock_assets.vendors.messages import Answer

Point = TypeVar("Point", date, datetime)


def refuse_older(
    answer: Answer, vendor: str, what: str, newest: Point | None, stored: Point | None
) -> None:
    """Return where the list may be believed: it is at least as new as what is stored.

    ``what``: what the list is of, in words; ``newest`` and ``stored``: its newest point in time
    and the newest one stored, None where there is none.

    Raises:
        ContractError: a copy from before.
    """
    if stored is None or (newest is not None and newest >= stored):
        return
    told = "it has none" if newest is None else f"its newest is {_words(newest)}"
    raise ContractError(
        answer.request,
        reason=f"a stale copy: of {what} {told}, and {_words(stored)} has been stored",
        next_action="run again later; what is stored is newer",
        vendor=vendor,
        payload=answer.payload,
    )


def _words(point: date) -> str:
    return f"{point:%Y-%m-%d %H:%M:%SZ}" if isinstance(point, datetime) else f"{point}"
