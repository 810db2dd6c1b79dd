"""What the American economy really is, month by month: output, jobs, prices, spending.

Belongs here: true levels, consistent with one another. Does not belong here: what is published
of them and when (measured.py), interest rates (rates.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from stock_assets.sandbox.truth.cycle import cycle
from stock_assets.sandbox.truth.luck import stream
from stock_assets.sandbox.truth.model import Days, Floats
from stock_assets.sandbox.truth.releases import FIRST_PERIOD

SEASONS: Final = np.array(
    [-0.30, -0.12, 0.12, 0.22, 0.26, 0.22, 0.14, 0.06, 0.02, -0.04, -0.22, -0.36]
)
"""Percent by which prices not seasonally adjusted lie above the adjusted ones, January first."""

_GROWTH: Final = 2.4
_OKUN: Final = 1.9


@dataclass(frozen=True, slots=True)
class Levels:
    """Monthly arrays of one length from January 1990 on."""

    months: Days
    unemployment: Floats
    real_output: Floats
    """Billions of chained 2017 dollars, annual rate."""
    output: Floats
    """Billions of dollars, annual rate."""
    population: Floats
    """Millions."""
    jobs: Floats
    """Thousands."""
    prices: Floats
    """Consumer prices, 1982-1984 = 100."""
    consumption_prices: Floats
    """2017 = 100."""
    production: Floats
    """2017 = 100."""
    retail: Floats
    """Millions of dollars a month."""
    orders: Floats
    """Millions of dollars a month."""
    sentiment: Floats
    """First quarter of 1966 = 100."""
    claims: Floats
    """Persons a week."""


def levels(seed: int) -> Levels:
    """The economy from January 1990 to the end of 2045."""
    state = cycle(seed)
    begin = int(np.searchsorted(state.months, np.datetime64(FIRST_PERIOD)))
    months, jobless = state.months[begin:], state.unemployment[begin:]
    inflation = state.inflation[begin:]
    change = np.diff(state.unemployment[begin - 1 :]) * 12.0
    noise = stream(seed, "economy", "levels").standard_normal((len(months), 6))
    growth = _GROWTH - _OKUN * change
    real = 10_050.0 * _grown(growth)
    output = real * 0.584 * _grown(inflation - 0.3)
    population = 250.0 * _grown(np.full(len(months), 0.85))
    return Levels(
        months,
        jobless,
        real,
        output,
        population,
        109_200.0 * _grown(np.full(len(months), 0.95)) * (100.0 - jobless) / (100.0 - jobless[0]),
        127.5 * _grown(inflation),
        60.5 * _grown(inflation - 0.4),
        62.0 * _grown(1.4 - 3.2 * change + 3.0 * noise[:, 0]),
        152_000.0
        * _grown(growth * 0.9 + inflation)
        * np.exp(0.004 * _persistent(noise[:, 1], 0.6)),
        105_000.0 * _grown(growth + 0.5 * inflation) * np.exp(0.025 * noise[:, 2]),
        _sentiment(jobless, inflation, noise[:, 3]),
        np.maximum(
            (130_000.0 + 42_000.0 * (jobless - 3.0) + 14_000.0 * np.maximum(change, 0.0))
            * np.exp(0.03 * _persistent(noise[:, 4], 0.8)),
            150_000.0,
        ),
    )


def _grown(percent_per_year: Floats) -> Floats:
    """A level that starts at 1 and grows by the rate of each month after the first."""
    steps = np.log1p(percent_per_year / 100.0) / 12.0
    steps[0] = 0.0
    grown: Floats = np.exp(np.cumsum(steps))
    return grown


def _persistent(noise: Floats, share: float) -> Floats:
    """Noise of which ``share`` is left a month later."""
    found = np.empty(len(noise))
    value = 0.0
    for at, new in enumerate(noise.tolist()):
        value = share * value + new
        found[at] = value
    return found


def _sentiment(jobless: Floats, inflation: Floats, noise: Floats) -> Floats:
    mood = 94.0 - 3.2 * (jobless - 5.0) - 3.0 * (inflation - 2.3) + 2.4 * _persistent(noise, 0.8)
    return np.clip(mood, 48.0, 112.0)
