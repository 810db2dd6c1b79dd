"""From a serving model and the inputs of some sessions to rows for the ledger, and abstentions.

Belongs here: scoring a batch, honestly: no input is filled in, no model predicts its own past.
Does not belong here: reading inputs, appending to the ledger, exporting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stock_assets.errors import ModelFromTheFuture, QualityError
from stock_assets.learning.dataset import INSTANT, conform
from stock_assets.names import FEATURES
from stock_assets.tables import PREDICTIONS

INPUTS: Final = pa.schema(
    [
        ("symbol", pa.string()),
        ("session", pa.date32()),
        ("target_session", pa.date32()),
        ("decided_at", INSTANT),
        *[(name, pa.float64()) for name in FEATURES],
    ]
)
"""The columns taken from ``marts.prediction_inputs``; others are ignored."""

ABSTENTIONS: Final = pa.schema(
    [("symbol", pa.string()), ("session", pa.date32()), ("reason", pa.string())]
)


class Serving(Protocol):
    """What ``predict`` needs of a model; ``registry.ServingModel`` is one."""

    @property
    def name(self) -> str:
        """Registered name."""

    @property
    def version(self) -> str:
        """Version in the registry."""

    @property
    def evidence(self) -> str:
        """``edge`` or ``no_evidence``."""

    @property
    def trained_through(self) -> datetime:
        """UTC instant."""

    @property
    def estimator(self) -> Any:
        """Fitted, with ``predict_proba``."""


@dataclass(frozen=True)
class Predicted:
    """``rows`` as ``PREDICTIONS.row_schema``; ``abstentions``: symbol, session, reason.

    Every row of the inputs is in exactly one of the two.
    """

    rows: pa.Table
    abstentions: pa.Table


def predict(model: Serving, inputs: pa.Table, *, created_at: datetime) -> Predicted:
    """Score one or several sessions.

    ``inputs`` has the columns of ``marts.prediction_inputs``, one row per symbol and session. A row
    with a missing feature is answered by an abstention that names it, whichever family serves.
    ``known_at`` of a prediction is ``created_at``: nobody could know it before it was made, even
    when it is made late. Rows come out sorted by session and symbol.

    Raises:
        ModelFromTheFuture: when the model learnt from labels that were not known at the decision
            time of one of the sessions.
        QualityError: when a column is missing, a key occurs twice, ``created_at`` has no time zone,
            or the model answers with something that is not a probability.
    """
    if created_at.tzinfo is None:
        raise QualityError(
            created_at.isoformat(),
            reason="created_at has no time zone",
            next_action="pass an aware instant",
        )
    rows = conform(inputs, INPUTS, source="marts.prediction_inputs")
    rows = rows.sort_by([("session", "ascending"), ("symbol", "ascending")]).combine_chunks()
    _refuse_bad_keys(rows)
    _refuse_the_future(model, rows)
    values = np.column_stack([_floats(rows[name]) for name in FEATURES])
    complete = np.isfinite(values).all(axis=1)
    scored = rows.filter(pa.array(complete))
    up = _probability_up(model, values[complete])
    return Predicted(
        rows=_ledger_rows(model, scored, up, created_at.astimezone(UTC)),
        abstentions=_abstentions(rows.filter(pa.array(~complete)), values[~complete]),
    )


def _ledger_rows(
    model: Serving, scored: pa.Table, up: NDArray[np.float64], created_at: datetime
) -> pa.Table:
    def constant(value: object, kind: pa.DataType) -> pa.Array:
        return pa.repeat(pa.scalar(value, type=kind), scored.num_rows)

    columns = {
        "symbol": scored["symbol"],
        "session": scored["session"],
        "target_session": scored["target_session"],
        "model_name": constant(model.name, pa.string()),
        "model_version": constant(model.version, pa.string()),
        "probability_up": pa.array(up, pa.float64()),
        "direction": pc.if_else(pa.array(up > 0.5), "up", "down"),
        "evidence": constant(model.evidence, pa.string()),
        "decided_at": scored["decided_at"],
        "created_at": constant(created_at, INSTANT),
        "known_at": constant(created_at, INSTANT),
    }
    names = PREDICTIONS.row_schema.names
    return pa.table([columns[name] for name in names], schema=PREDICTIONS.row_schema)


def _abstentions(rows: pa.Table, values: NDArray[np.float64]) -> pa.Table:
    names = np.array(FEATURES)
    reasons = [f"no value for {', '.join(names[~np.isfinite(row)])}" for row in values]
    columns = [rows["symbol"], rows["session"], pa.array(reasons, pa.string())]
    return pa.table(columns, schema=ABSTENTIONS)


def _probability_up(model: Serving, values: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(values) == 0:
        return np.empty(0)
    up = np.asarray(model.estimator.predict_proba(values)[:, 1], dtype=np.float64)
    if not ((up >= 0) & (up <= 1)).all():
        raise QualityError(
            f"{model.name} version {model.version}",
            reason=f"{int((~((up >= 0) & (up <= 1))).sum())} answers are not probabilities",
            next_action="do not serve this version; run the train job",
        )
    return up


def _refuse_the_future(model: Serving, rows: pa.Table) -> None:
    through = pa.scalar(model.trained_through.astimezone(UTC), type=INSTANT)
    early = rows.filter(pc.less(rows["decided_at"], through))
    if early.num_rows == 0:
        return
    days = sorted(set(early["session"].to_pylist()))
    raise ModelFromTheFuture(
        f"{model.name} version {model.version}",
        reason=f"it learnt from outcomes known at {model.trained_through.isoformat()}, after the "
        f"decision time of {len(days)} of the sessions asked for, {days[0]} to {days[-1]}",
        next_action="predict later sessions, or train as of the session",
        sessions=len(days),
    )


def _refuse_bad_keys(rows: pa.Table) -> None:
    if sum(rows[name].null_count for name in ("symbol", "session", "target_session", "decided_at")):
        raise QualityError(
            "marts.prediction_inputs",
            reason="symbol, session, target_session and decided_at must all be there",
            next_action="run dbt build, and compare the model with its contract",
        )
    keys = rows.group_by(["symbol", "session"]).aggregate([([], "count_all")])
    twice = keys.filter(pc.greater(keys["count_all"], 1))
    if twice.num_rows:
        raise QualityError(
            f"{twice['symbol'][0]} {twice['session'][0]}",
            reason=f"{twice.num_rows} keys (symbol, session) occur more than once in the inputs",
            next_action="rebuild the marts with dbt build; its uniqueness test names the model",
        )


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.asarray(column.to_numpy(), dtype=np.float64)
