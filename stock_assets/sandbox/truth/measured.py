"""Published statistics: true levels, measured with errors that every revision makes smaller.

Belongs here: which series is revised how often, and the vintages that come out. Does not belong
here: the true levels (levels.py), interest rates (rates.py), titles and units (series.py).

A value is published with the first issue about its period and revised with the next ones; once a
year the five years before are revised again, because of new seasonal factors or a benchmark.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from stock_assets.sandbox.truth import releases
from stock_assets.sandbox.truth.levels import SEASONS, Levels
from stock_assets.sandbox.truth.luck import stream
from stock_assets.sandbox.truth.model import Days, Floats
from stock_assets.sandbox.truth.releases import RELEASES, Issues, issues
from stock_assets.sandbox.truth.vintages import Vintages, publish

YEARS_REVISED: Final = 5

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Measurement:
    """How a series is measured.

    ``errors``: the size of the error of each successive figure, as a share of the level
    (``is_share``) or in the series' unit. ``yearly``: the error after an annual revision, which
    comes with the issue whose number leaves ``yearly_issue`` when divided by twelve.
    """

    release: int
    decimals: int
    errors: tuple[float, ...]
    is_share: bool = True
    yearly: float | None = None
    yearly_issue: int = 0
    is_skipped: bool = False
    """Whether nothing was measured in the month whose issues were cancelled."""


MEASURED: Final[dict[str, Measurement]] = {
    "UNRATE": Measurement(
        releases.JOBS, 1, (0.05,), is_share=False, yearly=0.05, yearly_issue=11, is_skipped=True
    ),
    "PAYEMS": Measurement(
        releases.JOBS, 0, (45.0, 28.0, 18.0), is_share=False, yearly=12.0, yearly_issue=0
    ),
    "CPIAUCSL": Measurement(
        releases.CPI, 3, (4e-4,), yearly=3e-4, yearly_issue=0, is_skipped=True
    ),
    "CPIAUCNS": Measurement(releases.CPI, 3, (2e-4,), is_skipped=True),
    "INDPRO": Measurement(
        releases.PRODUCTION, 4, (2.5e-3, 2e-3, 1.5e-3, 1.2e-3), yearly=6e-4, yearly_issue=9
    ),
    "PCEPI": Measurement(
        releases.INCOME, 3, (6e-4, 5e-4, 4e-4), yearly=2e-4, yearly_issue=7
    ),
    "RSAFS": Measurement(
        releases.RETAIL, 0, (4e-3, 2.5e-3, 2e-3), yearly=1e-3, yearly_issue=2
    ),
    "DGORDER": Measurement(
        releases.FACTORIES, 0, (8e-3, 5e-3), yearly=2e-3, yearly_issue=3
    ),
    "UMCSENT": Measurement(releases.SENTIMENT, 1, (8e-3,)),
    "GDP": Measurement(
        releases.GDP, 3, (1.4e-3, 1e-3, 7e-4), yearly=4e-4, yearly_issue=5
    ),
    "GDPC1": Measurement(
        releases.GDP, 3, (1.2e-3, 8e-4, 6e-4), yearly=3e-4, yearly_issue=5
    ),
    "ICSA": Measurement(
        releases.CLAIMS, -3, (6e-3, 4e-3)
    ),
}  # fmt: skip


def measured(seed: int, name: str, truth: Levels, last: date) -> Vintages:
    """All that is published of a series until ``last``."""
    how = MEASURED[name]
    out = issues(how.release, last)
    periods, level = _level(name, truth, out)
    per_period = 3 if how.release == releases.GDP else 1
    at, issue, stage = _figures(how, len(periods), len(out.days), per_period)
    luck = stream(seed, name, "errors").standard_normal((len(periods), 4 + YEARS_REVISED))
    sizes = np.array([*how.errors, *[how.yearly or 0.0] * YEARS_REVISED])
    error = sizes[stage] * luck[at, stage]
    values = np.round(
        level[at] * (1.0 + error) if how.is_share else level[at] + error, how.decimals
    )
    if how.is_skipped:
        values[periods[at] == releases.CANCELLED_MONTH] = np.nan
    issue = _held(out, issue)
    known = issue < len(out.days)
    return publish(
        periods[at[known]], out.days[issue[known]], RELEASES[how.release].at, values[known]
    )


def _level(name: str, truth: Levels, out: Issues) -> tuple[Days, Floats]:
    """The true level by period, as far as there are issues about it."""
    if name == "ICSA":
        weeks = np.arange(np.datetime64("1989-12-30"), out.days[-1], np.timedelta64(7, "D"))
        weeks = weeks[: len(out.days)]
        here, there = (
            m.astype(np.float64) for m in (weeks, truth.months + np.timedelta64(14, "D"))
        )
        return weeks, np.interp(here, there, truth.claims)
    monthly = {
        "UNRATE": truth.unemployment,
        "PAYEMS": truth.jobs,
        "CPIAUCSL": truth.prices,
        "CPIAUCNS": truth.prices * (1.0 + np.resize(SEASONS, len(truth.months)) / 100.0),
        "INDPRO": truth.production,
        "PCEPI": truth.consumption_prices,
        "RSAFS": truth.retail,
        "DGORDER": truth.orders,
        "UMCSENT": truth.sentiment,
    }
    if name in monthly:
        count = len(out.days)
        return truth.months[:count], monthly[name][:count]
    quarterly = {"GDP": truth.output, "GDPC1": truth.real_output}[name]
    count = -(-len(out.days) // 3)
    return truth.months[::3][:count], quarterly.reshape(-1, 3).mean(axis=1)[:count]


def _figures(
    how: Measurement, periods: int, count: int, per_period: int
) -> tuple[Numbers, Numbers, Numbers]:
    """Every figure: the number of its period, of the issue that brings it, of its stage."""
    regular = len(how.errors)
    numbers = np.arange(periods)
    at = [np.repeat(numbers, regular)]
    stage = [np.tile(np.arange(regular), periods)]
    issue = [at[0] * per_period + stage[0]]
    if how.yearly is not None:
        after = numbers * per_period + regular
        first = after + (how.yearly_issue - after) % 12
        for year in range(YEARS_REVISED):
            at.append(numbers)
            issue.append(first + 12 * year)
            stage.append(np.full(periods, regular + year))
    joined = [np.concatenate(parts) for parts in (at, issue, stage)]
    inside = joined[1] < count
    return joined[0][inside], joined[1][inside], joined[2][inside]


def _held(out: Issues, issue: Numbers) -> Numbers:
    """The same issue, or the first one after it that was not cancelled."""
    later = np.where(out.held, np.arange(len(out.days)), len(out.days))
    return np.minimum.accumulate(later[::-1])[::-1][issue]


def growth(level: Vintages) -> Vintages:
    """Percent change from the quarter before at an annual rate, for every vintage of the level."""
    periods, column = np.unique(level.periods, return_inverse=True)
    days, row = np.unique(level.days, return_inverse=True)
    table = np.full((len(days), len(periods)), np.nan)
    table[row, column] = level.values
    for line in range(1, len(days)):
        table[line] = np.where(np.isnan(table[line]), table[line - 1], table[line])
    rates = np.round(((table[:, 1:] / table[:, :-1]) ** 4 - 1.0) * 100.0, 1)
    lines, found = np.nonzero(np.isfinite(rates))
    return publish(periods[found + 1], days[lines], RELEASES[releases.GDP].at, rates[lines, found])


def per_person(level: Vintages, truth: Levels) -> Vintages:
    """Real output per head in dollars: the same vintages, over the population of the quarter."""
    people = truth.population.reshape(-1, 3).mean(axis=1)
    where = np.searchsorted(truth.months[::3], level.periods)
    values = np.round(level.values * 1_000.0 / people[where], 0)
    return publish(level.periods, level.days, RELEASES[releases.GDP].at, values)
