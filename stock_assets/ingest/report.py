"""What became of a feed's run, for people and for checks.

Belongs here: the report's shape and its arithmetic. Does not belong here: how it is drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass
class FeedReport:
    """Counts of one run of one feed. Rows are rows, ``bytes_received`` bytes, times seconds.

    ``rows_…`` count what the feed is about; ``beside`` counts, by table, the new rows of others
    that came in the same answers, such as the splits and dividends in Yahoo's charts. ``left_out``
    counts, by reason, what a vendor sent that is no row of ours (a double, a withdrawn article).
    """

    feed: str
    vendor: str
    first_session: date | None = None
    last_session: date | None = None
    expected: int = 0
    already_stored: int = 0
    requests: int = 0
    bytes_received: int = 0
    rows_received: int = 0
    rows_appended: int = 0
    rows_unchanged: int = 0
    rows_restated: int = 0
    rows_quarantined: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    beside: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    gaps: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    loads: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def count_load(
        self,
        load_id: str | None,
        *,
        received: int,
        appended: int,
        unchanged: int,
        restated: int,
        quarantined_rows: int,
        quarantined: Mapping[str, int],
    ) -> None:
        """Add one load's counts; ``quarantined`` counts by rule, and a row may break several."""
        self.rows_received += received
        self.rows_appended += appended
        self.rows_unchanged += unchanged
        self.rows_restated += restated
        self._count_any_load(load_id, quarantined_rows, quarantined)

    def count_load_beside(
        self,
        table: str,
        load_id: str | None,
        *,
        appended: int,
        quarantined_rows: int,
        quarantined: Mapping[str, int],
    ) -> None:
        """Add a load of another table's rows that came in the same answers."""
        if appended:
            self.beside[table] += appended
        self._count_any_load(load_id, quarantined_rows, quarantined)

    def _count_any_load(
        self, load_id: str | None, quarantined_rows: int, quarantined: Mapping[str, int]
    ) -> None:
        if load_id:
            self.loads.append(load_id)
        self.rows_quarantined += quarantined_rows
        self.quarantined.update(quarantined)
