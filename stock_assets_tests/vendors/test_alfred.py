"""Real vintages of GDP, served as FRED serves them: what was known on a day is what stood then."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stock_assets.ingest.vintages import as_of
from stock_assets.market import NEW_YORK
from stock_assets.vendors.fred import FRED, Fred
from stock_assets_tests.vendors.conftest import CANARY, Workshop
from stock_assets_tests.vendors.fred_books import Book, Spell, serving_book

pytestmark = pytest.mark.realdata

FIRST, LAST = date(1991, 12, 4), date(2024, 12, 19)
DAYS = [FIRST + timedelta(days=round(n * (LAST - FIRST).days / 49)) for n in range(50)]


def spells(shared_data: Path) -> list[Spell]:
    rows = pq.read_table(shared_data / "macro" / "alfred_vintages_GDP.parquet").to_pylist()
    return [
        Spell(
            date.fromisoformat(row["date"]),
            date.fromisoformat(row["realtime_start"]),
            date.fromisoformat(row["realtime_end"]),
            row["value"],
        )
        for row in rows
    ]


def fetched(workshop: Workshop, book: list[Spell], at_most: int) -> pa.Table:
    with serving_book(Book("GDP", book, "Q")) as server:
        client = Fred(
            workshop.transport(server.url, FRED),
            CANARY,
            now=lambda: datetime(2024, 12, 20, 18, tzinfo=UTC),
            vintages_per_request=at_most,
        )
        return client.observations("GDP").rows


@pytest.mark.parametrize("at_most", [2000, 60])
def test_what_was_known_on_fifty_days_is_the_vintage_of_that_day(
    workshop: Workshop, shared_data: Path, at_most: int
) -> None:
    book = spells(shared_data)
    rows = fetched(workshop, book, at_most)
    assert rows.num_rows == len(book)
    for day in DAYS:
        midnight = datetime.combine(day + timedelta(days=1), time(), NEW_YORK)
        answer = as_of(rows, midnight.astimezone(UTC))
        stood = {
            spell.period: None if spell.value == "." else float(spell.value)
            for spell in book
            if spell.first <= day <= spell.last
        }
        periods, values = answer["period_start"].to_pylist(), answer["value"].to_pylist()
        assert dict(zip(periods, values, strict=True)) == stood, day
        assert len(periods) == len(stood) > 100


def test_the_third_quarter_of_2024_is_known_from_half_past_eight(
    workshop: Workshop, shared_data: Path
) -> None:
    rows = fetched(workshop, spells(shared_data), 2000)
    release = datetime.combine(date(2024, 10, 30), time(8, 30), NEW_YORK).astimezone(UTC)
    before, after = as_of(rows, release - timedelta(seconds=1)), as_of(rows, release)
    assert max(before["period_start"].to_pylist()) == date(2024, 4, 1)
    assert max(after["period_start"].to_pylist()) == date(2024, 7, 1)
    assert after["value"].to_pylist()[-1] == 29349.924
