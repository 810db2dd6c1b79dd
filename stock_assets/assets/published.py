"""Published: what readers see.

Belongs here: one asset. Does not belong here: how a build is swapped in (warehouse/publish.py).
"""

import dagster as dg

from stock_assets.assets.exhibits import bar_chart
from stock_assets.assets.failures import as_dagster_failures
from stock_assets.settings import Settings
from stock_assets.warehouse import manifest_hash, manifest_path, publish, write_predictions_csv


@dg.asset(
    key=["published"],
    group_name="published",
    owners=["team:analytics"],
    kinds={"python", "duckdb"},
    deps=[
        ["marts", "prices_daily"],
        ["features", "features_daily"],
        ["monitoring", "predictions"],
        ["monitoring", "prediction_outcomes"],
        ["monitoring", "model_performance"],
    ],
    pool="warehouse",
)
def published(settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult[None]:
    """The tables that people read: one immutable file, swapped in whole; readers never wait.

    A build with the same content changes nothing.
    """
    with as_dagster_failures():
        done = publish(
            settings.warehouse,
            settings.serving,
            environment=settings.environment,
            manifest_hash=manifest_hash(manifest_path(settings.dbt_project_dir)),
        )
        exported = write_predictions_csv(settings.serving, settings.predictions_csv)
    return dg.MaterializeResult(
        metadata={
            "file": dg.MetadataValue.path(str(done.file)),
            "changed": done.is_new,
            "last session": str(done.last_session),
            "content": done.content_hash,
            "rows": done.rows,
            "predictions.csv rows": exported,
            "removed": ", ".join(done.removed) or "none",
            "picture": bar_chart(
                "Published rows", list(done.rows), list(done.rows.values()), unit="rows"
            ),
        }
    )
