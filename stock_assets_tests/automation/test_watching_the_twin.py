"""Sensors on a real home: what the Fed announces is collected, what a vendor corrects is marked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest

from stock_assets.automation.announcements import ASK_AGAIN_AFTER, fed_announcement_sensor
from stock_assets.automation.corrections import restatement_sensor
from stock_assets.automation.jobs import REBUILD, SENTIMENT_JOB, jobs
from stock_assets.definitions import build_definitions
from stock_assets.ingest.feeds import BY_KEY, FEEDS
from stock_assets.lake import LoadSource
from stock_assets.resources import open_lake
from stock_assets.sandbox.truth.fomc import meetings
from stock_assets.settings import Settings
from stock_assets.suppliers import open_supply
from stock_assets.tables import NEWS, NEWS_SENTIMENT
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


def test_an_announcement_is_asked_for_until_it_is_stored(made: World, tmp_path: Path) -> None:
    meeting = next(
        one
        for one in meetings(market().seed, NOW.date(), NOW.date() + timedelta(days=120))
        if one.is_scheduled and one.decision_at > NOW
    )
    before, after = meeting.decision_at - timedelta(minutes=5), meeting.decision_at
    first = look(fed_announcement_sensor(at(made, before, tmp_path)), None)
    noticed = look(fed_announcement_sensor(at(made, after, tmp_path)), first.cursor)
    assert noticed.run_requests
    settings = at(made, after + ASK_AGAIN_AFTER, tmp_path)
    again = look(fed_announcement_sensor(settings), noticed.cursor)
    assert [one.partition_key for one in again.run_requests or []] == [f"{after:%Y-%m}"]
    assert {one.run_key for one in again.run_requests or []}.isdisjoint(
        one.run_key for one in noticed.run_requests
    )
    supply = open_supply(BY_KEY["raw/fed_policy"], settings, open_lake(settings))
    supply.feed.fetch(supply.subjects, [after.date()])
    settings = at(made, after + 2 * ASK_AGAIN_AFTER, tmp_path)
    arrived = look(fed_announcement_sensor(settings), again.cursor)
    assert not arrived.run_requests


def test_a_corrected_bar_marks_its_session_and_nothing_else(made: World) -> None:
    days = newest(5)
    made.feed("yahoo").fetch(("AAPL", "MSFT"), days[:4])
    targets = [job for job in jobs(FEEDS) if job.name in {REBUILD, SENTIMENT_JOB}]
    sensor = restatement_sensor(made.settings(), targets)
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


def test_an_edited_headline_is_judged_again_by_a_run_of_the_real_graph(
    made: World, tmp_path: Path
) -> None:
    settings = made.settings(home=tmp_path)
    lake, published = open_lake(settings), datetime(2025, 7, 30, 12, tzinfo=UTC)

    def told(headline: str) -> None:
        row = {
            "vendor": "finnhub",
            "article_id": "1",
            "symbol": "AAPL",
            "published_at": published,
            "headline": headline,
            "story_id": "1",
            "known_at": published,
        }
        rows = pa.Table.from_pylist([row], schema=NEWS.row_schema)
        lake.append(NEWS, rows, LoadSource("raw/finnhub_news", "finnhub"))

    definitions = build_definitions(settings)
    with dg.DagsterInstance.ephemeral() as instance:
        judge = definitions.resolve_job_def(SENTIMENT_JOB)
        told("A bad, terrible day")
        assert judge.execute_in_process(instance=instance, partition_key="2025-07-30").success
        told("A good, wonderful day")
        sensor = definitions.resolve_sensor_def("on_restatement")
        context = dg.build_sensor_context(instance=instance, definitions=definitions)
        (request,) = sensor.evaluate_tick(context).run_requests or []
        assert request.job_name == SENTIMENT_JOB
        assert request.partition_key == "2025-07-30"
        assert judge.execute_in_process(
            instance=instance, partition_key=request.partition_key
        ).success
    assert lake.read(NEWS_SENTIMENT)["polarity"].to_pylist()[0] > 0
