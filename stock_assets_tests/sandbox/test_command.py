from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from stock_assets.errors import BadRange, BadRecording, BadSymbol, InputError, PortInUse
from stock_assets.sandbox.command import sandbox_command
from stock_assets.sandbox.faults.chaos import BY_NAME
from stock_assets.sandbox.faults.rules import read_rules
from stock_assets.sandbox.server import listen

RECORDED = (
    "symbol,date,open_e4,high_e4,low_e4,close_e4,volume,dividend,split\n"
    "AAPL,2021-04-20,1350000,1360000,1340000,1351100,100,0,1\n"
    "AAPL,2021-04-21,1350000,1360000,1340000,1335000,100,0,1\n"
)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "bars.csv"
    path.write_text(RECORDED)
    return path


def _start(*options: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
    code = "from stock_assets.sandbox.command import sandbox_command as c; c()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        _, errors = process.communicate(timeout=30)
        pytest.fail(errors)
    return process, json.loads(line)


def _stop(process: subprocess.Popen[str]) -> tuple[str, str]:
    process.terminate()
    out, err = process.communicate(timeout=30)
    return out, err


def test_the_first_line_says_where_it_is_and_the_token_opens_it(recorded: Path) -> None:
    process, said = _start("--recorded", str(recorded))
    try:
        headers = {"X-Sandbox-Token": said["token"]}
        clock = httpx.get(f"{said['url']}/__sandbox__/clock", headers=headers, trust_env=False)
        assert clock.json() == {"now": "2021-04-22T06:30:00+00:00", "fixed": True}
        chart = httpx.get(
            f"{said['url']}/yahoo/query2.finance.yahoo.com/v8/finance/chart/AAPL?range=5d",
            trust_env=False,
        ).json()["chart"]["result"][0]
        assert chart["meta"]["regularMarketPrice"] == 133.5
    finally:
        out, err = _stop(process)
    assert out == ""
    assert "open_e4" in err
    assert said["token"] not in err


def test_a_generated_market_takes_its_options() -> None:
    process, said = _start(
        "--symbols", "SVBX,AAPL", "--market", "null", "--seed", "7", "--to", "2025-03-14",
        "--now", "2025-03-14T21:00:00Z",
    )  # fmt: skip
    try:
        health = httpx.get(f"{said['url']}/__sandbox__/health", trust_env=False).json()
    finally:
        _stop(process)
    assert health["market"] == "generated market=null seed=7"
    assert health["symbols"] == 2
    assert health["now"] == "2025-03-14T21:00:00+00:00"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--symbols", "0"], BadRange),
        (["--symbols", "aapl"], BadSymbol),
        (["--edge-auc", "0.9"], BadRange),
        (["--symbols", "1", "--now", "yesterday"], BadRange),
        (["--symbols", "1", "--now", "2025-03-14T21:00:00"], BadRange),
        (["--recorded", "no-such-file.csv"], BadRecording),
        (["--recorded", "x", "--column", "close"], InputError),
    ],
)
def test_what_cannot_be_is_a_typed_error(options: list[str], error: type[InputError]) -> None:
    result = CliRunner().invoke(sandbox_command, ["--to", "2015-03-31", *options])
    assert isinstance(result.exception, error)


def test_a_taken_port_is_a_typed_error() -> None:
    with listen(0) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(
            sandbox_command, ["--symbols", "1", "--to", str(date(2015, 3, 31)), "--port", port]
        )
    assert isinstance(result.exception, PortInUse)
    assert result.output == ""


def test_help_says_what_it_serves_and_shows_examples() -> None:
    text = CliRunner().invoke(sandbox_command, ["--help"]).output
    for word in ("/polygon/", "twin-free", "X-Sandbox-Token", "--recorded FILE", "For example"):
        assert word in text
    assert "\n    stock-assets sandbox --port 8765\n" in text
    assert "\\b" not in text


def test_the_faults_in_the_help_are_understood() -> None:
    text = sandbox_command.help or ""
    rules = text[text.index("[{") : text.index("}}]") + 3]
    read = read_rules(json.loads(rules), ("polygon", "yahoo"))
    assert [rule.action.kind for rule in read] == ["status", "close"]
    named = text[text.index("Kinds:") :].split(".")[0]
    assert all(kind in named for kind in [*BY_NAME, "restated", "flap", "chaos"])
