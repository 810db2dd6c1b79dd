"""What we said: predictions and how models were judged.

Belongs here: the ledger of predictions and the evaluations. Both are never rewritten.
Does not belong here: outcomes (joined by dbt), the models themselves (MLflow).
"""

from __future__ import annotations

from stock_assets.tables.declaration import Column, Rule, Table

PREDICTIONS = Table(
    name="predictions",
    grain="one row per symbol, session and model version: the first word is kept",
    columns=(
        Column("symbol", "string", "canonical symbol"),
        Column("session", "date", "session D after whose close the decision is made"),
        Column("target_session", "date", "the session that the prediction is about"),
        Column("model_name", "string", "registered model"),
        Column("model_version", "string", "version in the registry"),
        Column(
            "probability_up",
            "double",
            "calibrated probability of a positive return",
            "0..1",
            at_least=0,
            at_most=1,
        ),
        Column(
            "direction", "string", "up where probability_up > 0.5, else down", one_of=("up", "down")
        ),
        Column(
            "evidence",
            "string",
            "what the gate said when the model was promoted",
            one_of=("edge", "no_evidence"),
        ),
        Column("decided_at", "instant", "decision time of D", "UTC"),
        Column("created_at", "instant", "when the row was computed", "UTC"),
    ),
    key=("symbol", "session", "model_name", "model_version"),
    rules=(
        Rule("target_after_session", "target_session > session", "a prediction is about later"),
    ),
)

EVALUATIONS = Table(
    name="evaluations",
    grain="one row per training run, model and metric, on the walk-forward's unseen sessions",
    columns=(
        Column("run_id", "string", "MLflow run of the training"),
        Column("model_name", "string", "candidate or baseline"),
        Column("model_version", "string", "version in the registry, if registered", nullable=True),
        Column("metric", "string", "accuracy, auc, log_loss, brier, mcc"),
        Column("estimate", "double", "value on all unseen rows"),
        Column("low", "double", "lower end of the 95 % block-bootstrap interval", nullable=True),
        Column("high", "double", "upper end of the 95 % block-bootstrap interval", nullable=True),
        Column("rows_judged", "integer", "unseen rows", "rows"),
        Column("sessions_judged", "integer", "unseen sessions", "sessions"),
        Column("first_session", "date", "first unseen session"),
        Column("last_session", "date", "last unseen session"),
    ),
    key=("run_id", "model_name", "metric"),
)
