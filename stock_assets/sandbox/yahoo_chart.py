"""Yahoo's v8 chart: daily bars with their dividends and splits, as JSON.

Belongs here: the body of ``/v8/finance/chart/{symbol}``. Time is in seconds;
a daily bar carries the session's regular open (09:30 New York), the bar in progress the instant
of its last trade. Quotes are single-precision numbers, as Yahoo's are.
Does not belong here: hosts, cookies, crumbs, refusals (yahoo.py), adjustment (yahoo_series.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stock_assets.sandbox.truth.model import Floats
from stock_assets.sandbox.viewing import Live
from stock_assets.sandbox.yahoo_series import Series, Window, live_value


@dataclass(frozen=True, slots=True)
class Seen:
    """What can be seen of one symbol at an instant: finished bars, the open one, its description.

    ``describe`` gives the chart's ``meta`` for a window.
    """

    shown: Series
    live: Live | None
    describe: Callable[[Window], dict[str, object]]


def body(seen: Seen, window: Window) -> dict[str, object]:
    """The chart of one window.

    Returns:
        The JSON object; without ``timestamp`` and with empty quotes where no bar is in range.
    """
    shown, live = seen.shown, seen.live
    low, high = np.searchsorted(shown.stamps, (window.first, window.end))
    part = slice(int(low), int(high))
    stamps = shown.stamps[part]
    quotes = {name: values[part] for name, values in shown.quotes.items()}
    adjusted = shown.adjusted[part]
    if live is not None and window.first <= int(live.at.timestamp()) < window.end:
        stamps = np.append(stamps, int(live.at.timestamp()))
        quotes = {name: np.append(v, live_value(live, name)) for name, v in quotes.items()}
        adjusted = np.append(adjusted, live_value(live, "close"))
    result: dict[str, object] = {"meta": seen.describe(window)}
    if not len(stamps):
        result["indicators"] = {"quote": [{}], "adjclose": [{}]}
    else:
        result["timestamp"] = np.ascontiguousarray(stamps)
        events = _events(shown, window)
        if events:
            result["events"] = events
        result["indicators"] = {
            "quote": [{name: _contiguous(name, values) for name, values in quotes.items()}],
            "adjclose": [{"adjclose": np.ascontiguousarray(adjusted)}],
        }
    return {"chart": {"result": [result], "error": None}}


def _contiguous(name: str, values: Floats) -> object:
    """Volumes are whole numbers where none is missing; JSON has them without a point."""
    if name != "volume":
        return np.ascontiguousarray(values)
    if np.isfinite(values).all():
        return values.astype(np.int64)
    return [int(value) if np.isfinite(value) else None for value in values]


def _events(shown: Series, window: Window) -> dict[str, object]:
    found: dict[str, object] = {}
    inside = range(window.first, window.end)
    dividends = {
        str(at): {"amount": amount, "date": at} for at, amount in shown.dividends if at in inside
    }
    splits = {
        str(at): {
            "date": at,
            "numerator": float(new),
            "denominator": float(old),
            "splitRatio": f"{new}:{old}",
        }
        for at, new, old in shown.splits
        if at in inside
    }
    if dividends:
        found["dividends"] = dividends
    if splits:
        found["splits"] = splits
    return found
