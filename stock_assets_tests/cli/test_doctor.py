"""``stock-assets doctor``: what runs, what does not and why, and that looking costs nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stock_assets.cli import commands
from stock_assets.errors import ConfigError, StorageUnavailable
from stock_assets.ingest.feeds import FEEDS
from stock_assets.resources import open_lake
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.fred_query import FRED_UNLIMITED_KEY
from stock_assets.sandbox.limits import UNLIMITED_KEY
from stock_assets.sandbox.server import RunningTwin, listen, running_twin
from stock_assets.settings import Settings, read_settings
from stock_assets.suppliers import BY_SUBJECT, open_supply, open_transport
from stock_assets_tests.twin_home import NOW, market

KEYS = {
    "POLYGON_API_KEY": UNLIMITED_KEY,
    "ALPHA_VANTAGE_API_KEY": UNLIMITED_KEY,
    "FINNHUB_API_KEY": UNLIMITED_KEY,
    "NEWSAPI_API_KEY": UNLIMITED_KEY,
    "FRED_API_KEY": FRED_UNLIMITED_KEY,
}
OPEN = {feed.key for feed in FEEDS if not feed.needs}
VENDORS = {feed.vendor for feed in FEEDS} - {"exchange"}


@pytest.fixture(scope="module")
def twin() -> Iterator[RunningTwin]:
    with running_twin(market(), TwinClock(NOW)) as running:
        yield running


@dataclass
class Desk:
    """A user's directory and environment, with a twin to ask."""

    where: Path
    twin: RunningTwin
    patch: pytest.MonkeyPatch

    @property
    def home(self) -> Path:
        return self.where / "data"

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self.patch.setenv(name, value)

    def spoil(self, vendor: str, **action: Any) -> None:
        self.twin.faults.set([{"match": {"vendor": vendor}, "action": action}])

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(commands, ["doctor", *arguments])

    def feeds(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """What is told of each feed to machines."""
        told = json.loads(self.run("--json", *arguments).stdout)
        return {feed["feed"]: feed for feed in told["feeds"]}

    def settings(self, **other: Any) -> Settings:
        return read_settings(**other)


@pytest.fixture
def desk(twin: RunningTwin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An empty directory, no keys, settings for the twin."""
    twin.faults.clear()
    twin.twin.log.clear()
    monkeypatch.chdir(tmp_path)
    made = Desk(tmp_path, twin, monkeypatch)
    made.set(
        STOCK_ASSETS_ENVIRONMENT="sandbox",
        STOCK_ASSETS_SANDBOX_URL=twin.url,
        STOCK_ASSETS_NOW=NOW.isoformat(),
        STOCK_ASSETS_SYMBOLS="AAPL,MSFT",
    )
    return made


def row_of(result: Result, feed: str) -> str:
    """The feed's line of the table."""
    return next(line for line in result.output.splitlines() if line.split()[:1] == [feed])


def test_with_all_keys_every_feed_is_ready(desk: Desk) -> None:
    desk.set(**KEYS)
    said = desk.run()
    assert (said.exit_code, said.exception) == (0, None)
    for feed in FEEDS:
        state = "in no job" if feed.key == "raw/alpha_vantage_prices" else "ready"
        assert state in row_of(said, feed.key)
    assert f"{len(FEEDS)} of {len(FEEDS)} feeds can run." in said.output
    assert "Add alpha_vantage to STOCK_ASSETS_VENDOR_PRIORITY" in said.output
    assert "API_KEY" not in said.output


def test_looking_costs_one_keyless_request_per_vendor_and_writes_nothing(desk: Desk) -> None:
    desk.set(**KEYS)
    desk.run()
    asked = desk.twin.requests()
    assert len(asked) == len(VENDORS)
    assert len({entry["vendor"] for entry in asked}) == len(VENDORS)
    assert "REDACTED" not in json.dumps(asked)
    assert list(desk.where.iterdir()) == []


def test_offline_nobody_is_asked(desk: Desk) -> None:
    desk.set(**KEYS)
    said = desk.run("--offline")
    assert said.exit_code == 0
    assert desk.twin.requests() == []
    assert "configured" in row_of(said, "raw/fred_macro")
    assert {feed["reachable"] for feed in desk.feeds("--offline").values()} == {None}


def test_without_keys_the_open_feeds_run_and_the_others_say_what_to_set_where(desk: Desk) -> None:
    said = desk.run()
    assert said.exit_code == 0
    assert f"{len(OPEN)} of {len(FEEDS)} feeds can run." in said.output
    for feed in FEEDS:
        assert ("no key" in row_of(said, feed.key)) == bool(feed.needs)
    for variable in KEYS:
        assert f"  {variable} for raw/" in said.output
    assert f".env or credentials.json of {desk.where} (chmod 600)" in said.output
    wanted = "FINNHUB_API_KEY for raw/finnhub_fundamentals, raw/finnhub_news, raw/economic_calendar"
    assert wanted in said.output


def test_with_some_keys_only_the_missing_ones_are_asked_for(desk: Desk) -> None:
    desk.set(POLYGON_API_KEY=UNLIMITED_KEY, FRED_API_KEY="")
    said = desk.run()
    assert said.exit_code == 0
    assert "POLYGON_API_KEY" not in said.output
    assert "FRED_API_KEY for raw/fred_macro" in said.output
    feeds = desk.feeds()
    assert feeds["raw/polygon_news"]["is_able"]
    assert not feeds["raw/fred_macro"]["configured"]
    assert feeds["raw/fred_macro"]["to_set"] == ["FRED_API_KEY"]


def test_keys_in_credentials_json_count(desk: Desk) -> None:
    path = desk.where / "credentials.json"
    path.write_text(json.dumps({"NEWSAPI_API_KEY": UNLIMITED_KEY}))
    path.chmod(0o600)
    assert desk.feeds()["raw/newsapi_news"]["is_able"]
    path.chmod(0o644)
    said = desk.run()
    assert isinstance(said.exception, ConfigError)
    assert "chmod 600 credentials.json" in str(said.exception)


def test_a_vendor_that_is_unwell_is_told_once_for_each_of_its_feeds(desk: Desk) -> None:
    desk.set(**KEYS)
    desk.spoil("finnhub", kind="status", status=503)
    said = desk.run()
    assert said.exit_code == 1
    for feed in FEEDS:
        told = f"{feed.key}: finnhub.io is unwell (status 503). Run again later"
        assert said.output.count(told) == (feed.vendor == "finnhub")
        assert ("down" in row_of(said, feed.key)) == (feed.vendor == "finnhub")
    assert "17 of 20 feeds can run, 3 cannot although they are configured." in said.output


def test_a_vendor_without_a_key_is_not_told_to_be_down(desk: Desk) -> None:
    desk.spoil("finnhub", kind="status", status=503)
    said = desk.run()
    assert said.exit_code == 0
    assert "unwell" not in said.output


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ({"kind": "status", "status": 403}, "federalreserve.gov does not serve us (status 403)"),
        ({"kind": "status", "status": 429}, "federalreserve.gov says that we ask too often"),
        ({"kind": "reset", "after_bytes": 5}, "federalreserve.gov: the connection broke"),
        ({"kind": "gzip_corrupt"}, "the answer is garbled"),
    ],
)
def test_whatever_is_wrong_is_said_in_words(desk: Desk, action: dict[str, Any], told: str) -> None:
    desk.spoil("fed", **action)
    said = desk.run()
    assert said.exit_code == 1
    assert said.output.count(told) == 2
    assert "Traceback" not in said.output


def test_vendors_that_hang_are_waited_for_at_the_same_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stock_assets.vendors.probe.DEADLINE_S", 1.0)
    desk.twin.faults.set([{"action": {"kind": "hang", "max_s": 5}}])
    began = time.monotonic()
    said = desk.run()
    assert time.monotonic() - began < 5
    assert said.exit_code == 1
    assert said.output.count("no whole answer within 1 s") == len(OPEN) - 1


def test_at_a_closed_port_every_vendor_is_down_and_the_cure_is_told(desk: Desk) -> None:
    with closing(listen(0)) as listener:
        port = listener.getsockname()[1]
    desk.set(STOCK_ASSETS_SANDBOX_URL=f"http://127.0.0.1:{port}", **KEYS)
    said = desk.run()
    assert said.exit_code == 1
    told = f"nobody answers at http://127.0.0.1:{port}. Start the twin (`stock-assets sandbox`)"
    assert said.output.count(told) == len(FEEDS) - 1
    assert "1 of 20 feeds can run, 19 cannot" in said.output


def test_a_quota_is_told_and_a_spent_one_stops_its_feeds(desk: Desk) -> None:
    from stock_assets.vendors.alpha_vantage_body import ALPHA_VANTAGE

    desk.set(**KEYS, STOCK_ASSETS_ALPHA_VANTAGE_REQUESTS_PER_DAY="3")
    assert "3 of 3 today" in row_of(desk.run(), "raw/alpha_vantage_macro")
    budget = open_transport(desk.settings(), ALPHA_VANTAGE).budget
    budget.take()
    for feed in ("raw/alpha_vantage_macro", "raw/alpha_vantage_prices"):
        assert "2 of 3 today" in row_of(desk.run(), feed)
        assert desk.feeds()[feed]["left_today"] == 2
    budget.take()
    budget.take()
    said = desk.run()
    assert said.exit_code == 1
    assert "must wait" in row_of(said, "raw/alpha_vantage_macro")
    assert said.output.count("the day's 3 requests are spent. Run again in ") == 2
    assert "ready" in row_of(said, "raw/fred_macro")


def test_a_vendor_that_asked_for_patience_is_waited_for(desk: Desk) -> None:
    from stock_assets.vendors.fred import FRED

    desk.set(**KEYS)
    open_transport(desk.settings(), FRED).budget.pause(3600.0)
    said = desk.run()
    assert said.exit_code == 1
    assert (
        "raw/fred_macro: the vendor has asked us to wait. Run again in 60 minutes." in said.output
    )


def test_a_budget_that_cannot_be_read_stops_its_feeds_with_the_cure(desk: Desk) -> None:
    from stock_assets.vendors.fred import FRED

    desk.set(**KEYS)
    budget = open_transport(desk.settings(), FRED).budget
    budget.take()
    budget.path.write_bytes(b"no database" * 100)
    said = desk.run()
    assert said.exit_code == 1
    assert "if the file is damaged, delete it" in said.output
    assert "raw/fred_macro: the shared request budget cannot be kept there" in said.output


def test_the_last_run_its_answers_and_its_failures_are_told(desk: Desk) -> None:
    from stock_assets.ingest.usage import record_usage

    desk.set(FINNHUB_API_KEY="wrong", STOCK_ASSETS_REQUEST_ATTEMPTS="1")
    settings = desk.settings()
    lake = open_lake(settings)
    (feed,) = (feed for feed in BY_SUBJECT if feed.key == "raw/finnhub_news")
    supply = open_supply(feed, settings, lake)
    yesterday = NOW - timedelta(days=1)
    with pytest.raises(Exception, match="the key is refused"):
        supply.feed.fetch(supply.subjects, [yesterday.date()])
    record_usage(lake, supply.feed.report, supply.meter, started_at=yesterday, left_today=None)
    said = desk.run()
    assert f"{yesterday:%Y-%m-%d %H:%M}" in row_of(said, feed.key)
    assert "0.0%" in row_of(said, feed.key)
    told = "raw/finnhub_news: 2 failed before and still missing; the last one: "
    assert told in said.output
    assert "set FINNHUB_API_KEY to a valid key" in said.output
    assert desk.feeds()[feed.key]["open_gaps"] == 2
    assert "wrong" not in said.output.replace("went wrong", "")


def test_a_home_without_a_lake_is_said_to_be_new(desk: Desk) -> None:
    desk.home.mkdir()
    said = desk.run("--offline")
    assert f"Home {desk.home} (nothing stored yet). Vendors: the twin at" in said.output
    assert row_of(said, "raw/sessions").split() == ["raw/sessions", "ready", "never"]
    assert list(desk.home.iterdir()) == []


def test_a_home_of_the_other_environment_is_refused_with_the_cure(desk: Desk) -> None:
    open_lake(desk.settings())
    desk.patch.delenv("STOCK_ASSETS_SANDBOX_URL")
    desk.patch.delenv("STOCK_ASSETS_ENVIRONMENT")
    said = desk.run("--offline")
    assert isinstance(said.exception, ConfigError)
    assert "holds sandbox data, and STOCK_ASSETS_ENVIRONMENT is live" in str(said.exception)
    assert "stock-assets up" in str(said.exception)


@pytest.mark.parametrize(
    ("environment", "url", "told"),
    [("sandbox", None, "is not set"), ("live", "http://127.0.0.1:8765", "is set")],
)
def test_the_twin_and_real_vendors_are_not_taken_for_each_other(
    desk: Desk, environment: str, url: str | None, told: str
) -> None:
    desk.set(STOCK_ASSETS_ENVIRONMENT=environment, STOCK_ASSETS_SANDBOX_URL=url or "none")
    said = desk.run()
    assert isinstance(said.exception, ConfigError)
    assert f"STOCK_ASSETS_SANDBOX_URL: {told}" in str(said.exception)
    assert said.exception.exit_code == 2


def test_a_home_that_is_a_file_is_refused(desk: Desk) -> None:
    desk.home.write_text("not a directory")
    said = desk.run("--offline", "--home", str(desk.home))
    assert isinstance(said.exception, StorageUnavailable)
    assert "no directory that we may write" in str(said.exception)


def test_no_key_is_ever_shown(desk: Desk) -> None:
    desk.set(**dict.fromkeys(KEYS, "Kanarie0123456789abcdef"))
    for arguments in ((), ("--json",), ("--offline",)):
        assert "Kanarie" not in desk.run(*arguments).output


def test_the_table_fits_a_terminal_of_eighty_columns(desk: Desk) -> None:
    desk.set(**KEYS)
    said = desk.run("--offline")
    for feed in FEEDS:
        assert len(row_of(said, feed.key).rstrip()) <= 80
