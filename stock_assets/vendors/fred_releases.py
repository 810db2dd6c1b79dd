"""FRED's calendar of releases, to rows.

Belongs here: the meaning of each field, which days count, rows put aside.
Does not belong here: requests (fred.py).
Source: fred.stlouisfed.org/docs/api/fred/releases_dates.html.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final

import orjson
import pyarrow as pa

from stock_assets.tables import MACRO_RELEASES
from stock_assets.vendors.bars import put_aside
from stock_assets.vendors.fred_vintages import VENDOR
from stock_assets.vendors.release_clock import clock_of_release, known_on

_UNREADABLE: Final = ("release_readable", "its release is not a number, or its date is not a day")


def release_rows(
    said: Sequence[Any],
    first: date,
    last: date,
    releases: Collection[int] | None,
    now: datetime,
) -> tuple[pa.Table, pa.Table | None]:
    """Rows of MACRO_RELEASES from ``first`` to ``last`` by release and day, and rejected rows."""
    rows: dict[tuple[int, date], dict[str, Any]] = {}
    unreadable: list[dict[str, Any]] = []
    for row in said:
        key = _key(row)
        if key is None:
            text = orjson.dumps(row).decode()
            unreadable.append({"vendor": VENDOR, "said": text})
            continue
        release, day = key
        if first <= day <= last and (releases is None or release in releases):
            name = row.get("release_name")
            rows[key] = {
                "vendor": VENDOR,
                "release": str(release),
                "released_on": day,
                "name": name if isinstance(name, str) and name else None,
                "known_at": min(now, known_on(day, clock_of_release(release))),
            }
    table = pa.Table.from_pylist([rows[key] for key in sorted(rows)], MACRO_RELEASES.row_schema)
    if not unreadable:
        return table, None
    schema = MACRO_RELEASES.row_schema.append(pa.field("said", pa.string()))
    return table, put_aside(MACRO_RELEASES, pa.Table.from_pylist(unreadable, schema), *_UNREADABLE)


def _key(row: Any) -> tuple[int, date] | None:
    if not isinstance(row, dict):
        return None
    release, text = row.get("release_id"), row.get("date")
    if isinstance(release, bool) or not isinstance(release, int) or not isinstance(text, str):
        return None
    try:
        return release, date.fromisoformat(text)
    except ValueError:
        return None
