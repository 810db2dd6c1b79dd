"""What was known at an instant, out of rows that say when they became known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from stock_assets.ingest.vintages import as_of, only_changed
from stock_assets.tables import MACRO

JAN, FEB = date(2024, 1, 1), date(2024, 2, 1)


def row(period: date, vintage: date, value: float | None, **more: Any) -> dict[str, Any]:
    return {
        "vendor": "fred",
        "series": "UNRATE",
        "country": "USA",
        "period_start": period,
        "vintage_on": vintage,
        "frequency": "M",
        "value": value,
        "unit": "Percent",
        "known_at": datetime(vintage.year, vintage.month, vintage.day, 13, 30, tzinfo=UTC),
    } | more


def table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=MACRO.row_schema)


def at(month: int, day: int, hour: int = 13, minute: int = 30) -> datetime:
    return datetime(2024, month, day, hour, minute, tzinfo=UTC)


BOOK = table(
    row(JAN, date(2024, 3, 8), 3.8),
    row(JAN, date(2024, 2, 2), 3.7),
    row(FEB, date(2024, 3, 8), 3.9),
    row(JAN, date(2024, 4, 5), None),
)


@pytest.mark.parametrize(
    ("instant", "known"),
    [
        (at(2, 2, 13, 29), []),
        (at(2, 2), [(JAN, 3.7)]),
        (at(3, 8, 13, 29), [(JAN, 3.7)]),
        (at(3, 8), [(JAN, 3.8), (FEB, 3.9)]),
        (at(4, 5), [(JAN, None), (FEB, 3.9)]),
    ],
)
def test_d18_the_newest_vintage_known_by_then_counts(
    instant: datetime, known: list[tuple[date, float | None]]
) -> None:
    answer = as_of(BOOK, instant)
    assert answer.schema == BOOK.schema
    pairs = zip(answer["period_start"].to_pylist(), answer["value"].to_pylist(), strict=True)
    assert list(pairs) == known


def test_i7_what_becomes_known_later_changes_no_answer() -> None:
    instant = at(3, 1)
    before = as_of(BOOK, instant)
    later = table(
        row(JAN, date(2024, 2, 2), 9.9, known_at=at(5, 1)),
        row(FEB, date(2024, 2, 2), 9.9, known_at=at(5, 1)),
    )
    assert as_of(pa.concat_tables([later, BOOK]), instant).equals(before)


def test_series_countries_and_vendors_are_kept_apart() -> None:
    several = table(
        row(JAN, date(2024, 2, 2), 1.0),
        row(JAN, date(2024, 2, 3), 2.0, vendor="alpha_vantage"),
        row(JAN, date(2024, 2, 4), 3.0, series="GDP"),
        row(JAN, date(2024, 2, 5), 4.0, country="MEX"),
    )
    assert sorted(as_of(several, at(3, 1))["value"].to_pylist()) == [1.0, 2.0, 3.0, 4.0]


def test_a_vintage_that_was_stored_again_counts_as_stored_last() -> None:
    stored = table(row(JAN, date(2024, 2, 2), 1.0), row(JAN, date(2024, 2, 2), 2.0))
    times = pa.array([at(2, 3), at(2, 4)], pa.timestamp("us", tz="UTC"))
    for order in ([0, 1], [1, 0]):
        rows = stored.append_column("ingested_at", times).take(order)
        assert as_of(rows, at(3, 1))["value"].to_pylist() == [2.0]


def test_an_older_vintage_that_became_known_late_does_not_replace_a_newer_one() -> None:
    rows = table(
        row(JAN, date(2024, 3, 8), 3.8), row(JAN, date(2024, 2, 2), 3.7, known_at=at(6, 1))
    )
    assert as_of(rows, at(7, 1))["value"].to_pylist() == [3.8]


def test_nothing_known_is_an_empty_table_of_the_same_columns() -> None:
    assert as_of(MACRO.row_schema.empty_table(), at(1, 1)).schema == MACRO.row_schema


def test_many_rows_are_answered_as_one_by_one(rng: np.random.Generator) -> None:
    count = 5_000
    rows = [
        row(
            date(2000, 1, 1) + timedelta(days=int(period)),
            date(2020, 1, 1) + timedelta(days=int(vintage)),
            float(n),
            series=f"S{n % 7}",
        )
        for n, (period, vintage) in enumerate(rng.integers(0, 200, (count, 2)))
    ]
    best: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in {(r["series"], r["period_start"], r["vintage_on"]): r for r in rows}.values():
        key = (one["series"], one["period_start"])
        if one["known_at"] <= at(1, 1).replace(year=2020, month=4):
            best[key] = max(best.get(key, one), one, key=lambda r: r["vintage_on"])
    unique = {(r["series"], r["period_start"], r["vintage_on"]): r for r in rows}
    answer = as_of(table(*unique.values()), at(1, 1).replace(year=2020, month=4))
    assert answer.to_pylist() == [best[key] for key in sorted(best)]


def stated(vintage_on: date, *values: float | None) -> pa.Table:
    rows = [
        {
            "vendor": "alpha_vantage",
            "series": "CPI",
            "country": "USA",
            "period_start": date(2024, month, 1),
            "vintage_on": vintage_on,
            "frequency": "M",
            "value": value,
            "unit": "index",
            "known_at": datetime(vintage_on.year, vintage_on.month, vintage_on.day, tzinfo=UTC),
        }
        for month, value in enumerate(values, start=1)
    ]
    return pa.Table.from_pylist(rows, schema=MACRO.row_schema)


def test_a_value_that_is_stated_again_is_no_new_vintage() -> None:
    before = stated(date(2024, 5, 1), 310.0, None, 312.0)
    now = stated(date(2024, 6, 1), 310.0, None, 312.5, 313.0)
    changed = only_changed(now, before)
    assert changed["period_start"].to_pylist() == [date(2024, 3, 1), date(2024, 4, 1)]
    assert only_changed(before, MACRO.row_schema.empty_table()).equals(before)


def test_a_value_that_goes_back_to_an_older_one_is_a_new_vintage() -> None:
    stored = pa.concat_tables([stated(date(2024, 5, 1), 310.0), stated(date(2024, 6, 1), 311.0)])
    again = stated(date(2024, 7, 1), 310.0)
    assert only_changed(again, stored).num_rows == 1
    assert only_changed(stated(date(2024, 7, 1), 311.0), stored).num_rows == 0


def test_a_value_that_is_withdrawn_is_a_new_vintage() -> None:
    assert only_changed(stated(date(2024, 6, 1), None), stated(date(2024, 5, 1), 1.0)).num_rows == 1
