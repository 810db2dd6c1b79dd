"""Events that were announced and have vanished from their calendar: moved, or called off.

Belongs here: telling them from days that the calendar does not speak about.
Does not belong here: reading a calendar (vendors/), storing what it says (subjects.py).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from stock_assets.tables import FOMC_MEETINGS

if TYPE_CHECKING:
    import pyarrow as pa


def withdrawn(
    stored: pa.Table, told: pa.Table, covers: Callable[[date], bool], now: datetime
) -> pa.Table:
    """Rows of FOMC_MEETINGS that say of events to come that they are due no more, known at ``now``.

    ``stored``: the newest version of each event; ``told``: the events in today's calendar;
    ``covers``: whether no event on a day means that nothing is due on it. Of what is over nothing
    is said: it took place, whatever a later calendar leaves out.
    """
    import pyarrow as pa

    today = now.astimezone(UTC).date()
    due = {(row["kind"], row["held_on"]) for row in told.select(["kind", "held_on"]).to_pylist()}
    rows = [
        row | {"withdrawn_at": now, "known_at": now}
        for row in stored.select(FOMC_MEETINGS.row_schema.names).to_pylist()
        if row["held_on"] > today
        and row["withdrawn_at"] is None
        and (row["kind"], row["held_on"]) not in due
        and covers(row["held_on"])
    ]
    return pa.Table.from_pylist(rows, schema=FOMC_MEETINGS.row_schema)
