"""Predictions: what the champion says of the next session, kept for ever.

Belongs here: one asset. Does not belong here: scoring (learning/), the ledger (ingest/ledger.py).
"""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from stock_assets.assets.exhibits import histogram, preview
from stock_assets.assets.failures import as_dagster_failures
from stock_assets.ingest.ledger import store_predictions
from stock_assets.lake import Lake
from stock_assets.partitions import session_partitions, sessions_of
from stock_assets.settings import Settings
from stock_assets.warehouse import query

_INPUTS = "select * from marts.prediction_inputs where session between ? and ?"


@dg.asset(
    key=["predictions"],
    group_name="predictions",
    owners=["team:models"],
    kinds={"python", "scikitlearn", "deltalake"},
    deps=[["marts", "prediction_inputs"], ["models", "champion"]],
    partitions_def=session_partitions(),
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def predictions(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    tracking: dg.ResourceParam[Any],
) -> dg.MaterializeResult[None]:
    """The probability that each symbol rises on the session after D, decided after D's close.

    One row per symbol, session and model version; the first word is kept. A symbol with a missing
    feature has no prediction but a recorded reason; a model that learnt from later sessions than
    D refuses.
    """
    from stock_assets.learning.predict import predict
    from stock_assets.learning.registry import load_champion

    days = sessions_of(context)
    with as_dagster_failures():
        champion = load_champion(tracking)
        inputs = query(settings.warehouse, _INPUTS, [days[0], days[-1]])
        now = datetime.now(UTC)
        said = predict(champion, inputs, created_at=now)
        appended = store_predictions(lake, said.rows, said.abstentions, now)
    newest = said.rows.filter(_of_last_session(said.rows))
    ranked = newest.sort_by([("probability_up", "descending"), ("symbol", "ascending")])
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": appended,
            "model": f"{champion.name} version {champion.version}",
            "evidence": champion.evidence,
            "predicted": said.rows.num_rows,
            "appended": appended,
            "said before": said.rows.num_rows - appended,
            "abstained": said.abstentions.num_rows,
            "preview": preview(ranked, ["symbol", "target_session", "probability_up", "direction"]),
            "picture": histogram(
                "How sure the model is",
                newest["probability_up"].to_pylist(),
                unit="probability of rising",
            ),
        }
    )


def _of_last_session(rows: Any) -> Any:
    import pyarrow.compute as pc

    return pc.equal(rows["session"], pc.max(rows["session"]))
