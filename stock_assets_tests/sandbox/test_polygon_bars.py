from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from polygon import RESTClient

from stock_assets.sandbox import viewing
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import FREE_KEY, UNLIMITED_KEY
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.recorded import load_recording
from stock_assets_tests.sandbox.conftest import LAST

AGGS = "/polygon/v2/aggs/ticker"
GROUPED = "/polygon/v2/aggs/grouped/locale/us/market/stocks"


@pytest.fixture
def client(twin: RunningTwin) -> Iterator[RESTClient]:
    opened = RESTClient(UNLIMITED_KEY, base=twin.polygon_url)
    yield opened
    opened.client.clear()


def _milliseconds(bars_days: Any) -> list[int]:
    from stock_assets.sandbox.instants import MIDNIGHT, instants

    stamps: list[int] = (instants(bars_days, MIDNIGHT) * 1000).tolist()
    return stamps


@pytest.mark.parametrize("symbol", ["AAPL", "BRK.B", "HALTX", "AVGO"])
@pytest.mark.parametrize("adjusted", [False, True])
def test_the_real_client_reads_the_truth(
    truth: Truth, client: RESTClient, symbol: str, *, adjusted: bool
) -> None:
    aggs = list(
        client.list_aggs(symbol, 1, "day", "2023-01-03", LAST, adjusted=adjusted, limit=50_000)
    )
    bars = truth.stocks[symbol].bars.between(date(2023, 1, 3), LAST)
    factors = viewing.split_factors(truth.stocks[symbol], bars.days, LAST)
    by = factors if adjusted else np.ones(len(bars))
    assert [agg.timestamp for agg in aggs] == _milliseconds(bars.days)
    for name in ("open", "high", "low", "close"):
        shown = np.array([getattr(agg, name) for agg in aggs])
        assert np.array_equal(shown, np.round(getattr(bars, name) / by, 4))
    assert np.array_equal(np.array([agg.volume for agg in aggs]), bars.volume * by)


def test_a_page_is_the_one_written_down_by_hand(http: httpx.Client, truth: Truth) -> None:
    """A golden body: field by field what Polygon documents."""
    path = f"{AGGS}/AAPL/range/1/day/2025-03-10/2025-03-14?adjusted=false&limit=2"
    body = http.get(path).json()
    bars = truth.stocks["AAPL"].bars.between(date(2025, 3, 10), date(2025, 3, 11))
    assert len(body.pop("request_id")) == 32
    rows = body.pop("results")
    assert [set(row) for row in rows] == [{"v", "vw", "o", "c", "h", "l", "t", "n"}] * 2
    assert [row["t"] for row in rows] == [1741579200000, 1741665600000]
    assert [row["c"] for row in rows] == bars.close.tolist()
    assert all(row["l"] <= row["vw"] <= row["h"] and isinstance(row["n"], int) for row in rows)
    assert body == {
        "ticker": "AAPL", "queryCount": 2, "resultsCount": 2, "adjusted": False, "status": "OK",
        "count": 2,
        "next_url": "https://api.polygon.io/v2/aggs/ticker/AAPL/range/1/day/1741752000000/"
        "2025-03-14?cursor=YWRqdXN0ZWQ9ZmFsc2UmbGltaXQ9MiZzb3J0PWFzYw",
    }  # fmt: skip


@pytest.mark.parametrize("sort", ["asc", "desc"])
def test_following_the_pages_gives_every_bar_once(client: RESTClient, sort: str) -> None:
    arguments = ("AAPL", 1, "day", "2025-01-02", "2025-03-31")
    whole = [a.timestamp for a in client.list_aggs(*arguments, sort=sort)]
    paged = [a.timestamp for a in client.list_aggs(*arguments, sort=sort, limit=7)]
    assert paged == whole == sorted(whole, reverse=sort == "desc")


@pytest.mark.parametrize("symbol", ["NOPE", "aapl"])
def test_an_unknown_ticker_is_no_error_and_has_no_results(http: httpx.Client, symbol: str) -> None:
    body = http.get(f"{AGGS}/{symbol}/range/1/day/2025-03-10/2025-03-14").json()
    assert "results" not in body
    assert (body["status"], body["queryCount"], body["resultsCount"]) == ("OK", 0, 0)


def test_times_in_milliseconds_mean_their_day_in_new_york(http: httpx.Client) -> None:
    by_time = http.get(f"{AGGS}/AAPL/range/1/day/1741579200000/1741924800000").json()
    by_day = http.get(f"{AGGS}/AAPL/range/1/day/2025-03-10/2025-03-14").json()
    assert by_time["results"] == by_day["results"]


@pytest.mark.parametrize(
    "path",
    [
        f"{AGGS}/AAPL/range/1/day/2025-03-14/2025-03-10",
        f"{AGGS}/AAPL/range/1/day/2025-02-30/2025-03-10",
        f"{AGGS}/AAPL/range/1/day/2025-03-10/tomorrow",
        f"{AGGS}/AAPL/range/1/minute/2025-03-10/2025-03-14",
        f"{AGGS}/AAPL/range/1/day/2025-03-10/2025-03-14?limit=0",
        f"{AGGS}/AAPL/range/1/day/2025-03-10/2025-03-14?cursor=%25",
        f"{GROUPED}/14-03-2025",
    ],
)
def test_what_cannot_be_asked_is_a_bad_request(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 400
    assert answer.json()["status"] == "ERROR"
    assert answer.json()["error"]


@pytest.mark.parametrize("day", ["2025-03-12", "2022-06-08", "2025-11-28"])
def test_a_grouped_day_holds_every_ticker_that_traded(
    truth: Truth, client: RESTClient, day: str
) -> None:
    when = date.fromisoformat(day)
    rows = {row.ticker: row for row in client.get_grouped_daily_aggs(day, adjusted=False)}
    traded = {
        stock.listing.symbol_on(when): stock.bars.between(when, when)
        for stock in truth.stocks.values()
        if len(stock.bars.between(when, when))
    }
    assert set(rows) == set(traded)
    assert {t: row.close for t, row in rows.items()} == {t: b.close[0] for t, b in traded.items()}
    hour = 21 if when.month == 11 else 20
    stamp = int(datetime.combine(when, time(hour), UTC).timestamp()) * 1000
    assert {row.timestamp for row in rows.values()} == {stamp}


def test_a_day_without_trade_is_empty_and_no_error(http: httpx.Client) -> None:
    body = http.get(f"{GROUPED}/2025-07-04").json()
    assert body["resultsCount"] == 0
    assert "results" not in body


def test_each_ticker_has_the_days_on_which_it_traded(client: RESTClient) -> None:
    def days(ticker: str) -> list[date]:
        aggs = client.list_aggs(ticker, 1, "day", "2022-06-01", "2022-06-15")
        return [datetime.fromtimestamp(a.timestamp / 1000, UTC).date() for a in aggs]

    assert days("FB")[-1] == date(2022, 6, 8)
    assert days("META")[0] == date(2022, 6, 9)


def test_a_delisted_ticker_has_bars_to_its_last_day(client: RESTClient) -> None:
    aggs = list(client.list_aggs("SVBX", 1, "day", "2025-06-23", "2025-07-31"))
    assert len(aggs) == 5


@pytest.fixture
def free(twin: RunningTwin) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {FREE_KEY}"}
    with httpx.Client(base_url=twin.url, headers=headers, trust_env=False) as client:
        yield client


def test_the_free_plan_has_no_bar_of_a_day_that_has_not_ended(
    twin: RunningTwin, free: httpx.Client, http: httpx.Client
) -> None:
    paths = (f"{AGGS}/AAPL/range/1/day/2025-03-10/2025-03-14", f"{GROUPED}/2025-03-14")
    for instant in ((14, 16), (14, 22)):
        twin.clock.fix(datetime(2025, 3, *instant, tzinfo=UTC))
        for path in paths:
            refused = free.get(path)
            assert refused.status_code == 403
            assert refused.json()["status"] == "NOT_AUTHORIZED"
            assert "today's data before end of day" in refused.json()["message"]
            assert http.get(path).status_code == 200
    twin.clock.fix(datetime(2025, 3, 15, 6, 30, tzinfo=UTC))
    assert {free.get(path).status_code for path in paths} == {200}


def test_the_free_plan_goes_back_two_years(twin: RunningTwin, free: httpx.Client) -> None:
    twin.clock.fix(datetime(2025, 3, 15, 6, 30, tzinfo=UTC))
    refused = free.get(f"{AGGS}/AAPL/range/1/day/2023-03-01/2023-04-01")
    assert refused.status_code == 403
    assert "doesn't include this data timeframe" in refused.json()["message"]
    assert free.get(f"{AGGS}/AAPL/range/1/day/2023-03-20/2023-04-01").status_code == 200


def test_the_unlimited_plan_shows_the_bar_in_progress(
    twin: RunningTwin, http: httpx.Client, truth: Truth
) -> None:
    twin.clock.fix(datetime(2025, 3, 14, 16, tzinfo=UTC))
    rows = http.get(f"{AGGS}/AAPL/range/1/day/2025-03-13/2025-03-17").json()["results"]
    whole = truth.stocks["AAPL"].bars.between(date(2025, 3, 14), date(2025, 3, 14))
    assert [row["t"] for row in rows] == [1741838400000, 1741924800000]
    assert 0 < rows[-1]["v"] < whole.volume[0]


def test_missing_values_have_no_key(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(
        "symbol,date,open,high,low,close,volume\nAAPL,2020-01-02,10,11,9,,100\n"
        "AAPL,2020-01-03,10,11,9,10,\nAAPL,2020-01-06,10,9,11,10,5\n"
    )
    clock = TwinClock(datetime(2020, 1, 7, 2, tzinfo=UTC))
    with running_twin(load_recording(path), clock) as twin:
        url = f"{twin.url}{AGGS}/AAPL/range/1/day/2020-01-01/2020-01-31?apiKey={UNLIMITED_KEY}"
        rows = httpx.get(url, trust_env=False).json()["results"]
    assert [sorted(row) for row in rows] == [
        ["h", "l", "n", "o", "t", "v"],
        ["c", "h", "l", "o", "t", "vw"],
        ["c", "h", "l", "n", "o", "t", "v", "vw"],
    ]
    assert rows[2]["h"] < rows[2]["l"]
