from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import orjson

from stock_assets.sandbox.wire import Ask, collapsed, http_date, json_answer, last_values


def test_repeated_slashes_are_one() -> None:
    assert collapsed("//polygon///v2//aggs/") == "/polygon/v2/aggs/"


def test_percent_encoded_brackets_and_repeated_parameters_are_understood() -> None:
    assert last_values(b"a=1&a=2&fields%5Bx%5D=%5B3%5D&empty=") == {
        "a": "2", "fields[x]": "[3]", "empty": "",
    }  # fmt: skip


def test_missing_numbers_are_null() -> None:
    answer = json_answer({"close": np.array([1.5, np.nan])})
    assert orjson.loads(answer.body) == {"close": [1.5, None]}


def test_today_is_new_yorks() -> None:
    late = datetime(2025, 3, 15, 2, tzinfo=UTC)
    assert Ask("yahoo", "GET", "/", {}, {}, late, 1).today == date(2025, 3, 14)


def test_http_dates_are_gmt() -> None:
    assert http_date(datetime(2025, 3, 14, 12, tzinfo=UTC)) == "Fri, 14 Mar 2025 12:00:00 GMT"
