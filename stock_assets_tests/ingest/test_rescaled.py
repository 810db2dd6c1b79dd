"""A history whose basis has changed, and corrections that are none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pyarrow as pa
import pytest

from stock_assets.ingest.rescaled import refusal, rescaled

CLOSES = [100.12, 101.37, 99.94, 102.45, 103.01]


def bars(closes: list[float], symbol: str = "A") -> pa.Table:
    days = [date(2025, 7, 1) + timedelta(days=step) for step in range(len(closes))]
    names = [symbol] * len(closes)
    return pa.table({"symbol": names, "session": days, "close_usd": closes})


@pytest.mark.parametrize(
    ("change", "factor"),
    [
        (lambda place, close: round(close / 2, 2), 0.5),
        (lambda place, close: round(close * 1.05, 2), 1.05),
        (lambda place, close: round(close / 2, 2) if place < 3 else close, 0.5),
        (lambda place, close: close, None),
        (lambda place, close: round(close * 1.02, 2), None),
        (lambda place, close: round(close / 2, 2) if place < 2 else close, None),
        (lambda place, close: close * (1 + place / 10), None),
        (lambda place, close: 0.0, None),
    ],
    ids=["half", "stock dividend", "up to a day", "the same", "small", "two", "each another",
         "nothing"],
)  # fmt: skip
def test_three_closes_and_more_times_one_factor_are_another_basis(
    change: Callable[[int, float], float], factor: float | None
) -> None:
    told = bars([change(place, close) for place, close in enumerate(CLOSES)])
    found = rescaled(bars(CLOSES), told)
    assert found == ({} if factor is None else {"A": pytest.approx(factor, rel=1e-3)})


def test_each_symbol_is_judged_by_itself_and_days_that_are_new_are_not_judged() -> None:
    stored = pa.concat_tables([bars(CLOSES), bars(CLOSES, "B")])
    half = [close / 2 for close in CLOSES]
    assert rescaled(stored, pa.concat_tables([bars(half), bars(CLOSES, "B")])).keys() == {"A"}
    assert rescaled(bars(CLOSES[:2]), bars(half)) == {}
    assert rescaled(bars(CLOSES).slice(0, 0), bars(half)) == {}


def test_the_refusal_names_vendor_symbol_and_factor() -> None:
    said = str(refusal("yahoo", "AAPL", 0.5))
    assert said.startswith("bars of AAPL: stored closes come back times 0.5")
    assert "vendor=yahoo" in said
