from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from stock_assets.sandbox import viewing
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.yahoo_meta import VALID_RANGES, describe
from stock_assets.sandbox.yahoo_series import Window, series

AFTER = datetime(2025, 3, 14, 22, tzinfo=UTC)
REQUIRED = (
    "exchangeTimezoneName", "instrumentType", "currency", "validRanges", "priceHint",
    "currentTradingPeriod", "regularMarketTime", "regularMarketPrice", "firstTradeDate",
)  # fmt: skip


def _meta(truth: Truth, symbol: str, now: datetime) -> dict[str, Any]:
    stock = truth.stocks[symbol]
    through = viewing.finished_through(now)
    shown = series(stock, through, now.date())
    live = viewing.live_bar(stock, now)
    return describe(stock, shown, Window(0, 2**40), now, live)


def test_everything_that_the_client_needs_is_said(truth: Truth) -> None:
    meta = _meta(truth, "AAPL", AFTER)
    assert set(REQUIRED) <= set(meta)
    assert meta["validRanges"] == VALID_RANGES
    assert meta["exchangeTimezoneName"] == "America/New_York"


def test_the_offset_follows_summer_time(truth: Truth) -> None:
    winter = _meta(truth, "AAPL", datetime(2025, 3, 7, 22, tzinfo=UTC))
    summer = _meta(truth, "AAPL", datetime(2025, 3, 10, 22, tzinfo=UTC))
    assert (winter["gmtoffset"], winter["timezone"]) == (-18000, "EST")
    assert (summer["gmtoffset"], summer["timezone"]) == (-14400, "EDT")


def test_the_market_time_is_a_half_days_own_close(truth: Truth) -> None:
    meta = _meta(truth, "AAPL", datetime(2025, 11, 28, 22, tzinfo=UTC))
    close = datetime(2025, 11, 28, 18, tzinfo=UTC)
    assert meta["regularMarketTime"] == int(close.timestamp()) + 1
    assert meta["currentTradingPeriod"]["regular"]["end"] == int(close.timestamp())


def test_on_a_weekend_the_trading_period_is_fridays(truth: Truth) -> None:
    period = _meta(truth, "AAPL", datetime(2025, 3, 16, 12, tzinfo=UTC))["currentTradingPeriod"]
    start = datetime.fromtimestamp(period["regular"]["start"], UTC)
    assert start == datetime(2025, 3, 14, 13, 30, tzinfo=UTC)


def test_highs_and_lows_are_of_the_last_52_weeks(truth: Truth) -> None:
    bars = truth.stocks["AAPL"].bars
    year = bars.between(date(2024, 3, 16), date(2025, 3, 14))
    meta = _meta(truth, "AAPL", AFTER)
    assert meta["fiftyTwoWeekHigh"] == pytest.approx(float(np.max(year.high)), abs=1e-3)
    assert meta["fiftyTwoWeekLow"] == pytest.approx(float(np.min(year.low)), abs=1e-3)
