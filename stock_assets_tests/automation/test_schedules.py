"""The daily schedule: the right session, at decision time, by New York's calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import dagster as dg
import pytest

from stock_assets.automation.jobs import DAILY
from stock_assets.automation.schedules import LEDGER, daily_schedule, sessions_due


@pytest.mark.parametrize(
    ("at", "session", "why"),
    [
        (datetime(2024, 1, 3, 6, 30, tzinfo=UTC), "2024-01-02", "a Wednesday, for Tuesday"),
        (datetime(2024, 1, 6, 6, 30, tzinfo=UTC), "2024-01-05", "a Saturday, for Friday"),
        (datetime(2024, 3, 12, 6, 30, tzinfo=UTC), "2024-03-11", "clocks went forward"),
        (datetime(2024, 11, 5, 6, 30, tzinfo=UTC), "2024-11-04", "clocks went back"),
        (datetime(2024, 11, 30, 6, 30, tzinfo=UTC), "2024-11-29", "a half day"),
    ],
)
def test_each_tick_is_about_the_session_that_has_just_been_decided(
    at: datetime, session: str, why: str
) -> None:
    assert sessions_due(at, []) == [session], why


@pytest.mark.parametrize("day", [7, 8])
def test_a_day_without_a_new_session_is_skipped_and_says_so(day: int) -> None:
    at = datetime(2024, 1, day, 6, 30, tzinfo=UTC)
    assert sessions_due(at, done=["2024-01-05"]) == []


def test_sessions_missed_while_the_machine_was_off_are_caught_up_oldest_first() -> None:
    at = datetime(2024, 1, 11, 6, 30, tzinfo=UTC)
    assert sessions_due(at, done=["2024-01-05"]) == ["2024-01-08", "2024-01-09", "2024-01-10"]


def test_catching_up_is_bounded() -> None:
    at = datetime(2024, 2, 1, 6, 30, tzinfo=UTC)
    assert len(sessions_due(at, done=["2023-06-01"])) == 5


def test_the_first_run_ever_is_about_one_session_not_about_history() -> None:
    assert sessions_due(datetime(2024, 2, 1, 6, 30, tzinfo=UTC), []) == ["2024-01-31"]


def test_a_tick_asks_the_ledger_what_is_done_and_runs_at_half_past_six_universal_time(
    tmp_path: Path,
) -> None:
    schedule = daily_schedule(DAILY)
    at = datetime(2024, 1, 11, 6, 30, tzinfo=UTC)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        for key in ("2024-01-08", "2024-01-10"):
            instance.report_runless_asset_event(dg.AssetMaterialization(LEDGER, partition=key))
        with dg.build_schedule_context(instance, scheduled_execution_time=at) as context:
            said = list(cast("Iterator[dg.RunRequest]", schedule(context)))
    assert len(said) == 1
    assert (said[0].partition_key, said[0].run_key) == ("2024-01-09", "daily 2024-01-09")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 6 * * *", "UTC")
