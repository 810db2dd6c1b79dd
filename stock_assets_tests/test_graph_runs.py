"""The graph in motion: raw assets of one session against a small twin, and what stops a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import dagster as dg
import pytest

from stock_assets.definitions import build_definitions
from stock_assets.ingest.feeds import FEEDS
from stock_assets.suppliers import BY_SUBJECT
from stock_assets.tables import (
    API_USAGE,
    ECONOMIC_EVENTS,
    FED_RELEASES,
    FOMC_MEETINGS,
    FOMC_STATEMENTS,
    FUNDAMENTALS,
    FX_RATES,
    GAPS,
    INDEX_MEMBERSHIP,
    INDEX_PRICES,
    LOADS,
    MACRO,
    MACRO_RELEASES,
    NEWS,
    NEWS_SENTIMENT,
    PRICES,
    TREASURY_AUCTIONS,
    TREASURY_DEBT,
    TREASURY_RATES,
    Table,
)
from stock_assets_tests.twin_home import ALL_KEYS, LAST, World, refused, world

FOUR: Final = ("AAPL", "INTC", "MSFT", "NKE")
VENDORS: Final = ("yahoo", "polygon")
PNG: Final = "data:image/png;base64,iVBORw0KGgo"
YAHOO: Final = dg.AssetKey(["raw", "yahoo_prices"])


@dataclass(frozen=True)
class Run:
    """A run that has ended, and the home in which it ran."""

    result: dg.ExecuteInProcessResult
    here: World

    def shown(self, asset: str) -> dict[str, Any]:
        """The metadata of one materialisation, as plain values."""
        (made,) = self.result.asset_materializations_for_node(asset.replace("/", "__"))
        return {name: value.value for name, value in made.metadata.items()}

    @property
    def checks(self) -> dict[tuple[str, str], bool]:
        """Whether each check passed, by asset and name."""
        return {
            (check.asset_key.to_user_string(), check.check_name): check.passed
            for check in self.result.get_asset_check_evaluations()
        }

    @property
    def steps(self) -> set[str]:
        """The steps that were started."""
        events = self.result.all_events
        return {str(e.step_key) for e in events if e.event_type_value == "STEP_START"}


def run(
    here: World,
    job: str,
    selection: dg.AssetSelection | None = None,
    partition: str = str(LAST),
    **settings: Any,
) -> Run:
    """Run a job, or a part of it, for the last session or another partition."""
    definitions = build_definitions(here.settings(**{"symbols": FOUR} | settings))
    graph = definitions.resolve_asset_graph()
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            partition_key=partition,
            asset_selection=sorted(selection.resolve(graph)) if selection else None,
            raise_on_error=False,
        )
    return Run(result, here)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("unused")) as made:
        yield made


@pytest.fixture(scope="module")
def good(twin: World, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Every feed for one session in a new home."""
    here = replace(twin, home=tmp_path_factory.mktemp("good"))
    return run(here, "backfill_prices")


@pytest.fixture(scope="module")
def spoilt(twin: World, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Yahoo's feed and what dbt makes of it, while Yahoo answers for half of the symbols only."""
    here = replace(twin, home=tmp_path_factory.mktemp("spoilt"))
    twin.door.faults |= dict.fromkeys(FOUR[2:], refused(500))
    try:
        return run(here, "daily", dg.AssetSelection.assets(YAHOO) | STAGING)
    finally:
        twin.door.faults.clear()


STAGING: Final = dg.AssetSelection.groups("staging")


def test_a_session_is_materialised_by_every_feed(good: Run) -> None:
    assert good.result.success
    feeds = {"raw__yahoo_prices", "raw__polygon_prices", "raw__sessions"}
    assert feeds | {"raw__corporate_actions", "raw__listings"} <= good.steps


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_price_feed_shows_its_counts_a_preview_and_pictures(good: Run, vendor: str) -> None:
    shown = good.shown(f"raw/{vendor}_prices")
    stored = good.here.lake().count(PRICES, where=f"vendor = '{vendor}'")
    assert shown["dagster/row_count"] == stored > 0
    assert shown["bars expected"] == stored
    assert shown["requests"] == 4
    assert (shown["rows put aside"], shown["rows restated"]) == (0, 0)
    assert shown["rows new"] == shown["rows received"] >= stored
    lines = shown["preview"].split("\n")
    assert lines[0].startswith("| symbol | open_usd | high_usd")
    assert [line.split(" | ")[0] for line in lines[2:]] == [f"| {symbol}" for symbol in FOUR]
    assert PNG in shown["picture"]
    assert shown["glance"].startswith("![](data:image/svg+xml;base64,")


def test_the_other_feeds_show_their_counts_and_previews(good: Run) -> None:
    for name, first_line in (
        ("corporate_actions", "| symbol | kind | ex_date | split_ratio | dividend_usd |"),
        ("listings", "| symbol | name | exchange | is_active | formerly |"),
    ):
        shown = good.shown(f"raw/{name}")
        assert shown["dagster/row_count"] == shown["rows new"] > 0
        assert shown["preview"].startswith(first_line)
    assert good.shown("raw/sessions")["dagster/row_count"] > 9_000


def test_every_check_of_the_prices_ran_and_passed(good: Run) -> None:
    names = (
        "complete",
        "final",
        "fresh",
        "moving",
        "plausible",
        "shape_and_bounds",
        "vendors_agree",
    )
    expected = {(f"raw/{v}_prices", name): True for v in VENDORS for name in names}
    expected |= {("raw/yahoo_prices", "enough"): True}
    of_bars = {key: passed for key, passed in good.checks.items() if key[0].endswith("_prices")}
    assert of_bars == expected
    assert all(good.checks.values())


def test_the_loads_say_which_asset_asked(good: Run) -> None:
    feeds = set(good.here.lake().read(LOADS)["feed"].to_pylist())
    names = ("yahoo_prices", "polygon_prices", "corporate_actions", "listings", "sessions")
    assert feeds == {f"raw/{name}" for name in (*names, "yahoo_indices")}


def test_the_same_session_again_asks_nothing_and_changes_nothing(good: Run) -> None:
    before = good.here.lake().history(PRICES).num_rows
    good.here.forget()
    again = run(good.here, "backfill_prices", dg.AssetSelection.assets(YAHOO))
    assert again.result.success
    assert good.here.asked("yahoo") == []
    assert again.shown("raw/yahoo_prices")["loads"] == "none: nothing was new"
    assert good.here.lake().history(PRICES).num_rows == before


def test_a_vendor_that_gives_up_is_no_failed_run_while_another_one_has_the_bars(
    twin: World, tmp_path: Path
) -> None:
    here = replace(twin, home=tmp_path)
    twin.door.faults["aggs"] = refused(503)
    try:
        done = run(here, "backfill_prices")
    finally:
        twin.door.faults.clear()
    assert done.result.success
    assert "VendorOutage" in done.shown("raw/polygon_prices")["gave up"]
    assert done.checks[("raw/polygon_prices", "complete")] is False
    assert done.checks[("raw/yahoo_prices", "enough")] is True
    gaps = here.lake().read(GAPS, where="feed = 'raw/polygon_prices'")
    assert set(gaps["symbol"].to_pylist()) == set(FOUR), "nothing is missing in silence"
    assert set(gaps["cause"].to_pylist()) == {"failed"}


def test_half_of_the_symbols_without_a_bar_fail_the_run_at_the_blocking_check(spoilt: Run) -> None:
    assert not spoilt.result.success
    assert spoilt.shown("raw/yahoo_prices")["failed"].count("VendorOutage") == 2
    found = {
        check.check_name: check
        for check in spoilt.result.get_asset_check_evaluations()
        if check.asset_key == YAHOO
    }
    for name in ("complete", "enough"):
        assert not found[name].passed
        assert found[name].severity == dg.AssetCheckSeverity.ERROR
        assert "MSFT 2025-07-31" in (found[name].description or "")
    assert "failed" in (found["complete"].description or "")


def test_nothing_downstream_of_a_failed_blocking_check_runs(spoilt: Run) -> None:
    planned = {node.name for node in spoilt.result.job_def.nodes}
    assert "warehouse" in planned
    assert "warehouse" not in spoilt.steps
    made = {m.asset_key for m in materializations(spoilt.result)}
    assert made == {YAHOO}
    assert not spoilt.here.settings().warehouse.exists()


def test_what_came_is_kept_and_what_did_not_is_recorded_with_its_cause(spoilt: Run) -> None:
    lake = spoilt.here.lake()
    assert set(lake.read(PRICES)["symbol"].to_pylist()) == set(FOUR[:2])
    gaps = lake.read(GAPS)
    assert set(gaps["symbol"].to_pylist()) == set(FOUR[2:])
    assert set(gaps["cause"].to_pylist()) == {"failed"}


def materializations(result: dg.ExecuteInProcessResult) -> list[dg.AssetMaterialization]:
    """Everything that a run materialised."""
    events = (e for e in result.all_events if e.event_type_value == "ASSET_MATERIALIZATION")
    return [event.step_materialization_data.materialization for event in events]


@pytest.mark.parametrize(
    ("job", "partition", "tables"),
    [
        ("hourly", str(LAST), (NEWS, NEWS_SENTIMENT, FUNDAMENTALS, FX_RATES)),
        ("movements", str(LAST), (PRICES, INDEX_PRICES)),
        ("macro", "2025-07", (MACRO, MACRO_RELEASES)),
        (
            "policy",
            "2025-06",
            (
                FED_RELEASES,
                FOMC_STATEMENTS,
                FOMC_MEETINGS,
                TREASURY_AUCTIONS,
                TREASURY_DEBT,
                TREASURY_RATES,
                ECONOMIC_EVENTS,
                INDEX_MEMBERSHIP,
            ),
        ),
    ],
)
def test_each_rhythm_collects_all_of_its_feeds_and_counts_what_that_cost(
    twin: World, tmp_path: Path, job: str, partition: str, tables: tuple[Table, ...]
) -> None:
    here = replace(twin, home=tmp_path)
    done = run(here, job, partition=partition, **ALL_KEYS)
    assert done.result.success
    lake = here.lake()
    assert all(lake.count(table) for table in tables)
    ran = set(lake.read(API_USAGE)["feed"].to_pylist())
    asked = {step.replace("__", "/", 1) for step in done.steps if step.startswith("raw__")}
    assert ran == {step for step in asked if step in {feed.key for feed in FEEDS}}
    for feed in BY_SUBJECT:
        if feed.key in asked:
            size = sum(lake.size(table) for table in feed.tables)
            assert 0 < done.shown(feed.key)["bytes stored"] <= size
    wrong = {key: passed for key, passed in done.checks.items() if not passed}
    # Yahoo has bars of the volatility index on days on which the exchange is shut.
    assert set(wrong) <= {("raw/yahoo_indices", "sound")}
