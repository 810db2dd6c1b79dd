from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import httpx
import numpy as np
import pytest

from stock_assets.sandbox import viewing
from stock_assets.sandbox.alpha_vantage_prices import adjusted_close
from stock_assets.sandbox.limits import UNLIMITED_KEY
from stock_assets.sandbox.server import RunningTwin
from stock_assets.sandbox.truth import Truth
from stock_assets_tests.sandbox.conftest import LAST

NOON = datetime(2025, 3, 14, 16, 45, tzinfo=UTC)
RAW = ("1. open", "2. high", "3. low", "4. close", "5. volume")


def _get(http: httpx.Client, symbol: str, **query: str) -> httpx.Response:
    asked = {"function": "TIME_SERIES_DAILY", "symbol": symbol, "apikey": UNLIMITED_KEY} | query
    return http.get("/alphavantage/query", params=asked)


def _series(http: httpx.Client, symbol: str, **query: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = _get(http, symbol, **query).json()["Time Series (Daily)"]
    return found


def test_a_body_is_the_one_written_down_by_hand(
    http: httpx.Client, twin: RunningTwin, truth: Truth
) -> None:
    """Field by field: the first two sessions of the market."""
    twin.clock.fix(datetime(2015, 1, 5, 22, tzinfo=UTC))
    bars = truth.stocks["INTC"].bars.upto(date(2015, 1, 5))
    assert _get(http, "intc").json() == {
        "Meta Data": {
            "1. Information": "Daily Prices (open, high, low, close) and Volumes",
            "2. Symbol": "INTC",
            "3. Last Refreshed": "2015-01-05",
            "4. Output Size": "Compact",
            "5. Time Zone": "US/Eastern",
        },
        "Time Series (Daily)": {
            day: {
                "1. open": f"{bars.open[at]:.4f}",
                "2. high": f"{bars.high[at]:.4f}",
                "3. low": f"{bars.low[at]:.4f}",
                "4. close": f"{bars.close[at]:.4f}",
                "5. volume": f"{bars.volume[at]:.0f}",
            }
            for day, at in (("2015-01-05", 1), ("2015-01-02", 0))
        },
    }


def test_compact_is_a_hundred_days_and_full_is_all_newest_first(
    http: httpx.Client, truth: Truth
) -> None:
    compact, full = _series(http, "AAPL"), _series(http, "AAPL", outputsize="full")
    assert list(full) == sorted(full, reverse=True)
    assert list(compact.items()) == list(full.items())[:100]
    assert len(full) == len(truth.stocks["AAPL"].bars.upto(LAST))


@pytest.mark.parametrize("symbol", ["AAPL", "AVGO", "BRK.B", "INTC", "PEP", "HALTX"])
def test_prices_are_as_traded(http: httpx.Client, truth: Truth, symbol: str) -> None:
    full = _series(http, symbol.replace(".", "-"), outputsize="full")
    bars = truth.stocks[symbol].bars.upto(LAST)
    assert list(full)[::-1] == bars.days.astype(str).tolist()
    for name, truly in zip(RAW, ("open", "high", "low", "close", "volume"), strict=True):
        told = np.array([float(row[name]) for row in full.values()])[::-1]
        assert np.array_equal(told, getattr(bars, truly))


@pytest.mark.parametrize("symbol", ["AAPL", "AVGO", "BRK.B", "INTC", "PEP"])
def test_three_vendors_agree_once_their_units_are_made_one(
    http: httpx.Client, truth: Truth, symbol: str
) -> None:
    """Raw here, unadjusted at Polygon, and at Yahoo times the splits that came after."""
    dashed = symbol.replace(".", "-")
    begin, end = (int(datetime(y, 1, 1, tzinfo=UTC).timestamp()) for y in (2017, 2026))
    chart = http.get(
        f"/yahoo/query2.finance.yahoo.com/v8/finance/chart/{dashed}"
        f"?period1={begin}&period2={end}&interval=1d"
    ).json()["chart"]["result"][0]
    aggs = http.get(
        f"/polygon/v2/aggs/ticker/{symbol}/range/1/day/2017-01-01/2025-12-31"
        "?adjusted=false&limit=50000"
    ).json()["results"]
    alpha = {
        day: row
        for day, row in reversed(_series(http, dashed, outputsize="full").items())
        if "2017-01-01" <= day <= "2025-12-31"
    }
    days = np.array(list(alpha), "datetime64[D]")
    quoted = np.array(chart["timestamp"], "datetime64[s]").astype("datetime64[D]")
    aggregated = np.array([row["t"] // 1000 for row in aggs], "datetime64[s]")
    assert np.array_equal(days, quoted)
    assert np.array_equal(days, aggregated.astype("datetime64[D]"))
    factors = viewing.split_factors(truth.stocks[symbol], days, LAST)
    quote = chart["indicators"]["quote"][0]
    for name, yahoo, polygon in zip(
        RAW, ("open", "high", "low", "close", "volume"), "ohlcv", strict=True
    ):
        told = np.array([float(row[name]) for row in alpha.values()])
        assert np.array_equal(told, np.array([row[polygon] for row in aggs]))
        restored = np.array(quote[yahoo]) * (1 / factors if yahoo == "volume" else factors)
        assert restored == pytest.approx(told, rel=1e-5 if yahoo == "volume" else 1e-6)


def test_splits_and_dividends_stand_on_their_days(http: httpx.Client, truth: Truth) -> None:
    for symbol in ("AVGO", "INTC", "PEP"):
        stock = truth.stocks[symbol]
        rows = _series(http, symbol, function="TIME_SERIES_DAILY_ADJUSTED", outputsize="full")
        splits = {day: float(row["8. split coefficient"]) for day, row in rows.items()}
        paid = {day: float(row["7. dividend amount"]) for day, row in rows.items()}
        assert {day: ratio for day, ratio in splits.items() if ratio != 1} == {
            str(s.ex_date): s.ratio for s in stock.splits if s.ex_date <= LAST
        }
        assert {day: cash for day, cash in paid.items() if cash} == {
            str(d.ex_date): d.cash_usd for d in stock.dividends if d.ex_date <= LAST
        }
        assert {row["8. split coefficient"] for row in rows.values()} >= {"1.0"}


def test_adjusted_closes_give_the_total_returns(truth: Truth) -> None:
    for symbol in ("AVGO", "INTC", "PEP"):
        stock = truth.stocks[symbol]
        bars = stock.bars.upto(LAST)
        adjusted = adjusted_close(stock, bars, LAST)
        cash, ratio = np.zeros(len(bars)), np.ones(len(bars))
        for paid in stock.dividends:
            cash[bars.days == np.datetime64(paid.ex_date)] += paid.cash_usd
        for split in stock.splits:
            ratio[bars.days == np.datetime64(split.ex_date)] *= split.ratio
        before = bars.close[:-1] / ratio[1:]
        expected = bars.close[1:] / (before - cash[1:])
        assert adjusted[1:] / adjusted[:-1] == pytest.approx(expected, rel=1e-9)
        assert adjusted[-1] == bars.close[-1]


def test_adjusted_closes_agree_with_yahoos(http: httpx.Client) -> None:
    chart = http.get(
        "/yahoo/query2.finance.yahoo.com/v8/finance/chart/PEP?range=2y&interval=1d"
    ).json()["chart"]["result"][0]
    yahoo = np.array(chart["indicators"]["adjclose"][0]["adjclose"])
    rows = _series(http, "PEP", function="TIME_SERIES_DAILY_ADJUSTED", outputsize="full")
    alpha = np.array([float(row["5. adjusted close"]) for row in rows.values()])[::-1]
    assert alpha[-len(yahoo) :] == pytest.approx(yahoo, abs=2e-4)


def test_while_the_market_is_open_the_first_entry_is_the_bar_so_far(
    http: httpx.Client, twin: RunningTwin, truth: Truth
) -> None:
    twin.clock.fix(NOON)
    body: dict[str, Any] = _get(http, "AAPL").json()
    live = viewing.live_bar(truth.stocks["AAPL"], NOON)
    assert live is not None
    day, row = next(iter(body["Time Series (Daily)"].items()))
    assert body["Meta Data"]["3. Last Refreshed"] == "2025-03-14 12:45:00"
    assert day == "2025-03-14"
    assert (float(row["4. close"]), float(row["5. volume"])) == (live.close, live.volume)
    twin.clock.fix(datetime(2025, 3, 14, 20, tzinfo=UTC))
    whole: dict[str, Any] = _get(http, "AAPL").json()
    assert whole["Meta Data"]["3. Last Refreshed"] == "2025-03-14"
    assert float(whole["Time Series (Daily)"][day]["5. volume"]) > live.volume


def test_nothing_later_than_the_clock_is_served(http: httpx.Client, twin: RunningTwin) -> None:
    twin.clock.fix(datetime(2022, 6, 8, 13, tzinfo=UTC))
    newest = next(iter(_series(http, "FB")))
    assert newest == "2022-06-07"
    assert "Error Message" in _get(http, "META").json()


def test_a_delisted_company_keeps_its_history(http: httpx.Client) -> None:
    assert next(iter(_series(http, "SVBX"))) == "2025-06-27"


def test_a_quote_is_the_newest_bar_against_the_close_before(
    http: httpx.Client, truth: Truth
) -> None:
    quote = _get(http, "BRK-B", function="GLOBAL_QUOTE").json()["Global Quote"]
    bars = truth.stocks["BRK.B"].bars.upto(LAST)
    close, before = bars.close[-1], bars.close[-2]
    assert quote == {
        "01. symbol": "BRK-B",
        "02. open": f"{bars.open[-1]:.4f}",
        "03. high": f"{bars.high[-1]:.4f}",
        "04. low": f"{bars.low[-1]:.4f}",
        "05. price": f"{close:.4f}",
        "06. volume": f"{bars.volume[-1]:.0f}",
        "07. latest trading day": "2026-11-20",
        "08. previous close": f"{before:.4f}",
        "09. change": f"{close - before:.4f}",
        "10. change percent": f"{100 * (close - before) / before:.4f}%",
    }


def test_csv_holds_the_same_rows(http: httpx.Client) -> None:
    answer = _get(http, "AAPL", datatype="csv")
    header, *lines = answer.text.split("\r\n")
    assert answer.headers["content-type"].startswith("text/csv")
    assert header == "timestamp,open,high,low,close,volume"
    rows = _series(http, "AAPL")
    assert lines == [*(",".join([day, *row.values()]) for day, row in rows.items()), ""]
