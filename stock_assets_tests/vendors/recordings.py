"""Answers that real vendors gave, as they lie beside the checkout: what was asked, what came.

Belongs here: the index of recorded answers, and what can be read off a question's address.
Does not belong here: what our clients make of an answer (replay.py).
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from stock_assets_tests.conftest import SHARED_DATA
from stock_assets_tests.vendors.conftest import NOW

INDEX = SHARED_DATA / "fixtures" / "INDEX.csv"
DEFECTS = SHARED_DATA / "prices" / "defects"
ABSENT = "absent"
"""Stands for all recorded answers where there are none, so that their tests say why they skip."""


@dataclass(frozen=True)
class Recording:
    """A question and its answer. ``file``: its name in the index. ``now``: when it was asked."""

    file: str
    url: str
    status: int
    now: datetime
    body: bytes

    @property
    def day(self) -> date:
        """A day that was over when it was asked, for questions that name none."""
        return (self.now - timedelta(days=7)).date()

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.url).path)

    @property
    def query(self) -> dict[str, str]:
        pairs = parse_qs(urlsplit(self.url).query, keep_blank_values=True)
        return {name: values[0] for name, values in pairs.items()}

    def said(self, *steps: str | int, of: Any = None) -> Any:
        """What stands in the body at the end of these steps; None where there is no such place."""
        try:
            place = orjson.loads(self.body) if of is None else of
        except orjson.JSONDecodeError:
            return None
        for step in steps:
            try:
                place = place[step]
            except (KeyError, IndexError, TypeError):
                return None
        return place

    def rows(self, *steps: str | int) -> list[dict[str, Any]]:
        """The objects in the list at the end of these steps."""
        found = self.said(*steps)
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def names() -> list[str]:
    """All recorded answers."""
    return list(_index()) or [ABSENT]


def recording(file: str) -> Recording:
    """One of them."""
    row = _index()[file]
    path = INDEX.parent / file if (INDEX.parent / file).exists() else DEFECTS.parents[1] / file
    body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return Recording(file, row["url"], int(row["status"]), _asked_at(row["recorded"]), body)


@cache
def _index() -> dict[str, dict[str, str]]:
    if not INDEX.is_file():
        return {}
    with INDEX.open(newline="", encoding="utf-8") as lines:
        return {row["file"]: row for row in (*csv.DictReader(lines), *_defects())}


def _defects() -> Iterator[dict[str, str]]:
    """Files of daily prices that hold no prices, named DA-symbol-T-day.csv; of Alpha Vantage."""
    for path in sorted(DEFECTS.glob("DA-*-T-*.csv")):
        symbol, _, day = path.stem.removeprefix("DA-").partition("-T-")
        asked = f"function=TIME_SERIES_DAILY_ADJUSTED&symbol={symbol}&outputsize=full&datatype=csv"
        yield {
            "file": str(path.relative_to(DEFECTS.parents[1])),
            "url": f"https://www.alphavantage.co/query?{asked}",
            "status": "200",
            "recorded": day,
        }


def _asked_at(text: str) -> datetime:
    """An HTTP date, a day or a month (their last second), or nothing: then our present."""
    if "GMT" in text:
        return parsedate_to_datetime(text).astimezone(UTC)
    parts = [int(part) for part in text.split("-") if part.isdigit()]
    if len(parts) == 2:
        year, month = parts
        following = date(year + month // 12, month % 12 + 1, 1)
        last = date.fromordinal(following.toordinal() - 1)
    elif len(parts) == 3:
        last = date(*parts)
    else:
        return NOW
    return datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=UTC)
