"""The state of the economy month by month: what releases measure and what the Fed reacts to.

Belongs here: unemployment and inflation as they really are, before anybody measures them.
Does not belong here: series and their revisions (economy.py), decisions about rates (fomc.py).

Nothing of it reaches stock prices: the streams are the economy's own, so that macro series cannot
tell the next direction of any stock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np

from stock_assets.sandbox.truth.luck import stream
from stock_assets.sandbox.truth.model import Days, Floats

FIRST_YEAR: Final = 1988
LAST_YEAR: Final = 2045
"""Drawn to the end whatever the horizon, so that a longer market begins like a shorter one."""

_NATURAL: Final = 4.0
_SHORTEST_EXPANSION: Final = 48
_RECESSION_CHANCE: Final = 1 / 70


@dataclass(frozen=True, slots=True)
class Cycle:
    """Arrays of one length; ``months`` are first days.

    Unemployment in percent of the labour force; inflation in percent per year, of that month alone.
    """

    months: Days
    unemployment: Floats
    inflation: Floats

    def at(self, day: date) -> tuple[float, float]:
        """Unemployment and inflation in the month before that of ``day``."""
        month = (day.year - FIRST_YEAR) * 12 + day.month - 2
        return float(self.unemployment[month]), float(self.inflation[month])


@lru_cache(maxsize=8)
def cycle(seed: int) -> Cycle:
    """Expansions of four years and more, recessions of nine to eighteen months."""
    count = (LAST_YEAR - FIRST_YEAR + 1) * 12
    draws = stream(seed, "economy", "cycle")
    noise = draws.standard_normal((count, 2))
    luck = draws.random((count, 3))
    unemployment, inflation = np.empty(count), np.empty(count)
    jobless, prices = 5.3, 4.3
    since, left, rise = 60, 0, 0.0
    for month in range(count):
        since += 1
        if not left and since > _SHORTEST_EXPANSION and luck[month, 0] < _RECESSION_CHANCE:
            left = 9 + int(luck[month, 1] * 10)
            rise, since = (2.0 + 3.0 * luck[month, 2]) / left, -left
        jobless += rise if left else 0.022 * (_NATURAL - jobless)
        left -= left > 0
        jobless = float(np.clip(jobless + 0.05 * noise[month, 0], 3.0, 11.5))
        prices += 0.04 * (2.3 - prices) - 0.02 * (jobless - 5.2) + 0.18 * noise[month, 1]
        prices = float(np.clip(prices, -1.5, 9.0))
        unemployment[month], inflation[month] = jobless, prices
    first = np.datetime64(f"{FIRST_YEAR}-01", "M")
    months = (first + np.arange(count)).astype("datetime64[D]")
    return Cycle(months, unemployment, inflation)
