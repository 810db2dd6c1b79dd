"""Indices and currencies on the twin's Yahoo."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from stock_assets.sandbox.clock import TwinClock

CHART = "/yahoo/query2.finance.yahoo.com/v8/finance/chart"
LONDON = ZoneInfo("Europe/London")


def chart(http: httpx.Client, symbol: str, **query: str) -> dict[str, Any]:
    answer = http.get(f"{CHART}/{symbol}", params={"interval": "1d", **query})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["chart"]["result"][0]
    return found


def days(found: dict[str, Any], zone: ZoneInfo) -> list[str]:
    return [str(datetime.fromtimestamp(at, zone).date()) for at in found["timestamp"]]


@pytest.mark.parametrize(
    ("symbol", "exchange", "zone", "kind", "currency"),
    [
        ("^GSPC", "SNP", "America/New_York", "INDEX", "USD"),
        ("^IXIC", "NIM", "America/New_York", "INDEX", "USD"),
        ("^VIX", "CXI", "America/Chicago", "INDEX", "USD"),
        ("USDINR=X", "CCY", "Europe/London", "CURRENCY", "INR"),
        ("EURUSD=X", "CCY", "Europe/London", "CURRENCY", "USD"),
    ],
)
def test_a_chart_says_what_it_is_of(
    http: httpx.Client, symbol: str, exchange: str, zone: str, kind: str, currency: str
) -> None:
    found = chart(http, symbol, range="1mo")
    meta = found["meta"]
    assert meta["symbol"] == symbol
    assert meta["exchangeName"] == exchange
    assert meta["exchangeTimezoneName"] == zone
    assert (meta["instrumentType"], meta["currency"]) == (kind, currency)
    assert {"validRanges", "priceHint", "currentTradingPeriod", "regularMarketPrice"} <= set(meta)
    quote = found["indicators"]["quote"][0]
    assert {len(values) for values in quote.values()} == {len(found["timestamp"])}
    assert "events" not in found
    for high, low, first, last in zip(
        *(quote[name] for name in ("high", "low", "open", "close")), strict=True
    ):
        assert low <= min(first, last) <= max(first, last) <= high


def test_only_the_volatility_index_has_bars_on_some_holidays(http: httpx.Client) -> None:
    span = {"period1": "1782864000", "period2": "1783382400"}  # 2026-07-01 to 07-07
    zone = ZoneInfo("America/New_York")
    sessions = ["2026-07-01", "2026-07-02", "2026-07-06"]
    assert days(chart(http, "^GSPC", **span), zone) == sessions
    assert days(chart(http, "^VIX", **span), zone) == sorted([*sessions, "2026-07-03"])
    christmas = {"period1": "1766534400", "period2": "1766793600"}  # 2025-12-24 to 12-27
    assert days(chart(http, "^VIX", **christmas), zone) == ["2025-12-24", "2025-12-26"]


def test_a_currency_has_london_midnights_on_every_weekday_and_no_volume(
    http: httpx.Client,
) -> None:
    found = chart(http, "USDINR=X", period1="1782864000", period2="1783382400")
    assert days(found, LONDON) == ["2026-07-02", "2026-07-03", "2026-07-06", "2026-07-07"]
    assert {at % 86_400 for at in found["timestamp"]} == {82_800}
    assert set(found["indicators"]["quote"][0]["volume"]) == {0}


def test_the_bar_in_progress_carries_the_time_of_the_last_trade(
    http: httpx.Client, clock: TwinClock
) -> None:
    now = datetime(2026, 11, 18, 18, 30, tzinfo=UTC)
    clock.fix(now)
    for symbol in ("^GSPC", "^VIX", "EURUSD=X"):
        found = chart(http, symbol, range="5d")
        assert found["timestamp"][-1] == int(now.timestamp())
        assert found["meta"]["regularMarketTime"] == int(now.timestamp())
        assert len(found["timestamp"]) == 5


def test_nothing_of_a_day_is_told_before_it(http: httpx.Client, clock: TwinClock) -> None:
    # The morning of a holiday: the volatility index has no bar yet.
    clock.fix(datetime(2026, 7, 3, 12, tzinfo=UTC))
    for symbol in ("^GSPC", "^VIX"):
        assert (
            days(chart(http, symbol, range="5d"), ZoneInfo("America/New_York"))[-1] < "2026-07-03"
        )
    assert days(chart(http, "USDINR=X", range="5d"), LONDON)[-1] == "2026-07-03"
    finished = chart(http, "USDINR=X", range="1mo")["indicators"]["quote"][0]["close"][-2]
    clock.fix(datetime(2026, 7, 4, 12, tzinfo=UTC))
    assert days(chart(http, "^VIX", range="5d"), ZoneInfo("America/New_York"))[-1] == "2026-07-03"
    assert chart(http, "USDINR=X", range="1mo")["indicators"]["quote"][0]["close"][-2] == finished


def test_what_has_been_told_stays_as_it_was(http: httpx.Client, clock: TwinClock) -> None:
    span = {"period1": "1704067200", "period2": "1717200000"}
    asked = ("^GSPC", "^IXIC", "^VIX", "EURUSD=X")
    late = [chart(http, symbol, **span)["indicators"] for symbol in asked]
    clock.fix(datetime(2024, 6, 3, 22, tzinfo=UTC))
    assert [chart(http, symbol, **span)["indicators"] for symbol in asked] == late


def test_other_indices_and_currencies_are_unknown(http: httpx.Client) -> None:
    for symbol in ("^DJI", "GBPUSD=X", "^gspc2"):
        assert http.get(f"{CHART}/{symbol}").status_code == 404
    assert http.get(f"{CHART}/^gspc", params={"range": "5d"}).status_code == 200
