"""The command line: help worth reading, errors that are one clear sentence, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def stock_assets(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "STOCK_ASSETS_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, "-m", "stock_assets", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )


def test_help_lists_the_commands_with_what_they_do(tmp_path: Path) -> None:
    said = stock_assets("--help", home=tmp_path)
    assert said.returncode == 0
    assert "demo" in said.stdout
    assert "sandbox" in said.stdout


@pytest.mark.parametrize("command", ["demo", "sandbox"])
def test_each_command_explains_its_options(command: str, tmp_path: Path) -> None:
    said = stock_assets(command, "--help", home=tmp_path)
    assert said.returncode == 0
    for option in ("--market", "--seed", "--symbols", "--recorded"):
        assert option in said.stdout


@pytest.mark.parametrize(
    ("arguments", "error", "cure"),
    [
        (["--symbols", "AAPL,../../x"], "BadSymbol", "ticker"),
        (["--symbols", "ZZZZZZ"], "BadSymbol", "choose among"),
        (["--from", "2024-01-05", "--to", "2024-01-02"], "BadRange", "swap"),
        (["--from", "2024-01-13", "--to", "2024-01-15"], "NotASession", "sessions in it"),
        (["--from", "2024-01-02", "--to", "2024-03-01"], "BadRange", "begin earlier"),
        (["--recorded", "no_such_file.parquet"], "BadRecording", "no_such_file"),
    ],
    ids=["path as symbol", "unknown", "inverted", "weekend and holiday", "short", "no file"],
)
def test_a_request_that_cannot_be_is_refused_in_one_sentence(
    arguments: list[str], error: str, cure: str, tmp_path: Path
) -> None:
    said = stock_assets("demo", *arguments, home=tmp_path / "home")
    assert said.returncode == 2, said
    assert error in said.stderr
    assert cure in said.stderr
    assert "Traceback" not in said.stderr + said.stdout


def test_a_home_that_cannot_be_written_is_refused_with_the_cure(tmp_path: Path) -> None:
    blocked = tmp_path / "a_file"
    blocked.write_text("not a directory")
    said = stock_assets("demo", "--symbols", "3", "--years", "1.5", home=blocked / "home")
    assert said.returncode == 1
    assert "StorageUnavailable" in said.stderr
    assert "STOCK_ASSETS_HOME" in said.stderr
    assert "Traceback" not in said.stderr + said.stdout
