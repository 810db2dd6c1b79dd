"""The main job as its users run it: on a market with an edge, and on one without."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest

from stock_assets_tests.demo_runs import Home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CONTRACT = {
    "prices_daily": {
        "symbol",
        "session",
        "open_usd",
        "high_usd",
        "low_usd",
        "close_usd",
        "volume_shares",
        "adj_open_usd",
        "adj_high_usd",
        "adj_low_usd",
        "adj_close_usd",
        "vendor",
        "preferred_vendor",
        "fallback_reason",
    },
    "features_daily": {"symbol", "session", "return_lag1", "volatility_20d", "volume_ratio_20"},
    "predictions": {
        "symbol",
        "session",
        "target_session",
        "model_name",
        "model_version",
        "probability_up",
        "direction",
        "evidence",
        "decided_at",
        "created_at",
    },
    "prediction_outcomes": {"symbol", "session", "model_version", "actual_return", "correct"},
    "model_performance": {"model_name", "metric", "estimate"},
    "published_at": {"published_at"},
}
"""Columns that others build on."""


@pytest.fixture(scope="module")
def edge_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = tmp_path_factory.mktemp("edge") / "home"
    return Home(home, ("--market", "edge", "--seed", "7", "--to", "2026-06-30"))


@pytest.fixture(scope="module")
def edge(edge_home: Home) -> tuple[dict[str, Any], str]:
    return edge_home.run()


@pytest.fixture(scope="module")
def null(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("null") / "home"
    arguments = ("--market", "null", "--seed", "7", "--to", "2026-06-30", "--years", "2")
    return Home(home, (*arguments, "--symbols", "30")).run()[0]


def auc_of(summary: dict[str, Any], model: str) -> dict[str, Any]:
    return next(s for s in summary["skill"] if s["model"] == model and s["metric"] == "auc")


def test_the_model_finds_three_quarters_of_the_edge_that_can_be_found(
    edge: tuple[dict[str, Any], str],
) -> None:
    summary, _ = edge
    achievable = summary["achievable_auc"]
    assert 0.54 < achievable < 0.58
    found = auc_of(summary, "random_forest")
    assert (found["estimate"] - 0.5) / (achievable - 0.5) >= 0.75
    assert found["low"] > 0.5
    assert summary["champion"]["evidence"] == "edge"


def test_on_a_market_without_an_edge_the_interval_covers_chance_and_predictions_say_so(
    null: dict[str, Any],
) -> None:
    found = auc_of(null, "random_forest")
    assert found["low"] < 0.5 < found["high"]
    assert {p["evidence"] for p in null["predictions"]} == {"no_evidence"}


def test_every_symbol_of_the_universe_gets_a_prediction_of_the_next_session(
    edge: tuple[dict[str, Any], str],
) -> None:
    predictions = edge[0]["predictions"]
    assert len({p["symbol"] for p in predictions}) == 50
    assert {p["session"] for p in predictions} == {"2026-06-30"}
    assert {p["target_session"] for p in predictions} == {"2026-07-01"}
    assert all(0 < p["probability_up"] < 1 for p in predictions)


def test_nothing_is_lost_on_the_way(edge: tuple[dict[str, Any], str]) -> None:
    summary = edge[0]
    expected = summary["environment"]["symbols"] * summary["environment"]["sessions"]
    unexplained = sum(count for cause, count in summary["gaps"].items() if "yahoo_prices" in cause)
    assert summary["rows"]["published prices_daily"] + unexplained == expected
    # Yahoo has bars of the volatility index on days on which the exchange is shut.
    assert set(summary["quarantined"]) <= {"bar_on_a_session"}


def test_outcomes_stand_beside_the_predictions_that_are_old_enough(
    edge: tuple[dict[str, Any], str],
) -> None:
    assert edge[0]["outcomes"]["known"] == 250


def test_the_closing_words_name_risers_skill_files_and_the_way_to_the_web_ui(
    edge: tuple[dict[str, Any], str],
) -> None:
    printed = edge[1]
    for words in ("most likely", "least likely", "Evidence of an edge", "best", "make up"):
        assert words in printed


def test_the_published_tables_have_the_columns_that_others_build_on(
    edge: tuple[dict[str, Any], str], edge_home: Home
) -> None:
    link = edge_home.path / "serving.duckdb"
    with duckdb.connect(str(link.resolve()), read_only=True) as published:
        for table, columns in CONTRACT.items():
            assert columns <= set(published.table(table).columns), table


def test_predictions_are_a_file_for_spreadsheets(
    edge: tuple[dict[str, Any], str], edge_home: Home
) -> None:
    with (edge_home.path / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 50
    assert rows[0]["symbol"] == edge[0]["predictions"][0]["symbol"]


def test_a_second_run_changes_nothing_and_says_so(
    edge: tuple[dict[str, Any], str], edge_home: Home
) -> None:
    before = edge_home.published()
    target = (edge_home.path / "serving.duckdb").resolve()
    summary, printed = edge_home.run()
    assert summary["changed"] is False
    assert "Nothing changed" in printed
    assert (edge_home.path / "serving.duckdb").resolve() == target
    assert edge_home.published() == before
    assert summary["rows"] == edge[0]["rows"]


def test_another_market_in_the_same_home_is_refused(
    edge: tuple[dict[str, Any], str], edge_home: Home, tmp_path: Path
) -> None:
    del edge, tmp_path
    other = Home(edge_home.path, ("--market", "null", "--seed", "7", "--to", "2026-06-30"))
    with other.start() as process:
        printed, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "EnvironmentMixed" in printed
    assert "Traceback" not in printed
