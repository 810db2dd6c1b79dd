"""A load in words: where rows come from, what became of them, and its row in the loads table.

Belongs here: LoadSource, Rejected, LoadResult, the load's id and its record.
Does not belong here: storing any of it (appending.py).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from stock_assets.errors import ContractError
from stock_assets.tables import LOADS, SYSTEM_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Rejected:
    """Rows that a vendor's code could not accept, to be put aside with the same load.

    ``rows`` has the columns ``rule`` (id) and ``reason`` (words), and any others: all of them are
    kept as JSON. ``symbol`` and ``session`` are indexed where present. A column ``target`` names
    the table that a row was meant for; rows that name another table than the one appended to are
    left out, so one source can be handed to several appends.
    """

    rows: pa.Table

    def __post_init__(self) -> None:
        missing = {"rule", "reason"}.difference(self.rows.column_names)
        if missing:
            raise ContractError(
                "rejected rows",
                reason=f"column {', '.join(sorted(missing))} is missing",
                next_action="say for each row which rule it breaks, and why in words",
            )

    @classmethod
    def concat(cls, parts: Iterable[Rejected | pa.Table | None]) -> Rejected | None:
        """All parts as one, columns united by name; None where there is nothing."""
        import pyarrow as pa

        tables = [
            part.rows if isinstance(part, Rejected) else part for part in parts if part is not None
        ]
        tables = [table for table in tables if table.num_rows]
        return cls(pa.concat_tables(tables, promote_options="permissive")) if tables else None


@dataclass(frozen=True)
class LoadSource:
    """Who asked whom for what. Requests are redacted; payloads are SHA-256 of kept answers.

    ``rejected``: rows that the vendor's code could not accept, as Rejected or as its table.
    """

    feed: str
    vendor: str
    requests: tuple[str, ...] = ()
    payloads: tuple[str, ...] = ()
    first_session: date | None = None
    last_session: date | None = None
    rejected: Rejected | pa.Table | None = None


@dataclass(frozen=True)
class LoadResult:
    """What became of the rows that were handed over.

    received = appended + unchanged + kept + quarantined_rows. ``restated`` counts those appended
    that replace an older value, ``kept`` those that differ from a first word that stands.
    ``unchanged`` includes identical doubles within the load. ``quarantined`` counts per rule; a
    row may break several.
    """

    load_id: str
    received: int
    appended: int
    unchanged: int
    restated: int
    quarantined: dict[str, int] = field(default_factory=dict)
    quarantined_rows: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is stamped on every row of one load: its id, when we stored it, whose data it is."""

    load_id: str
    ingested_at: datetime
    known_at: datetime
    environment: str

    def on(self, rows: pa.Table) -> pa.Table:
        """The rows with the remaining system columns."""
        import pyarrow as pa

        values = (self.ingested_at, self.load_id, self.environment)
        for column, value in zip(SYSTEM_COLUMNS[1:], values, strict=True):
            repeated = pa.repeat(pa.scalar(value, column.arrow.type), rows.num_rows)
            rows = rows.append_column(column.arrow, repeated)
        return rows


def new_load_id(at: datetime) -> str:
    """An id that sorts by time and that nobody else chooses."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"


def load_record(target: str, source: LoadSource, result: LoadResult) -> dict[str, Any]:
    """The load's row for the loads table as plain values; also kept in the commit itself."""
    return {
        "load": result.load_id,
        "target": target,
        "feed": source.feed,
        "vendor": source.vendor,
        "requests": list(source.requests),
        "payloads": list(source.payloads),
        "first_session": source.first_session and source.first_session.isoformat(),
        "last_session": source.last_session and source.last_session.isoformat(),
        "rows_received": result.received,
        "rows_appended": result.appended,
        "rows_unchanged": result.unchanged + result.kept,
        "rows_restated": result.restated,
        "rows_quarantined": result.quarantined_rows,
    }


def load_rows(records: Iterable[dict[str, Any]], known_at: datetime) -> pa.Table:
    """Records as rows of the loads table."""
    import pyarrow as pa

    rows = []
    for record in records:
        days = {
            k: record[k] and date.fromisoformat(record[k])
            for k in ("first_session", "last_session")
        }
        rows.append({**record, **days, "known_at": known_at})
    return pa.Table.from_pylist(rows, schema=LOADS.row_schema)


def to_commit(record: dict[str, Any]) -> dict[str, str]:
    """What a data commit says about its load, for people and for recovery."""
    return {
        "load_id": record["load"],
        "source": f"{record['feed']} ({record['vendor']})",
        "load": json.dumps(record, separators=(",", ":")),
    }


def from_commit(info: dict[str, Any]) -> dict[str, Any] | None:
    """The record in a commit's metadata; None for commits that are no loads."""
    text = info.get("load")
    return json.loads(text) if text else None
