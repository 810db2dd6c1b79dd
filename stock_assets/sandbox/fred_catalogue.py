"""What FRED says about its series and releases: titles, vintage dates, past and future releases.

Belongs here: everything but observations. Does not belong here: parameters (fred_query.py), file
types (fred_words.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from stock_assets.sandbox import fred_query as asked
from stock_assets.sandbox.fred_words import Body, Refused
from stock_assets.sandbox.instants import instants
from stock_assets.sandbox.truth.economy import Economy
from stock_assets.sandbox.truth.releases import RELEASES, Release
from stock_assets.sandbox.truth.series import ADJUSTMENTS, SERIES, Series
from stock_assets.sandbox.truth.vintages import Vintages

MOST_DATES: Final = 10_000
MOST_OF_ALL: Final = 1_000
NO_SERIES: Final = "Bad Request.  The series does not exist."

_CENTRAL: Final = ZoneInfo("America/Chicago")
_LOADED_AFTER: Final = timedelta(minutes=1, seconds=2)

Query = Mapping[str, str]


def series_asked(query: Query) -> Series:
    """The series of ``series_id``.

    Raises:
        Refused: when it is not given, or not one of ours.
    """
    if not query.get("series_id"):
        raise Refused("Bad Request.  Variable series_id has not been set.")
    found = SERIES.get(query["series_id"].upper())
    if found is None:
        raise Refused(NO_SERIES)
    return found


def release_asked(query: Query) -> Release:
    """The release of ``release_id``.

    Raises:
        Refused: when it is not given, or not one of ours.
    """
    if not query.get("release_id"):
        raise Refused("Bad Request.  Variable release_id has not been set.")
    found = RELEASES.get(asked.whole(query, "release_id", 0, 0, 2**31))
    if found is None:
        raise Refused("Bad Request.  The release does not exist.")
    return found


def description(known: Vintages, series: Series, query: Query, now: datetime) -> Body:
    """The answer of ``/fred/series``."""
    window = asked.real_time(query, now)
    public = known.as_of(window.end)
    if not len(public):
        raise Refused(NO_SERIES)
    newest = public.published.max().astype(datetime).replace(tzinfo=UTC) + _LOADED_AFTER
    stamp = newest.astimezone(_CENTRAL)
    head = {"realtime_start": str(window.start), "realtime_end": str(window.end)}
    row = {
        "id": series.id,
        **head,
        "title": series.title,
        "observation_start": str(public.periods[0]),
        "observation_end": str(public.periods[-1]),
        "frequency": series.frequency,
        "frequency_short": series.frequency_short,
        "units": series.units,
        "units_short": series.units_short,
        "seasonal_adjustment": ADJUSTMENTS[series.adjusted],
        "seasonal_adjustment_short": series.adjusted,
        "last_updated": f"{stamp:%Y-%m-%d %H:%M:%S}{stamp:%z}"[:-2],
        "popularity": series.popularity,
        "notes": f"{series.title}, of the twin's economy.",
    }
    return Body("seriess", "series", head, [row])


def vintage_dates(known: Vintages, query: Query, now: datetime) -> Body:
    """The answer of ``/fred/series/vintagedates``."""
    window = asked.real_time(query, now, default=(asked.FIRST_DAY, asked.LAST_DAY))
    part = asked.slice_of(query, MOST_DATES)
    days = known.vintage_days
    inside = days[(days >= np.datetime64(window.start)) & (days <= np.datetime64(window.end))]
    texts: list[str] = np.datetime_as_string(inside).tolist()
    head = _head(window, "vintage_date", part, len(texts))
    return Body("vintage_dates", "vintage_date", head, list(part.of(texts)))


def releases(chosen: list[Release], query: Query, now: datetime) -> Body:
    """The answer of ``/fred/releases``, ``/fred/release`` and ``/fred/series/release``."""
    window = asked.real_time(query, now)
    head = {"realtime_start": str(window.start), "realtime_end": str(window.end)}
    rows = [
        {"id": one.id, **head, "name": one.name, "press_release": True, "link": one.link}
        for one in chosen
    ]
    return Body("releases", "release", head, rows)


def release_dates(economy: Economy, release: Release, query: Query, now: datetime) -> Body:
    """The answer of ``/fred/release/dates``: one release, oldest first."""
    default = (asked.FIRST_DAY, asked.LAST_DAY)
    window = asked.real_time(query, now, default=default, future=True)
    part = asked.slice_of(query, MOST_DATES)
    rows = [
        {"release_id": release.id, "date": str(day)}
        for day in _days(economy, release, window, query, now)
    ]
    return Body("release_dates", "release_date", _head(window, "release_date", part, len(rows)),
                part.of(rows))  # fmt: skip


def all_release_dates(economy: Economy, query: Query, now: datetime) -> Body:
    """The answer of ``/fred/releases/dates``: all releases, newest first, from this year on."""
    default = (date(asked.central_day(now).year, 1, 1), asked.LAST_DAY)
    window = asked.real_time(query, now, default=default, future=True)
    part = asked.slice_of(query, MOST_OF_ALL, "desc")
    rows = [
        {"release_id": release.id, "release_name": release.name, "date": str(day)}
        for release in RELEASES.values()
        for day in _days(economy, release, window, query, now)
    ]
    is_falling = part.order == "desc"
    rows.sort(key=lambda row: str(row["release_name"]), reverse=is_falling)
    rows.sort(key=lambda row: str(row["date"]))
    return Body("release_dates", "release_date", _head(window, "release_date", part, len(rows)),
                part.of(rows))  # fmt: skip


def _days(
    economy: Economy, release: Release, window: asked.RealTime, query: Query, now: datetime
) -> list[np.datetime64]:
    """Days on which the release came out.

    With ``include_release_dates_with_no_data`` also those that are planned, and those that were
    planned and cancelled.
    """
    out = economy.issues(release.id)
    inside = (out.days >= np.datetime64(window.start)) & (out.days <= np.datetime64(window.end))
    if query.get("include_release_dates_with_no_data", "false").lower() != "true":
        inside &= out.held & (instants(out.days, release.at) <= now.timestamp())
    return list(np.unique(out.days[inside]))


def _head(
    window: asked.RealTime, order_by: str, part: asked.Slice, count: int
) -> dict[str, object]:
    return {
        "realtime_start": str(window.start),
        "realtime_end": str(window.end),
        "order_by": order_by,
        "sort_order": part.order,
        "count": count,
        "offset": part.offset,
        "limit": part.limit,
    }
