"""What lies in a lake after a fault, in a form that tests can compare.

Belongs here: short questions to a lake. Does not belong here: what the answers must be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from stock_assets.tables import PRICES, QUARANTINE
from stock_assets_tests.faults.conftest import World


def put_aside(world: World) -> dict[str, int]:
    """How many rows are in quarantine, by rule."""
    return dict(Counter(world.lake().read(QUARANTINE)["rule"].to_pylist()))


def bars(world: World, vendor: str, symbol: str, days: Sequence[date] = ()) -> list[dict[str, Any]]:
    """The newest version of one symbol's bars, by session; of all days where none are given."""
    where = f"vendor = '{vendor}' and symbol = '{symbol}'"
    rows = world.lake().read(PRICES, where=where, ordered=True).to_pylist()
    return [row for row in rows if not days or row["session"] in days]


def closes(world: World, vendor: str, symbol: str) -> dict[date, float]:
    """Session to close."""
    return {row["session"]: row["close_usd"] for row in bars(world, vendor, symbol)}
