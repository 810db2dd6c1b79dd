"""Predictions into the ledger: the first word is kept, and silence has a reason.

Belongs here: appending what a model said, and recording what it abstained from.
Does not belong here: scoring (learning/predict.py), outcomes (dbt).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from stock_assets.lake import LoadResult, LoadSource
from stock_assets.tables import GAPS, PREDICTIONS

if TYPE_CHECKING:
    import pyarrow as pa

    from stock_assets.lake import Lake

FEED: Final = "predictions"
OURSELVES: Final = "stock_assets"


def store_predictions(
    lake: Lake, rows: pa.Table, abstentions: pa.Table, created_at: datetime
) -> LoadResult:
    """Append predictions that have not been made before; never rewrite one.

    ``rows`` as ``PREDICTIONS.row_schema``; ``abstentions``: symbol, session, reason. A key that
    the ledger has already keeps its first word, whatever is handed over now.
    """
    import pyarrow as pa

    source = LoadSource(feed=FEED, vendor=OURSELVES)
    result = lake.append(PREDICTIONS, rows, source, keep_first=True)
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
        lake.append(GAPS, pa.table(columns, schema=GAPS.row_schema), source)
    return result
