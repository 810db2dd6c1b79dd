"""``stock-assets retention``: shows what would go and why the rest stays; removes when told to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stock_assets.assets.upkeep import policy_of, recorded_versions
from stock_assets.cli import commands
from stock_assets.errors import StorageCorrupt, StorageUnavailable
from stock_assets.learning.mlflow_store import connect
from stock_assets.names import MODEL_NAME
from stock_assets.settings import Settings, read_settings
from stock_assets.tables import FUNDAMENTALS, PRICES, REMOVALS
from stock_assets.warehouse.snapshot import write_lake_snapshot
from stock_assets_tests.lake import looks
from stock_assets_tests.lake.bars import grid
from stock_assets_tests.lake.looks import Past, fingerprint


@pytest.fixture
def past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Past:
    """A home with an answer and a day of looks of a hundred days ago, and an answer of today."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(looks, "TODAY", datetime.now(UTC))
    past = Past(tmp_path / "home")
    past.news(100, past.keep(b"old", 100))
    past.news(0, past.keep(b"young", 0))
    for hour in range(24):
        past.look(looks.TODAY - timedelta(days=102, hours=-hour), 7.0)
    return past


def run(past: Past, *arguments: str) -> Result:
    return CliRunner().invoke(commands, ["retention", "--home", str(past.home), *arguments])


def said(past: Past, *arguments: str) -> dict[str, Any]:
    found = run(past, "--json", *arguments)
    assert found.exit_code == 0, found.output
    answer: dict[str, Any] = json.loads(found.output)
    return answer


def settings_of(past: Past) -> Settings:
    return read_settings(home=past.home, environment="sandbox")


def test_a_dry_run_is_the_default_and_changes_nothing(past: Past) -> None:
    before = fingerprint(past.home)
    found = run(past)
    assert found.exit_code == 0
    for text in ("would go", "news", "60 days", "financial", "nothing was changed; --apply"):
        assert text in found.output
    assert "the last look of its day" in found.output
    assert fingerprint(past.home) == before


def test_applying_removes_and_records_it_and_then_nothing_is_left_to_do(past: Past) -> None:
    wanted = {one["name"] for one in said(past)["going"]}
    done = said(past, "--apply")
    assert done["applied"]
    assert {one["name"] for one in done["going"]} == wanted
    assert set(past.lake.read(REMOVALS)["name"].to_pylist()) == wanted
    assert past.lake.count(FUNDAMENTALS) < 24
    before = fingerprint(past.home)
    assert "nothing goes" in run(past, "--apply").output
    assert fingerprint(past.home) == before


def test_one_kind_can_be_chosen(past: Past) -> None:
    found = said(past, "--kind", "news", "--kind", "macro")
    assert found["days"] == {"news": 60, "macro": 365}
    assert [share["kind"] for share in found["shares"]] == ["news"]


def test_spans_and_what_an_audit_holds_are_settings(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STOCK_ASSETS_RETENTION_DAYS_NEWS", "101")
    monkeypatch.setenv("STOCK_ASSETS_RETENTION_HOLD", "raw/looks, raw/other")
    found = said(past)
    assert not found["going"]
    assert found["days"]["news"] == 101
    policy = policy_of(settings_of(past))
    assert policy.hold == ("raw/looks", "raw/other")
    assert dict(policy.days) == {
        "financial": 90,
        "movements": 90,
        "news": 101,
        "macro": 365,
        "policy": 730,
    }


def test_an_unknown_kind_is_refused_and_a_home_without_a_lake_is_said(tmp_path: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(commands, ["retention", "--kind", "gossip"]).exit_code == 2
    nowhere = runner.invoke(commands, ["retention", "--home", str(tmp_path / "nowhere")])
    assert isinstance(nowhere.exception, StorageUnavailable)
    assert not (tmp_path / "nowhere").exists()


def registered(past: Past, tags: Mapping[str, str]) -> None:
    """A model version whose run has these tags."""
    settings = settings_of(past)
    tracking = connect(settings.mlflow_database, settings.mlflow_artifacts)
    run = tracking.client.create_run(tracking.experiment_id, tags=dict(tags))
    tracking.client.create_registered_model(MODEL_NAME)
    tracking.client.create_model_version(
        MODEL_NAME, source=f"{run.info.artifact_uri}/model", run_id=run.info.run_id
    )


def test_registered_models_and_the_last_build_say_which_versions_they_need(past: Past) -> None:
    settings = settings_of(past)
    assert recorded_versions(settings) == {}
    past.load(PRICES, grid(), 1)
    write_lake_snapshot(past.lake.snapshot(settings.lake_copies), settings.lake_snapshot)
    registered(past, {"lake_versions": json.dumps({"prices": 1, "predictions": None})})
    found = recorded_versions(settings)
    assert set(found) == {"the warehouse's last build", "model version 1"}
    assert found["model version 1"] == {"prices": 1, "predictions": None}
    assert found["the warehouse's last build"]["prices"] == past.lake.version(PRICES)
    before = fingerprint(past.home)
    assert said(past)["going"]
    assert fingerprint(past.home) == before


def test_a_model_that_does_not_say_what_it_was_made_from_stops_everything(past: Past) -> None:
    registered(past, {})
    found = run(past, "--apply")
    assert isinstance(found.exception, StorageCorrupt)
    assert "model version 1" in str(found.exception)
    assert past.lake.count(REMOVALS) == 0
