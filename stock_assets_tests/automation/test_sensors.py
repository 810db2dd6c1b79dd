"""The alerts: which run or check failed and why, to a real local server, never the address."""

from __future__ import annotations

import json
import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import dagster as dg
import pytest
from pydantic import SecretStr

from stock_assets.assets.failures import as_dagster_failures
from stock_assets.automation.sensors import failed_check_alert, run_failure_alert
from stock_assets.errors import AuthError

CANARY: Final = "T0SECRET/B0canary-0123456789"
SESSIONS: Final = dg.StaticPartitionsDefinition(["2025-07-31"])


@dataclass
class Hook:
    """What a chat's webhook was told."""

    status: int
    told: list[dict[str, Any]] = field(default_factory=list)
    address: SecretStr = field(default_factory=lambda: SecretStr(""))


@contextmanager
def hook(status: int = 200) -> Iterator[Hook]:
    """A webhook on a free port of this machine, with a secret in its path."""
    heard = Hook(status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/json"
            heard.told.append(json.loads(body) | {"path": self.path})
            self.send_response(heard.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Not on the tests' screen."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        heard.address = SecretStr(f"http://127.0.0.1:{server.server_port}/services/{CANARY}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield heard
        finally:
            server.shutdown()
            thread.join(5)


@dg.asset(key=["raw", "refused"], partitions_def=SESSIONS)
def refused() -> None:
    """Fails as a feed with a bad key does."""
    with as_dagster_failures():
        raise AuthError("polygon", reason="the key is refused", next_action="set POLYGON_API_KEY")


@dg.asset(key=["raw", "broken"], partitions_def=SESSIONS)
def broken() -> None:
    """Fails as a mistake in the code does."""
    raise ZeroDivisionError("division by nothing")


@contextmanager
def failed_run(*assets: dg.AssetsDefinition) -> Iterator[dg.RunFailureSensorContext]:
    """A run that really failed, as the sensor meets it."""
    job = dg.define_asset_job("daily", selection=dg.AssetSelection.assets(*assets))
    definitions = dg.Definitions(assets=list(assets), jobs=[job], executor=dg.in_process_executor)
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def("daily").execute_in_process(
            instance=instance, partition_key="2025-07-31", raise_on_error=False
        )
        (event,) = (e for e in result.all_events if e.event_type_value == "PIPELINE_FAILURE")
        yield dg.build_run_status_sensor_context(
            "alert_on_run_failure", event, instance, result.dagster_run
        ).for_run_failure()


@dataclass
class Words:
    """Everything that is logged, by libraries and by Dagster, which writes to stderr itself."""

    caplog: pytest.LogCaptureFixture
    capfd: pytest.CaptureFixture[str]
    written: str = ""

    def all(self, error: BaseException | None = None) -> str:
        """All of it so far, and an error as it is shown."""
        out, err = self.capfd.readouterr()
        self.written += out + err
        shown = "".join(traceback.format_exception(error)) if error else ""
        return "\n".join([self.caplog.text, self.written, shown, repr(error)])


@pytest.fixture
def words(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Words:
    caplog.set_level(logging.DEBUG)
    return Words(caplog, capfd)


def test_the_webhook_is_told_the_job_the_session_the_step_and_the_cause() -> None:
    with hook() as heard, failed_run(refused) as context:
        run_failure_alert(heard.address)(context)
    (told,) = heard.told
    assert told["path"].endswith(CANARY)
    assert (told["job"], told["partition"]) == ("daily", "2025-07-31")
    assert told["run_id"] == context.dagster_run.run_id
    assert told["steps"].keys() == {"raw__refused"}
    sentence = "polygon: the key is refused. Next: set POLYGON_API_KEY."
    assert sentence in told["steps"]["raw__refused"]
    for part in ("daily 2025-07-31", told["run_id"][:8], "raw__refused", sentence):
        assert part in told["text"]


def test_every_failing_step_is_named() -> None:
    with hook() as heard, failed_run(refused, broken) as context:
        run_failure_alert(heard.address)(context)
    steps = heard.told[0]["steps"]
    assert steps.keys() == {"raw__refused", "raw__broken"}
    assert "division by nothing" in steps["raw__broken"]


ALERT: Final = "of daily 2025-07-31 failed: raw__refused: stock_assets.errors.AuthError: polygon"


def test_without_a_webhook_the_same_words_are_logged_and_nobody_is_told(words: Words) -> None:
    with hook() as heard, failed_run(refused) as context:
        assert ALERT not in words.all()
        run_failure_alert(None)(context)
    assert heard.told == []
    assert ALERT in words.all()


def test_the_address_is_never_logged(words: Words) -> None:
    with hook() as heard, failed_run(refused) as context:
        sensor = run_failure_alert(heard.address)
        sensor(context)
    assert len(heard.told) == 1
    assert ALERT in words.all()
    assert CANARY not in words.all()
    assert CANARY not in f"{sensor!r} {vars(sensor)}"


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_webhook_that_refuses_fails_the_tick_without_showing_its_address(
    status: int, words: Words
) -> None:
    with (
        hook(status) as heard,
        failed_run(refused) as context,
        pytest.raises(dg.Failure, match=f"the alert webhook answered {status}") as caught,
    ):
        run_failure_alert(heard.address)(context)
    assert CANARY not in words.all(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        f"http://127.0.0.1:9/{CANARY}",
        f"ftp://127.0.0.1/{CANARY}",
        f"http://127.0.0.1:{CANARY}",
        f"/{CANARY}",
    ],
    ids=["nobody listens", "another protocol", "no port", "no host"],
)
def test_a_webhook_that_cannot_be_reached_fails_the_tick_without_showing_its_address(
    address: str, words: Words
) -> None:
    with (
        failed_run(refused) as context,
        pytest.raises(dg.Failure, match="the alert webhook was not reached") as caught,
    ):
        run_failure_alert(SecretStr(address))(context)
    assert CANARY not in words.all(caught.value)
    assert ALERT in words.all()


@dataclass
class Feed:
    """A feed with a check, whose vendor is up or down, and its runs."""

    instance: dg.DagsterInstance
    is_down: bool = False
    is_broken: bool = False

    def run(self) -> tuple[dg.DagsterRun, dg.DagsterEvent]:
        """One run; it ends well unless the feed is broken."""

        @dg.asset(key=["raw", "news"], partitions_def=SESSIONS)
        def news() -> None:
            """Gives up without failing."""

        @dg.asset(key=["raw", "other"], partitions_def=SESSIONS)
        def other() -> None:
            """Fails where it is broken."""
            if self.is_broken:
                raise ZeroDivisionError("division by nothing")

        @dg.asset_check(asset=news, name="collected")
        def collected() -> dg.AssetCheckResult:
            return dg.AssetCheckResult(
                passed=not self.is_down,
                severity=dg.AssetCheckSeverity.WARN,
                description="0.0% of 7 requests answered, 7 gaps open",
            )

        job = dg.define_asset_job("hourly")
        definitions = dg.Definitions(
            assets=[news, other],
            asset_checks=[collected],
            jobs=[job],
            executor=dg.in_process_executor,
        )
        result = definitions.resolve_job_def("hourly").execute_in_process(
            instance=self.instance, partition_key="2025-07-31", raise_on_error=False
        )
        ended = {"PIPELINE_FAILURE", "PIPELINE_SUCCESS"}
        (event,) = (e for e in result.all_events if e.event_type_value in ended)
        return result.dagster_run, event

    def told(self, heard: Hook) -> list[dict[str, Any]]:
        """Run once; what the webhook is told of it."""
        heard.told.clear()
        run, event = self.run()
        context = dg.build_run_status_sensor_context("alert", event, self.instance, run)
        if event.is_failure:
            run_failure_alert(heard.address)(context.for_run_failure())
        else:
            failed_check_alert(heard.address)(context)
        return heard.told


@pytest.fixture
def feed() -> Iterator[Feed]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Feed(instance)


def test_a_vendor_that_lets_us_down_is_told_though_no_run_fails(feed: Feed) -> None:
    with hook() as heard:
        assert feed.told(heard) == []
        feed.is_down = True
        (told,) = feed.told(heard)
    assert told["checks"] == {"raw/news: collected": "0.0% of 7 requests answered, 7 gaps open"}
    assert (told["job"], told["partition"]) == ("hourly", "2025-07-31")
    for part in ("hourly 2025-07-31", told["run_id"][:8], "raw/news: collected: 0.0% of 7"):
        assert part in told["text"]


def test_a_check_that_goes_on_failing_is_told_once_and_again_after_it_was_well(
    feed: Feed,
) -> None:
    with hook() as heard:
        for is_down, alerts in ((True, 1), (True, 0), (False, 0), (True, 1)):
            feed.is_down = is_down
            assert len(feed.told(heard)) == alerts


def test_a_check_that_begins_to_fail_in_a_failed_run_is_told_with_it(feed: Feed) -> None:
    with hook() as heard:
        feed.is_down = feed.is_broken = True
        (told,) = feed.told(heard)
        assert told["steps"].keys() == {"raw__other"}
        assert told["checks"].keys() == {"raw/news: collected"}
        assert "checks began to fail: raw/news: collected" in told["text"]
        feed.is_broken = False
        assert feed.told(heard) == []


def test_without_a_webhook_a_failed_check_is_logged(feed: Feed, words: Words) -> None:
    feed.is_down = True
    run, event = feed.run()
    context = dg.build_run_status_sensor_context("alert", event, feed.instance, run)
    failed_check_alert(None)(context)
    assert "checks began to fail: raw/news: collected" in words.all()
