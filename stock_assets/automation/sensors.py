"""Sensors: what happens when something happens.

Belongs here: the alert on a failed run, the watch on the Fed, the answer to corrections.
Does not belong here: the decision what is a failure (assets/, checks/) or a correction (ingest/).
"""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from stock_assets.automation.jobs import POLICY, REBUILD
from stock_assets.ingest.feeds import FEEDS
from stock_assets.settings import Settings

if TYPE_CHECKING:
    from pydantic import SecretStr

    from stock_assets.ingest.restatements import Restatement

TIMEOUT_S: Final = 10.0
LOOK_EVERY_S: Final = 300
FIRST_LOOK: Final = datetime(1970, 1, 1, tzinfo=UTC)
MAX_TAG: Final = 250
MAX_MARKS: Final = 1_000
"""A correction of decades marks so many partitions at most; the run names all of its days."""


def run_failure_alert(webhook: "SecretStr | None") -> dg.SensorDefinition:
    """Tell a webhook about each failed run: job, partition, failing steps and their errors.

    Without a webhook the same words go to the daemon's log. The address is a secret and is
    never logged.
    """

    @dg.run_failure_sensor(
        name="alert_on_run_failure",
        description="Sends failed runs to STOCK_ASSETS_ALERT_WEBHOOK, or to the log.",
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def alert_on_run_failure(context: dg.RunFailureSensorContext) -> None:
        alert = alert_of(context)
        context.log.error(str(alert["text"]))
        if webhook is not None:
            _post(webhook, alert)

    return alert_on_run_failure


def alert_of(context: dg.RunFailureSensorContext) -> dict[str, object]:
    """The alert as JSON-ready words; ``text`` alone is enough for chat tools."""
    run = context.dagster_run
    steps = {event.step_key or "run": _cause(event) for event in context.get_step_failure_events()}
    partition = run.tags.get("dagster/partition", "")
    about = f"{run.job_name} {partition}".strip()
    return {
        "text": f"stock_assets: run {run.run_id[:8]} of {about} failed: "
        + (
            "; ".join(f"{step}: {why}" for step, why in steps.items())
            or context.failure_event.message
            or "no step failed"
        ),
        "job": run.job_name,
        "run_id": run.run_id,
        "partition": partition,
        "steps": steps,
    }


def _cause(event: dg.DagsterEvent) -> str:
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error else "no error was recorded"


def _post(webhook: "SecretStr", alert: dict[str, object]) -> None:
    import httpx

    # httpx logs the whole address of every request at INFO.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        response = httpx.post(webhook.get_secret_value(), json=alert, timeout=TIMEOUT_S)
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        raise dg.Failure(f"the alert webhook answered {error.response.status_code}") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise dg.Failure(f"the alert webhook was not reached: {type(error).__name__}") from None


def fed_announcement_sensor(settings: Settings) -> dg.SensorDefinition:
    """Collect policy as soon as the Federal Reserve announces something."""

    @dg.sensor(
        name="on_fed_announcement",
        job_name=POLICY,
        minimum_interval_seconds=LOOK_EVERY_S,
        description=(
            "Watches the Federal Reserve's feed of press releases and collects policy when a new "
            "one appears."
        ),
    )
    def on_fed_announcement(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        from stock_assets.suppliers import open_fed
        from stock_assets.vendors.fed import Mark

        seen: dict[str, str | None] = json.loads(context.cursor) if context.cursor else {}
        mark = Mark(seen.get("etag"), seen.get("last_modified"))
        told = open_fed(settings).feed(since=mark)
        newest = seen.get("newest")
        if not told.has_changed:
            return dg.SensorResult(skip_reason=f"nothing since {newest}", cursor=context.cursor)
        rows = told.collected.rows.select(["published_at", "url", "title"]).to_pylist()
        requests, newest, reason = announcements(newest, rows)
        cursor = {
            "newest": newest,
            "etag": told.mark.etag,
            "last_modified": told.mark.last_modified,
        }
        return dg.SensorResult(
            run_requests=requests, skip_reason=reason or None, cursor=json.dumps(cursor)
        )

    return on_fed_announcement


def announcements(
    seen: str | None, told: Sequence[Mapping[str, Any]]
) -> tuple[list[dg.RunRequest], str | None, str]:
    """What to run for the announcements ``told``, given the newest instant ``seen`` before.

    Returns the requests (one per month that something was announced in), the newest instant by
    now, and why nothing is run, if so. The first look only remembers where the feed stands:
    history is a backfill's business.
    """
    newest = max((row["published_at"].isoformat() for row in told), default=seen)
    if seen is None:
        return [], newest, f"watching from {newest} on" if newest else "the feed is empty"
    fresh = [row for row in told if row["published_at"].isoformat() > seen]
    if not fresh:
        return [], seen, f"nothing since {seen}"
    titles = "; ".join(row["title"] for row in fresh)[:MAX_TAG]
    months = sorted({f"{row['published_at']:%Y-%m}" for row in fresh})
    requests = [
        dg.RunRequest(
            run_key=f"fed {month} {newest}", partition_key=month, tags={"announcement": titles}
        )
        for month in months
    ]
    return requests, newest, ""


def restatement_sensor(settings: Settings) -> dg.SensorDefinition:
    """Mark the partitions that a correction touches, and build again what follows from them."""

    @dg.sensor(
        name="on_restatement",
        job_name=REBUILD,
        minimum_interval_seconds=LOOK_EVERY_S,
        description=(
            "Looks for corrected bars, late splits and dividends; marks the sessions that they "
            "touch and builds what follows from them again."
        ),
    )
    def on_restatement(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        from stock_assets.ingest.restatements import restatements_since
        from stock_assets.resources import open_lake

        since = datetime.fromisoformat(context.cursor) if context.cursor else FIRST_LOOK
        return corrections(context.cursor, restatements_since(open_lake(settings), since))

    return on_restatement


def corrections(cursor: str | None, found: Sequence["Restatement"]) -> dg.SensorResult:
    """One observation per corrected partition, and one run that builds what follows."""
    if not found:
        return dg.SensorResult(skip_reason="nothing was corrected", cursor=cursor)
    newest = max(one.stored_at for one in found).isoformat()
    sliced = {feed.key for feed in FEEDS if feed.slices in {"session", "day"}}
    marks = [
        dg.AssetObservation(
            asset_key=dg.AssetKey(one.feed.split("/")),
            partition=day.isoformat() if one.feed in sliced else None,
            description=f"corrected by load {one.load}",
            metadata={
                "rows corrected": one.rows,
                "symbols": ", ".join(one.symbols),
                "load": one.load,
            },
        )
        for one in found
        for day in (one.days if one.feed in sliced else one.days[:1])
    ]
    days = sorted({day for one in found for day in one.days})
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=f"restatement {found[-1].load}",
                tags={
                    "restated/days": f"{days[0]} to {days[-1]} ({len(days)})",
                    "restated/loads": ", ".join(one.load for one in found)[:MAX_TAG],
                },
            )
        ],
        asset_events=marks[:MAX_MARKS],
        cursor=newest,
    )
