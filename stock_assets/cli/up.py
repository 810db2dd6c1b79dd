"""``stock-assets up``: Dagster's web UI and daemon on this machine.

Belongs here: the command, its servers' start and end, what is said about them.
Does not belong here: the graph that they show (definitions.py), the twin (sandbox/).
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import urlsplit

import click

from stock_assets.cli.dagster_home import prepare_dagster_home
from stock_assets.cli.remembered import RememberedTwin, remembered_twin
from stock_assets.cli.twin import twin_process
from stock_assets.errors import ConfigError, ServerFailed, StorageBusy, StorageUnavailable
from stock_assets.settings import PROJECT_ROOT, Settings, read_settings

DEFAULT_PORT: Final = 3000
START_WITHIN_S: Final = 180.0
STOP_WITHIN_S: Final = 20.0
_LOOK_EVERY_S: Final = 0.2
_NO_TELEMETRY: Final = {
    "DO_NOT_TRACK": "1",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GX_ANALYTICS_ENABLED": "false",
}


@click.command("up", short_help="Dagster's web UI and daemon on this machine.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port of 127.0.0.1 for the web UI; 0 takes a free one.",
)
@click.option("--home", type=click.Path(path_type=Path), help="Overrides STOCK_ASSETS_HOME.")
def up_command(port: int, home: Path | None) -> None:
    """Open the web UI on a home: look at the graph, materialise, backfill, read checks.

    Starts Dagster's web server and its daemon (schedules, sensors, backfills, the run queue) on
    127.0.0.1 until Ctrl-C. Nothing reports home. Where `stock-assets demo` made the home, its twin
    of the vendors is started again with the same market at the same instant, so that everything
    can be run from the UI; any other home speaks to the vendors, as its settings say.

    \b
    Examples:
      stock-assets demo && stock-assets up
      stock-assets up --port 3001
      stock-assets up --home /srv/stock_assets
    """  # noqa: D301 - click reads the backspace
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A shell that starts us in the background has us ignore Ctrl-C, and our children with us.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run_up(port, home)
    except KeyboardInterrupt:
        click.echo("stopped")


def run_up(port: int, home: Path | None) -> NoReturn:
    """Serve until interrupted; whatever ends earlier is an error.

    Raises:
        PortInUse: another program listens on the port.
        StorageBusy: the home's web UI is open already.
        ConfigError: the home belongs to a twin that is not remembered.
        TwinFailed, ServerFailed: a process ended by itself.
    """
    url = _free_address(port)
    settings = read_settings(**({} if home is None else {"home": home}))
    with contextlib.ExitStack() as stack:
        stack.enter_context(_opened_once(settings))
        remembered = _twin_of(settings)
        if remembered is not None:
            twin = stack.enter_context(twin_process(remembered.arguments))
            settings = remembered.settings(twin.url, settings.home)
        click.echo(f"Opening {settings.home} … (half a minute on a busy machine)")
        dagster = stack.enter_context(_dagster(settings, url))
        _wait_until_answering(dagster, url, settings)
        click.echo(_greeting(settings, remembered, url))
        dagster.wait()
        raise _ended(settings)


def _free_address(port: int) -> str:
    from stock_assets.sandbox.server import address_of, listen

    with listen(port) as listener:
        return address_of(listener)


@contextlib.contextmanager
def _opened_once(settings: Settings) -> Iterator[None]:
    """Two daemons on one home would launch every scheduled run twice."""
    from filelock import FileLock, Timeout

    try:
        settings.locks.mkdir(parents=True, exist_ok=True)
        with FileLock(settings.locks / "up.lock", timeout=0):
            yield
    except Timeout as error:
        raise StorageBusy(
            settings.home,
            reason="its web UI is open already, in another process",
            next_action="use that one, or stop it first",
        ) from error
    except OSError as error:
        raise StorageUnavailable(
            settings.home,
            reason=f"cannot be written: {error.strerror}",
            next_action="make the directory writable, or set STOCK_ASSETS_HOME elsewhere",
        ) from error


def _twin_of(settings: Settings) -> RememberedTwin | None:
    """The twin to start again; None for real vendors, or a twin that somebody runs himself."""
    from stock_assets.lake import LakeRoot

    owner = LakeRoot.owner_at(settings.lake_root)
    if owner == "live" or settings.sandbox_url is not None:
        return None
    remembered = remembered_twin(settings.twin_file)
    if remembered is None and owner == "sandbox":
        raise ConfigError(
            settings.home,
            reason=f"holds a twin's data, and {settings.twin_file.name}, which says how that twin "
            "was started, is missing",
            next_action="run `stock-assets demo` again with the same options; it rewrites the file",
        )
    return remembered


@contextlib.contextmanager
def _dagster(settings: Settings, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Dagster's servers as children in a process group of their own, stopped when we leave."""
    home = prepare_dagster_home(settings)
    workspace = str(PROJECT_ROOT / "workspace.yaml")
    address = urlsplit(url)
    command = [sys.executable, "-m", "dagster", "dev", "-w", workspace]
    command += ["-h", str(address.hostname), "-p", str(address.port)]
    environment = {
        **os.environ,
        **settings.as_environment(),
        **_NO_TELEMETRY,
        "DAGSTER_HOME": str(home),
        "PYTHONWARNINGS": "ignore",
    }
    with _log_file(settings).open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own arguments
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            # A group of its own: Ctrl-C reaches us alone, and we end the servers in order.
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the servers to end, then their group (runs under way), then no longer ask."""
    try:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_WITHIN_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
            until = time.monotonic() + STOP_WITHIN_S
            while time.monotonic() < until:
                os.killpg(process.pid, 0)
                time.sleep(_LOOK_EVERY_S)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_answering(dagster: subprocess.Popen[bytes], url: str, settings: Settings) -> None:
    until = time.monotonic() + START_WITHIN_S
    while not _answers(url):
        if dagster.poll() is not None or time.monotonic() > until:
            raise _ended(settings)
        time.sleep(_LOOK_EVERY_S)


def _answers(url: str) -> bool:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("GET", "/server_info")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _greeting(settings: Settings, remembered: RememberedTwin | None, url: str) -> str:
    vendors = "the real vendors"
    if remembered is not None:
        vendors = (
            f"the demo's twin of them, with {len(remembered.symbols)} symbols, "
            f"where it is {remembered.now:%A %d %B %Y %H:%M} UTC"
        )
    elif settings.sandbox_url is not None:
        vendors = f"the twin at {settings.sandbox_url}"
    lines = [
        f"Web UI   {url}",
        f"vendors  {vendors}",
        f"log      {_log_file(settings)}",
    ]
    if remembered is None and settings.lake is None and not Path(settings.lake_root).exists():
        lines.append("This home is empty: launch the job backfill_prices over some sessions, or")
        lines.append("stop, and let `stock-assets demo` fill it from a twin of the vendors.")
    return "\n".join([*lines, "Ctrl-C stops it."])


def _ended(settings: Settings) -> ServerFailed:
    log = _log_file(settings)
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines()]
    said = [line for line in lines if "Error" in line or "Exception" in line]
    return ServerFailed(
        "Dagster",
        reason=f"its servers ended by themselves: {(said or lines or ['no word'])[-1][:300]}",
        next_action=f"read {log}, cure that and start again",
    )


def _log_file(settings: Settings) -> Path:
    return settings.home / "up.log"
