"""The graph is a reviewed document: it loads bare, and its keys and edges are known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph
from pydantic import SecretStr

from stock_assets.definitions import build_definitions
from stock_assets.ingest.feeds import FEEDS
from stock_assets.settings import Settings, read_settings
from stock_assets.suppliers import BY_SUBJECT

ANSWERS = Path(__file__).parent / "answers"
HEAVY = (
    "sklearn",
    "mlflow",
    "great_expectations",
    "yfinance",
    "polygon",
    "exchange_calendars",
    "matplotlib",
    "deltalake",
    "duckdb",
    "pandas",
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return read_settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def with_polygon(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    home = tmp_path_factory.mktemp("home")
    keys = ("polygon", "alpha_vantage", "finnhub", "newsapi", "fred")
    return build_definitions(
        read_settings(home=home, **{f"{name}_api_key": "a-key-for-tests" for name in keys})
    )


@pytest.fixture(scope="module")
def without_polygon(settings: Settings) -> dg.Definitions:
    return build_definitions(settings)


def nodes_of(definitions: dg.Definitions, job: str) -> set[str]:
    selected = definitions.resolve_job_def(job).asset_layer.selected_asset_keys
    return {key.to_user_string() for key in selected}


def parents_of(graph: BaseAssetGraph[Any], key: dg.AssetKey) -> str:
    parents = sorted(parent.to_user_string() for parent in graph.get(key).parent_keys)
    return ", ".join(parents) or "vendors"


def test_keys_edges_groups_and_checks_are_the_reviewed_ones(with_polygon: dg.Definitions) -> None:
    graph = with_polygon.resolve_asset_graph()
    keys = sorted(graph.get_all_asset_keys(), key=lambda key: key.to_user_string())
    checks = sorted(graph.asset_check_keys, key=str)
    lines = [
        f"{key.to_user_string()} [{graph.get(key).group_name}] <- {parents_of(graph, key)}"
        for key in keys
    ] + [f"check {check.asset_key.to_user_string()}: {check.name}" for check in checks]
    answer = ANSWERS / "graph.txt"
    assert "\n".join(lines) + "\n" == answer.read_text(encoding="utf-8"), (
        f"the graph has changed; review it and write it to {answer.name}"
    )


def test_each_asset_has_a_description_an_owner_a_group_and_a_kind(
    with_polygon: dg.Definitions,
) -> None:
    graph = with_polygon.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.owners, key
        assert node.group_name != "default", key
        assert node.kinds, key


def test_nothing_heavy_and_no_secret_is_needed_to_load_the_graph() -> None:
    code = (
        "import sys, stock_assets.definitions as d; d.build_definitions(); "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip().splitlines()[-1] == "[]"


def test_the_daily_job_runs_everything_from_the_feeds_to_published_but_trains_nothing(
    with_polygon: dg.Definitions,
) -> None:
    keys = with_polygon.resolve_asset_graph().get_all_asset_keys()
    every = {key.to_user_string() for key in keys}
    by_another_rhythm = {feed.key for feed in FEEDS if feed.cadence != "daily"}
    by_another_rhythm |= {"news_sentiment", "operations/api_usage", "raw/alpha_vantage_prices"}
    by_another_rhythm |= {"operations/compaction", "operations/retention"}
    assert nodes_of(with_polygon, "daily") == {
        key for key in every - by_another_rhythm if not key.startswith("models/")
    }


def test_each_feed_is_collected_by_the_job_of_its_rhythm(with_polygon: dg.Definitions) -> None:
    for job in ("hourly", "macro", "policy"):
        feeds = {feed.key for feed in FEEDS if feed.cadence == job}
        made = nodes_of(with_polygon, job) - {"news_sentiment", "operations/api_usage"}
        assert made == feeds
    assert {"news_sentiment", "operations/api_usage"} <= nodes_of(with_polygon, "hourly")
    assert nodes_of(with_polygon, "movements") == {"raw/yahoo_prices", "raw/yahoo_indices"}


def test_housekeeping_is_a_job_of_its_own_and_in_no_other(with_polygon: dg.Definitions) -> None:
    upkeep = {"operations/compaction", "operations/retention"}
    assert nodes_of(with_polygon, "housekeeping") == upkeep
    others = {job.name for job in with_polygon.resolve_all_job_defs()} - {"housekeeping"}
    assert {"daily", "hourly", "train", "rebuild"} <= others
    for job in others:
        if not job.startswith("__"):
            assert not nodes_of(with_polygon, job) & upkeep, job


def test_a_third_vendor_is_asked_for_bars_only_where_the_priority_names_it(
    settings: Settings,
) -> None:
    named = settings.model_copy(
        update={
            "alpha_vantage_api_key": SecretStr("a-key-for-tests"),
            "vendor_priority": ("yahoo", "alpha_vantage"),
        }
    )
    assert "raw/alpha_vantage_prices" in nodes_of(build_definitions(named), "daily")


def test_predictions_follow_prices_by_dependency_and_not_by_the_clock(
    with_polygon: dg.Definitions,
) -> None:
    graph = with_polygon.resolve_asset_graph()
    before = graph.get_ancestor_asset_keys(dg.AssetKey(["predictions"]))
    assert dg.AssetKey(["raw", "yahoo_prices"]) in before


def test_a_feed_without_its_key_is_in_no_job_and_its_page_says_why(
    without_polygon: dg.Definitions,
) -> None:
    in_jobs = {
        key
        for job in ("daily", "backfill_prices", "hourly", "movements", "macro", "policy")
        for key in nodes_of(without_polygon, job)
    }
    able = {feed.key for feed in FEEDS if not feed.needs}
    assert able == {feed.key for feed in FEEDS if feed.key in in_jobs}
    graph = without_polygon.resolve_asset_graph()
    for feed in BY_SUBJECT:
        said = graph.get(dg.AssetKey(feed.key.split("/"))).description or ""
        for name in feed.needs:
            assert f"{name.upper()} is not set" in said


def test_training_builds_what_it_learns_from_and_nothing_that_watches_predictions(
    with_polygon: dg.Definitions,
) -> None:
    train = nodes_of(with_polygon, "train")
    assert {"marts/training_set", "models/champion"} <= train
    assert not {k for k in train if k.startswith(("monitoring/", "raw/", "predictions"))}
    assert "staging/stg_ledger__predictions" not in train
