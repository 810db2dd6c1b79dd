from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from pathlib import Path

import httpx
import pytest
from polygon import RESTClient

from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import UNLIMITED_KEY
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.recorded import load_recording
from stock_assets_tests.sandbox.conftest import LAST, SYMBOLS

REFERENCE = "/polygon/v3/reference"


@pytest.fixture
def client(twin: RunningTwin) -> Iterator[RESTClient]:
    opened = RESTClient(UNLIMITED_KEY, base=twin.polygon_url)
    yield opened
    opened.client.clear()


def test_the_real_client_lists_every_active_ticker_page_by_page(
    client: RESTClient, twin: RunningTwin
) -> None:
    listed = [row.ticker for row in client.list_tickers(market="stocks", limit=3)]
    assert listed == sorted(set(SYMBOLS) - {"SVBX"})
    assert len(twin.requests("polygon")) == 3


def test_a_delisted_ticker_is_listed_among_the_inactive_with_its_day(client: RESTClient) -> None:
    (row,) = client.list_tickers(active=False, limit=1000)
    assert (row.ticker, row.active, row.delisted_utc) == ("SVBX", False, "2025-06-27T00:00:00Z")


def test_listings_are_those_of_the_day_asked_for(client: RESTClient) -> None:
    then = {row.ticker for row in client.list_tickers(date="2022-06-08", limit=1000)}
    assert "FB" in then
    assert "META" not in then
    assert "SVBX" in then


@pytest.mark.parametrize(
    ("query", "tickers"),
    [
        ("ticker=AAPL", ["AAPL"]),
        ("ticker.gte=B&ticker.lt=C", ["BA", "BRK.B"]),
        ("search=berkshire", ["BRK.B"]),
        ("market=crypto", []),
        ("ticker.any_of=PEP,BA&order=desc", ["PEP", "BA"]),
        ("ticker=NOPE", []),
    ],
)
def test_listings_can_be_narrowed(http: httpx.Client, query: str, tickers: list[str]) -> None:
    body = http.get(f"{REFERENCE}/tickers?{query}").json()
    assert [row["ticker"] for row in body["results"]] == tickers
    assert body["count"] == len(tickers)


def test_the_count_is_the_pages_and_the_cursor_carries_the_query(http: httpx.Client) -> None:
    first = http.get(f"{REFERENCE}/tickers?limit=3&active=true").json()
    assert first["count"] == 3
    second = http.get("/polygon" + first["next_url"].removeprefix("https://api.polygon.io")).json()
    third = http.get("/polygon" + second["next_url"].removeprefix("https://api.polygon.io")).json()
    pages = [[row["ticker"] for row in page["results"]] for page in (first, second, third)]
    assert list(chain(*pages)) == sorted(set(SYMBOLS) - {"SVBX"})
    assert "next_url" not in third


def test_details_say_who_it_is_and_unknown_tickers_are_not_found(
    client: RESTClient, http: httpx.Client, truth: Truth
) -> None:
    listing = truth.stocks["BRK.B"].listing
    found = client.get_ticker_details("BRK.B")
    assert (found.ticker, found.name, found.primary_exchange) == (
        "BRK.B", "Berkshire Hathaway Class B", "XNYS",
    )  # fmt: skip
    assert (found.composite_figi, found.cik) == (listing.figi, listing.cik)
    assert found.list_date == listing.listed_on.isoformat()
    for ticker in ("NOPE", "SVBX", "FB"):
        missing = http.get(f"{REFERENCE}/tickers/{ticker}")
        assert missing.status_code == 404
        assert missing.json()["message"] == "Ticker not found."
    assert http.get(f"{REFERENCE}/tickers/SVBX?date=2025-06-27").status_code == 200
    assert http.get(f"{REFERENCE}/tickers/FB?date=2022-06-08").status_code == 200
    assert http.get(f"{REFERENCE}/tickers/AAPL?date=soon").status_code == 400


def test_what_a_recording_cannot_tell_has_no_key(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("symbol,date,open,high,low,close,volume\nAAPL,2020-01-02,10,11,9,10,100\n")
    clock = TwinClock(datetime(2020, 1, 7, 2, tzinfo=UTC))
    with running_twin(load_recording(path), clock) as twin:
        url = f"{twin.url}{REFERENCE}/tickers/AAPL?apiKey={UNLIMITED_KEY}"
        row = httpx.get(url, trust_env=False).json()["results"]
    assert row["name"] == "Apple"
    assert row["list_date"] == "2020-01-02"
    assert not {"primary_exchange", "cik", "composite_figi", "share_class_figi"} & set(row)


def test_renames_are_events_newest_first(client: RESTClient, http: httpx.Client) -> None:
    events = client.get_ticker_events("META").events
    assert [(e["ticker_change"]["ticker"], e["type"]) for e in events] == [
        ("META", "ticker_change"), ("FB", "ticker_change"),
    ]  # fmt: skip
    assert events[0]["date"] == "2022-06-09"
    assert http.get("/polygon/vX/reference/tickers/NOPE/events").status_code == 404


def test_splits_agree_with_the_truth(client: RESTClient, truth: Truth) -> None:
    listed = {
        (s.ticker, s.execution_date, s.split_to, s.split_from)
        for s in client.list_splits(limit=1000)
    }
    expected = {
        (symbol, split.ex_date.isoformat(), split.new, split.old)
        for symbol, stock in truth.stocks.items()
        for split in stock.splits
        if split.announced_on <= LAST
    }
    assert listed == expected
    assert (1, 10) in {(new, old) for _, _, new, old in listed}


def test_dividends_agree_with_the_truth(client: RESTClient, truth: Truth) -> None:
    paid = [d for d in truth.stocks["INTC"].dividends if d.public_on <= LAST]
    listed = list(client.list_dividends("INTC", limit=50, order="asc"))
    assert [(d.ex_dividend_date, d.cash_amount) for d in listed] == [
        (d.ex_date.isoformat(), d.cash_usd) for d in paid
    ]
    assert {d.dividend_type for d in listed} <= {"CD", "SC"}
    assert all(d.declaration_date < d.ex_dividend_date <= d.record_date for d in listed)


def test_what_has_been_announced_is_listed_before_it_happens_and_nothing_earlier(
    twin: RunningTwin, client: RESTClient, truth: Truth
) -> None:
    (split,) = truth.stocks["AVGO"].splits
    noon = datetime.combine(split.announced_on, time(17), UTC)
    twin.clock.fix(noon)
    assert noon.date() < split.ex_date
    assert [s.execution_date for s in client.list_splits("AVGO")] == [split.ex_date.isoformat()]
    twin.clock.fix(noon - timedelta(days=1))
    assert list(client.list_splits("AVGO")) == []


def test_actions_can_be_narrowed_by_day(http: httpx.Client) -> None:
    path = f"{REFERENCE}/dividends?ticker=INTC&ex_dividend_date.gte=2024-01-01&limit=1000"
    rows = http.get(f"{path}&ex_dividend_date.lt=2025-01-01").json()["results"]
    assert rows
    assert all(row["ex_dividend_date"].startswith("2024") for row in rows)
    exact = http.get(f"{REFERENCE}/splits?execution_date=2024-05-28").json()["results"]
    assert [row["ticker"] for row in exact] == ["INTC"]


@pytest.mark.parametrize(
    "path",
    ["tickers?limit=0", "tickers?sort=colour", "tickers?order=up", "splits?cursor=%25",
     "tickers?date=soon", "splits?cursor=cGFnZV9tYXJrZXI9bm90LW91cnM"],
)  # fmt: skip
def test_what_cannot_be_asked_is_a_bad_request(http: httpx.Client, path: str) -> None:
    answer = http.get(f"{REFERENCE}/{path}")
    assert answer.status_code == 400
    assert answer.json()["status"] == "ERROR"
