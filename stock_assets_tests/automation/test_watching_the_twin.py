"""Sensors on a real home: what the Fed announces is collected, what a vendor corrects is marked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from stock_assets.automation.sensors import fed_announcement_sensor, restatement_sensor
from stock_assets.sandbox.truth.fomc import meetings
from stock_assets.settings import Settings
from stock_assets_tests.twin_home import NOW, World, market, newest, world, yahoo_bar


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("home")) as here:
        yield here


def look(sensor: dg.SensorDefinition, cursor: str | None) -> dg.SensorResult:
    with dg.DagsterInstance.ephemeral() as instance:
        said = sensor(dg.build_sensor_context(instance=instance, cursor=cursor))
    assert isinstance(said, dg.SensorResult)
    return said


def at(here: World, instant: datetime, home: Path) -> Settings:
    return here.settings(instant, home=home, open_requests_per_minute=1e6)


def test_a_statement_of_the_fed_is_noticed_once_and_collected_with_its_month(
    made: World, tmp_path: Path
) -> None:
    meeting = next(
        one
        for one in meetings(market().seed, NOW.date(), NOW.date() + timedelta(days=120))
        if one.is_scheduled and one.decision_at > NOW
    )
    before, after = meeting.decision_at - timedelta(minutes=5), meeting.decision_at
    first = look(fed_announcement_sensor(at(made, before, tmp_path)), None)
    assert not first.run_requests
    unchanged = look(fed_announcement_sensor(at(made, before, tmp_path)), first.cursor)
    assert not unchanged.run_requests
    made.forget()
    noticed = look(fed_announcement_sensor(at(made, after, tmp_path)), first.cursor)
    (request,) = noticed.run_requests or []
    assert request.partition_key == f"{meeting.decision_at:%Y-%m}"
    assert "FOMC" in request.tags["announcement"]
    (asked,) = made.twin.requests("fed")
    assert asked["path"] == "/feeds/press_monetary.xml"
    again = look(fed_announcement_sensor(at(made, after, tmp_path)), noticed.cursor)
    assert not again.run_requests
    assert made.twin.requests("fed")[-1]["status"] == 304, "the feed is not sent again"


def test_a_corrected_bar_marks_its_session_and_nothing_else(made: World) -> None:
    days = newest(5)
    made.feed("yahoo").fetch(("AAPL", "MSFT"), days[:4])
    sensor = restatement_sensor(made.settings())
    quiet = look(sensor, None)
    assert not quiet.run_requests
    made.door.faults["AAPL"] = yahoo_bar(days[2], volume=123_456.0)
    try:
        made.feed("yahoo", NOW + timedelta(hours=1)).fetch(("AAPL",), days)
    finally:
        made.door.faults.clear()
    said = look(sensor, datetime(2000, 1, 1, tzinfo=UTC).isoformat())
    assert [(e.asset_key.to_user_string(), e.partition) for e in said.asset_events] == [
        ("raw/yahoo_prices", days[2].isoformat())
    ]
    (request,) = said.run_requests or []
    assert request.tags["restated/days"] == f"{days[2]} to {days[2]} (1)"
    assert not look(sensor, said.cursor).run_requests
