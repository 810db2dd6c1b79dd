"""Interest rates day by day: the target range, the rate that banks pay, yields, mortgages.

Belongs here: rates, which are published once and never revised. Does not belong here: the
decisions behind them (fomc.py), titles and units (series.py).
"""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np

from stock_assets.sandbox.truth import business_days as days_of
from stock_assets.sandbox.truth import fomc, releases
from stock_assets.sandbox.truth.cycle import cycle
from stock_assets.sandbox.truth.luck import stream
from stock_assets.sandbox.truth.model import Days, Floats
from stock_assets.sandbox.truth.releases import RELEASES, issues
from stock_assets.sandbox.truth.vintages import Vintages, publish

YIELDS: Final = {
    "DGS3MO": -1.0, "DGS2": 0.0, "DGS5": 0.5, "DGS7": 0.75, "DGS10": 1.0, "DGS30": 1.3,
}  # fmt: skip
"""Where a maturity lies between two years (0) and ten (1); three months follow the target range."""
RATE_NAMES: Final = (
    "DFEDTARU", "DFEDTARL", "DFF", "FEDFUNDS", *YIELDS, "T10Y2Y", "MORTGAGE30US",
)  # fmt: skip
TARGET_SINCE: Final = np.datetime64("2008-12-16", "D")
"""Before, there was one target and not a range."""

_LOWEST: Final = 0.02


def rates(seed: int, last: date) -> dict[str, Vintages]:
    """Every rate until ``last``."""
    days = np.arange(np.datetime64(releases.FIRST_PERIOD), np.datetime64(last) + 1)
    lower, upper = target_range(seed, days)
    short, long = _yields(seed, days, (lower + upper) / 2.0)
    since = days >= TARGET_SINCE
    found = {
        "DFEDTARU": _published(days[since], days[since], releases.FOMC, upper[since]),
        "DFEDTARL": _published(days[since], days[since], releases.FOMC, lower[since]),
    }
    overnight = _overnight(seed, days, lower, upper)
    found["DFF"] = _published(days, days_of.next_working(days), releases.RATES, overnight, last)
    found["FEDFUNDS"] = _monthly(days, overnight, last)
    weekdays = np.is_busday(days)
    held = days_of.is_working(days)
    curve = {}
    for name, place in YIELDS.items():
        level = short + place * (long - short) if place >= 0 else (lower + upper) / 2.0 + 0.05
        curve[name] = np.where(held, np.round(np.maximum(level, _LOWEST), 2), np.nan)
    curve["T10Y2Y"] = np.round(curve["DGS10"] - curve["DGS2"], 2)
    public = days_of.next_working(days)
    for name, values in curve.items():
        release = releases.SPREADS if name == "T10Y2Y" else releases.RATES
        found[name] = _published(days[weekdays], public[weekdays], release, values[weekdays], last)
    found["MORTGAGE30US"] = _mortgages(seed, days, long, last)
    return found


def target_range(seed: int, days: Days) -> tuple[Floats, Floats]:
    """Lower and upper bound in force on each day; a decision holds from the day after on."""
    decided = fomc.meetings(seed, date.min, days[-1].astype(object))
    since = np.array([m.decided_on for m in decided], dtype="datetime64[D]")
    which = np.searchsorted(since, days, side="left")
    lower = np.array([fomc.FIRST_RANGE[0], *(m.lower for m in decided)])
    upper = np.array([fomc.FIRST_RANGE[1], *(m.upper for m in decided)])
    return lower[which], upper[which]


def _yields(seed: int, days: Days, middle: Floats) -> tuple[Floats, Floats]:
    """Yields of two and ten years: where the Fed is, where prices go, and moods that last."""
    state = cycle(seed)
    month = np.searchsorted(state.months, days, side="right") - 1
    inflation = state.inflation[month]
    moves = stream(seed, "economy", "yields").standard_normal((len(days), 2))
    expected, trend = float(middle[0]), float(inflation[0])
    own, term = 0.0, 0.6
    short, long = np.empty(len(days)), np.empty(len(days))
    for at in range(len(days)):
        expected += 0.012 * (float(middle[at]) - expected)
        trend += 0.002 * (float(inflation[at]) - trend)
        own = 0.992 * own + 0.028 * moves[at, 0]
        term = 0.6 + 0.9975 * (term - 0.6) + 0.022 * moves[at, 1]
        anchor = 1.2 + trend
        short[at] = 0.8 * expected + 0.2 * anchor + own
        long[at] = 0.45 * expected + 0.55 * anchor + 0.7 * own + term
    return short, long


def _overnight(seed: int, days: Days, lower: Floats, upper: Floats) -> Floats:
    """Inside the range, nearer to its lower end; on days without trading the last one's rate."""
    noise = stream(seed, "DFF", "place").standard_normal(len(days))
    rate = np.round(lower + (upper - lower) * np.clip(0.35 + 0.06 * noise, 0.05, 0.95), 2)
    traded = days_of.is_working(days)
    traded[0] = True
    newest = np.maximum.accumulate(np.where(traded, np.arange(len(days)), 0))
    return rate[newest]


def _monthly(days: Days, overnight: Floats, last: date) -> Vintages:
    months, where = np.unique(days.astype("datetime64[M]"), return_inverse=True)
    mean = np.round(np.bincount(where, overnight) / np.bincount(where), 2)
    periods = months.astype("datetime64[D]")
    public = days_of.next_working(days_of.months_later(periods, 1))
    return _published(periods, public, releases.RATES, mean, last)


def _mortgages(seed: int, days: Days, long: Floats, last: date) -> Vintages:
    public = issues(releases.MORTGAGES, last).days
    public = public[public <= days[-1]]
    spread = 1.7 + 0.08 * stream(seed, "MORTGAGE30US", "spread").standard_normal(len(public))
    values = np.round(long[np.searchsorted(days, public) - 1] + spread, 2)
    return _published(public, public, releases.MORTGAGES, values)


def _published(
    periods: Days, public: Days, release: int, values: Floats, last: date | None = None
) -> Vintages:
    if last is not None:
        inside = public <= np.datetime64(last)
        periods, public, values = periods[inside], public[inside], values[inside]
    return publish(periods, public, RELEASES[release].at, values)
