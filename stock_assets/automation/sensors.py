"""The alerts: failed runs, and checks that have begun to fail, are told.

Belongs here: what an alert says and to whom. Does not belong here: the decision what is a failure
(assets/, checks/); other sensors (announcements.py, corrections.py).
"""

import logging
from typing import TYPE_CHECKING, Final

import dagster as dg

if TYPE_CHECKING:
    from pydantic import SecretStr

TIMEOUT_S: Final = 10.0
LOOKED_BACK: Final = 50
"""So many evaluations of a check are looked through for the one before a run's."""


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


def failed_check_alert(webhook: "SecretStr | None") -> dg.SensorDefinition:
    """Tell a webhook, or the log, about checks that have begun to fail in a run that ended well.

    A vendor that lets us down fails no run where others or a later run make up for it; the check
    ``collected`` of its feed then fails, and this is how it is told.
    """

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        name="alert_on_failed_checks",
        description=(
            "Sends checks that have begun to fail, in runs that ended well, to "
            "STOCK_ASSETS_ALERT_WEBHOOK, or to the log."
        ),
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def alert_on_failed_checks(context: dg.RunStatusSensorContext) -> None:
        run = context.dagster_run
        checks = newly_failed(context.instance, run.run_id)
        if not checks:
            return
        partition = run.tags.get("dagster/partition", "")
        alert: dict[str, object] = {
            "text": f"stock_assets: run {run.run_id[:8]} of {run.job_name} {partition}".strip()
            + f" ended well, but checks began to fail: {_in_words(checks)}",
            "job": run.job_name,
            "run_id": run.run_id,
            "partition": partition,
            "checks": checks,
        }
        context.log.warning(str(alert["text"]))
        if webhook is not None:
            _post(webhook, alert)

    return alert_on_failed_checks


def newly_failed(instance: dg.DagsterInstance, run_id: str) -> dict[str, str]:
    """The checks that failed in a run, warnings included, and not before it; each with its words.

    A check that goes on failing is told once, when it begins.
    """
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    said = [
        entry.dagster_event.asset_check_evaluation_data for entry in entries if entry.dagster_event
    ]
    return {
        f"{one.asset_key.to_user_string()}: {one.check_name}": one.description or "failed"
        for one in said
        if not one.passed and not _failed_before(instance, one.asset_check_key, run_id)
    }


def _failed_before(instance: dg.DagsterInstance, check: dg.AssetCheckKey, run_id: str) -> bool:
    records = instance.event_log_storage.get_asset_check_execution_history(check, LOOKED_BACK)
    mine = max((record.id for record in records if record.run_id == run_id), default=0)
    earlier = [record for record in records if record.id < mine and record.run_id != run_id]
    for record in earlier:
        event = record.event and record.event.dagster_event
        if event and event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            return not event.asset_check_evaluation_data.passed
    return False


def _in_words(told: dict[str, str]) -> str:
    return "; ".join(f"{what}: {why}" for what, why in told.items())


def alert_of(context: dg.RunFailureSensorContext) -> dict[str, object]:
    """The alert as JSON-ready words; ``text`` alone is enough for chat tools."""
    run = context.dagster_run
    steps = {event.step_key or "run": _cause(event) for event in context.get_step_failure_events()}
    checks = newly_failed(context.instance, run.run_id)
    partition = run.tags.get("dagster/partition", "")
    about = f"{run.job_name} {partition}".strip()
    return {
        "text": f"stock_assets: run {run.run_id[:8]} of {about} failed: "
        + (_in_words(steps) or context.failure_event.message or "no step failed")
        + (f"; checks began to fail: {_in_words(checks)}" if checks else ""),
        "job": run.job_name,
        "run_id": run.run_id,
        "partition": partition,
        "steps": steps,
        "checks": checks,
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
