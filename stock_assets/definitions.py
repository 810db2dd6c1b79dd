"""Dagster's door: settings in, definitions out.

Belongs here: assembling. Does not belong here: deciding anything, or holding any logic.

Loads with no secret, no network and no heavy import; a missing dbt manifest is made first.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping

import dagster as dg

from stock_assets.assets import models, news, operations, predictions, published
from stock_assets.assets.feeds import feed_assets
from stock_assets.assets.raw import raw_assets
from stock_assets.assets.warehouse import warehouse_assets
from stock_assets.automation.announcements import fed_announcement_sensor
from stock_assets.automation.corrections import restatement_sensor
from stock_assets.automation.jobs import REBUILD, SENTIMENT_JOB, jobs
from stock_assets.automation.schedules import all_schedules
from stock_assets.automation.sensors import failed_check_alert, run_failure_alert
from stock_assets.automation.watching import watch_job, watch_schedule
from stock_assets.checks.feeds import feed_checks
from stock_assets.checks.models import model_checks
from stock_assets.checks.predictions import prediction_checks
from stock_assets.checks.raw import enough_bars, price_checks
from stock_assets.ingest.feeds import price_feeds_of, scheduled
from stock_assets.resources import dbt_environment_of, resources_for
from stock_assets.settings import Settings, read_settings
from stock_assets.suppliers import BY_SUBJECT
from stock_assets.warehouse import ensure_manifest


def build_definitions(
    settings: Settings | None = None,
    replace: Mapping[str, object] | None = None,
    loggers: Mapping[str, dg.LoggerDefinition] | None = None,
) -> dg.Definitions:
    """The whole graph for one environment.

    ``replace`` puts other things behind resource names, ``loggers`` listen to runs.

    Raises:
        ConfigError: when a setting is wrong.
        BuildError: when the dbt project cannot be parsed.
    """
    settings = settings or read_settings()
    every_job = jobs(scheduled(settings))
    return dg.Definitions(
        assets=[
            *dg.load_assets_from_modules([news, operations, models, predictions, published]),
            *raw_assets(settings),
            *feed_assets(settings),
            *warehouse_assets(
                ensure_manifest(settings.dbt_project_dir, dbt_environment_of(settings))
            ),
        ],
        asset_checks=[
            *price_checks("yahoo"),
            *price_checks("polygon"),
            *price_checks("alpha_vantage"),
            enough_bars(price_feeds_of(settings)),
            *(feed_checks(feed) for feed in BY_SUBJECT),
            *model_checks(),
            *prediction_checks(),
        ],
        jobs=[*every_job, watch_job(scheduled(settings))],
        schedules=[*all_schedules(settings), watch_schedule()],
        sensors=[
            run_failure_alert(settings.alert_webhook),
            failed_check_alert(settings.alert_webhook),
            fed_announcement_sensor(settings),
            restatement_sensor(
                settings, [job for job in every_job if job.name in {REBUILD, SENTIMENT_JOB}]
            ),
        ],
        resources={**resources_for(settings), **(replace or {})},
        executor=dg.in_process_executor,
        loggers=loggers,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What ``workspace.yaml`` points to."""
    # What was imported stays: collecting garbage meanwhile would walk through all of it.
    gc.freeze()
    return build_definitions()
