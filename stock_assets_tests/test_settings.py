"""Settings: read when asked, all problems at once, secrets masked."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from stock_assets.errors import ConfigError
from stock_assets.settings import Settings, read_settings

CANARY = "canary-7f3a-secret"


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No ``.env`` but the one that a test writes."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_has_a_default() -> None:
    settings = read_settings()
    assert settings.environment == "live"
    assert settings.home == Path("data").absolute()
    assert len(settings.symbols) == 50
    assert settings.backfill_years == 1
    assert settings.polygon_api_key is None
    assert settings.now is None


def test_the_environment_is_read_when_asked_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOCK_ASSETS_BACKFILL_YEARS", "3")
    assert read_settings().backfill_years == 3
    monkeypatch.setenv("STOCK_ASSETS_BACKFILL_YEARS", "5")
    assert read_settings().backfill_years == 5


def test_importing_the_settings_reads_no_environment() -> None:
    code = "import stock_assets.settings; print('imported')"
    bad = {"STOCK_ASSETS_BACKFILL_YEARS": "many", "STOCK_ASSETS_SYMBOLS": "'; DROP TABLE"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=bad, capture_output=True, text=True, check=False
    )
    assert done.stdout == "imported\n", done.stderr


def test_a_value_given_wins_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch, empty_directory: Path
) -> None:
    (empty_directory / ".env").write_text(
        "STOCK_ASSETS_SYMBOLS=AAPL, MSFT,BRK.B\nSTOCK_ASSETS_BACKFILL_YEARS=2\n"
        f"POLYGON_API_KEY={CANARY}\nSOMETHING_ELSE=1\n",
        encoding="utf-8",
    )
    (empty_directory / ".env").chmod(0o600)
    assert read_settings().symbols == ("AAPL", "MSFT", "BRK.B")
    assert read_settings().backfill_years == 2
    key = read_settings().polygon_api_key
    assert key is not None
    assert key.get_secret_value() == CANARY
    monkeypatch.setenv("STOCK_ASSETS_BACKFILL_YEARS", "4")
    assert read_settings().backfill_years == 4
    assert read_settings(backfill_years=6).backfill_years == 6


def test_a_key_keeps_the_name_that_its_vendor_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", CANARY)
    key = read_settings().polygon_api_key
    assert key is not None
    assert key.get_secret_value() == CANARY


def test_all_problems_are_told_at_once_by_the_names_of_their_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        "STOCK_ASSETS_BACKFILL_YEARS": "-1",
        "STOCK_ASSETS_ENVIRONMENT": "production",
        "STOCK_ASSETS_NOW": "2021-04-22T06:30:00",
        "STOCK_ASSETS_REQUEST_ATTEMPTS": "99",
        "STOCK_ASSETS_SANDBOX_URL": "http://10.0.0.7:80",
        "STOCK_ASSETS_SYMBOLS": "AAPL,aapl,A/../B",
        "STOCK_ASSETS_VENDOR_PRIORITY": "yahoo,bloomberg",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as refused:
        read_settings()
    message = str(refused.value)
    for told in (
        "STOCK_ASSETS_BACKFILL_YEARS",
        "STOCK_ASSETS_ENVIRONMENT",
        "STOCK_ASSETS_NOW needs a UTC offset",
        "STOCK_ASSETS_REQUEST_ATTEMPTS",
        "STOCK_ASSETS_SANDBOX_URL the twin lives on loopback only",
        "'aapl', 'A/../B'",
        "STOCK_ASSETS_VENDOR_PRIORITY",
        "in .env",
    ):
        assert told in message


def test_a_wrong_setting_never_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", CANARY)
    monkeypatch.setenv("STOCK_ASSETS_BACKFILL_YEARS", "many")
    with pytest.raises(ConfigError) as refused:
        read_settings()
    assert CANARY not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_secrets_are_masked_wherever_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", CANARY)
    monkeypatch.setenv("STOCK_ASSETS_ALERT_WEBHOOK", f"https://hooks.example/{CANARY}")
    settings = read_settings()
    printed = [
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        json.dumps(settings.model_dump(mode="json")),
        f"{settings.polygon_api_key} {settings.alert_webhook!r}",
        str(vars(settings)),
    ]
    assert not [text for text in printed if CANARY in text]


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.7:8000",
        "http://127.0.0.1.evil.example:80",
        "http://0.0.0.0:8000",
        "http://127.0.0.1@evil.example:80",
        "//evil.example",
        "evil.example",
    ],
)
def test_the_twin_is_looked_for_on_loopback_only(url: str) -> None:
    with pytest.raises(ConfigError, match="loopback only"):
        read_settings(sandbox_url=url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8765/", "http://localhost:1", "http://[::1]:9"])
def test_every_spelling_of_loopback_is_taken(url: str) -> None:
    assert read_settings(sandbox_url=url).sandbox_url == url.rstrip("/")


def test_the_markets_present_is_kept_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOCK_ASSETS_NOW", "2021-04-22T12:00:00+05:30")
    now = read_settings().now
    assert now == datetime(2021, 4, 22, 6, 30, tzinfo=UTC)
    assert now is not None
    assert now.utcoffset() == timedelta(0)


def test_two_homes_never_share_a_file(tmp_path: Path) -> None:
    def places(home: Path) -> set[str]:
        settings = read_settings(home=home)
        return {
            settings.lake_root,
            settings.payload_root,
            *map(
                str,
                (
                    settings.warehouse,
                    settings.serving,
                    settings.predictions_csv,
                    settings.mlflow_database,
                    settings.mlflow_artifacts,
                    settings.dagster_home,
                    settings.locks,
                ),
            ),
        }

    twin, real = places(tmp_path / "twin"), places(tmp_path / "real")
    assert not twin & real
    assert len(twin) == len(real) == 9
    assert all(path.startswith(str(tmp_path / "twin")) for path in twin)


def test_the_files_of_a_home_bear_the_names_that_others_rely_on(tmp_path: Path) -> None:
    settings = read_settings(home=tmp_path)
    assert settings.lake_root == str(tmp_path / "lake")
    assert settings.payload_root == str(tmp_path / "payloads")
    assert settings.warehouse == tmp_path / "warehouse.duckdb"
    assert settings.serving == tmp_path / "serving.duckdb"
    assert settings.predictions_csv == tmp_path / "predictions.csv"


def test_paths_do_not_depend_on_where_a_later_step_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert read_settings(home=Path("data")).warehouse.is_absolute()
    assert Path(read_settings().lake_root).is_absolute()


def test_a_lake_elsewhere_keeps_its_payloads_beside_its_tables() -> None:
    settings = read_settings(lake="gs://bucket/lake/")
    assert settings.lake_root == "gs://bucket/lake/"
    assert settings.payload_root == "gs://bucket/lake/payloads"


def test_a_child_process_reads_the_very_same_settings(
    monkeypatch: pytest.MonkeyPatch, empty_directory: Path, tmp_path: Path
) -> None:
    ours = read_settings(
        home=tmp_path / "a home",
        environment="sandbox",
        sandbox_url="http://127.0.0.1:8765",
        now=datetime(2021, 4, 22, 6, 30, tzinfo=UTC),
        symbols=("AAPL", "BRK.B"),
        polygon_api_key=CANARY,
        yahoo_requests_per_minute=1e6,
        backfill_years=1 / 3,
    )
    (empty_directory / ".env").write_text(
        "STOCK_ASSETS_ALERT_WEBHOOK=https://hooks.example/x\nSTOCK_ASSETS_SYMBOLS=MSFT\n",
        encoding="utf-8",
    )
    (empty_directory / ".env").chmod(0o600)
    for name, value in ours.as_environment().items():
        monkeypatch.setenv(name, value)
    assert read_settings() == ours
    assert read_settings().alert_webhook is None, "what is not set overrides the file as well"


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = read_settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.backfill_years = 2


def test_every_setting_is_told_in_the_example_file() -> None:
    example = (Path(__file__).parents[1] / ".env.example").read_text(encoding="utf-8")
    internal = {"now", "dbt_project_dir"}
    missing = [
        name
        for name in Settings.model_fields
        if name not in internal and f"{name.upper()}=" not in example
    ]
    assert not missing
