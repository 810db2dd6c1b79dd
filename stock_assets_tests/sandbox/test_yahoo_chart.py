from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from stock_assets.sandbox import viewing
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.recorded import load_recording
from stock_assets_tests.sandbox.conftest import LAST
from stock_assets_tests.sandbox.yahoo_client import LoopbackSession

CHART = "/yahoo/query2.finance.yahoo.com/v8/finance/chart"


def _result(http: httpx.Client, path: str) -> dict[str, Any]:
    chart = http.get(f"{CHART}/{path}").json()["chart"]
    assert chart["error"] is None
    result: dict[str, Any] = chart["result"][0]
    return result


@pytest.fixture
def session(twin: RunningTwin, tmp_path: Path) -> Iterator[LoopbackSession]:
    """yfinance's only door to the twin, with caches of its own and errors that are not hidden."""
    import yfinance as yf
    from yfinance.data import YfData

    yf.set_tz_cache_location(str(tmp_path))
    hidden, yf.config.debug.hide_exceptions = yf.config.debug.hide_exceptions, False
    with LoopbackSession(twin.url) as opened:
        YfData(session=opened).cache_get.cache_clear()
        yield opened
    yf.config.debug.hide_exceptions = hidden


@pytest.mark.parametrize("symbol", ["AAPL", "BRK.B", "INTC", "HALTX"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning:yfinance", "ignore::FutureWarning:yfinance")
def test_yfinance_reads_the_truth(truth: Truth, session: LoopbackSession, symbol: str) -> None:
    import yfinance as yf

    ticker = yf.Ticker(symbol.replace(".", "-"), session=session)
    frame = ticker.history(
        start="2024-01-02", end="2026-11-21", auto_adjust=False, actions=True, keepna=True
    )
    stock = truth.stocks[symbol]
    bars = stock.bars.between(date(2024, 1, 2), LAST)
    factors = viewing.split_factors(stock, bars.days, LAST)
    traded = frame.dropna(subset=["Close"])
    days = np.array([stamp.date() for stamp in traded.index], dtype="datetime64[D]")
    assert np.array_equal(days, bars.days)
    for column in ("open", "high", "low", "close"):
        restored = traded[column.title()].to_numpy() * factors
        assert np.array_equal(np.round(restored, 2), getattr(bars, column))
    expected = [d for d in stock.dividends if date(2024, 1, 2) <= d.ex_date <= LAST]
    paid = frame["Dividends"][frame["Dividends"] > 0]
    assert [stamp.date() for stamp in paid.index] == [d.ex_date for d in expected]
    split = frame["Stock Splits"][frame["Stock Splits"] > 0]
    assert [(stamp.date(), ratio) for stamp, ratio in split.items()] == [
        (s.ex_date, s.ratio) for s in stock.splits if date(2024, 1, 2) <= s.ex_date <= LAST
    ]
    halted = [stamp.date() for stamp in frame.index[frame["Close"].isna()]]
    assert halted == [day for day in stock.halts if day >= date(2024, 1, 2)]


def test_yfinance_raises_for_an_unknown_symbol(
    session: LoopbackSession, caplog: pytest.LogCaptureFixture
) -> None:
    import yfinance as yf
    from curl_cffi.requests.exceptions import HTTPError
    from yfinance.exceptions import YFPricesMissingError

    caplog.set_level(logging.CRITICAL, logger="yfinance")
    # Which of the two depends on how the client was configured before in this process.
    with pytest.raises((HTTPError, YFPricesMissingError), match=r"404|No data found"):
        yf.Ticker("ZZZZ", session=session).history(start="2024-01-02", end="2024-02-02")


def test_a_chart_is_the_one_written_down_by_hand(truth: Truth) -> None:
    """A golden body: field by field what yfinance reads of a chart, for two sessions."""
    clock = TwinClock(datetime(2025, 3, 11, 22, tzinfo=UTC))
    with running_twin(truth, clock) as twin, httpx.Client(base_url=twin.url) as http:
        result = _result(
            http,
            "AAPL?period1=1741579200&period2=1741752000&interval=1d&includePrePost=False"
            "&events=div%2Csplits%2CcapitalGains&crumb=",
        )
    apple = truth.stocks["AAPL"]
    bars = apple.bars.between(date(2025, 3, 10), date(2025, 3, 11))
    single = {
        name: getattr(bars, name).astype(np.float32).astype(float).tolist()
        for name in ("open", "high", "low", "close")
    }
    meta = result.pop("meta")
    assert result == {
        "timestamp": [1741613400, 1741699800],
        "indicators": {
            "quote": [{**single, "volume": bars.volume.astype(int).tolist()}],
            "adjclose": [{"adjclose": single["close"]}],
        },
    }
    assert meta["regularMarketPrice"] == bars.close[-1]
    assert meta["regularMarketTime"] == 1741723201
    assert meta["chartPreviousClose"] == apple.bars.upto(date(2025, 3, 7)).close[-1]
    assert meta["range"] == ""


def test_volumes_are_whole_numbers_also_beside_missing_ones(http: httpx.Client) -> None:
    result = _result(http, "HALTX?period1=1741579200&period2=1742184000")
    volume = result["indicators"]["quote"][0]["volume"]
    assert volume.count(None) == 3
    assert all(isinstance(v, int) for v in volume if v is not None)


def test_no_bar_in_range_leaves_the_time_out_and_the_quotes_empty(http: httpx.Client) -> None:
    result = _result(http, "AAPL?period1=1741996800&period2=1742083200")
    assert "timestamp" not in result
    assert "events" not in result
    assert result["indicators"] == {"quote": [{}], "adjclose": [{}]}


def test_events_are_those_of_the_window_in_the_units_of_today(
    http: httpx.Client, truth: Truth
) -> None:
    (split,) = truth.stocks["INTC"].splits
    begin = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
    events = _result(http, f"INTC?period1={begin}&period2={begin + 366 * 86400}")["events"]
    (entry,) = events["splits"].values()
    stamp = int(datetime.combine(split.ex_date, datetime.min.time(), UTC).timestamp())
    assert entry == {
        "date": stamp + 13 * 3600 + 1800, "numerator": 1.0, "denominator": 10.0,
        "splitRatio": "1:10",
    }  # fmt: skip
    assert "events" not in _result(http, f"INTC?period1={begin - 86400 * 30}&period2={begin}")


@pytest.mark.parametrize(("label", "bars"), [("1d", 1), ("5d", 5), ("1mo", 22), ("1y", 252)])
def test_ranges_by_name_end_with_the_newest_bar(
    http: httpx.Client, truth: Truth, label: str, bars: int
) -> None:
    result = _result(http, f"AAPL?range={label}&interval=1d")
    assert abs(len(result["timestamp"]) - bars) <= (0 if label in ("1d", "5d") else 2)
    assert result["indicators"]["quote"][0]["close"][-1] == np.float32(
        truth.stocks["AAPL"].bars.close[-1]
    )
    assert result["meta"]["range"] == label


def test_the_whole_history_and_the_year_to_date_are_ranges_too(
    http: httpx.Client, truth: Truth
) -> None:
    assert len(_result(http, "AAPL?range=max")["timestamp"]) == len(truth.stocks["AAPL"].bars)
    first = _result(http, "AAPL?range=ytd")["timestamp"][0]
    assert datetime.fromtimestamp(first, UTC).date() == date(2026, 1, 2)


def test_inside_a_session_the_last_bar_is_live(http: httpx.Client, twin: RunningTwin) -> None:
    now = twin.clock.fix(datetime(2025, 3, 14, 16, tzinfo=UTC))
    result = _result(http, "AAPL?range=5d")
    assert result["timestamp"][-1] == int(now.timestamp())
    assert len(result["timestamp"]) == 5
    assert result["meta"]["regularMarketTime"] == int(now.timestamp())
    alone = _result(http, "AAPL?range=1d")
    assert alone["timestamp"] == [int(now.timestamp())]
    twin.clock.fix(datetime(2025, 3, 14, 21, tzinfo=UTC))
    final = _result(http, "AAPL?range=1d")
    assert final["timestamp"] == [int(datetime(2025, 3, 14, 13, 30, tzinfo=UTC).timestamp())]


def test_nothing_after_the_clock_is_ever_shown(http: httpx.Client, twin: RunningTwin) -> None:
    now = twin.clock.fix(datetime(2023, 7, 5, 12, tzinfo=UTC))
    for symbol in ("AAPL", "AVGO", "PEP", "SVBX"):
        result = _result(http, f"{symbol}?period1=0&period2=4000000000")
        events = result.get("events", {})
        stamps = [int(at) for kind in events.values() for at in kind]
        assert max([*result["timestamp"], *stamps]) <= now.timestamp()


def test_recorded_defects_are_served_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(
        "symbol,date,open,high,low,close,volume\n"
        "AAPL,2020-01-02,10,11,9,,100\n"
        "AAPL,2020-01-03,10,9,11,10,\n"
        "AAPL,2020-01-04,10,11,9,10.5,0\n"
    )
    clock = TwinClock(datetime(2020, 1, 6, 2, tzinfo=UTC))
    recorded = load_recording(path)
    with running_twin(recorded, clock) as twin, httpx.Client(base_url=twin.url) as http:
        result = _result(http, "AAPL?range=max")
    quote = result["indicators"]["quote"][0]
    assert quote["close"] == [None, 10.0, 10.5]
    assert quote["volume"] == [100, None, 0]
    assert quote["high"][1] < quote["low"][1]
    assert result["timestamp"][2] == int(datetime(2020, 1, 4, 14, 30, tzinfo=UTC).timestamp())
