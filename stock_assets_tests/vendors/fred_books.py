"""A series as FRED keeps it, answered for any window: what the tests of vintages compare with.

Belongs here: books of spells (a value and the days on which it was said), and FRED's clipping.
Does not belong here: the twin's economy (sandbox/).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from stock_assets_tests.vendors import stub
from stock_assets_tests.vendors.stub import Stub, json_reply

FOREVER = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Spell:
    """A value of a period, and the first and last day on which it was said."""

    period: date
    first: date
    last: date
    value: str


def clipped(spells: Iterable[Spell], first: date, last: date) -> list[dict[str, str]]:
    """FRED's rows for a window of real time."""
    return [
        {
            "realtime_start": max(spell.first, first).isoformat(),
            "realtime_end": min(spell.last, last).isoformat(),
            "date": spell.period.isoformat(),
            "value": spell.value,
        }
        for spell in sorted(spells, key=lambda spell: (spell.period, spell.first))
        if spell.first <= last and spell.last >= first
    ]


def observations(
    rows: Sequence[Any], first: date, last: date, *, offset: int = 0, limit: int = 100_000
) -> dict[str, Any]:
    """The envelope of observations, with one page of the rows."""
    return {
        "realtime_start": first.isoformat(),
        "realtime_end": last.isoformat(),
        "observation_start": "1600-01-01",
        "observation_end": "9999-12-31",
        "units": "lin",
        "output_type": 1,
        "file_type": "json",
        "order_by": "observation_date",
        "sort_order": "asc",
        "count": len(rows),
        "offset": offset,
        "limit": limit,
        "observations": list(rows[offset : offset + limit]),
    }


def vintage_dates(days: Sequence[date]) -> dict[str, Any]:
    """The envelope of vintage dates."""
    return {"count": len(days), "offset": 0, "vintage_dates": [day.isoformat() for day in days]}


def series_facts(series: str, frequency: str = "M", units: str = "Percent") -> dict[str, Any]:
    """The envelope of one series."""
    facts = {"id": series, "frequency_short": frequency, "units": units}
    return {"realtime_start": "2024-12-19", "realtime_end": "2024-12-19", "seriess": [facts]}


def changes(spells: Iterable[Spell], first: date, last: date) -> list[date]:
    """The days on which something of the series is published."""
    days = {spell.first for spell in spells}
    days |= {spell.last + timedelta(days=1) for spell in spells if spell.last < FOREVER}
    return sorted(day for day in days if first <= day <= last)


@dataclass
class Book:
    """Answers requests about one series by its spells, as FRED does."""

    series: str
    spells: Sequence[Spell]
    frequency: str = "M"
    server: Stub | None = None

    def __call__(self, connection: Any) -> None:
        """Answer the request that came last."""
        assert self.server is not None
        parts = urlsplit(self.server.asked[-1].split(" ")[1])
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        json_reply(self.content(parts.path.rsplit("/", 1)[1], query))(connection)

    def content(self, what: str, query: dict[str, str]) -> dict[str, Any]:
        """What FRED says to that question."""
        assert query["series_id"] == self.series
        assert query["file_type"] == "json"
        if what == "series":
            return series_facts(self.series, self.frequency)
        first, last = (date.fromisoformat(query[f"realtime_{end}"]) for end in ("start", "end"))
        if what == "vintagedates":
            return vintage_dates(changes(self.spells, first, last))
        if len(changes(self.spells, first, last)) > 2000:
            return {
                "error_code": 400,
                "error_message": "Bad Request.  There are many vintage dates.",
            }
        page = {name: int(query[name]) for name in ("offset", "limit")}
        return observations(clipped(self.spells, first, last), first, last, **page)


def serving_book(book: Book) -> Any:
    """A server that answers from the book."""
    context = stub.serving(book)

    class _Opened:
        def __enter__(self) -> Stub:
            book.server = context.__enter__()
            return book.server

        def __exit__(self, *error: Any) -> None:
            context.__exit__(*error)

    return _Opened()
