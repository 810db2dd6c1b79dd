"""The rhythms: every hour, after the close in New York, mornings, Mondays; upkeep on Sundays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import cast

import dagster as dg
import pyarrow as pa
import pytest
from dagster._utils.schedules import cron_string_iterator

from stock_assets.automation.jobs import HOURLY, HOUSEKEEPING, MACRO, MOVEMENTS, POLICY, UPKEEP
from stock_assets.automation.schedules import all_schedules
from stock_assets.ingest.feeds import FEEDS
from stock_assets.lake import LoadSource
from stock_assets.market import NEW_YORK
from stock_assets.resources import open_lake
from stock_assets.settings import Settings, read_settings
from stock_assets.tables import COVERAGE

BY_NAME = {schedule.name: schedule for schedule in all_schedules()}


def tick(
    name: str, at: datetime, schedules: Mapping[str, dg.ScheduleDefinition] = BY_NAME
) -> list[dg.RunRequest]:
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(instance=instance, scheduled_execution_time=at)
        said = cast("object", schedules[name](context))
    if isinstance(said, dg.RunRequest | dg.SkipReason):
        each: list[object] = [said]
    else:
        each = list(cast("Iterable[object]", said))
    return [one for one in each if isinstance(one, dg.RunRequest)]


@pytest.mark.parametrize(
    ("name", "job", "cron", "zone"),
    [
        ("daily_at_decision_time", "daily", "30 6 * * *", "UTC"),
        ("hourly", HOURLY, "0 * * * *", "UTC"),
        ("movements_after_the_close", MOVEMENTS, "30 13-23 * * 1-5", "America/New_York"),
        ("macro_daily", MACRO, "0 9 * * *", "UTC"),
        ("policy_weekly", POLICY, "0 9 * * 1", "UTC"),
        ("housekeeping_weekly", HOUSEKEEPING, "20 3 * * 0", "America/New_York"),
    ],
)
def test_each_rhythm_is_the_one_that_was_asked_for(
    name: str, job: str, cron: str, zone: str
) -> None:
    schedule = BY_NAME[name]
    assert (schedule.job_name, schedule.cron_schedule, schedule.execution_timezone) == (
        job,
        cron,
        zone,
    )
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED


def test_each_hour_collects_the_present_day_and_can_be_repeated() -> None:
    first, second = (
        tick("hourly", datetime(2025, 3, 10, hour, tzinfo=UTC))[0] for hour in (14, 15)
    )
    assert first.partition_key == second.partition_key == "2025-03-10"
    assert first.run_key != second.run_key


def test_every_morning_completes_the_days_before() -> None:
    at_six = tick("hourly", datetime(2025, 3, 1, 6, tzinfo=UTC))
    assert [one.partition_key for one in at_six] == ["2025-02-27", "2025-02-28", "2025-03-01"]
    assert len({one.run_key for one in at_six}) == 3
    other_hours = [tick("hourly", datetime(2025, 3, 1, h, tzinfo=UTC)) for h in (0, 5, 7, 23)]
    assert [len(requests) for requests in other_hours] == [1, 1, 1, 1]


def of(settings: Settings) -> dict[str, dg.ScheduleDefinition]:
    """The schedules of one home."""
    return {schedule.name: schedule for schedule in all_schedules(settings)}


def answered_until(settings: Settings, last: date) -> None:
    """Every feed that needs no key has answered about each day of the two months up to ``last``."""
    now = datetime(2025, 3, 1, tzinfo=UTC)
    rows = [
        {
            "feed": feed.key,
            "vendor": feed.vendor,
            "subject": "one",
            "day": last - timedelta(days=ago),
            "known_at": now,
        }
        for feed in FEEDS
        for ago in range(60)
        if not feed.needs
    ]
    table = pa.Table.from_pylist(rows, schema=COVERAGE.row_schema)
    open_lake(settings).append(COVERAGE, table, LoadSource("test", "test"))


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return read_settings(home=tmp_path / "home", environment="sandbox", sandbox_url=None)


AT_SIX = datetime(2025, 3, 10, 6, tzinfo=UTC)


def test_days_missed_while_the_machine_was_off_are_asked_for_in_the_morning(
    home: Settings,
) -> None:
    answered_until(home, date(2025, 3, 4))
    asked = [one.partition_key for one in tick("hourly", AT_SIX, of(home))]
    assert asked == [f"2025-03-{day:02}" for day in (5, 6, 7, 8, 9, 10)]
    at_seven = tick("hourly", AT_SIX + timedelta(hours=1), of(home))
    assert [one.partition_key for one in at_seven] == ["2025-03-10"]


def test_after_a_long_absence_a_week_is_asked_for_and_no_more(home: Settings) -> None:
    answered_until(home, date(2025, 1, 31))
    asked = [one.partition_key for one in tick("hourly", AT_SIX, of(home))]
    assert asked == [f"2025-03-{day:02}" for day in range(3, 11)]


def test_a_home_without_a_lake_owes_nothing_and_gets_none(home: Settings) -> None:
    asked = [one.partition_key for one in tick("hourly", AT_SIX, of(home))]
    assert asked == ["2025-03-08", "2025-03-09", "2025-03-10"]
    assert not home.home.exists()


def test_a_lake_that_cannot_be_read_does_not_stop_the_rhythm(
    home: Settings, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    answered_until(home, date(2025, 1, 31))
    (marker,) = home.home.rglob("lake.json")
    marker.write_text("what was this?")
    asked = [one.partition_key for one in tick("hourly", AT_SIX, of(home))]
    assert asked == ["2025-03-08", "2025-03-09", "2025-03-10"]
    months = [one.partition_key for one in tick("macro_daily", AT_SIX, of(home))]
    assert months == ["2025-03"]
    assert "what is owed is not known" in caplog.text + capfd.readouterr().err


@pytest.mark.parametrize("name", ["macro_daily", "policy_weekly"])
@pytest.mark.parametrize(
    ("last", "months"),
    [(date(2025, 3, 9), ["2025-03"]), (date(2025, 2, 26), ["2025-02", "2025-03"])],
)
def test_a_month_is_asked_for_again_while_one_of_its_last_days_is_owed(
    home: Settings, name: str, last: date, months: list[str]
) -> None:
    answered_until(home, last)
    at = datetime(2025, 3, 10, 9, tzinfo=UTC)
    assert [one.partition_key for one in tick(name, at, of(home))] == months


@pytest.mark.parametrize(
    ("at", "partition", "why"),
    [
        (datetime(2025, 1, 15, 21, 30, tzinfo=UTC), "2025-01-15", "half past four in winter"),
        (datetime(2025, 7, 15, 20, 30, tzinfo=UTC), "2025-07-15", "half past four in summer"),
        (datetime(2025, 7, 3, 17, 30, tzinfo=UTC), "2025-07-03", "half past one on a half day"),
        (datetime(2025, 1, 15, 20, 30, tzinfo=UTC), None, "half past three in winter"),
        (datetime(2025, 7, 15, 19, 30, tzinfo=UTC), None, "half past three in summer"),
        (datetime(2025, 7, 4, 20, 30, tzinfo=UTC), None, "Independence Day"),
    ],
)
def test_movements_follow_the_close_in_new_york(
    at: datetime, partition: str | None, why: str
) -> None:
    assert [one.partition_key for one in tick("movements_after_the_close", at)] == (
        [partition] if partition else []
    ), why


def test_the_first_of_a_month_also_completes_the_month_before() -> None:
    at = datetime(2025, 3, 1, 9, tzinfo=UTC)
    assert [one.partition_key for one in tick("macro_daily", at)] == ["2025-02", "2025-03"]
    later = datetime(2025, 3, 2, 9, tzinfo=UTC)
    assert [one.partition_key for one in tick("macro_daily", later)] == ["2025-03"]


def test_a_monday_completes_the_month_that_ended_within_the_week() -> None:
    at = datetime(2025, 3, 3, 9, tzinfo=UTC)
    assert [one.partition_key for one in tick("policy_weekly", at)] == ["2025-02", "2025-03"]
    later = datetime(2025, 3, 10, 9, tzinfo=UTC)
    assert [one.partition_key for one in tick("policy_weekly", later)] == ["2025-03"]


def test_no_rhythm_goes_untested() -> None:
    assert len(BY_NAME) == 6


@pytest.mark.parametrize(
    "at",
    [
        datetime(2025, 1, 12, 8, 20, tzinfo=UTC),
        datetime(2025, 3, 9, 7, 20, tzinfo=UTC),
        datetime(2025, 7, 13, 7, 20, tzinfo=UTC),
        datetime(2025, 11, 2, 8, 20, tzinfo=UTC),
    ],
    ids=["winter", "clocks go forward", "summer", "clocks go back"],
)
def test_each_sunday_night_has_one_housekeeping_and_it_is_not_dry(at: datetime) -> None:
    (request,) = tick("housekeeping_weekly", at)
    assert request.run_key == f"housekeeping {at:%Y-%m-%d}"
    assert request.run_config == {
        "ops": {
            key.replace("/", "__"): {"config": {"dry_run": False}}
            for key in ("operations/compaction", "operations/retention")
        }
    }
    assert set(UPKEEP) == {"operations/compaction", "operations/retention"}
    assert request.partition_key is None


def test_housekeeping_ticks_once_a_week_even_when_the_clocks_change() -> None:
    schedule = BY_NAME["housekeeping_weekly"]
    start = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
    cron, zone = cast("str", schedule.cron_schedule), schedule.execution_timezone
    ticks = cron_string_iterator(start, cron, zone)
    local = [next(ticks).astimezone(NEW_YORK) for _ in range(52)]
    assert {(at.weekday(), at.hour, at.minute) for at in local} == {(6, 3, 20)}
    days = [at.date() for at in local]
    assert days[0] == date(2025, 1, 5)
    assert {later - day for day, later in pairwise(days)} == {timedelta(days=7)}
