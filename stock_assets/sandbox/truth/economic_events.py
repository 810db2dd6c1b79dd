"""Economic events as a calendar lists them: consumer prices, jobs, output, decisions of the Fed.

Belongs here: which figures a calendar shows, when they are due, what is known of them at an
instant. Does not belong here: the figures (economy.py, fomc.py), any vendor's format.

``actual`` is the newest value known, so that a revision overwrites what was published first: a
calendar like this one is not a record of what was known when. Forecasts appear ten days ahead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from stock_assets import market
from stock_assets.sandbox.instants import instant
from stock_assets.sandbox.truth.economy import economy
from stock_assets.sandbox.truth.fomc import meetings
from stock_assets.sandbox.truth.luck import stream
from stock_assets.sandbox.truth.releases import CPI, GDP, JOBS, RELEASES, RETAIL
from stock_assets.sandbox.truth.vintages import Vintages

FORECAST_AHEAD: Final = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class EconomicEvent:
    """One line of a calendar as it stood at an instant; ``due_at`` is UTC.

    ``impact`` is high, medium or low; numbers are in ``unit``, None where nobody knows them yet.
    """

    due_at: datetime
    name: str
    impact: str
    unit: str
    estimate: float | None
    previous: float | None
    actual: float | None
    country: str = "US"


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure: a series' level, or its change over ``months`` as a difference or in percent."""

    name: str
    series: str
    release: int
    impact: str
    unit: str
    months: int = 0
    is_percent: bool = False
    surprise: float = 0.1
    decimals: int = 1


_FIGURES: Final = (
    _Figure("CPI YoY", "CPIAUCNS", CPI, "high", "%", months=12, is_percent=True),
    _Figure("CPI MoM", "CPIAUCSL", CPI, "high", "%", months=1, is_percent=True),
    _Figure("Non Farm Payrolls", "PAYEMS", JOBS, "high", "K", months=1, surprise=60, decimals=0),
    _Figure("Unemployment Rate", "UNRATE", JOBS, "high", "%"),
    _Figure("Retail Sales MoM", "RSAFS", RETAIL, "medium", "%", months=1, is_percent=True,
            surprise=0.3),
    _Figure("GDP Growth Rate QoQ Adv", "A191RL1Q225SBEA", GDP, "high", "%", surprise=0.4),
)  # fmt: skip


def economic_events(seed: int, first: date, last: date, now: datetime) -> tuple[EconomicEvent, ...]:
    """The events due on the days (UTC) from ``first`` to ``last``, as listed at ``now``.

    In order of time, then of name. Meetings that nobody planned are listed once they took place.
    """
    found = [event for figure in _FIGURES for event in _published(seed, figure, first, last, now)]
    found += _decisions(seed, first, last, now)
    chosen = (event for event in found if first <= event.due_at.date() <= last)
    return tuple(sorted(chosen, key=lambda event: (event.due_at, event.name)))


def _published(
    seed: int, figure: _Figure, first: date, last: date, now: datetime
) -> Iterator[EconomicEvent]:
    truth = economy(seed)
    issues, is_output = truth.issues(figure.release), figure.release == GDP
    vintages = truth.series(figure.series)
    known, sooner = _values(figure, vintages.known(now)), _values(figure, vintages.first())
    luck = stream(seed, figure.name, "forecasts").standard_normal(len(issues.days))
    begin, end = (
        int(np.searchsorted(issues.days, np.datetime64(day) + np.timedelta64(more, "D")))
        for day, more in ((first, -1), (last, 2))
    )
    step = 3 if is_output else 1
    for number in range(begin, end):
        if number % step:  # the second and third estimates of a quarter
            continue
        month = np.datetime64("1990-01", "M") + number
        due = datetime.fromtimestamp(
            instant(issues.days[number].astype(object), RELEASES[figure.release].at), UTC
        )
        forecast = sooner.get(month)
        if forecast is not None:
            forecast = _rounded(forecast + figure.surprise * float(luck[number]), figure)
        yield EconomicEvent(
            due,
            figure.name,
            figure.impact,
            figure.unit,
            forecast if now >= due - FORECAST_AHEAD else None,
            known.get(month - step),
            known.get(month) if now >= due else None,
        )


def _values(figure: _Figure, vintages: Vintages) -> dict[np.datetime64, float]:
    """The figure by month, from the newest value of each month and of the one it is compared to."""
    newest = vintages.newest()
    months = newest.periods.astype("datetime64[M]")
    level = dict(zip(months, newest.values.tolist(), strict=True))
    found = {}
    for month, value in level.items():
        before = level.get(month - figure.months, np.nan) if figure.months else 0.0
        change = 100.0 * (value / before - 1.0) if figure.is_percent else value - before
        if np.isfinite(change):
            found[month] = _rounded(change, figure)
    return found


def _rounded(value: float, figure: _Figure) -> float:
    return round(value, figure.decimals) + 0.0


def _decisions(seed: int, first: date, last: date, now: datetime) -> Iterator[EconomicEvent]:
    """The upper bound of the target range; the forecast is that nothing changes."""
    day = timedelta(days=1)
    for meeting in meetings(seed, max(first - day, market.FIRST_DAY), last + day):
        is_over = meeting.decision_at <= now
        if meeting.is_scheduled or is_over:
            previous = meeting.previous_upper
            before_known = meeting.decision_at - timedelta(days=35) <= now
            yield EconomicEvent(
                meeting.decision_at,
                "Fed Interest Rate Decision",
                "high",
                "%",
                previous if before_known else None,
                previous if before_known else None,
                meeting.upper if is_over else None,
            )
