"""The bridge to Great Expectations: every declared bound is asked, and each can fail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from stock_assets.checks.expectations import as_check_result, validate
from stock_assets.tables import PRICES


def good_bars(count: int = 30) -> pd.DataFrame:
    now = pd.Timestamp("2024-01-03T06:30Z").as_unit("us")
    return pd.DataFrame(
        {
            "vendor": "yahoo",
            "symbol": [f"S{number}" for number in range(count)],
            "session": [date(2024, 1, 2)] * count,
            "open_usd": 10.0,
            "high_usd": 12.0,
            "low_usd": 9.0,
            "close_usd": 11.0,
            "volume_shares": 1000.0,
            "price_basis": "as_traded",
            "known_at": now,
            "ingested_at": now,
            "load_id": "20240103T063000000000-00000000",
            "environment": "sandbox",
        }
    )


def put(column: str, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(rows: pd.DataFrame) -> pd.DataFrame:
        values = rows[column].tolist()
        values[7] = value
        return rows.assign(**{column: values})

    return change


def test_bars_that_meet_the_declaration_pass_every_expectation() -> None:
    asked, findings = validate(PRICES, good_bars())
    assert findings == ()
    assert asked > 25


@pytest.mark.parametrize(
    ("change", "expectation", "column"),
    [
        (put("close_usd", 0.0), "between", "close_usd"),
        (put("close_usd", -1.0), "between", "close_usd"),
        (put("volume_shares", -1.0), "between", "volume_shares"),
        (put("volume_shares", np.inf), "between", "volume_shares"),
        (put("open_usd", np.nan), "not_be_null", "open_usd"),
        (put("high_usd", 8.0), "greater_than", "high_usd / low_usd"),
        (put("close_usd", 13.0), "greater_than", "high_usd / close_usd"),
        (put("symbol", "S8"), "unique", "symbol"),
        (put("price_basis", "adjusted"), "in_set", "price_basis"),
        (put("session", "2024-01-02"), "type_list", "session"),
        (lambda rows: rows.drop(columns="low_usd"), "match_set", ""),
        (lambda rows: rows.assign(extra=1), "match_set", ""),
    ],
    ids=[
        "zero price",
        "negative price",
        "negative volume",
        "infinite volume",
        "missing price",
        "high below low",
        "close above high",
        "one key twice",
        "another price basis",
        "a date as text",
        "column gone",
        "column too many",
    ],
)
def test_each_rule_fails_on_the_row_that_breaks_it(
    change: Callable[[pd.DataFrame], pd.DataFrame], expectation: str, column: str
) -> None:
    _, findings = validate(PRICES, change(good_bars()))
    hits = [f for f in findings if expectation in f.expectation and column in f.column]
    assert hits, findings


def test_a_failing_check_names_the_failing_keys() -> None:
    result = as_check_result(
        PRICES, put("close_usd", -1.0)(good_bars()), severity=dg.AssetCheckSeverity.ERROR
    )
    assert not result.passed
    assert "S7" in str(result.metadata["failing"].value)


def test_no_rows_meet_every_expectation() -> None:
    rows = good_bars().iloc[:0]
    _, findings = validate(PRICES, rows)
    assert findings == ()
