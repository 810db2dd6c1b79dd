from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import numpy as np
import pytest

from stock_assets.sandbox.alpha_vantage_economy import FUNCTIONS
from stock_assets.sandbox.limits import UNLIMITED_KEY
from stock_assets.sandbox.server import RunningTwin
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.economy import economy
from stock_assets.sandbox.truth.series import SERIES
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE


def _get(http: httpx.Client, function: str, **query: str) -> dict[str, Any]:
    asked = {"function": function, "apikey": UNLIMITED_KEY} | query
    body: dict[str, Any] = http.get("/alphavantage/query", params=asked).json()
    return body


@pytest.mark.parametrize(
    ("function", "query", "name", "interval", "unit"),
    [
        ("REAL_GDP", {}, "Real Gross Domestic Product", "annual", "billions of dollars"),
        ("REAL_GDP", {"interval": "quarterly"}, "Real Gross Domestic Product", "quarterly",
         "billions of dollars"),
        ("REAL_GDP_PER_CAPITA", {}, "Real Gross Domestic Product per Capita", "quarterly",
         "chained 2012 dollars"),
        ("TREASURY_YIELD", {}, "10-Year Treasury Constant Maturity Rate", "monthly", "percent"),
        ("TREASURY_YIELD", {"interval": "daily", "maturity": "3month"},
         "3-Month Treasury Constant Maturity Rate", "daily", "percent"),
        ("FEDERAL_FUNDS_RATE", {"interval": "weekly"}, "Effective Federal Funds Rate", "weekly",
         "percent"),
        ("CPI", {}, "Consumer Price Index for all Urban Consumers", "monthly",
         "index 1982-1984=100"),
        ("INFLATION", {}, "Inflation - US Consumer Prices", "annual", "percent"),
        ("RETAIL_SALES", {}, "Advance Retail Sales: Retail Trade", "monthly",
         "millions of dollars"),
        ("DURABLES", {}, "Manufacturer New Orders: Durable Goods", "monthly",
         "millions of dollars"),
        ("UNEMPLOYMENT", {}, "Unemployment Rate", "monthly", "percent"),
        ("NONFARM_PAYROLL", {}, "Total Nonfarm Payroll", "monthly", "thousands of persons"),
    ],
)  # fmt: skip
def test_each_function_says_what_it_shows_newest_first_and_in_strings(
    http: httpx.Client, function: str, query: dict[str, str], name: str, interval: str, unit: str
) -> None:
    body = _get(http, function, **query)
    rows = body.pop("data")
    assert body == {"name": name, "interval": interval, "unit": unit}
    days = [row["date"] for row in rows]
    assert days == sorted(days, reverse=True)
    assert len(days) > 30
    assert len(set(days)) == len(days)
    for row in rows:
        assert set(row) == {"date", "value"}
        assert row["value"] == "." or np.isfinite(float(row["value"]))
        assert isinstance(row["value"], str)


@pytest.mark.parametrize(
    "function", ["UNEMPLOYMENT", "NONFARM_PAYROLL", "RETAIL_SALES", "DURABLES", "CPI"]
)
def test_monthly_figures_are_the_newest_of_the_other_vendor(
    http: httpx.Client, truth: Truth, function: str
) -> None:
    name = FUNCTIONS[function].series
    newest = economy(truth.seed).series(name).known(AFTER_THE_CLOSE).newest()
    texts = ["." if v != v else f"{v:.{SERIES[name].decimals}f}" for v in newest.values]
    told = [(row["date"], row["value"]) for row in reversed(_get(http, function)["data"])]
    assert told == list(zip(newest.periods.astype(str), texts, strict=True))


def test_the_month_that_nobody_measured_is_a_point(http: httpx.Client) -> None:
    rows = {row["date"]: row["value"] for row in _get(http, "UNEMPLOYMENT")["data"]}
    assert rows["2025-10-01"] == "."
    yields = _get(http, "TREASURY_YIELD", interval="daily")["data"]
    assert {row["date"]: row["value"] for row in yields}["2025-11-11"] == "."


def test_an_old_figure_is_overwritten_by_its_revision(
    http: httpx.Client, twin: RunningTwin
) -> None:
    seen = []
    for now in (datetime(2024, 5, 3, 13, tzinfo=UTC), datetime(2024, 7, 5, 13, tzinfo=UTC)):
        twin.clock.fix(now)
        rows = _get(http, "NONFARM_PAYROLL")["data"]
        seen.append({row["date"]: row["value"] for row in rows})
    assert next(iter(seen[0])) == "2024-04-01"
    assert seen[0]["2024-04-01"] != seen[1]["2024-04-01"]


def test_years_and_half_years_are_complete(
    http: httpx.Client, twin: RunningTwin, truth: Truth
) -> None:
    twin.clock.fix(datetime(2026, 3, 1, tzinfo=UTC))
    annual, quarterly = (
        _get(http, "REAL_GDP", interval=interval)["data"] for interval in ("annual", "quarterly")
    )
    assert annual[0]["date"] == "2025-01-01"
    assert [row["date"] for row in quarterly[:4]] == [
        "2025-10-01", "2025-07-01", "2025-04-01", "2025-01-01",
    ]  # fmt: skip
    year = sum(float(row["value"]) for row in quarterly[:4])
    assert year == pytest.approx(float(annual[0]["value"]), abs=0.01)
    assert _get(http, "CPI", interval="semiannual")["data"][0]["date"] == "2025-07-01"
    assert _get(http, "INFLATION")["data"][0]["date"] == "2025-01-01"
    twin.clock.fix(datetime(2026, 1, 20, tzinfo=UTC))
    assert _get(http, "REAL_GDP")["data"][0]["date"] == "2024-01-01"


@pytest.mark.parametrize(
    ("interval", "newest"), [("weekly", "2026-11-13"), ("monthly", "2026-10-01")]
)
def test_the_period_in_progress_is_left_out_and_means_are_of_all_days(
    http: httpx.Client, interval: str, newest: str
) -> None:
    daily = _get(http, "TREASURY_YIELD", interval="daily")["data"]
    means = _get(http, "TREASURY_YIELD", interval=interval)["data"]
    assert means[0]["date"] == newest
    start = "2026-11-09" if interval == "weekly" else "2026-10-01"
    end = "2026-11-13" if interval == "weekly" else "2026-10-31"
    values = [float(r["value"]) for r in daily if start <= r["date"] <= end and r["value"] != "."]
    assert float(means[0]["value"]) == pytest.approx(np.mean(values), abs=0.0051)


def test_csv_holds_the_same_rows(http: httpx.Client) -> None:
    answer = http.get(
        "/alphavantage/query",
        params={"function": "UNEMPLOYMENT", "apikey": UNLIMITED_KEY, "datatype": "csv"},
    )
    rows = _get(http, "UNEMPLOYMENT")["data"]
    expected = ["timestamp,value", *(f"{row['date']},{row['value']}" for row in rows), ""]
    assert answer.text.split("\r\n") == expected
