"""What we say ourselves into the lake: the first word is kept, and silence has a reason.

Belongs here: appending predictions and evaluations, and recording what a model abstained from.
Does not belong here: scoring (learning/predict.py), outcomes (dbt).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from stock_assets.lake import LoadSource
from stock_assets.tables import EVALUATIONS, GAPS, PREDICTIONS

if TYPE_CHECKING:
    import pyarrow as pa

    from stock_assets.lake import Lake
    from stock_assets.tables import Table

FEED: Final = "predictions"
OURSELVES: Final = "stock_assets"


def store_predictions(
    lake: Lake, rows: pa.Table, abstentions: pa.Table, created_at: datetime
) -> int:
    """Append predictions that have not been made before, and say how many; never rewrite one.

    ``rows`` as ``PREDICTIONS.row_schema``; ``abstentions``: symbol, session, reason. A key that
    the ledger has already keeps its first word, whatever is handed over now.
    """
    import pyarrow as pa

    appended = _append_first_words(lake, PREDICTIONS, rows, FEED)
    count = abstentions.num_rows
    if count:
        columns = [
            pa.repeat(pa.scalar(FEED), count),
            pa.repeat(pa.scalar(OURSELVES), count),
            abstentions["symbol"],
            abstentions["session"],
            pa.repeat(pa.scalar("abstained"), count),
            abstentions["reason"],
            pa.repeat(pa.scalar(created_at, GAPS.row_schema.field("known_at").type), count),
        ]
        source = LoadSource(feed=FEED, vendor=OURSELVES)
        lake.append(GAPS, pa.table(columns, schema=GAPS.row_schema), source)
    return appended


def store_evaluations(lake: Lake, rows: pa.Table) -> int:
    """Append how models were judged, once per training run; says how many rows were new."""
    return _append_first_words(lake, EVALUATIONS, rows, "models/evaluation")


def _append_first_words(lake: Lake, table: Table, rows: pa.Table, feed: str) -> int:
    """Append the rows whose key is not there; a load is recorded only when there are any."""
    known = lake.read(table, columns=table.key)
    new = rows.join(known, list(table.key), join_type="left anti").select(rows.column_names)
    if new.num_rows == 0:
        return 0
    source = LoadSource(feed=feed, vendor=OURSELVES)
    return lake.append(table, new.cast(table.row_schema), source, keep_first=True).appended
