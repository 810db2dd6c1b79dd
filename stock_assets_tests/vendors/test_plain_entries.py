"""Entries that are alike become columns, equal to what is read one by one; or none of them does."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stock_assets.vendors.plain_entries import PlainEntries, plain_entries

DAYS = [date(2024, 3, 1) - timedelta(days=n) for n in range(4)]
NUMBERS = st.one_of(
    st.decimals(-9_999, 99_999, places=4, allow_nan=False).map(lambda d: f"{d:.4f}"),
    st.integers(0, 10**10).map(str),
)
LAYOUTS = st.sampled_from([{"separators": (",", ":")}, {"indent": 4}, {}])


def entry(close: str = "4.2000", volume: str = "1200") -> dict[str, str]:
    return {"1. open": "4.1000", "4. close": close, "5. volume": volume}


def written(content: dict[str, Any], **layout: Any) -> bytes:
    """The inside of the object."""
    return json.dumps(content, **layout).encode().strip()[1:-1]


def as_read(found: PlainEntries) -> dict[int, list[float]]:
    columns = [found.values[name].tolist() for name in found.values]
    return dict(zip(found.days.tolist(), map(list, zip(*columns, strict=True)), strict=True))


@given(
    st.lists(st.dates(), min_size=1, max_size=9, unique=True),
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=9, max_size=9),
    st.booleans(),
    LAYOUTS,
)
def test_all_are_read_at_once_as_they_are_one_by_one(
    days: list[date], numbers: list[tuple[str, str]], falling: bool, layout: dict[str, Any]
) -> None:
    pairs = zip(sorted(days, reverse=falling), numbers, strict=False)
    content = {str(day): entry(*values) for day, values in pairs}
    found = plain_entries(written(content, **layout))
    assert found is not None
    assert list(found.values) == ["1. open", "4. close", "5. volume"]
    epoch = date(1970, 1, 1).toordinal()
    assert as_read(found) == {
        date.fromisoformat(day).toordinal() - epoch: [float(text) for text in values.values()]
        for day, values in sorted(content.items())
    }
    assert found.days.tolist() == sorted(found.days.tolist())


ODD: list[Any] = [
    {**entry(), "6. more": "1"},
    {name: text for name, text in entry().items() if name != "4. close"},
    dict(reversed(entry().items())),
    {**entry(), "4. close": 4.2},
    {**entry(), "4. close": None},
    entry("None"),
    entry(""),
    entry("4.2e3"),
    entry("4."),
    entry(".5"),
    entry("-.5"),
    entry("4-2"),
    entry("4 2"),
    entry(" 4.2"),
    entry("4,200"),
    entry("4:2"),
    entry("4}2"),
    entry("4.20000000000001"),
    entry("٤"),
    {"1. open": "1", "4. close": "2", "5 .volume": "3"},
    {"1. open": "1", "4. close": "2", "5. vo1ume": "3"},
    {"1. open": "1", "4. close": "2", ".5 volume": "3"},
    {"2. open": "1", "4. close": "2", "5. volume": "3"},
    {},
    [],
    "4.2",
]


@pytest.mark.parametrize("odd", ODD, ids=str)
@pytest.mark.parametrize(
    "layout", [{"separators": (",", ":")}, {"indent": 4}], ids=["tight", "wide"]
)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_one_entry_that_is_different_leaves_all_to_an_ordinary_reader(
    odd: Any, layout: dict[str, Any], place: int
) -> None:
    entries = [entry(f"{n}.5") for n in range(4)]
    good = dict(zip(map(str, DAYS), entries, strict=True))
    assert plain_entries(written(good, **layout)) is not None
    assert plain_entries(written({**good, str(DAYS[place]): odd}, **layout)) is None


@pytest.mark.parametrize(
    "days",
    [
        ["2024-03-01", "2024-03-01"],
        ["2024-03-01", "2024-03-05", "2024-03-04"],
        ["2024-03-01", "2024-02-30"],
        ["2024-03-01", "24-02-28"],
        ["2024-03-01", "2024-2-280"],
        ["2024-03-01", "2024-03-02 "],
        ["5. volume", "2024-03-01"],
    ],
    ids=str,
)
def test_days_that_are_doubled_or_no_days_or_out_of_order_are_left_alone(days: list[str]) -> None:
    parts = [f'"{day}":{json.dumps(entry())}' for day in days]
    assert plain_entries(",".join(parts).encode()) is None


TIGHT = '"2024-03-01":{"a":"1.5","b":"2"},"2024-02-29":{"a":"3.25","b":"4"}'


@pytest.mark.parametrize(
    ("found", "put"),
    [
        ('"3.25"', '"3.2"5'),
        ('"3.25"', '3"3.25"'),
        ('"a":"3.25"', '"a"1:"3.25"'),
        ('"2024-02-29"', '"2024-02-2"9'),
        ('29":{', '29"1:{'),
        ('29":{', '29":1{'),
        ('29":{"a"', '29":{1"a"'),
        ('"b":"4"}', '"b":"4"1}'),
        ('},"2024', '}1,"2024'),
        ('},"2024', '},1"2024'),
        ('},"2024', '}"2024'),
        ('},"2024', '},,"2024'),
        ('"4"}', '"4"},'),
        ('"4"}', '"4"}}'),
        ('"4"}', '"4"'),
        ('"4"}', '"4"}1'),
        ('"b":"4"', '"b":"4","b":"5"'),
        ('"b":"4"', '"b":"4" '),
        ('"3.25"', r'"3.2\u0035"'),
        ('"a":"1.5","b":"2"', '"a":"1.5","a":"2"'),
    ],
)
def test_nothing_that_is_not_json_or_is_escaped_or_says_a_name_twice_passes(
    found: str, put: str
) -> None:
    assert plain_entries(TIGHT.encode()) is not None
    assert found in TIGHT
    assert plain_entries(TIGHT.replace(found, put, 1).encode()) is None


@pytest.mark.parametrize("nothing", [b"", b" \n", b"{}", b"1", b'"a"', b'"2024-03-01":{}', b"}"])
def test_what_has_no_entries_has_no_columns(nothing: bytes) -> None:
    assert plain_entries(nothing) is None


def test_one_entry_is_enough() -> None:
    found = plain_entries(b'"2024-03-01":{"a":"1.5"}')
    assert found is not None
    assert as_read(found) == {19_783: [1.5]}


@given(st.binary(max_size=8), st.integers(0, len(TIGHT)), st.integers(0, 8))
def test_whatever_stands_anywhere_is_read_as_an_ordinary_reader_does_or_not_at_all(
    put: bytes, place: int, over: int
) -> None:
    text = TIGHT.encode()
    changed = text[:place] + put + text[place + over :]
    found = plain_entries(changed)
    if found is not None:
        content = json.loads(b"{" + changed + b"}")
        numbers = {day: [float(text) for text in one.values()] for day, one in content.items()}
        assert list(as_read(found).values()) == [numbers[day] for day in sorted(numbers)]
