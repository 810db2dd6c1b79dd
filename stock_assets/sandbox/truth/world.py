"""Annual figures of countries as the World Bank publishes them: four updates a year.

Belongs here: what each update says about each year. Does not belong here: codes and names
(countries.py), how the World Bank's API writes it (sandbox/world_bank.py).

A year is first published in the July after it and revised in the updates of the two years after
that; no old update can be had later. The figures of the United States come from the same economy
as FRED's, as known on the day of the update.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from stock_assets.market import NEW_YORK
from stock_assets.sandbox.truth.countries import COUNTRIES, Country
from stock_assets.sandbox.truth.cycle import LAST_YEAR, cycle
from stock_assets.sandbox.truth.economy import economy
from stock_assets.sandbox.truth.luck import stream
from stock_assets.sandbox.truth.model import Floats

FIRST: Final = 1990
UPDATED: Final = time(12)
UPDATE_MONTHS: Final = (1, 4, 7, 10)
FIRST_ESTIMATE: Final = 7
"""The month of the update that brings the year before."""

_UPDATES_REVISED: Final = 8
_FIRST_ERROR: Final = 0.012


def updates(now: datetime) -> tuple[date, ...]:
    """The days of all updates up to ``now``, in order: second Mondays at noon in New York."""
    today = now.astimezone(NEW_YORK)
    found = []
    for year in range(FIRST + 1, today.year + 1):
        for month in UPDATE_MONTHS:
            first = date(year, month, 1)
            day = first + timedelta(days=-first.weekday() % 7 + 7)
            if datetime.combine(day, UPDATED, NEW_YORK).astimezone(UTC) <= now:
                found.append(day)
    return tuple(found)


@lru_cache(maxsize=512)
def figures(seed: int, iso3: str, updated: date) -> dict[str, dict[int, float | None]]:
    """What the update of that day says about a country: by kind of figure, by year.

    None where there is no figure: not yet, or nobody reports it. Units: dollars, persons, percent.
    """
    country = COUNTRIES[iso3]
    years = range(FIRST, updated.year)
    published = [y for y in years if updated >= date(y + 1, FIRST_ESTIMATE, 1)]
    true = _american(seed, updated) if iso3 == "USA" else _true(seed, country)
    found: dict[str, dict[int, float | None]] = {}
    for kind, values in true.items():
        luck = stream(seed, iso3, f"world {kind}").standard_normal(
            (LAST_YEAR - FIRST + 1, _UPDATES_REVISED)
        )
        rows: dict[int, float | None] = dict.fromkeys(years)
        for year in published:
            value = float(values[year - FIRST])
            if np.isfinite(value):
                error = 0.0 if iso3 == "USA" else _error(luck[year - FIRST], year, updated)
                rows[year] = _written(kind, value * (1.0 + error))
        found[kind] = rows
    found["per_person"] = {
        year: None if gdp is None or (people := found["people"][year]) is None else gdp / people
        for year, gdp in found["gdp"].items()
    }
    return found


def _error(luck: Floats, year: int, updated: date) -> float:
    """Smaller with every update, the same for ever after two years."""
    stage = (updated.year - year - 1) * 4 + UPDATE_MONTHS.index(updated.month) - 2
    stage = min(stage, _UPDATES_REVISED - 1)
    return _FIRST_ERROR / (1 + stage) * float(luck[stage])


def _written(kind: str, value: float) -> float:
    if kind == "people":
        return float(round(value))
    return round(value, 2) if kind == "gdp" else round(value, 12)


def _true(seed: int, country: Country) -> dict[str, Floats]:
    """A country's own luck around its usual figures, with a share in the American cycle."""
    count = LAST_YEAR - FIRST + 1
    noise = stream(seed, country.iso3, "world").standard_normal((count, 4))
    state = cycle(seed)
    jobless = state.unemployment.reshape(-1, 12).mean(axis=1)[-count - 1 :]
    shared = -0.6 * np.diff(jobless)
    growth = country.growth + shared + 0.9 * noise[:, 0]
    inflation = country.inflation * np.exp(0.25 * noise[:, 1]) + 0.2 * shared
    exchange = 0.03 * np.cumsum(noise[:, 2])
    gdp = country.gdp * 1e9 * np.exp(np.cumsum(np.log1p((growth + 2.0) / 100.0)) + exchange)
    unemployment = np.maximum(
        country.unemployment + 0.5 * (jobless[1:] - 5.0) + 0.3 * noise[:, 3], 1.0
    )
    grown = np.exp(np.arange(count) * (0.009 if country.growth > 2 else 0.003))
    lending = np.nan if country.lending is None else country.lending
    return {
        "gdp": gdp,
        "growth": growth,
        "inflation": inflation,
        "unemployment": unemployment,
        "people": country.people * 1e6 * grown,
        "lending": inflation + lending,
    }


def _american(seed: int, updated: date) -> dict[str, Floats]:
    """Annual means of what had been published by the day of the update."""
    published = economy(seed)
    mean = {
        name: _annual(published.series(name).as_of(updated).periods,
                      published.series(name).as_of(updated).values)
        for name in ("GDP", "GDPC1", "CPIAUCNS", "UNRATE", "FEDFUNDS")
    }  # fmt: skip
    people = published.levels.population.reshape(-1, 12).mean(axis=1) * 1e6
    return {
        "gdp": mean["GDP"] * 1e9,
        "growth": _change(mean["GDPC1"]),
        "inflation": _change(mean["CPIAUCNS"]),
        "unemployment": np.round(mean["UNRATE"], 3),
        "people": people,
        "lending": np.round(mean["FEDFUNDS"] + 3.0, 4),
    }


def _annual(periods: np.ndarray[tuple[int], np.dtype[np.datetime64]], values: Floats) -> Floats:
    """Means by calendar year of the values there are; NaN before the first and after the last."""
    year = periods.astype("datetime64[Y]").astype(np.int64) + 1970 - FIRST
    there = np.isfinite(values)
    count = LAST_YEAR - FIRST + 1
    total = np.bincount(year[there], values[there], count)
    number = np.bincount(year[there], minlength=count)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _change(level: Floats) -> Floats:
    changes = np.full(len(level), np.nan)
    changes[1:] = (level[1:] / level[:-1] - 1.0) * 100.0
    return changes
