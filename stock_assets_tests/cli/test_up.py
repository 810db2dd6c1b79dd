"""``stock-assets up``: what it refuses, what it starts, what it leaves behind."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from filelock import FileLock

from stock_assets.cli.remembered import RememberedTwin, remembered_twin
from stock_assets.cli.up import run_up
from stock_assets.errors import (
    ConfigError,
    EnvironmentMixed,
    PortInUse,
    ServerFailed,
    StorageBusy,
    StorageCorrupt,
    StorageUnavailable,
    TwinFailed,
)
from stock_assets.lake import Lake
from stock_assets_tests.demo_runs import Home
from stock_assets_tests.faults.strangers import logging_proxy
from stock_assets_tests.up_runs import STOP_WITHIN_S, running_up, start_up

DAYS = [date(2024, 1, 2), date(2024, 1, 3), date(2024, 12, 31)]
SMALL_TWIN = RememberedTwin.of(
    ["--symbols", "3", "--market", "edge", "--seed", "7", "--now", "2025-01-01T06:30:00+00:00"],
    ["AAPL", "MSFT", "GOOGL"],
    DAYS,
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def found_lake(home: Path, environment: str) -> None:
    Lake(str(home / "lake"), environment=environment, now=lambda: datetime.now(UTC))


# What a home remembers


def test_what_a_twin_was_told_is_remembered_whole(home: Path) -> None:
    SMALL_TWIN.save(home / "twin.json")
    assert remembered_twin(home / "twin.json") == SMALL_TWIN
    assert [path.name for path in home.iterdir()] == ["twin.json"]


def test_the_same_market_at_a_later_instant_replaces_what_was_remembered(home: Path) -> None:
    SMALL_TWIN.save(home / "twin.json")
    later = RememberedTwin.of(SMALL_TWIN.arguments, ["AAPL"], [*DAYS, date(2025, 1, 2)])
    later.save(home / "twin.json")
    assert remembered_twin(home / "twin.json") == later


def test_a_home_keeps_one_market(home: Path) -> None:
    SMALL_TWIN.save(home / "twin.json")
    other = RememberedTwin.of(["--symbols", "3", "--recorded", "/bars.csv"], ["AAPL"], DAYS)
    with pytest.raises(EnvironmentMixed, match="another --home"):
        other.save(home / "twin.json")
    assert remembered_twin(home / "twin.json") == SMALL_TWIN


def test_a_home_without_a_twin_remembers_none(home: Path) -> None:
    assert remembered_twin(home / "twin.json") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "not json",
        '{"arguments": [], "now": "x", "symbols": [], "backfill_years": 1}',
    ],
)
def test_a_spoilt_memory_says_how_it_is_written_anew(text: str, home: Path) -> None:
    home.mkdir()
    (home / "twin.json").write_text(text)
    with pytest.raises(StorageCorrupt, match="stock-assets demo"):
        remembered_twin(home / "twin.json")


def test_the_settings_of_a_twin_are_those_of_its_market(home: Path) -> None:
    settings = SMALL_TWIN.settings("http://127.0.0.1:8765", home)
    assert settings.environment == "sandbox"
    assert settings.sandbox_url == "http://127.0.0.1:8765"
    assert settings.now == datetime(2025, 1, 1, 6, 30, tzinfo=UTC)
    assert settings.symbols == ("AAPL", "MSFT", "GOOGL")
    assert settings.backfill_years == pytest.approx(1.0, abs=0.01)
    assert settings.alert_webhook is None
    assert settings.home == home


# What is refused, before anything is started


def test_a_port_in_use_is_refused_with_the_cure(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"{port}.*another port"):
            run_up(port, home)
    assert not home.exists()


def test_a_home_that_is_open_already_is_not_opened_twice(home: Path) -> None:
    (home / "locks").mkdir(parents=True)
    with (
        FileLock(home / "locks" / "up.lock"),
        pytest.raises(StorageBusy, match="stop it first"),
    ):
        run_up(0, home)


def test_a_home_that_cannot_be_written_is_refused_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "a_file").write_text("not a directory")
    with pytest.raises(StorageUnavailable, match="STOCK_ASSETS_HOME"):
        run_up(0, tmp_path / "a_file" / "home")


def test_a_twins_home_that_forgot_its_twin_is_not_shown_to_real_vendors(home: Path) -> None:
    found_lake(home, "sandbox")
    with pytest.raises(ConfigError, match=r"twin\.json.*is missing.*stock-assets demo"):
        run_up(0, home)


def test_a_twin_whose_file_of_bars_is_gone_says_so(home: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone.csv"
    RememberedTwin.of(["--recorded", str(gone)], ["AAPL"], DAYS).save(home / "twin.json")
    with pytest.raises(TwinFailed, match=r"gone\.csv"):
        run_up(0, home)


# What is started


@pytest.mark.slow
def test_servers_that_cannot_start_are_an_error_that_quotes_their_log(home: Path) -> None:
    found_lake(home, "live")
    (home / "dagster").mkdir()
    (home / "dagster" / "history").write_text("a file where Dagster needs a directory")
    with pytest.raises(ServerFailed, match=r"history.*up\.log"):
        run_up(0, home)


@pytest.mark.slow
def test_up_serves_a_twins_home_on_loopback_and_leaves_no_process_behind(home: Path) -> None:
    """A10: also behind a proxy, which hears of nothing that stays on this machine."""
    SMALL_TWIN.save(home / "twin.json")
    with logging_proxy() as proxy, running_up(home, proxy=proxy.url) as up:
        assert "twin" in up.words
        assert "2025" in up.words
        assert "up.log" in up.words
        connection = http.client.HTTPConnection(urlsplit(up.url).netloc, timeout=30)
        connection.request("GET", "/server_info")
        assert connection.getresponse().status == 200
        connection.close()
        family = children_of(up.process.pid)
        assert len(family) >= 4, "twin, Dagster, web server, daemon, code server"
        second = start_up(home, "--port", "0")
        said, _ = second.communicate(timeout=STOP_WITHIN_S)
        assert second.returncode == 1
        assert "StorageBusy" in said
    assert not [pid for pid in family if is_alive(pid)]
    assert proxy.heard == []


@pytest.mark.slow
def test_ctrl_c_before_it_is_ready_stops_it_as_well(home: Path) -> None:
    SMALL_TWIN.save(home / "twin.json")
    with start_up(home, "--port", "0") as process:
        assert process.stdout is not None
        assert "Opening" in process.stdout.readline()
        family = children_of(process.pid)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=STOP_WITHIN_S)
    assert process.returncode == 0
    assert "stopped" in rest
    assert "Traceback" not in rest
    assert not [pid for pid in family if is_alive(pid)]


@pytest.mark.slow
def test_a_demo_remembers_its_twin_before_it_does_anything_else(home: Path) -> None:
    demo = Home(home, ("--symbols", "3", "--years", "1.2", "--seed", "5", "--to", "2024-12-31"))
    assert demo.kill_when((home / "twin.json").exists)
    remembered = remembered_twin(home / "twin.json")
    assert remembered is not None
    assert remembered.now == datetime(2025, 1, 1, 6, 30, tzinfo=UTC)
    assert len(remembered.symbols) == 3
    assert remembered.market == ("--market edge", "--seed 5")


def children_of(pid: int) -> list[int]:
    """All descendants of a process."""
    listed = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout.split()
    pairs = list(zip(map(int, listed[::2]), map(int, listed[1::2]), strict=True))
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        mine = [child for child, above in pairs if above == parent]
        found += mine
        waiting += mine
    return found


def is_alive(pid: int) -> bool:
    """Whether a process still runs; one that has just been killed gets a moment."""
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        state = Path(f"/proc/{pid}/stat")
        if state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return False
        time.sleep(0.1)
    return True
