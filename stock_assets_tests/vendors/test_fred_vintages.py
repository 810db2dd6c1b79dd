"""Vintages: each value from the day on which FRED first said it, however it was asked for."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stock_assets.tables import MACRO
from stock_assets.vendors.fred_vintages import SeriesFacts, Window, vintages_of, windows
from stock_assets_tests.vendors.fred_books import FOREVER, Spell, changes, clipped

UNRATE = SeriesFacts("UNRATE", "M", "Percent")
TODAY = date(2024, 12, 19)
EVER = Window(date(1776, 7, 4), TODAY)
JAN, FEB = date(2024, 1, 1), date(2024, 2, 1)


def row(period: date, first: str, last: str, value: object) -> dict[str, object]:
    return {
        "date": period.isoformat(),
        "realtime_start": first,
        "realtime_end": last,
        "value": value,
    }


def said(rows: pa.Table) -> list[tuple[date, date, float | None]]:
    columns = (rows["period_start"], rows["vintage_on"], rows["value"])
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


def random_spells(rng: np.random.Generator, periods: int) -> list[Spell]:
    """Values that are revised, repeated, missing, and sometimes no longer said."""
    spells: list[Spell] = []
    for n in range(periods):
        day = date(2020, 1, 1) + timedelta(days=int(rng.integers(0, 200)))
        while day < TODAY and rng.random() < 0.9:
            until = day + timedelta(days=int(rng.integers(0, 300)))
            value = "." if rng.random() < 0.15 else f"{rng.integers(0, 4) / 10}"
            last = FOREVER if until >= TODAY else until
            before = spells[-1] if spells else None
            same = before and (before.period, before.value) == (date(2000 + n, 1, 1), value)
            if not (same and before and before.last + timedelta(days=1) == day):
                spells.append(Spell(date(2000 + n, 1, 1), day, last, value))
                day = until + timedelta(days=1)
            if rng.random() < 0.1:
                day += timedelta(days=int(rng.integers(1, 100)))
    return spells


def test_a_revised_value_is_a_new_vintage() -> None:
    rows = [
        row(JAN, "2024-02-02", "2024-03-07", "3.7"),
        row(JAN, "2024-03-08", "2024-12-19", "3.8"),
        row(FEB, "2024-03-08", "2024-12-19", "0.0"),
    ]
    found = vintages_of(UNRATE, [(EVER, rows)], after=None)
    assert found.rows.schema == MACRO.row_schema
    assert said(found.rows) == [
        (JAN, date(2024, 2, 2), 3.7),
        (JAN, date(2024, 3, 8), 3.8),
        (FEB, date(2024, 3, 8), 0.0),
    ]
    assert [at.isoformat() for at in found.rows["known_at"].to_pylist()][:2] == [
        "2024-02-02T13:30:00+00:00",
        "2024-03-08T13:30:00+00:00",
    ]
    assert found.rows.slice(0, 1).drop_columns(["known_at"]).to_pylist() == [
        {
            "vendor": "fred",
            "series": "UNRATE",
            "country": "USA",
            "period_start": JAN,
            "vintage_on": date(2024, 2, 2),
            "frequency": "M",
            "value": 3.7,
            "unit": "Percent",
        }
    ]
    assert (found.rejected, found.doubled) == (None, 0)


def test_a_value_that_is_no_longer_said_becomes_missing_from_the_day_after() -> None:
    rows = [
        row(JAN, "2024-02-02", "2024-03-07", "3.7"),
        row(JAN, "2024-05-01", "2024-06-30", "3.9"),
        row(FEB, "2024-03-08", "2024-06-30", "."),
    ]
    found = vintages_of(UNRATE, [(EVER, rows)], after=None)
    assert said(found.rows) == [
        (JAN, date(2024, 2, 2), 3.7),
        (JAN, date(2024, 3, 8), None),
        (JAN, date(2024, 5, 1), 3.9),
        (JAN, date(2024, 7, 1), None),
        (FEB, date(2024, 3, 8), None),
    ]


@pytest.mark.parametrize("at_most", [1, 2, 7, 50])
def test_d21_windows_say_together_what_one_answer_would_say(
    rng: np.random.Generator, at_most: int
) -> None:
    for _ in range(10):
        spells = random_spells(rng, periods=12)
        days = changes(spells, date(1776, 7, 4), TODAY)
        whole = vintages_of(UNRATE, [(EVER, clipped(spells, EVER.first, TODAY))], after=None)
        asked = windows(days, TODAY, at_most)
        parts = [(one, clipped(spells, one.first, one.last)) for one in asked]
        joined = vintages_of(UNRATE, parts, after=None)
        assert len(asked) == -(-len(days) // at_most)
        assert joined.rows.equals(whole.rows)
        assert (joined.rejected, joined.doubled) == (None, 0)
        # And in the words of the book itself.
        values = {(s.period, s.first): None if s.value == "." else float(s.value) for s in spells}
        for period, vintage, value in said(whole.rows):
            assert values.get((period, vintage)) == value


def test_later_vintages_alone_are_those_of_the_whole(rng: np.random.Generator) -> None:
    for _ in range(20):
        spells = random_spells(rng, periods=8)
        whole = vintages_of(UNRATE, [(EVER, clipped(spells, EVER.first, TODAY))], after=None).rows
        after = date(2020, 1, 1) + timedelta(days=int(rng.integers(0, 1500)))
        days = changes(spells, after + timedelta(days=1), TODAY)
        parts = [
            (one, clipped(spells, one.first, one.last)) for one in windows([after, *days], TODAY, 3)
        ]
        later = whole.filter(pc.greater(whole["vintage_on"], pa.scalar(after)))
        assert vintages_of(UNRATE, parts, after=after).rows.equals(later)


def test_windows_leave_no_day_out() -> None:
    days = [date(2024, 1, n) for n in (1, 5, 9, 20, 21)]
    assert windows(days, TODAY, 2) == (
        Window(days[0], date(2024, 1, 8)),
        Window(days[2], date(2024, 1, 20)),
        Window(days[4], TODAY),
    )
    assert windows([], TODAY, 2) == ()


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        (row(FEB, "2024-03-08", "2024-12-19", "null"), "value_readable"),
        (row(FEB, "2024-03-08", "2024-12-19", "NaN"), "value_readable"),
        (row(FEB, "2024-03-08", "2024-12-19", "Infinity"), "value_readable"),
        (row(FEB, "2024-03-08", "2024-12-19", "3,9"), "value_readable"),
        (row(FEB, "2024-03-08", "2024-12-19", 3.9), "value_readable"),
        (row(FEB, "2024-03-08", "2024-12-19", None), "value_readable"),
        (row(FEB, "2024-02-30", "2024-12-19", "3.9"), "period_readable"),
        (row(FEB, "1710000000", "2024-12-19", "3.9"), "period_readable"),
        (row(FEB, "2024-03-08", "2024-03-07", "3.9"), "vintage_in_window"),
        (row(FEB, "2025-03-08", "9999-12-31", "3.9"), "vintage_in_window"),
    ],
)
def test_c07_a_row_that_cannot_be_read_is_put_aside_with_what_was_said(
    bad: dict[str, object], rule: str
) -> None:
    good = row(JAN, "2024-02-02", "2024-12-19", "3.7")
    found = vintages_of(UNRATE, [(EVER, [good, bad])], after=None)
    assert said(found.rows) == [(JAN, date(2024, 2, 2), 3.7)]
    assert found.rejected is not None
    (aside,) = found.rejected.to_pylist()
    assert (aside["target"], aside["rule"], aside["series"]) == ("macro", rule, "UNRATE")
    assert '"2024-02-01"' in aside["said"]


def test_a_revision_that_cannot_be_read_does_not_withdraw_the_value() -> None:
    rows = [
        row(JAN, "2024-02-02", "2024-03-07", "3.7"),
        row(JAN, "2024-03-08", "2024-12-19", "garbled"),
    ]
    found = vintages_of(UNRATE, [(EVER, rows)], after=None)
    assert said(found.rows) == [(JAN, date(2024, 2, 2), 3.7)]


def test_c10_doubles_are_collapsed_and_contradictions_put_aside() -> None:
    good = row(JAN, "2024-02-02", "2024-12-19", "3.7")
    other = row(FEB, "2024-03-08", "2024-12-19", "3.8")
    found = vintages_of(
        UNRATE, [(EVER, [good, good, other, {**other, "value": "3.9"}])], after=None
    )
    assert said(found.rows) == [(JAN, date(2024, 2, 2), 3.7)]
    assert found.doubled == 1
    assert found.rejected is not None
    assert found.rejected["rule"].to_pylist() == ["one_value_per_vintage"] * 2
    assert found.rejected["value"].to_pylist() == [3.8, 3.9]


def test_c11_the_order_of_the_rows_does_not_matter(rng: np.random.Generator) -> None:
    rows = clipped(random_spells(rng, periods=20), EVER.first, TODAY)
    mixed = [rows[n] for n in rng.permutation(len(rows))]
    expected = vintages_of(UNRATE, [(EVER, rows)], after=None).rows
    assert vintages_of(UNRATE, [(EVER, mixed)], after=None).rows.equals(expected)


def test_a_hundred_thousand_observations_are_joined_quickly() -> None:
    rows = [
        row(
            date(2000, 1, 1) + timedelta(days=n % 8000),
            f"20{10 + n // 8000}-01-01",
            "9999-12-31",
            "1.5",
        )
        for n in range(100_000)
    ]
    assert vintages_of(SeriesFacts("DGS10", "D", None), [(EVER, rows)], after=None).rows.num_rows
