"""The schedules: at decision time for the session just decided; the rhythms of collecting; upkeep.

Belongs here: cron lines and the choice of partitions.
Does not belong here: the order of steps; assets depend on each other, not on the clock.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

import dagster as dg

from stock_assets.automation.jobs import (
    DAILY,
    HOURLY,
    HOUSEKEEPING,
    MACRO,
    MOVEMENTS,
    POLICY,
    UPKEEP,
)
from stock_assets.errors import StockAssetsError
from stock_assets.ingest.feeds import Cadence, scheduled
from stock_assets.ingest.subject_loads import SETTLED_AFTER
from stock_assets.market import DECISION_TIME_UTC, FINAL_AFTER, NEW_YORK, calendar

if TYPE_CHECKING:
    from stock_assets.settings import Settings

CATCH_UP_SESSIONS: Final = 5
"""Sessions missed while the machine was off are caught up, at most so many, oldest first."""
CATCH_UP_DAYS: Final = 7
"""Days of news, fundamentals and currencies that are owed are asked for so long."""
CATCH_UP_MONTHLY_DAYS: Final = 35
"""Months that the last so many days touch are asked for again while one of these days is owed."""
NOTHING_NEW: Final = "the last decided session has its predictions; none has closed since"
LEDGER: Final = dg.AssetKey(["predictions"])


def daily_schedule(job_name: str) -> dg.ScheduleDefinition:
    """06:30 UTC every day; days without a new session are skipped and say so."""

    @dg.schedule(
        name="daily_at_decision_time",
        cron_schedule=f"{DECISION_TIME_UTC.minute} {DECISION_TIME_UTC.hour} * * *",
        execution_timezone="UTC",
        job_name=job_name,
        description="The last decided session, and missed ones before it: five in all at most.",
    )
    def daily_at_decision_time(
        context: dg.ScheduleEvaluationContext,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        done = set(context.instance.get_materialized_partitions(LEDGER))
        due = sessions_due(context.scheduled_execution_time, done)
        if not due:
            yield dg.SkipReason(NOTHING_NEW)
        for key in due:
            yield dg.RunRequest(run_key=f"daily {key}", partition_key=key)

    return daily_at_decision_time


def sessions_due(at: datetime, done: Collection[str]) -> list[str]:
    """The sessions to predict at a tick, as partition keys, oldest first.

    The last decided session, and those before it that were missed since the newest in ``done``,
    at most ``CATCH_UP_SESSIONS`` in all. Without any in ``done`` history is not a daily run's
    business.
    """
    newest = calendar().last_decided(at)
    first = calendar().before(newest.day, CATCH_UP_SESSIONS - 1)
    last_done = max((key for key in done if key < newest.day.isoformat()), default=None)
    keys = [session.day.isoformat() for session in calendar().between(first.day, newest.day)]
    since = [key for key in keys if last_done is not None and key > last_done] or keys[-1:]
    return [key for key in since if key not in done]


def hourly_schedule(job_name: str, settings: "Settings | None" = None) -> dg.ScheduleDefinition:
    """Every hour: today's news, fundamentals and currencies once more.

    At 06:00 the two days before as well: by then vendors are done adding to yesterday, and those
    whose free plan is a day late to the day before. And of the last seven days what is owed, say
    because the machine was off. What is complete is not asked for again.
    """

    @dg.schedule(
        name="hourly",
        cron_schedule="0 * * * *",
        execution_timezone="UTC",
        job_name=job_name,
        description=(
            "Today's news, fundamentals and currencies, once more; at 06:00 UTC what is still "
            "missing of the seven days before, too."
        ),
    )
    def hourly(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        at = context.scheduled_execution_time.astimezone(UTC)
        days = {at.date()}
        if at.hour == SETTLED_AFTER // timedelta(hours=1):
            before = _days_before(at, CATCH_UP_DAYS)
            days |= {*before[-2:], *_owed(context, settings, "hourly", before)}
        for day in sorted(days):
            yield dg.RunRequest(
                run_key=f"hourly {at:%Y-%m-%dT%H} {day}", partition_key=day.isoformat()
            )

    return hourly


def movements_schedule(job_name: str) -> dg.ScheduleDefinition:
    """Every hour from the close on until midnight, in New York, on days with a session."""

    @dg.schedule(
        name="movements_after_the_close",
        cron_schedule="30 13-23 * * 1-5",
        execution_timezone=str(NEW_YORK),
        job_name=job_name,
        description=(
            "Bars and index levels of today's session as soon as they are final; New York time, "
            "half days included."
        ),
    )
    def movements(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        at = context.scheduled_execution_time
        day = at.astimezone(NEW_YORK).date()
        if not calendar().is_session(day):
            return dg.SkipReason(f"the exchange is shut on {day}")
        if at < calendar().session(day).close_at + FINAL_AFTER:
            return dg.SkipReason(f"the bars of {day} are not final yet")
        return dg.RunRequest(run_key=f"movements {at:%Y-%m-%dT%H}", partition_key=day.isoformat())

    return movements


def monthly_partition_schedule(
    name: Literal["macro_daily", "policy_weekly"],
    cron: str,
    description: str,
    every: timedelta,
    settings: "Settings | None" = None,
) -> dg.ScheduleDefinition:
    """Collect the present month once more whenever ``cron`` (UTC) says so, ``every`` so often.

    What came since the last time may belong to the month before: then that is collected too, and
    so is a month of which one of the last 35 days is owed.
    """
    cadence: Cadence = "macro" if name == "macro_daily" else "policy"

    @dg.schedule(
        name=name,
        cron_schedule=cron,
        execution_timezone="UTC",
        job_name=MACRO if cadence == "macro" else POLICY,
        description=description,
    )
    def this_month(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        at = context.scheduled_execution_time.astimezone(UTC)
        owed = _owed(context, settings, cadence, _days_before(at, CATCH_UP_MONTHLY_DAYS))
        for month in sorted({f"{day:%Y-%m}" for day in (*owed, at - every, at)}):
            yield dg.RunRequest(run_key=f"{name} {at:%Y-%m-%d} {month}", partition_key=month)

    return this_month


def _days_before(at: datetime, count: int) -> tuple[date, ...]:
    """The days (UTC) before that of ``at``, oldest first."""
    return tuple(at.date() - timedelta(days=ago) for ago in range(count, 0, -1))


def _owed(
    context: dg.ScheduleEvaluationContext,
    settings: "Settings | None",
    cadence: Cadence,
    days: tuple[date, ...],
) -> tuple[date, ...]:
    """What scheduled feeds owe of ``days``; nothing where no lake is, or none can be read."""
    from stock_assets.ingest.owed import owed_days
    from stock_assets.lake import LakeRoot
    from stock_assets.resources import open_lake
    from stock_assets.suppliers import BY_SUBJECT

    if settings is None:
        return ()
    able = scheduled(settings)
    feeds = [feed for feed in BY_SUBJECT if feed in able and feed.cadence == cadence]
    try:
        if LakeRoot.owner_at(settings.lake_root) is None:
            return ()
        return owed_days(open_lake(settings), feeds, days)
    except (StockAssetsError, OSError) as error:
        context.log.warning("what is owed is not known, and not asked for: %s", error)
        return ()


def housekeeping_schedule(job_name: str) -> dg.ScheduleDefinition:
    """Sundays at 03:20 in New York: no session is near, and no other schedule begins then.

    The hour from two to three is left out: it is missing on one Sunday of the year. Unlike a run
    that somebody starts by hand, this one is not dry: whoever switches it on wants things removed.
    """

    @dg.schedule(
        name="housekeeping_weekly",
        cron_schedule="20 3 * * 0",
        execution_timezone=str(NEW_YORK),
        job_name=job_name,
        description=(
            "Sundays at 03:20 in New York: small files into large ones, and what was kept long "
            "enough is removed. Look at a dry run of the job first."
        ),
    )
    def housekeeping_weekly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        at = context.scheduled_execution_time.astimezone(NEW_YORK)
        in_earnest = {"config": {"dry_run": False}}
        return dg.RunRequest(
            run_key=f"housekeeping {at:%Y-%m-%d}",
            run_config={"ops": {key.replace("/", "__"): in_earnest for key in UPKEEP}},
        )

    return housekeeping_weekly


def all_schedules(settings: "Settings | None" = None) -> list[dg.ScheduleDefinition]:
    """Every schedule; all of them are off until somebody switches them on.

    ``settings`` say in whose lake they look for what is owed; without them nothing is.
    """
    return [
        daily_schedule(DAILY),
        hourly_schedule(HOURLY, settings),
        movements_schedule(MOVEMENTS),
        monthly_partition_schedule(
            "macro_daily",
            "0 9 * * *",
            "The economy, every day at 09:00 UTC.",
            timedelta(days=1),
            settings,
        ),
        monthly_partition_schedule(
            "policy_weekly",
            "0 9 * * 1",
            "Policy, on Mondays at 09:00 UTC.",
            timedelta(days=7),
            settings,
        ),
        housekeeping_schedule(HOUSEKEEPING),
    ]
