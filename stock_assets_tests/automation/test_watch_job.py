"""A collecting that has stopped is seen, although nothing runs that could say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from stock_assets.automation.watching import WATCH, watch_schedule
from stock_assets.definitions import build_definitions
from stock_assets.ingest.feeds import BY_KEY
from stock_assets.ingest.report import FeedReport
from stock_assets.ingest.usage import record_usage
from stock_assets.resources import open_lake
from stock_assets.settings import Settings, read_settings
from stock_assets.vendors.meter import Meter

NOW = datetime(2025, 3, 10, 15, 50, tzinfo=UTC)

RHYTHMS = {"raw/yahoo_fx": 1, "raw/yahoo_indices": 4 * 24 + 1, "raw/treasury_policy": 7 * 24}
"""Hours since the last run that are ordinary: hourly, daily over a long weekend, weekly."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings(home=tmp_path, now=NOW, environment="sandbox")


def watched(settings: Settings) -> dict[tuple[str, str], bool]:
    """What the job says, by asset and check; it must succeed, however bad the news."""
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_definitions(settings).resolve_job_def(WATCH)
        done = job.execute_in_process(instance=instance)
    assert not done.get_asset_materialization_events()
    return {
        (one.asset_key.to_user_string(), one.check_name): one.passed
        for one in done.get_asset_check_evaluations()
    }


def test_it_is_hourly_beside_the_other_rhythms_and_off_until_it_is_switched_on() -> None:
    schedule = watch_schedule()
    assert (schedule.job_name, schedule.cron_schedule) == (WATCH, "50 * * * *")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    with dg.DagsterInstance.ephemeral() as instance:
        at = dg.build_schedule_context(instance=instance, scheduled_execution_time=NOW)
        (request,) = schedule.evaluate_tick(at).run_requests or []
    assert request.partition_key is None


def test_every_feed_that_jobs_collect_is_watched_and_nothing_is_fetched(settings: Settings) -> None:
    said = watched(settings)
    graph = build_definitions(settings).resolve_asset_graph()
    keyless = {feed.key for feed in BY_KEY.values() if not feed.needs}
    every = {(check.asset_key.to_user_string(), check.name) for check in graph.asset_check_keys}
    assert set(said) == {(key, name) for key, name in every if name == "fresh" and key in keyless}
    assert {key for key, _ in said} >= {*RHYTHMS, "raw/yahoo_prices"}
    assert not any(said.values())


def test_feeds_in_their_rhythm_are_fresh_and_one_that_stopped_is_not(settings: Settings) -> None:
    lake = open_lake(settings)
    for key, hours in RHYTHMS.items():
        report = FeedReport(key, BY_KEY[key].vendor)
        started_at = NOW - timedelta(hours=hours)
        record_usage(lake, report, Meter(), started_at=started_at, left_today=None)
    said = watched(settings)
    assert {key for (key, _), passed in said.items() if passed} == set(RHYTHMS)
    later = settings.model_copy(update={"now": NOW + timedelta(hours=1)})
    assert not watched(later)["raw/yahoo_fx", "fresh"]
