"""News, snapshots and Alpha Vantage's bars through the twin: one truth, told by four vendors."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stock_assets.errors import EntitlementError, NotFound, RateLimited
from stock_assets.ingest.sentiment import LEXICONS, news_sentiment
from stock_assets.market import calendar
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import FREE_KEY, UNLIMITED_KEY
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.vendors.addresses import Vendor
from stock_assets.vendors.alpha_vantage import ALPHA_VANTAGE, AlphaVantage
from stock_assets.vendors.finnhub import FINNHUB, Finnhub
from stock_assets.vendors.newsapi import NEWSAPI, NewsApi
from stock_assets.vendors.polygon import Polygon
from stock_assets.vendors.polygon_news import PolygonNews
from stock_assets.vendors.polygon_pool import POLYGON
from stock_assets.vendors.transport import Transport
from stock_assets_tests.vendors.conftest import NOW, Workshop

FIRST, LAST = date(2026, 11, 9), date(2026, 11, 20)
SYMBOLS = ("AAPL", "NVDA", "BRK.B")


def through(
    workshop: Workshop, twin: RunningTwin, vendor: Vendor, key: str = UNLIMITED_KEY
) -> Transport:
    return workshop.transport(twin.url, vendor, key=key)


def finnhub(workshop: Workshop, twin: RunningTwin, key: str = UNLIMITED_KEY) -> Finnhub:
    return Finnhub(through(workshop, twin, FINNHUB, key), key, now=lambda: NOW)


def newsapi(workshop: Workshop, twin: RunningTwin, key: str = UNLIMITED_KEY) -> NewsApi:
    return NewsApi(through(workshop, twin, NEWSAPI, key), key, now=lambda: NOW)


def polygon_news(workshop: Workshop, twin: RunningTwin) -> PolygonNews:
    return PolygonNews(through(workshop, twin, POLYGON), UNLIMITED_KEY, now=lambda: NOW)


def alpha_vantage(
    workshop: Workshop, twin: RunningTwin, key: str = UNLIMITED_KEY, *, premium: bool = True
) -> AlphaVantage:
    transport = through(workshop, twin, ALPHA_VANTAGE, key)
    return AlphaVantage(transport, key, premium=premium, now=lambda: NOW)


# News


def test_every_vendor_tells_of_every_company_and_of_nothing_to_come(
    workshop: Workshop, twin: RunningTwin
) -> None:
    clients = (
        finnhub(workshop, twin),
        newsapi(workshop, twin),
        polygon_news(workshop, twin),
    )
    for client in clients:
        for symbol in SYMBOLS:
            found = client.company_news(symbol, FIRST, LAST)
            assert (found.rejected, found.crowded) == (None, ())
            assert found.rows.num_rows > 0
            assert set(found.rows["symbol"].to_pylist()) == {symbol}
            times = found.rows["published_at"]
            assert pc.min(times).as_py() >= datetime(2026, 11, 9, tzinfo=UTC)
            assert pc.max(times).as_py() <= NOW
            assert times.equals(found.rows["known_at"])


def test_narrow_windows_and_wide_ones_bring_the_same_articles(
    workshop: Workshop, twin: RunningTwin
) -> None:
    transport = through(workshop, twin, FINNHUB)
    halved = Finnhub(transport, UNLIMITED_KEY, now=lambda: NOW, rows_at_most=5)
    whole = finnhub(workshop, twin).company_news("AAPL", FIRST, LAST)
    parts = halved.company_news("AAPL", FIRST, LAST)
    assert len(parts.answers) > len(whole.answers)
    assert parts.rows.equals(whole.rows)


def test_d24_a_story_that_two_vendors_carry_has_one_id(
    workshop: Workshop, twin: RunningTwin
) -> None:
    tables = [
        client.company_news(symbol, FIRST, LAST).rows
        for client in (finnhub(workshop, twin), polygon_news(workshop, twin))
        for symbol in SYMBOLS
    ]
    rows = pa.concat_tables(tables)
    stories = rows.group_by("story_id").aggregate([("vendor", "count_distinct")])
    assert pc.max(stories["vendor_count_distinct"]).as_py() == 2
    assert pc.min(stories["vendor_count_distinct"]).as_py() == 1


def test_the_whole_market_s_news_hold_each_company_s(workshop: Workshop, twin: RunningTwin) -> None:
    client = polygon_news(workshop, twin)
    market = client.market_news(SYMBOLS, FIRST, LAST).rows
    for symbol in SYMBOLS:
        own = client.company_news(symbol, FIRST, LAST).rows
        picked = market.filter(pc.equal(market["symbol"], symbol))
        assert picked.equals(own)


def test_a_free_plan_of_newsapi_reaches_back_a_month(workshop: Workshop, twin: RunningTwin) -> None:
    client = newsapi(workshop, twin, FREE_KEY)
    assert client.company_news("AAPL", FIRST, LAST).rows.num_rows > 0
    with pytest.raises(EntitlementError, match="too far in the past"):
        client.company_news("AAPL", LAST - timedelta(days=60), LAST)


def test_a_month_of_a_company_s_news_comes_whole_in_narrow_windows(
    workshop: Workshop, twin: RunningTwin
) -> None:
    first = LAST - timedelta(days=120)
    client = newsapi(workshop, twin)
    whole = client.company_news("AAPL", first, LAST)
    middle = first + timedelta(days=60)
    halves = [
        client.company_news("AAPL", first, middle),
        client.company_news("AAPL", middle + timedelta(days=1), LAST),
    ]
    assert pa.concat_tables([half.rows for half in halves]).num_rows == whole.rows.num_rows
    assert whole.withdrawn == sum(half.withdrawn for half in halves)


def test_both_word_lists_hear_the_mood_of_the_headlines(
    workshop: Workshop, twin: RunningTwin
) -> None:
    rows = finnhub(workshop, twin).company_news("AAPL", date(2026, 6, 1), LAST).rows
    heard = [news_sentiment(rows, lexicon)["polarity"].to_numpy() for lexicon in LEXICONS]
    assert np.corrcoef(heard)[0, 1] > 0.7


# Snapshots


def test_two_vendors_see_the_same_company(workshop: Workshop, twin: RunningTwin) -> None:
    clients = (finnhub(workshop, twin), alpha_vantage(workshop, twin))
    seen = [client.fundamentals(SYMBOLS, NOW).rows.to_pylist() for client in clients]
    for one, other in zip(*seen, strict=True):
        close = float(twin.twin.truth.stocks[one["symbol"]].bars.close[-1])
        assert one["symbol"] == other["symbol"]
        assert close > 0
        for name in ("price_usd", "open_usd", "high_usd", "low_usd", "previous_close_usd"):
            assert one[name] == pytest.approx(other[name], abs=1e-3)
        for name in ("market_cap_usd", "pe_ratio"):
            assert one[name] == pytest.approx(other[name], rel=1e-3)
        given = other["dividend_yield_percent"] or 0.0
        assert one["dividend_yield_percent"] == pytest.approx(given, abs=0.006)
        assert one["volume_shares"] > 0


def test_d27_nobody_knows_an_unknown_company(workshop: Workshop, twin: RunningTwin) -> None:
    for client in (finnhub(workshop, twin), alpha_vantage(workshop, twin)):
        with pytest.raises(NotFound):
            client.fundamentals(["ZZZZ"], NOW)


# The calendar


def test_the_calendar_is_for_larger_plans(workshop: Workshop, twin: RunningTwin) -> None:
    found = finnhub(workshop, twin).economic_calendar(FIRST, LAST)
    assert (found.rejected, found.rows.num_rows > 0) == (None, True)
    due = found.rows.filter(pc.less(found.rows["due_at"], pa.scalar(NOW)))
    assert due["actual"].null_count < due.num_rows
    later = found.rows.filter(pc.greater(found.rows["due_at"], pa.scalar(NOW)))
    assert later["actual"].null_count == later.num_rows
    with pytest.raises(EntitlementError, match="don't have access"):
        finnhub(workshop, twin, FREE_KEY).economic_calendar(FIRST, LAST)


# Bars


def test_alpha_vantage_and_polygon_tell_the_same_bars_and_actions(
    workshop: Workshop, twin: RunningTwin
) -> None:
    polygon = Polygon(through(workshop, twin, POLYGON), UNLIMITED_KEY, now=lambda: NOW)
    first = date(2025, 1, 2)
    for symbol in SYMBOLS:
        bars = alpha_vantage(workshop, twin).bars(symbol, first, LAST)
        other = polygon.bars(symbol, first, LAST).prices
        assert (bars.rejected, bars.unfinished) == (None, 0)
        assert bars.prices["session"].equals(other["session"])
        for name in ("open_usd", "high_usd", "low_usd", "close_usd"):
            one, two = bars.prices[name].to_numpy(), other[name].to_numpy()
            assert np.abs(one - two).max() < 1e-3
    stated = polygon.corporate_actions(SYMBOLS, first, LAST).rows
    told = pa.concat_tables(
        [alpha_vantage(workshop, twin).bars(symbol, first, LAST).actions for symbol in SYMBOLS]
    )
    keys = ["symbol", "kind", "ex_date"]
    order = [(key, "ascending") for key in keys]
    ours, theirs = told.sort_by(order), stated.sort_by(order)
    assert ours.select(keys).equals(theirs.select(keys))
    for name in ("split_ratio", "dividend_usd"):
        pairs = zip(ours[name].to_pylist(), theirs[name].to_pylist(), strict=True)
        assert all(one == pytest.approx(two, abs=1e-4) for one, two in pairs)


def test_d02_while_the_market_is_open_its_bar_is_left_out(
    workshop: Workshop, twin: RunningTwin
) -> None:
    midday = datetime(2026, 11, 20, 18, tzinfo=UTC)
    with running_twin(twin.twin.truth, TwinClock(midday)) as open_market:
        transport = through(workshop, open_market, ALPHA_VANTAGE)
        client = AlphaVantage(transport, UNLIMITED_KEY, now=lambda: midday)
        found = client.bars("AAPL", FIRST, LAST)
        late = AlphaVantage(transport, UNLIMITED_KEY, now=lambda: NOW).bars("AAPL", FIRST, LAST)
    for bars in (found, late):
        assert bars.unfinished == 1
        assert bars.prices["session"].to_pylist()[-1] == date(2026, 11, 19)


def test_a_free_key_brings_the_newest_bars_and_is_spent_by_the_day(
    workshop: Workshop, twin: RunningTwin
) -> None:
    with running_twin(twin.twin.truth, TwinClock(NOW)) as stingy:
        client = alpha_vantage(workshop, stingy, FREE_KEY, premium=False)
        oldest = client.oldest_day()
        assert oldest is not None
        expected = [session.day for session in calendar().between(oldest, LAST)]
        assert client.bars("AAPL", oldest, LAST).prices["session"].to_pylist() == expected
        for _ in range(24):
            client.bars("AAPL", LAST, LAST)
        with pytest.raises(RateLimited) as caught:
            client.bars("AAPL", LAST, LAST)
    assert caught.value.retry_after_s == 7 * 3600
    assert FREE_KEY not in str(caught.value)
