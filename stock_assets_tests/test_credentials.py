"""Secrets in files: read only when nobody else can read them, and never repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stock_assets.credentials import check_dotenv, read_credentials
from stock_assets.errors import ConfigError
from stock_assets.settings import read_settings

CANARY = "canary-51c2-secret"
ALLOWED = ("POLYGON_API_KEY", "FRED_API_KEY")


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, content: object, mode: int = 0o600) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    path.chmod(mode)
    return path


def test_no_file_means_no_secrets(directory: Path) -> None:
    assert read_credentials(directory / "credentials.json", ALLOWED) == {}


def test_a_key_may_stand_in_the_file_and_the_environment_wins(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(directory / "credentials.json", {"POLYGON_API_KEY": CANARY, "FRED_API_KEY": "other"})
    settings = read_settings()
    assert settings.polygon_api_key is not None
    assert settings.polygon_api_key.get_secret_value() == CANARY
    assert CANARY not in repr(settings)
    monkeypatch.setenv("POLYGON_API_KEY", "from-the-environment")
    key = read_settings().polygon_api_key
    assert key is not None
    assert key.get_secret_value() == "from-the-environment"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604])
@pytest.mark.parametrize("name", ["credentials.json", ".env"])
def test_a_file_with_secrets_that_others_may_read_is_refused(
    directory: Path, name: str, mode: int
) -> None:
    content = {"POLYGON_API_KEY": CANARY} if name.endswith("json") else f"POLYGON_API_KEY={CANARY}"
    write(directory / name, content, mode)
    with pytest.raises(ConfigError, match=f"{mode:04o}.*chmod 600 {name}") as caught:
        read_settings()
    assert CANARY not in str(caught.value)


def test_a_dotenv_without_secrets_may_be_read_by_everybody(directory: Path) -> None:
    check_dotenv(write(directory / ".env", "STOCK_ASSETS_SYMBOLS=AAPL\n#POLYGON_API_KEY=\n", 0o644))
    assert read_settings().symbols == ("AAPL",)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{"POLYGON_API_KEY": ', "not a JSON object"),
        ('["POLYGON_API_KEY"]', "not a JSON object"),
        ('{"POLYGON_API_KEY": 5}', "not a JSON object"),
        ('{"POLIGON_API_KEY": "x"}', "POLIGON_API_KEY, which nobody asks for"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_named_without_its_content(
    directory: Path, content: str, why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        read_credentials(write(directory / "credentials.json", content), ALLOWED)
