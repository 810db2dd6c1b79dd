"""Models: trained, judged on what they have not seen, promoted only when better.

Belongs here: candidates, evaluation, champion. Each can be repeated without doing anything twice.
Does not belong here: training, judging and the gate (learning/).
"""

import json
from datetime import date
from typing import Any, Final

import dagster as dg
from pydantic import Field

from stock_assets import __version__
from stock_assets.assets.exhibits import interval_chart, preview
from stock_assets.assets.failures import as_dagster_failures
from stock_assets.ingest.ledger import store_evaluations
from stock_assets.lake import Lake
from stock_assets.market import Calendar, Clock
from stock_assets.settings import Settings
from stock_assets.warehouse import manifest_hash, manifest_path, query

GROUP: Final = "models"
OWNERS: Final = ("team:models",)
_LAKE_VERSIONS = "select table_name, version from lake.lake_versions"


class TrainingConfig(dg.Config):
    """What a training may be told."""

    as_of: str | None = Field(
        default=None,
        description="Session (YYYY-MM-DD) at whose decision time the data is cut; "
        "default: the last decided one.",
    )


@dg.asset(
    key=["models", "candidates"],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "scikitlearn", "mlflow"},
    deps=[["marts", "training_set"]],
)
def candidates(
    context: dg.AssetExecutionContext,
    config: TrainingConfig,
    settings: dg.ResourceParam[Settings],
    calendar: dg.ResourceParam[Calendar],
    clock: dg.ResourceParam[Clock],
    tracking: dg.ResourceParam[Any],
) -> dg.MaterializeResult[None]:
    """Models trained on the labels known at a decision time, walked forward over unseen sessions.

    The same data, code and champion give the same run, which is not trained again.
    """
    from stock_assets.learning.job import train_once
    from stock_assets.learning.tracking import Provenance

    with as_dagster_failures():
        session = (
            calendar.session(date.fromisoformat(config.as_of))
            if config.as_of
            else calendar.last_decided(clock.now())
        )
        rows = query(settings.warehouse, "select * from marts.training_set")
        versions = query(settings.warehouse, _LAKE_VERSIONS).to_pylist()
        provenance = Provenance(
            lake_versions={row["table_name"]: row["version"] for row in versions},
            dbt_manifest_hash=manifest_hash(manifest_path(settings.dbt_project_dir)),
            code_version=__version__,
            lock_hash=settings.lock_hash,
            as_of=session.day,
            environment=settings.environment,
        )
        training = train_once(
            tracking,
            rows,
            provenance,
            known_by=session.decision_at,
            progress=lambda what, share: context.log.info("%3.0f %%: %s", 100 * share, what),
        )
    return dg.MaterializeResult(
        metadata={
            "mlflow run": training.run_id,
            "trained now": training.is_new,
            "as of": str(session.day),
            "rows": training.rows,
            "sessions": training.sessions,
            "lake versions": json.dumps(dict(provenance.lake_versions)),
        }
    )


@dg.asset(
    key=["models", "evaluation"],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "mlflow", "deltalake"},
    deps=[["models", "candidates"]],
)
def evaluation(
    lake: dg.ResourceParam[Lake],
    clock: dg.ResourceParam[Clock],
    tracking: dg.ResourceParam[Any],
) -> dg.MaterializeResult[None]:
    """How the candidates and the naive baselines did on sessions that they had not seen.

    One row per training run, model and metric, with 95 % block-bootstrap intervals by session.
    """
    from stock_assets.learning.job import current_run, evaluation_rows

    with as_dagster_failures():
        rows = evaluation_rows(tracking, current_run(tracking), clock.now())
        appended = store_evaluations(lake, rows)
    aucs = [row for row in rows.to_pylist() if row["metric"] == "auc"]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": appended,
            "judged sessions": aucs[0]["sessions_judged"],
            "judged rows": aucs[0]["rows_judged"],
            "preview": preview(rows, ["model_name", "metric", "estimate", "low", "high"]),
            "picture": interval_chart(
                "AUC on unseen sessions, 95 % interval (0.5 is chance)",
                [row["model_name"] for row in aucs],
                [(row["low"], row["estimate"], row["high"]) for row in aucs],
                mark=0.5,
            ),
        }
    )


@dg.asset(
    key=["models", "champion"],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"python", "mlflow"},
    deps=[["models", "evaluation"]],
)
def champion(tracking: dg.ResourceParam[Any]) -> dg.MaterializeResult[None]:
    """The model version that serves: moved only by the gate, with its reasons."""
    from stock_assets.learning.job import current_run, promote

    with as_dagster_failures():
        decision, verdict = promote(tracking, current_run(tracking))
    return dg.MaterializeResult(
        metadata={
            "judged version": decision.version,
            "champion": decision.champion or "none",
            "changed": decision.changed,
            "evidence": verdict.evidence,
            "verdict": str(verdict),
        }
    )
