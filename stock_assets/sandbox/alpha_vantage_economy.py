"""Alpha Vantage's economic functions: the newest revision of a series, and no older one.

Belongs here: which function shows which series, intervals, names and units. Does not belong here:
who may ask (alpha_vantage.py), vintages (fred.py), which the same series have there.

Retail sales, orders and jobs are the seasonally adjusted ones, where Alpha Vantage itself shows
raw ones for some.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np

from stock_assets.sandbox.truth.economy import Economy
from stock_assets.sandbox.truth.model import Days, Floats
from stock_assets.sandbox.truth.series import SERIES
from stock_assets.sandbox.wire import Answer, json_answer, text_answer


@dataclass(frozen=True, slots=True)
class Function:
    """What a function shows. ``intervals``: those one may choose from, the default one first."""

    series: str
    name: str
    unit: str
    intervals: tuple[str, ...]


_MATURITIES: Final = {
    "3month": ("DGS3MO", "3-Month"),
    "2year": ("DGS2", "2-Year"),
    "5year": ("DGS5", "5-Year"),
    "7year": ("DGS7", "7-Year"),
    "10year": ("DGS10", "10-Year"),
    "30year": ("DGS30", "30-Year"),
}
_RATE: Final = ("monthly", "weekly", "daily")
_MONTHLY: Final = ("monthly",)

FUNCTIONS: Final[dict[str, Function]] = {
    "REAL_GDP": Function(
        "GDPC1", "Real Gross Domestic Product", "billions of dollars", ("annual", "quarterly")
    ),
    "REAL_GDP_PER_CAPITA": Function(
        "A939RX0Q048SBEA", "Real Gross Domestic Product per Capita", "chained 2012 dollars",
        ("quarterly",),
    ),
    "TREASURY_YIELD": Function("DGS10", "Treasury Constant Maturity Rate", "percent", _RATE),
    "FEDERAL_FUNDS_RATE": Function("DFF", "Effective Federal Funds Rate", "percent", _RATE),
    "CPI": Function(
        "CPIAUCNS", "Consumer Price Index for all Urban Consumers", "index 1982-1984=100",
        ("monthly", "semiannual"),
    ),
    "INFLATION": Function("CPIAUCNS", "Inflation - US Consumer Prices", "percent", ("annual",)),
    "RETAIL_SALES": Function(
        "RSAFS", "Advance Retail Sales: Retail Trade", "millions of dollars", _MONTHLY
    ),
    "DURABLES": Function(
        "DGORDER", "Manufacturer New Orders: Durable Goods", "millions of dollars", _MONTHLY
    ),
    "UNEMPLOYMENT": Function("UNRATE", "Unemployment Rate", "percent", _MONTHLY),
    "NONFARM_PAYROLL": Function(
        "PAYEMS", "Total Nonfarm Payroll", "thousands of persons", _MONTHLY
    ),
}  # fmt: skip


def economic(
    published: Economy, function: str, query: Mapping[str, str], now: datetime
) -> Answer | None:
    """The answer of one of FUNCTIONS; None for an interval or a maturity that it does not have."""
    what = FUNCTIONS[function]
    if function == "TREASURY_YIELD":
        chosen = _MATURITIES.get(query.get("maturity", "10year"))
        if chosen is None:
            return None
        what = replace(what, series=chosen[0], name=f"{chosen[1]} {what.name}")
    interval = query.get("interval", what.intervals[0]).lower()
    if len(what.intervals) == 1:
        interval = what.intervals[0]
    if interval not in what.intervals:
        return None
    newest = published.series(what.series).known(now).newest()
    days, values = newest.periods, newest.values
    decimals = SERIES[what.series].decimals
    if interval in ("annual", "semiannual"):
        days, values = _means(days, values, 12 if interval == "annual" else 6)
    elif function == "REAL_GDP":
        values = values / 4.0
    elif interval in ("weekly", "monthly") and what.intervals == _RATE:
        weekday = "Wed" if what.series == "DFF" else "Fri"
        days, values = _averages(days, values, weekday if interval == "weekly" else None)
    if function == "INFLATION":
        days, values, decimals = days[1:], (values[1:] / values[:-1] - 1.0) * 100.0, 13
    texts = ["." if value != value else f"{value:.{decimals}f}" for value in values.tolist()]
    rows = list(zip(np.datetime_as_string(days).tolist(), texts, strict=True))[::-1]
    if query.get("datatype") == "csv":
        lines = ["timestamp,value", *(f"{day},{text}" for day, text in rows), ""]
        return text_answer("\r\n".join(lines), content_type="text/csv")
    return json_answer(
        {
            "name": what.name,
            "interval": interval,
            "unit": what.unit,
            "data": [{"date": day, "value": text} for day, text in rows],
        }
    )


def _means(days: Days, values: Floats, months: int) -> tuple[Days, Floats]:
    """Means over years or half years of which the last period has been published."""
    month = days.astype("datetime64[M]").astype(np.int64)
    part = month // months
    length = int(np.diff(month).max()) if len(month) > 1 else 1
    whole = part * months + months - length
    done = np.unique(part[month == whole])
    found = [
        (number, values[part == number][np.isfinite(values[part == number])]) for number in done
    ]
    starts = (np.array([n for n, _ in found], dtype=np.int64) * months).astype("datetime64[M]")
    return starts.astype("datetime64[D]"), np.array([v.mean() for _, v in found])


def _averages(days: Days, values: Floats, weekday: str | None) -> tuple[Days, Floats]:
    """Means over months, or over weeks ending on a weekday, without the one in progress."""
    if weekday is None:
        period = days.astype("datetime64[M]").astype("datetime64[D]")
    else:
        period = np.busday_offset(days, 0, roll="forward", weekmask=weekday)
    there = np.isfinite(values)
    starts, where = np.unique(period[there], return_inverse=True)
    means = np.bincount(where, values[there]) / np.bincount(where)
    done = starts < period[-1]
    return starts[done], means[done]
