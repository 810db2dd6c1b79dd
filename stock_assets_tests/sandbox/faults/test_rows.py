from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from stock_assets.sandbox.faults import rows

ALPHA_VANTAGE: Any = {
    "Meta Data": {"2. Symbol": "IBM"},
    "Time Series (Daily)": {
        "2025-03-14": {"4. close": "10.5000", "5. volume": "100"},
        "2025-03-13": {"4. close": "10.0000", "5. volume": "90"},
    },
}
FRED: Any = {
    "count": 2,
    "observations": [
        {"realtime_start": "2025-03-14", "realtime_end": "9999-12-31", "date": "2025-01-01",
         "value": "1.5"},
        {"realtime_start": "2025-03-14", "realtime_end": "9999-12-31", "date": "2025-02-01",
         "value": "."},
    ],
}  # fmt: skip
WORLD_BANK: Any = [
    {"page": 1},
    [
        {"date": "2025", "value": 2.0, "country": {"id": "US"}},
        {"date": "2024", "value": None},
        {"date": "2023", "value": 1.0},
    ],
]


def _rows(document: Any) -> tuple[Any, rows.Rows]:
    root = [copy.deepcopy(document)]
    found = rows.found(root)
    assert found is not None
    return root[0], found


def test_rows_are_found_however_they_are_laid_out() -> None:
    assert isinstance(_rows(ALPHA_VANTAGE)[1], rows.Dated)
    assert isinstance(_rows(FRED)[1], rows.Records)
    assert isinstance(_rows(WORLD_BANK)[1], rows.Records)
    assert isinstance(_rows({"s": "ok", "t": [1740978000], "c": [1]})[1], rows.Columns)


@pytest.mark.parametrize("document", [{}, [], None, "text", 3, {"a": [1, 2]}, {"t": []}])
def test_no_rows_are_none(document: Any) -> None:
    assert rows.found([document]) is None


def test_rows_are_restated_from_their_own_day_on() -> None:
    document, found = _rows(ALPHA_VANTAGE)
    found.restate("4. close", 2, date(2025, 3, 14))
    closes = [row["4. close"] for row in document["Time Series (Daily)"].values()]
    assert closes == ["21.0000", "10.0000"]

    document, found = _rows(FRED)
    found.restate("value", 2, date(2025, 1, 1))
    assert [row["value"] for row in document["observations"]] == ["3.0", "."]

    document, found = _rows(WORLD_BANK)
    found.restate("value", 2, date(2024, 1, 1))
    assert [row["value"] for row in document[1]] == [4.0, None, 1.0]


def test_the_newest_row_comes_again_on_the_side_where_the_newest_are() -> None:
    document, found = _rows(ALPHA_VANTAGE)
    found.repeat_newest(3)
    daily = document["Time Series (Daily)"]
    assert list(daily) == ["2025-03-17", "2025-03-14", "2025-03-13"]
    assert daily["2025-03-17"] == daily["2025-03-14"]

    document, found = _rows(FRED)
    found.repeat_newest(31)
    assert [row["date"] for row in document["observations"]][2] == "2025-03-04"

    newest_first = [{"t": 1741064400000, "v": 2}, {"t": 1740978000000, "v": 1}]
    document, found = _rows(newest_first)
    found.repeat_newest(1)
    assert document == [{"t": 1741150800000, "v": 2}, *newest_first]


def test_columns_are_only_lists_of_numbers_as_long_as_the_times() -> None:
    document, found = _rows(
        {
            "meta": {"validRanges": ["1d", "5d"], "other": [1]},
            "timestamp": [1741012200, 1741098600],
            "quote": [{"close": [1.0, None], "volume": [5, 6]}],
            "adjclose": [{"adjclose": [1.0, 2.0]}],
        }
    )
    assert sorted(key for _, key in found.lists()) == ["adjclose", "close", "timestamp", "volume"]
    found.repeat_newest(1)
    assert document["quote"] == [{"close": [1.0, None, None], "volume": [5, 6, 6]}]
    assert document["timestamp"] == [1741012200, 1741098600, 1741185000]
    assert document["meta"]["validRanges"] == ["1d", "5d"]


def test_rows_without_a_time_are_neither_restated_nor_repeated() -> None:
    bare = [{"a": 1}, {"a": 2}]
    document, found = _rows(bare)
    found.restate("a", 2, date.min)
    found.repeat_newest(1)
    assert document == bare
