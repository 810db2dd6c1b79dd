"""FRED's observations: who said what about which period, from when to when.

Belongs here: the four output types, real-time periods with clipped intervals, units.
Does not belong here: parameters (fred_query.py), file types (fred_words.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from stock_assets.sandbox import fred_query as asked
from stock_assets.sandbox.fred_words import Body, Refused
from stock_assets.sandbox.truth.model import Days, Floats
from stock_assets.sandbox.truth.series import Series
from stock_assets.sandbox.truth.vintages import Vintages

MOST_ROWS: Final = 100_000
MOST_VINTAGES: Final = 2_000
_PER_YEAR: Final = {"D": 260, "W": 52, "M": 12, "Q": 4}
_UNITS: Final = ("lin", "chg", "ch1", "pch", "pc1", "pca", "cch", "cca", "log")

Rows = list[dict[str, str]]


def observations(known: Vintages, series: Series, query: Mapping[str, str], now: datetime) -> Body:
    """The answer of ``/fred/series/observations``; ``known`` is what is public now.

    Raises:
        Refused: for parameters that FRED does not take, more than 2000 vintages among them.
    """
    listed = asked.vintages_asked(query, now)
    window = asked.real_time(query, now)
    if listed:
        window = asked.RealTime(listed[0], listed[-1])
    first, last = asked.observation_window(query)
    units, kind = _units(query, series, window), asked.whole(query, "output_type", 1, 1, 4)
    part = asked.slice_of(query, MOST_ROWS)
    _refuse_too_many(known, window, listed)
    if units != "lin":
        known = _transformed(known.as_of(window.end), units, _PER_YEAR[series.frequency_short])
    inside = (known.periods >= np.datetime64(first)) & (known.periods <= np.datetime64(last))
    decimals = series.decimals if units == "lin" else 5
    if kind in (2, 3):
        rows = _wide(known, inside, window, listed, series, only_changes=kind == 3)
    else:
        rows = _tall(known, inside, window, listed, decimals, only_first=kind == 4)
    head = {
        "realtime_start": str(window.start),
        "realtime_end": str(window.end),
        "observation_start": str(first),
        "observation_end": str(last),
        "units": units,
        "output_type": kind,
        "file_type": query.get("file_type", "xml"),
        "order_by": "observation_date",
        "sort_order": part.order,
        "count": len(rows),
        "offset": part.offset,
        "limit": part.limit,
    }
    return Body("observations", "observation", head, part.of(rows))


def _refuse_too_many(known: Vintages, window: asked.RealTime, listed: tuple[date, ...]) -> None:
    days = known.vintage_days
    count = len(listed) or int(
        np.searchsorted(days, np.datetime64(window.end), side="right")
        - np.searchsorted(days, np.datetime64(window.start))
    )
    if count > MOST_VINTAGES:
        raise Refused(
            f"Bad Request.  There are {count} vintage dates in the specified real-time period: "
            f"{window.start} to {window.end}.  This exceeds the maximum number of vintage dates "
            f"allowed ({MOST_VINTAGES})."
        )


def _tall(
    known: Vintages,
    inside: npt.NDArray[np.bool_],
    window: asked.RealTime,
    listed: tuple[date, ...],
    decimals: int,
    *,
    only_first: bool,
) -> Rows:
    """A row per value and interval in which it was the newest, clipped to the period asked for."""
    start, end = np.datetime64(window.start), np.datetime64(window.end)
    until = known.valid_until
    chosen = inside & (known.days <= end) & (until >= start)
    if listed:
        days = np.array(listed, dtype="datetime64[D]")
        held_on_one = np.searchsorted(days, known.days) < np.searchsorted(days, until, "right")
        chosen &= held_on_one
    if only_first:
        chosen &= np.append(True, known.periods[1:] != known.periods[:-1]) & (known.days >= start)
    columns = zip(
        _texts(np.maximum(known.days[chosen], start)),
        _texts(np.minimum(until[chosen], end)),
        _texts(known.periods[chosen]),
        _values(known.values[chosen], decimals),
        strict=True,
    )
    return [
        {"realtime_start": since, "realtime_end": to, "date": period, "value": value}
        for since, to, period, value in columns
    ]


def _wide(
    known: Vintages,
    inside: npt.NDArray[np.bool_],
    window: asked.RealTime,
    listed: tuple[date, ...],
    series: Series,
    *,
    only_changes: bool,
) -> Rows:
    """A row per period, a column per vintage; ``only_changes`` leaves out what is not new."""
    days = known.vintage_days
    start, end = np.datetime64(window.start), np.datetime64(window.end)
    columns = days[(days >= start) & (days <= end)]
    if listed:
        columns = np.array(listed, dtype="datetime64[D]")
    elif not only_changes:
        bounds = [day for day in (start, end) if len(days) and days[0] <= day <= days[-1]]
        columns = np.union1d(columns, np.array(bounds, dtype="datetime64[D]"))
    names = [f"{series.id}_{text.replace('-', '')}" for text in _texts(columns)]
    rows: dict[str, dict[str, str]] = {}
    chosen = known.where(inside)
    for column, name in zip(columns, names, strict=True):
        at = chosen.where(chosen.days == column) if only_changes else chosen.as_of(column)
        for period, value in zip(
            _texts(at.periods), _values(at.values, series.decimals), strict=True
        ):
            rows.setdefault(period, {"date": period})[name] = value
    if not only_changes:
        for row in rows.values():
            row |= {name: "." for name in names if name not in row}
    return [rows[period] for period in sorted(rows)]


def _units(query: Mapping[str, str], series: Series, window: asked.RealTime) -> str:
    """The units asked for; the twin converts one vintage at a time, and aggregates nothing."""
    units = query.get("units", "lin")
    if units not in _UNITS:
        values = ", ".join(f'"{one}"' for one in _UNITS)
        raise Refused(f"Bad Request.  Variable units is not one of the values: {values}.")
    several = window.start != window.end or query.get("output_type", "1") != "1"
    if units != "lin" and several:
        raise Refused("Bad Request.  Variable units must be lin over several vintages.")
    if query.get("frequency", series.frequency_short.lower()) != series.frequency_short.lower():
        raise Refused("Bad Request.  Variable frequency must be that of the series.")
    return units


def _transformed(snapshot: Vintages, units: str, per_year: int) -> Vintages:
    """The same rows with changes, growth rates or logarithms, NaN where they need what is not."""
    values = snapshot.values
    lag = per_year if units in ("ch1", "pc1") else 1
    before = np.full(len(values), np.nan)
    before[lag:] = values[:-lag]
    with np.errstate(divide="ignore", invalid="ignore"):
        changed = _changed(values, before, units, per_year)
    return Vintages(snapshot.periods, snapshot.days, snapshot.published, changed)


def _changed(values: Floats, before: Floats, units: str, per_year: int) -> Floats:
    match units:
        case "chg" | "ch1":
            return values - before
        case "pch" | "pc1":
            return (values / before - 1.0) * 100.0
        case "pca":
            return ((values / before) ** per_year - 1.0) * 100.0
        case "cch":
            return np.log(values / before) * 100.0
        case "cca":
            return np.log(values / before) * 100.0 * per_year
        case _:
            return np.log(values)


def _texts(days: Days) -> list[str]:
    texts: list[str] = np.datetime_as_string(days).tolist()
    return texts


def _values(values: Floats, decimals: int) -> list[str]:
    return ["." if value != value else f"{value:.{decimals}f}" for value in values.tolist()]
