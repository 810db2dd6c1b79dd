"""The schedule: every day at decision time, for the session that has just been decided.

Belongs here: cron lines and the choice of partitions.
Does not belong here: the order of steps; assets depend on each other, not on the clock.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

import dagster as dg

from stock_assets.market import DECISION_TIME_UTC, calendar

CATCH_UP_SESSIONS: Final = 5
"""Sessions missed while the machine was off are caught up, at most so many, oldest first."""
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
