"""Sensors: what happens when something happens.

Belongs here: the alert on a failed run.
Does not belong here: the decision what is a failure (assets/, checks/).
"""

import logging
from typing import TYPE_CHECKING, Final

import dagster as dg

if TYPE_CHECKING:
    from pydantic import SecretStr

TIMEOUT_S: Final = 10.0


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
