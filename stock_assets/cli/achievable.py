"""How well anybody could have done on a generated market, on the rows that were judged.

Belongs here: the closing comparison with the twin's own probabilities. The pipeline never sees
them; only this page at the end of a demo, and tests, do.
Does not belong here: how the market is generated (sandbox/truth).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa


def achievable_auc(
    warehouse: Path,
    *,
    symbols: Sequence[str],
    market: Literal["edge", "null"],
    seed: int,
    first: date,
    last: date,
) -> float:
    """AUC of the twin's own probabilities on the judged sessions ``first`` to ``last``.

    On a null market every probability is one half, and the AUC is 0.5 exactly.
    """
    from stock_assets.sandbox.truth.generated import optimal_probabilities

    best = optimal_probabilities(list(symbols), market=market, seed=seed)
    return auc_of(best, _labels(warehouse, first, last))


def auc_of(probabilities: pa.Table, labels: pa.Table) -> float:
    """AUC of ``probability_up`` against ``is_up``, joined by symbol and session."""
    from sklearn.metrics import roc_auc_score

    joined = labels.join(
        probabilities.select(["symbol", "session", "probability_up"]),
        ["symbol", "session"],
        join_type="inner",
    )
    return float(roc_auc_score(joined["is_up"].to_numpy(), joined["probability_up"].to_numpy()))


def _labels(warehouse: Path, first: date, last: date) -> pa.Table:
    from stock_assets.warehouse.reading import query

    return query(
        warehouse,
        "select symbol, session, is_up from marts.training_set where session between ? and ?",
        [first, last],
    )
