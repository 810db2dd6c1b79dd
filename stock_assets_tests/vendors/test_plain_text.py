"""What is read all at once is what would be read one by one, or it is not read at all."""

from __future__ import annotations

import re
from datetime import date

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stock_assets.vendors.plain_text import plain_days, plain_doubles, plain_rows

NUMBER = re.compile(r"-?\d+(\.\d+)?")
LETTERS = st.text(alphabet="0123456789.-+eE n", max_size=8)
NUMBERS = st.decimals(-9_999, 9_999, places=3, allow_nan=False).map(lambda d: f"{d:.3f}")
SCHEMA = pa.schema([("date", pa.date32()), ("value", pa.string())])


@given(st.lists(st.one_of(st.none(), LETTERS, NUMBERS), max_size=6))
def test_numbers_are_read_as_one_by_one_or_not_at_all(texts: list[str | None]) -> None:
    found = plain_doubles(pa.array(texts, pa.string()))
    plain = all(text is None or NUMBER.fullmatch(text) for text in texts)
    assert (found is not None) == plain
    if found is not None:
        assert found.to_pylist() == [None if text is None else float(text) for text in texts]


def test_a_number_of_many_digits_is_left_to_those_who_look_closely() -> None:
    assert plain_doubles(pa.array(["1.2", "1.234567890123456"])) is None


def test_a_part_of_a_column_is_read_as_that_part() -> None:
    found = plain_doubles(pa.array(["7", "1.5", None, "-2"])[1:])
    assert found is not None
    assert found.to_pylist() == [1.5, None, -2.0]


def test_what_is_missing_is_missing_whatever_stands_in_its_place() -> None:
    texts = pa.array(["1.5", "null", "-2"])
    found = plain_doubles(pc.if_else(pc.equal(texts, "null"), None, texts))
    assert found is not None
    assert found.to_pylist() == [1.5, None, -2.0]


@given(st.lists(st.one_of(st.none(), st.dates().map(str), st.text("0123456789- T", max_size=11))))
def test_days_are_read_as_one_by_one_or_not_at_all(texts: list[str | None]) -> None:
    found = plain_days(pa.array(texts, pa.string()))
    if found is not None:
        assert found.cast(pa.string()).to_pylist() == texts
    elif all(text is None or re.fullmatch(r"\d{4}-\d\d-\d\d", text) for text in texts):
        with pytest.raises(ValueError, match=r"."):
            [date.fromisoformat(text) for text in texts if text]


def written(*rows: object) -> bytes:
    return orjson.dumps(rows)[1:-1]


def test_rows_that_are_all_alike_become_columns() -> None:
    rows = [{"date": "2024-02-29", "value": "4.1"}, {"date": "1776-07-04", "value": "."}]
    found = plain_rows(written(*rows), SCHEMA)
    assert found is not None
    assert found.schema == SCHEMA
    assert found.to_pylist() == [
        {"date": date(2024, 2, 29), "value": "4.1"},
        {"date": date(1776, 7, 4), "value": "."},
    ]


@pytest.mark.parametrize(
    "odd",
    [
        {"date": "2024-02-30", "value": "4.1"},
        {"date": "", "value": "4.1"},
        {"date": "2024-02-01"},
        {"value": "4.1", "date": "2024-02-01"},
        {"date": "2024-02-01", "value": 4.1},
        {"date": "2024-02-01", "value": None},
        {"date": "2024-02-01", "value": "n/a"},
        {"date": "2024-02-01", "value": "4,1"},
        {"date": "2024-02-01", "value": '4"1'},
        {"date": "2024-02-01", "value": "4.1", "more": "1"},
        "2024-02-01",
        [],
    ],
    ids=str,
)
def test_one_row_that_is_different_leaves_all_of_them_to_an_ordinary_reader(odd: object) -> None:
    good = {"date": "2024-02-01", "value": "4.1"}
    assert plain_rows(written(good, odd, good), SCHEMA) is None


@pytest.mark.parametrize(
    "rows",
    [
        b"",
        b'{"date": "2024-02-01", "value": "4.1"}',
        b'{"date2":"2024-02-01","value":"4.1"}',
        b'{"date":"2024-02-01","value":"4.1"}{"date":"2024-02-01","value":"4.1"}',
        b'{"date":"2024-02-01","value":"4.1"},{"date":"2024-02-01","value1":"4.1"}',
        b'{"date":"2024-02-01","value":"4.1"},{"date":"2024-02-01","value":1"4.1"}',
        b'{"date":"2024-02-01","value":"4.1"},{"date":"2024-02-01","value":"4.1"5}',
        b'{"date":"2024-02-01","value":"4.1"},{"date":"2024-02-01","value":"4\\u002e1"}',
        b'{"date":"2024-02-01","value":"4.1"},{"date":"2024-02-01","value":"4.1"},',
    ],
    ids=[
        "nothing",
        "blanks",
        "a digit in a name",
        "no comma",
        "a digit in a later name",
        "a digit before a text",
        "a digit behind a text",
        "an escape",
        "one comma more",
    ],
)
def test_what_is_written_in_another_way_is_left_alone(rows: bytes) -> None:
    assert plain_rows(rows, SCHEMA) is None
