from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest

from stock_assets.sandbox import viewing
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import UNLIMITED_KEY, Limits
from stock_assets.sandbox.server import running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.generated import generate
from stock_assets.sandbox.twin import Respond, Twin
from stock_assets.sandbox.wire import Answer, Ask, text_answer
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE, LAST, SYMBOLS

CHART = "/yahoo/query2.finance.yahoo.com/v8/finance/chart"
PATHS = (
    "/yahoo/fc.yahoo.com/",
    f"{CHART}/AAPL?range=1y",
    "/polygon/v2/aggs/ticker/AAPL/range/1/day/2025-03-10/2025-03-14?limit=2",
    "/polygon/v3/reference/dividends?limit=3",
    "/polygon/v2/aggs/grouped/locale/us/market/stocks/2025-03-12",
    f"{CHART}/NOPE?range=1d",
)


def _answers(truth: Truth, now: datetime) -> list[tuple[int, bytes, dict[str, str]]]:
    with running_twin(truth, TwinClock(now)) as twin:
        headers = {"Authorization": f"Bearer {UNLIMITED_KEY}"}
        with httpx.Client(base_url=twin.url, headers=headers, trust_env=False) as client:
            got = [client.get(path) for path in PATHS]
            return [(a.status_code, a.content, dict(a.headers)) for a in got]


def test_the_same_seed_clock_and_requests_give_the_same_bytes(truth: Truth) -> None:
    again = generate(SYMBOLS, seed=11, last=LAST)
    assert _answers(truth, AFTER_THE_CLOSE) == _answers(again, AFTER_THE_CLOSE)


def test_another_instant_gives_other_bytes(truth: Truth) -> None:
    earlier = AFTER_THE_CLOSE - timedelta(days=400)
    assert _answers(truth, AFTER_THE_CLOSE)[1] != _answers(truth, earlier)[1]


@pytest.mark.parametrize("symbol", ["AAPL", "AVGO", "BRK.B", "INTC", "PEP"])
def test_two_vendors_agree_once_their_units_are_made_one(
    http: httpx.Client, truth: Truth, symbol: str
) -> None:
    begin, end = (int(datetime(y, 1, 1, tzinfo=UTC).timestamp()) for y in (2024, 2026))
    chart = http.get(
        f"{CHART}/{symbol.replace('.', '-')}?period1={begin}&period2={end}&interval=1d"
    ).json()["chart"]["result"][0]
    aggs = http.get(
        f"/polygon/v2/aggs/ticker/{symbol}/range/1/day/2024-01-01/2025-12-31?adjusted=false"
    ).json()["results"]
    days = np.array(chart["timestamp"], dtype="datetime64[s]").astype("datetime64[D]")
    others = np.array([row["t"] // 1000 for row in aggs], dtype="datetime64[s]")
    assert np.array_equal(days, others.astype("datetime64[D]"))
    factors = viewing.split_factors(truth.stocks[symbol], days, LAST)
    quote = chart["indicators"]["quote"][0]
    for name, key in (("open", "o"), ("high", "h"), ("low", "l"), ("close", "c")):
        yahoo = np.array(quote[name]) * factors
        assert yahoo == pytest.approx(np.array([row[key] for row in aggs]), rel=1e-6)
    yahoo_volume = np.array(quote["volume"]) / factors
    assert yahoo_volume == pytest.approx(np.array([row["v"] for row in aggs]), rel=1e-5)


def test_everything_passes_the_door_which_may_answer_instead(truth: Truth) -> None:
    seen: list[str] = []

    async def door(ask: Ask, respond: Respond) -> Answer:
        seen.append(ask.path)
        await asyncio.sleep(0)
        return text_answer("shut", 503) if "chart" in ask.path else respond(ask)

    with running_twin(truth, TwinClock(AFTER_THE_CLOSE), door=door) as twin:
        shut = httpx.get(f"{twin.url}{CHART}/AAPL", trust_env=False)
        passed = httpx.get(f"{twin.url}/yahoo/fc.yahoo.com/", trust_env=False)
        logged = [entry["status"] for entry in twin.requests()]
    assert (shut.status_code, shut.text, passed.status_code) == (503, "shut", 404)
    assert seen == ["/v8/finance/chart/AAPL", "/"]
    assert logged == [503, 404]


def test_the_door_may_ask_as_of_another_time(truth: Truth) -> None:
    async def a_year_late(ask: Ask, respond: Respond) -> Answer:
        return respond(replace(ask, now=ask.now - timedelta(days=365)))

    with running_twin(truth, TwinClock(AFTER_THE_CLOSE), door=a_year_late) as twin:
        chart = httpx.get(f"{twin.url}{CHART}/AAPL?range=1d", trust_env=False).json()["chart"]
    stamp = chart["result"][0]["timestamp"][0]
    assert datetime.fromtimestamp(stamp, UTC).year == 2025


def test_requests_are_numbered_from_one_and_logged_without_keys(
    http: httpx.Client, truth: Truth
) -> None:
    twin = Twin(truth, TwinClock(AFTER_THE_CLOSE), limits=Limits())
    ask = Ask(
        "polygon", "GET", "/v3/reference/splits", {"apiKey": UNLIMITED_KEY}, {},
        AFTER_THE_CLOSE, 0,
    )  # fmt: skip
    for _ in range(2):
        asyncio.run(twin.respond(ask))
    entries = twin.log.entries("polygon")
    assert [entry["number"] for entry in entries] == [1, 2]
    assert UNLIMITED_KEY not in str(entries)
    assert entries[0]["at"] == "2026-11-21T06:30:00+00:00"


@pytest.mark.parametrize(
    ("path", "routed"),
    [
        ("/polygon/v3/x", ("polygon", "", "/v3/x")),
        ("/polygon", ("polygon", "", "/")),
        ("/yahoo/fc.yahoo.com", ("yahoo", "fc.yahoo.com", "/")),
        ("/yahoo/query1.finance.yahoo.com/v1/test/getcrumb",
         ("yahoo", "query1.finance.yahoo.com", "/v1/test/getcrumb")),
        ("/yahoo/evil.example/x", ("", "", "/yahoo/evil.example/x")),
        ("/", ("", "", "/")),
        ("/nobody/x", ("", "", "/nobody/x")),
    ],
)  # fmt: skip
def test_paths_lead_to_vendors(truth: Truth, path: str, routed: tuple[str, str, str]) -> None:
    assert Twin(truth).route(path) == routed
