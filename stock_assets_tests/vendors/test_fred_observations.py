"""FRED's listings: read quickly or carefully, they say the same."""

from __future__ import annotations

from datetime import date

import orjson
import pyarrow as pa
import pytest

from stock_assets.vendors.fred_observations import as_columns, as_said, read_observations
from stock_assets.vendors.fred_vintages import SeriesFacts, Window, vintages_of

UNRATE = SeriesFacts("UNRATE", "M", "Percent")
EVER = Window(date(1776, 7, 4), date(2024, 12, 19))


def row(period: str, first: str, last: str, value: str) -> dict[str, str]:
    return {"realtime_start": first, "realtime_end": last, "date": period, "value": value}


ROWS = [
    row("2024-01-01", "2024-02-02", "2024-03-07", "3.7"),
    row("2024-01-01", "2024-03-08", "9999-12-31", "3.8"),
    row("2024-02-01", "2024-03-08", "2024-04-04", "."),
    row("2024-02-01", "2024-04-05", "9999-12-31", "3.9"),
]


def body(rows: list[dict[str, str]], **more: object) -> bytes:
    return orjson.dumps({"count": len(rows), **more, "observations": rows})


def test_rows_that_are_all_alike_come_as_columns_with_the_rest_of_the_answer() -> None:
    content = read_observations(body(ROWS, units="lin"))
    assert (content["count"], content["units"]) == (4, "lin")
    assert isinstance(content["observations"], pa.Table)
    assert list(as_said(content["observations"])) == ROWS
    assert content["observations"].equals(as_columns(ROWS))


@pytest.mark.parametrize(
    "other",
    [
        body([*ROWS, row("2024-02-30", "2024-04-05", "9999-12-31", "3.9")]),
        body([*ROWS, row("2024-03-01", "2024-04-05", "9999-12-31", "n/a")]),
        body([]),
        orjson.dumps({"inner": {"observations": ROWS}, "count": 4}),
        b'{"error_code":400,"error_message":"Bad Request."}',
        b"[1,2]",
    ],
    ids=["no day", "no number", "none", "elsewhere", "a refusal", "a list"],
)
def test_every_other_answer_is_read_as_it_stands(other: bytes) -> None:
    assert read_observations(other) == orjson.loads(other)


@pytest.mark.parametrize(
    "extra",
    [
        [],
        [row("2024-03-01", "2030-01-01", "9999-12-31", "4.0")],
        [row("2024-03-01", "2024-04-05", "9999-12-31", "1.2.3")],
    ],
    ids=["sound", "from beyond the window", "no number"],
)
def test_both_ways_lead_to_the_same_rows_and_the_same_rows_put_aside(
    extra: list[dict[str, str]],
) -> None:
    table = read_observations(body(ROWS + extra))["observations"]
    assert isinstance(table, pa.Table)
    quick = vintages_of(UNRATE, [(EVER, table)], after=None)
    careful = vintages_of(UNRATE, [(EVER, ROWS + extra)], after=None)
    assert quick.rows.equals(careful.rows)
    assert quick.rows.num_rows == 4
    assert (quick.rejected is None) == (not extra)
    assert quick.rejected == careful.rejected
