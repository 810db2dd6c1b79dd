"""Kinds of data, how long each is kept, and what an audit holds back.

Belongs here: which table is of which kind, spans, cut-offs.
Does not belong here: finding what is older (answers.py, hourly.py, replaced.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from stock_assets.errors import InputError
from stock_assets.tables import (
    API_USAGE,
    CORPORATE_ACTIONS,
    COVERAGE,
    DISAGREEMENTS,
    ECONOMIC_EVENTS,
    EVALUATIONS,
    FED_RELEASES,
    FOMC_MEETINGS,
    FOMC_STATEMENTS,
    FUNDAMENTALS,
    FX_RATES,
    GAPS,
    INDEX_MEMBERSHIP,
    INDEX_PRICES,
    LISTINGS,
    LOADS,
    MACRO,
    MACRO_RELEASES,
    NEWS,
    NEWS_SENTIMENT,
    PREDICTIONS,
    PRICES,
    QUARANTINE,
    REMOVALS,
    SESSIONS,
    TREASURY_AUCTIONS,
    TREASURY_DEBT,
    TREASURY_RATES,
    Table,
)

Kind = Literal["financial", "movements", "news", "macro", "policy", "records"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
RECORDS: Final[Kind] = "records"
"""Our own books, and answers that no load names (refusals, and what could not be read)."""

_TABLES: Final[dict[Kind, tuple[Table, ...]]] = {
    "financial": (FUNDAMENTALS,),
    "movements": (
        PRICES,
        CORPORATE_ACTIONS,
        LISTINGS,
        INDEX_PRICES,
        FX_RATES,
        INDEX_MEMBERSHIP,
        SESSIONS,
    ),
    "news": (NEWS, NEWS_SENTIMENT),
    "macro": (MACRO, MACRO_RELEASES),
    "policy": (
        FED_RELEASES,
        FOMC_STATEMENTS,
        FOMC_MEETINGS,
        TREASURY_DEBT,
        TREASURY_RATES,
        TREASURY_AUCTIONS,
        ECONOMIC_EVENTS,
    ),
    "records": (
        LOADS,
        COVERAGE,
        GAPS,
        QUARANTINE,
        REMOVALS,
        API_USAGE,
        DISAGREEMENTS,
        PREDICTIONS,
        EVALUATIONS,
    ),
}
KIND_OF: Final[Mapping[str, Kind]] = {
    table.name: kind for kind, tables in _TABLES.items() for table in tables
}
REPLACED_FILES_STAY: Final = timedelta(days=7)
"""Readers hold the files of the version that they opened: longer than the longest run."""


@dataclass(frozen=True)
class Policy:
    """How long each kind is kept, and what an audit needs.

    ``days``: a span per kind; books are kept for the longest of all. ``hold``: loads, feeds or
    SHA-256 of answers that stay however old they are.

    Raises:
        InputError: a kind has no span, or one that is not a day at least.
    """

    days: Mapping[Kind, int]
    hold: Collection[str] = ()
    replaced_files_stay: timedelta = REPLACED_FILES_STAY

    def __post_init__(self) -> None:
        for kind in KINDS:
            if kind != RECORDS and self.days.get(kind, 0) < 1:
                raise InputError(
                    f"{kind}: {self.days.get(kind)}",
                    reason="is no span of retention",
                    next_action="keep each kind for at least one day",
                )

    def span(self, kind: Kind) -> timedelta:
        """How long a kind is kept."""
        days = self.days[kind] if kind in self.days else max(self.days.values())
        return timedelta(days=days)

    def cutoff(self, kind: Kind, now: datetime) -> datetime:
        """What was stored before this instant is old."""
        return now - self.span(kind)
