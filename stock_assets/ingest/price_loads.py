"""One load of bars: what is believed of some answers, with the corporate actions in them.

Belongs here: from answers to rows in the lake. Does not belong here: what is believed
(scrutiny.py), what is asked for (prices.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from stock_assets.ingest.scrutiny import scrutinised
from stock_assets.lake import LoadSource, Rejected
from stock_assets.tables import CORPORATE_ACTIONS, PRICES

if TYPE_CHECKING:
    from stock_assets.errors import VendorError
    from stock_assets.ingest.lateness import Lateness
    from stock_assets.ingest.report import FeedReport
    from stock_assets.lake import Lake
    from stock_assets.vendors.bars import Bars


def store_bars(
    lake: Lake, report: FeedReport, batch: Sequence[Bars], lateness: Lateness, now: datetime
) -> Mapping[str, VendorError]:
    """Store one load and count it in ``report``; returns whose answers are refused, and why.

    ``lateness``: what is known from ``now`` only, the market's present.
    """
    import pyarrow as pa

    found = scrutinised(lake, report.vendor, batch)
    source = LoadSource(
        feed=report.feed,
        vendor=report.vendor,
        requests=tuple(a.request for bars in batch for a in bars.answers),
        payloads=tuple(a.payload for bars in batch for a in bars.answers),
        first_session=report.first_session,
        last_session=report.last_session,
        rejected=Rejected.concat([bars.rejected for bars in found.answers]),
    )
    actions = pa.concat_tables(
        [CORPORATE_ACTIONS.row_schema.empty_table(), *(b.actions for b in found.answers)]
    )
    if actions.num_rows or source.rejected is not None:
        result = lake.append(CORPORATE_ACTIONS, lateness.stamp_actions(actions, now), source)
        report.count_load_beside(
            CORPORATE_ACTIONS.name,
            result.load_id,
            appended=result.appended,
            quarantined_rows=result.quarantined_rows,
            quarantined=result.quarantined,
        )
    prices = pa.concat_tables([PRICES.row_schema.empty_table(), *(b.prices for b in found.answers)])
    result = lake.append(PRICES, lateness.stamp_bars(prices, now), source)
    report.count_load(
        result.load_id,
        received=result.received,
        appended=result.appended,
        unchanged=result.unchanged,
        restated=result.restated,
        quarantined_rows=result.quarantined_rows,
        quarantined=result.quarantined,
    )
    return found.refused
