from __future__ import annotations

from typing import Any

import pytest

from stock_assets.sandbox.faults.jsonpath import parse, slots

DOCUMENT: dict[str, Any] = {
    "results": [{"c": 1}, {"c": 2}, {"d": 3}],
    "Time Series (Daily)": {"2025-03-14": {"4. close": "10.5"}, "2025-03-13": {"4. close": "9"}},
    "52WeekHigh": 7,
}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$", [DOCUMENT]),
        ("$.results[0].c", [1]),
        ("$.results[-1].d", [3]),
        ("$.results[*].c", [1, 2]),
        ("$['results'][*].*", [1, 2, 3]),
        ("$['Time Series (Daily)'][*]['4. close']", ["10.5", "9"]),
        ('$["Time Series (Daily)"]["2025-03-14"]["4. close"]', ["10.5"]),
        ("$.52WeekHigh", [7]),
        ("$.results[3]", []),
        ("$.results.c", []),
        ("$.52WeekHigh[0]", []),
        ("$[0]", []),
    ],
)
def test_a_path_leads_to_what_is_there(path: str, values: list[object]) -> None:
    assert [holder[key] for holder, key in slots(DOCUMENT, parse(path))] == values


@pytest.mark.parametrize(
    "path", ["", "results", "$results", "$.", "$..c", "$.a[", "$.a[b]", "$['a", "$.a b", "$[1:2]"]
)
def test_what_is_no_path_is_refused_with_an_example(path: str) -> None:
    with pytest.raises(ValueError, match="not understood") as refused:
        parse(path)
    assert "$.results[0].c" in str(refused.value)


def test_an_index_is_given_from_the_front() -> None:
    assert [key for _, key in slots([1, 2, 3], parse("$[-1]"))] == [2]
