"""Polygon through its own client, against the twin."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import numpy as np
import pytest

from stock_assets.errors import (
    AuthError,
    BadRange,
    BadSymbol,
    EntitlementError,
    NotFound,
    PayloadError,
)
from stock_assets.market import calendar
from stock_assets.sandbox.server import RunningTwin
from stock_assets.tables import CORPORATE_ACTIONS, LISTINGS, PRICES
from stock_assets.vendors.polygon import Polygon
from stock_assets.vendors.polygon_pool import POLYGON
from stock_assets_tests.vendors.conftest import NOW, Kept, Workshop
from stock_assets_tests.vendors.stub import json_reply, reply, serving

FIRST, LAST = date(2016, 1, 4), date(2026, 11, 20)
HOSTILE = [
    "AAPL/../../../../v3/reference/tickers",
    "AAPL?limit=1",
    "A%2F..",
    "AAPL\n",
    "A" * 10_000,
    "'; DROP TABLE x",
    "../../etc",
    "A\0",
    "\u202eAAPL",
    "aapl",
    "",
    " AAPL",
    None,
    7,
    b"AAPL",
]


@pytest.fixture
def polygon(workshop: Workshop, twin: RunningTwin) -> Polygon:
    transport = workshop.transport(twin.url, POLYGON, key="twin-unlimited")
    return Polygon(transport, "twin-unlimited", now=lambda: NOW)


def test_bars_are_the_truth_as_traded_in_one_request(
    polygon: Polygon, twin: RunningTwin, kept: Kept
) -> None:
    before = len(twin.requests("polygon"))
    found = polygon.bars("AAPL", FIRST, LAST)
    assert len(twin.requests("polygon")) - before == len(found.answers) == 1
    truth = twin.twin.truth.stocks["AAPL"].bars.between(FIRST, LAST)
    assert found.prices.schema.equals(PRICES.row_schema)
    assert found.prices["session"].to_pylist() == truth.days.tolist()
    for name in ("open", "high", "low", "close"):
        assert np.array_equal(found.prices[f"{name}_usd"].to_numpy(), getattr(truth, name))
    assert np.array_equal(found.prices["volume_shares"].to_numpy(), truth.volume)
    assert kept.bodies[found.answers[0].payload] == found.answers[0].body
    assert "adjusted=false" in found.answers[0].request
    assert found.rejected is None


def test_the_session_in_progress_is_not_even_asked_for(
    workshop: Workshop, twin: RunningTwin
) -> None:
    morning = datetime(2026, 11, 20, 16, tzinfo=UTC)
    transport = workshop.transport(twin.url, POLYGON, key="twin-unlimited")
    polygon = Polygon(transport, "twin-unlimited", now=lambda: morning)
    before = len(twin.requests())
    assert polygon.bars("AAPL", LAST, LAST).prices.num_rows == 0
    assert polygon.grouped(LAST, ["AAPL"]).prices.num_rows == 0
    assert len(twin.requests()) == before
    found = polygon.bars("AAPL", date(2026, 11, 18), LAST)
    assert found.prices["session"].to_pylist() == [date(2026, 11, 18), date(2026, 11, 19)]


def test_a_halted_session_has_no_bar_and_an_unknown_symbol_none_at_all(polygon: Polygon) -> None:
    halted = polygon.bars("HALTX", date(2025, 3, 10), date(2025, 3, 14))
    assert halted.prices["session"].to_pylist() == [date(2025, 3, 10), date(2025, 3, 14)]
    unknown = polygon.bars("ZZZZ", date(2025, 3, 10), date(2025, 3, 14))
    assert (unknown.prices.num_rows, len(unknown.answers)) == (0, 1)


def test_a_grouped_day_has_the_same_bars_in_one_request(
    polygon: Polygon, twin: RunningTwin
) -> None:
    day, symbols = date(2024, 7, 3), ["NVDA", "AAPL", "BRK.B", "ZZZZ"]
    before = len(twin.requests("polygon"))
    grouped = polygon.grouped(day, symbols)
    assert len(twin.requests("polygon")) - before == 1
    single = [polygon.bars(symbol, day, day).prices.to_pylist() for symbol in symbols]
    assert sorted(grouped.prices.to_pylist(), key=lambda row: row["symbol"]) == sorted(
        (row for rows in single for row in rows), key=lambda row: row["symbol"]
    )
    assert polygon.grouped(date(2024, 7, 4), symbols).prices.num_rows == 0


def test_corporate_actions_are_the_truth_of_the_asked_symbols(
    polygon: Polygon, twin: RunningTwin
) -> None:
    found = polygon.corporate_actions(["AAPL", "GE"], FIRST, LAST)
    assert found.rows.schema.equals(CORPORATE_ACTIONS.row_schema)
    rows = found.rows.to_pylist()
    for symbol in ("AAPL", "GE"):
        stock = twin.twin.truth.stocks[symbol]
        splits = {s.ex_date: s.ratio for s in stock.splits if FIRST <= s.ex_date <= LAST}
        ours = [row for row in rows if row["symbol"] == symbol]
        assert {row["ex_date"]: row["split_ratio"] for row in ours if row["kind"] == "split"} == (
            pytest.approx(splits)
        )
        paid = {r["ex_date"]: r["dividend_usd"] for r in ours if r["kind"] == "dividend"}
        for dividend in stock.dividends:
            if FIRST <= dividend.ex_date <= LAST:
                assert paid[dividend.ex_date] >= dividend.cash_usd - 1e-9
    assert {row["symbol"] for row in rows} == {"AAPL", "GE"}


@pytest.mark.parametrize("extra", [[], [f"NOSUCH{n}" for n in range(12)]], ids=["few", "many"])
def test_listings_tell_renames_delistings_and_who_is_unknown(
    polygon: Polygon, extra: list[str]
) -> None:
    found = polygon.listings(["SVBX", "META", "AAPL", "ZZZZ", *extra])
    assert found.rows.schema.equals(LISTINGS.row_schema)
    rows = {row["symbol"]: row for row in found.rows.to_pylist()}
    assert list(rows) == ["AAPL", "META", "SVBX"]
    assert (rows["META"]["formerly"], rows["META"]["renamed_on"]) == ("FB", date(2022, 6, 9))
    assert (rows["SVBX"]["is_active"], rows["SVBX"]["delisted_on"]) == (False, date(2025, 6, 27))
    assert (rows["AAPL"]["is_active"], rows["AAPL"]["formerly"]) == (True, None)
    assert rows["AAPL"]["known_at"] == NOW
    assert found.unknown == ("ZZZZ", *extra)


def test_hostile_symbols_and_ranges_are_refused_before_anything_is_asked(
    polygon: Polygon, twin: RunningTwin
) -> None:
    before = len(twin.requests())
    for symbol in HOSTILE:
        anything: Any = symbol
        for call in (
            partial(polygon.bars, anything, FIRST, LAST),
            partial(polygon.grouped, LAST, ["AAPL", anything]),
            partial(polygon.corporate_actions, ["AAPL", anything], FIRST, LAST),
            partial(polygon.listings, [anything]),
        ):
            with pytest.raises(BadSymbol) as caught:
                call()
            assert str(caught.value).isprintable()
            assert len(str(caught.value)) < 300
    with pytest.raises(BadRange):
        polygon.bars("AAPL", LAST, FIRST)
    with pytest.raises(BadRange):
        polygon.corporate_actions(["AAPL"], LAST, FIRST)
    with pytest.raises(NotFound, match="no indices"):
        polygon.bars("^GSPC", FIRST, LAST)
    assert len(twin.requests()) == before


def test_without_a_key_the_setting_is_named(workshop: Workshop) -> None:
    for key in (None, ""):
        with pytest.raises(AuthError, match="set POLYGON_API_KEY"):
            Polygon(workshop.transport(None, POLYGON), key)


def test_a_refused_key_and_a_small_plan_are_told_apart(
    workshop: Workshop, twin: RunningTwin
) -> None:
    def bars(key: str) -> None:
        polygon = Polygon(workshop.transport(twin.url, POLYGON, key=key), key, now=lambda: NOW)
        polygon.bars("AAPL", date(2016, 1, 4), date(2016, 2, 1))

    with pytest.raises(EntitlementError, match="plan"):
        bars("twin-free")


def test_a_wrong_key_is_told_at_once_and_not_repeated(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    refused = json_reply({"status": "ERROR", "error": "Unknown API Key sandbox-canary-7"}, 401)
    with serving(refused) as server:
        transport = workshop.transport(server.url, POLYGON, key="sandbox-canary-7")
        polygon = Polygon(transport, "sandbox-canary-7", now=lambda: NOW)
        with pytest.raises(AuthError, match="set POLYGON_API_KEY to a valid key") as caught:
            polygon.bars("AAPL", FIRST, LAST)
    assert len(server.asked) == 1
    assert "canary" not in str(caught.value) + caplog.text


def test_a_broken_body_is_never_taken_for_no_data(workshop: Workshop) -> None:
    whole = b'{"ticker":"AAPL","resultsCount":0,"adjusted":false,"status":"OK","count":0}'
    with serving(reply(whole[:-10]), reply(whole)) as server:
        transport = workshop.transport(server.url, POLYGON)
        polygon = Polygon(transport, "k", now=lambda: NOW)
        assert polygon.bars("AAPL", FIRST, LAST).answers[0].attempts == 2
    with serving(reply(whole[:-10])) as server:
        polygon = Polygon(workshop.transport(server.url, POLYGON), "k", now=lambda: NOW)
        with pytest.raises(PayloadError):
            polygon.bars("AAPL", FIRST, LAST)
    assert len(server.asked) == 2


def test_the_clients_own_retries_and_pools_are_never_used(workshop: Workshop) -> None:
    with serving(reply(b"slow down", 429, Retry_After="100000")) as server:
        polygon = Polygon(workshop.transport(server.url, POLYGON), "k", now=lambda: NOW)
        with pytest.raises(Exception, match="too many requests"):
            polygon.bars("AAPL", FIRST, LAST)
    assert len(server.asked) == 1


def test_every_session_of_the_calendar_is_asked_for_by_its_date(polygon: Polygon) -> None:
    found = polygon.bars("AAPL", date(2024, 10, 28), date(2024, 11, 8))
    sessions = [s.day for s in calendar().between(date(2024, 10, 28), date(2024, 11, 8))]
    assert found.prices["session"].to_pylist() == sessions
