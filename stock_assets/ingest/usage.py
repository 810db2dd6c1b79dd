"""What collecting costs: one row per feed's run in ``api_usage``, and sums over a span of time.

Belongs here: writing the row, adding rows up. Does not belong here: counting requests
(vendors/meter.py), judging the sums (checks/).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from stock_assets.errors import StockAssetsError
from stock_assets.lake import LoadSource
from stock_assets.tables import API_USAGE

if TYPE_CHECKING:
    from stock_assets.ingest.report import FeedReport
    from stock_assets.lake import Lake
    from stock_assets.vendors.meter import Meter
    from stock_assets.vendors.transport import Transport


def counted(
    lake: Lake,
    transport: Transport,
    now: Callable[[], datetime],
    fetch: Callable[[], FeedReport],
    so_far: Callable[[], FeedReport],
) -> FeedReport:
    """Fetch, and write down what it cost; of a fetch that fails, what ``so_far`` reports."""
    from stock_assets.vendors.meter import Meter

    started_at, began = now(), time.monotonic()
    transport.meter = Meter()
    report: FeedReport | None = None
    gave_up: str | None = None
    try:
        report = fetch()
    except BaseException as error:
        gave_up = _reason(error)
        raise
    finally:
        told = so_far() if report is None else report
        told.seconds = told.seconds or time.monotonic() - began
        left = transport.budget.left_today()
        record_usage(
            lake,
            told,
            transport.meter,
            started_at=started_at,
            left_today=left,
            gave_up=gave_up,
        )
    return told


@dataclass(frozen=True)
class Usage:
    """Sums over some runs of a feed; times in seconds, None where nothing was measured.

    ``last_collected_at``: start of the last run that got an answer, or that owed nothing.
    ``gave_up``: why the last run ended before all was asked, None where it did not.
    """

    runs: int
    requests: int
    errors: int
    rows_received: int
    rows_appended: int
    rows_quarantined: int
    bytes_received: int
    slowest_s: float | None
    mean_s: float | None
    left_today: int | None
    last_started_at: datetime | None
    last_collected_at: datetime | None = None
    gave_up: str | None = None

    @property
    def success_rate(self) -> float:
        """Share of the requests that brought an answer to keep, 0..1; 1 without any request."""
        return 1.0 - self.errors / self.requests if self.requests else 1.0

    @property
    def error_rate(self) -> float:
        """Share of the rows received that were put aside, 0..1."""
        return self.rows_quarantined / self.rows_received if self.rows_received else 0.0


def record_usage(
    lake: Lake,
    report: FeedReport,
    meter: Meter,
    *,
    started_at: datetime,
    left_today: int | None,
    gave_up: str | None = None,
) -> None:
    """Append one run's row.

    ``left_today``: requests left of the day's budget, if there is one. ``gave_up``: why it ended
    before all was asked, if it did.
    """
    import pyarrow as pa

    row = {
        "feed": report.feed,
        "vendor": report.vendor,
        "started_at": started_at,
        "seconds": report.seconds,
        "requests": meter.requests,
        "errors": meter.errors,
        "bytes_received": meter.bytes,
        "rows_received": report.rows_received,
        "rows_appended": report.rows_appended,
        "rows_quarantined": report.rows_quarantined,
        "slowest_s": meter.slowest_s,
        "mean_s": meter.mean_s,
        "left_today": left_today,
        "gave_up": gave_up,
        "known_at": started_at,
    }
    rows = pa.Table.from_pylist([row], schema=API_USAGE.row_schema)
    lake.append(API_USAGE, rows, LoadSource(feed=report.feed, vendor=report.vendor))


def usage_of(lake: Lake, feed: str, until: datetime, span: timedelta) -> Usage:
    """The runs of ``feed`` that started in the ``span`` before ``until``, added up."""
    import pyarrow.compute as pc

    since = (until - span).isoformat()
    where = f"feed = '{feed}' and started_at > '{since}' and started_at <= '{until.isoformat()}'"
    rows = lake.read(API_USAGE, where=where).sort_by("started_at")

    def total(name: str) -> int:
        return int(pc.sum(rows[name]).as_py() or 0)

    last = rows.slice(max(0, rows.num_rows - 1)).to_pylist()
    # A run that our own budget refuses sends nothing, and owes all the same.
    unanswered = pc.greater_equal(rows["errors"], rows["requests"])
    owing = pc.or_(pc.greater(rows["requests"], 0), pc.is_valid(rows["gave_up"]))
    in_vain = pc.and_(unanswered, owing)
    # Runs without any answer took no time to answer, and weigh nothing.
    timed = rows.filter(pc.is_valid(rows["mean_s"]))
    weighed = pc.sum(pc.multiply(timed["mean_s"], timed["requests"])).as_py()
    weight = pc.sum(timed["requests"]).as_py()
    return Usage(
        runs=rows.num_rows,
        requests=total("requests"),
        errors=total("errors"),
        rows_received=total("rows_received"),
        rows_appended=total("rows_appended"),
        rows_quarantined=total("rows_quarantined"),
        bytes_received=total("bytes_received"),
        slowest_s=pc.max(rows["slowest_s"]).as_py(),
        mean_s=weighed / weight if weight else None,
        left_today=last[0]["left_today"] if last else None,
        last_started_at=last[0]["started_at"] if last else None,
        last_collected_at=pc.max(rows.filter(pc.invert(in_vain))["started_at"]).as_py(),
        gave_up=last[0]["gave_up"] if last else None,
    )


def _reason(error: BaseException) -> str:
    """The kind of error, and the words where they are ours: others may hold anything."""
    kind = type(error).__name__
    return f"{kind}: {error.reason}" if isinstance(error, StockAssetsError) else kind
