"""Who a symbol stands for, and who belonged to the market on a day: as it was, not as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final

import pytest

from stock_assets.errors import NotFound
from stock_assets.ingest.identities import identity_of, names_of, symbol_of
from stock_assets.ingest.universes import universe
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import Limits
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth.generated import generate
from stock_assets.tables import INDEX_MEMBERSHIP, LISTINGS, PRICES
from stock_assets_tests.faults.cases import MEMBERSHIP, POLYGON, assert_mended
from stock_assets_tests.faults.changes import change
from stock_assets_tests.faults.conftest import NOW, World
from stock_assets_tests.faults.found import put_aside
from stock_assets_tests.twin_home import sessions

RENAMED: Final = date(2022, 6, 9)
"""FB is META from this day on."""
FB_AGAIN: Final = {
    "ticker": "FB", "name": "Another company", "market": "stocks", "active": True,
    "primary_exchange": "XNYS", "type": "CS", "composite_figi": "BBG000ANOTHER",
    "list_date": "2024-03-01",
}  # fmt: skip
MEMBERS: Final = ("AAPL", "HALTX", "INTC", "MSFT", "NKE", "SVBX")
"""INTC leaves the index after 2025-03-23, SVBX leaves the market after 2025-06-27."""


@pytest.fixture(scope="module")
def with_meta() -> Iterator[RunningTwin]:
    """A market with the company that was FB, and whose symbol somebody else has later."""
    truth = generate(("AAPL", "META"), seed=3, last=date(2025, 8, 29))
    with running_twin(truth, TwinClock(NOW), limits=Limits(speed_up=1e6)) as twin:
        yield twin


def test_d16_a_symbol_that_is_used_again_stands_for_another_company(
    world: World, with_meta: RunningTwin
) -> None:
    here = replace(world, twin=with_meta)
    listed = {"match": {"path": "/v3/reference/tickers$", "query": {"ticker": "FB"}}}
    answer = {"status": "OK", "count": 1, "results": [FB_AGAIN]}
    unknown = {"match": {"path": "/tickers/FB/events"}, "action": {"kind": "status", "status": 404}}
    with_meta.faults.set([{**listed, "action": {"kind": "replace_body", "body": answer}}, unknown])
    here.fetch("raw/listings", (), ("META", "FB"))
    names = names_of(here.lake().read(LISTINGS))
    meta = identity_of(names, "META", NOW.date())
    assert identity_of(names, "FB", date(2020, 1, 2)) == meta
    assert identity_of(names, "FB", date(2025, 1, 2)) == "BBG000ANOTHER" != meta
    assert symbol_of(names, meta, date(2022, 6, 8)) == "FB"
    assert symbol_of(names, meta, RENAMED) == "META"
    with pytest.raises(NotFound, match="no listing has that symbol"):
        identity_of(names, "FB", date(2023, 1, 3))


def test_d16_bars_of_the_company_that_had_a_symbol_before_are_not_its_heirs(
    world: World, with_meta: RunningTwin
) -> None:
    """Polygon answers by ticker: of FB it has Meta's bars until 2022, and its heir's since 2024."""
    here = replace(world, twin=with_meta)
    days = sessions(date(2022, 6, 1), date(2022, 6, 8))
    with_meta.faults.clear()
    here.fetch(POLYGON.key, days, ("FB",))
    of_meta = here.lake().read(PRICES, where="symbol = 'FB'").num_rows
    assert of_meta == len(days), "as long as nobody else has the symbol, they are its bars"

    heirs = replace(here, home=here.home.with_name("heirs"))
    listed = {"match": {"path": "/v3/reference/tickers$", "query": {"ticker": "FB"}}}
    answer = {"status": "OK", "count": 1, "results": [FB_AGAIN]}
    unknown = {"match": {"path": "/tickers/FB/events"}, "action": {"kind": "status", "status": 404}}
    with_meta.faults.set([{**listed, "action": {"kind": "replace_body", "body": answer}}, unknown])
    heirs.fetch("raw/listings", (), ("META", "FB"))
    heirs.fetch(POLYGON.key, days, ("FB", "META"))
    assert put_aside(heirs) == {"bar_of_its_company": len(days)}
    assert heirs.lake().count(PRICES, where="symbol = 'FB'") == 0


def test_d16_bars_under_another_symbol_than_the_one_asked_for_are_refused(world: World) -> None:
    world.set_faults(POLYGON.rule(change("$.ticker", "set", "APPL")))
    report = world.fetch(POLYGON.key, sessions(date(2025, 7, 21), date(2025, 7, 29)))
    assert report.failed.keys() == {"AAPL"}
    assert world.lake().count(PRICES, where="symbol in ('AAPL', 'APPL')") == 0
    assert_mended(world, POLYGON)


def test_d17_a_universe_is_that_of_its_day_whenever_it_is_asked_for(world: World) -> None:
    then = datetime(2025, 3, 3, 15, tzinfo=UTC)
    world.at(then)
    world.fetch(MEMBERSHIP.key, [then.date()])
    seen = universe("sp500", then.date(), world.lake())
    assert seen == MEMBERS
    world.at(NOW)
    world.fetch(MEMBERSHIP.key, [NOW.date()])
    assert universe("sp500", then.date(), world.lake()) == seen
    assert universe("sp500", date(2025, 3, 24), world.lake()) == tuple(
        sorted({*MEMBERS} - {"INTC"})
    )
    assert set(universe("sp500", NOW.date(), world.lake())) == {*MEMBERS} - {"INTC", "SVBX"}
    assert world.lake().read(INDEX_MEMBERSHIP).num_rows == len(MEMBERS)


def test_d17_a_company_that_left_keeps_its_listing_and_its_bars(world: World) -> None:
    world.fetch("raw/listings", (), ("AAPL", "SVBX"))
    listed = {row["symbol"]: row for row in world.lake().read(LISTINGS).to_pylist()}
    assert (listed["AAPL"]["is_active"], listed["SVBX"]["is_active"]) == (True, False)
    assert listed["SVBX"]["delisted_on"] is not None
    days = sessions(date(2025, 6, 20), date(2025, 7, 3))
    report = world.fetch(POLYGON.key, days, ("AAPL", "SVBX"))
    assert report.failed == {}
    bars = world.lake().read(PRICES, where="symbol = 'SVBX'")["session"].to_pylist()
    assert sorted(bars) == [day for day in days if day <= date(2025, 6, 27)]


def test_d17_a_listing_of_active_companies_alone_forgets_nobody(world: World) -> None:
    world.fetch("raw/listings", (), ("AAPL", "SVBX"))
    before = world.lake().read(LISTINGS, ordered=True)
    world.set_faults(
        {"match": {"query": {"active": "false"}}, "action": change("$.results", "set", [])},
        {"match": {"query": {"active": "false"}}, "action": change("$.count", "set", 0)},
    )
    world.fetch("raw/listings", (), ("AAPL", "SVBX"))
    assert world.hits()
    assert world.lake().read(LISTINGS, ordered=True).equals(before)
