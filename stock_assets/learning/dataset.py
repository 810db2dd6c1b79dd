"""The training set as the learner sees it: sorted, cut at an instant, complete, and hashed.

Belongs here: reading ``marts.training_set`` (an Arrow table), the cut by knowledge, the arrays.
Does not belong here: how features and labels are computed (dbt), how sessions are split
(splits.py).

Time basis: ``session`` and ``target_session`` are dates in New York; ``decided_at`` and
``label_known_at`` are aware instants.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stock_assets.errors import NotEnoughHistory, QualityError
from stock_assets.names import FEATURES

INSTANT: Final = pa.timestamp("us", tz="UTC")
SCHEMA: Final = pa.schema(
    [
        ("symbol", pa.string()),
        ("session", pa.date32()),
        ("target_session", pa.date32()),
        ("decided_at", INSTANT),
        *[(name, pa.float64()) for name in FEATURES],
        ("is_up", pa.bool_()),
        ("actual_return", pa.float64()),
        ("label_known_at", INSTANT),
    ]
)
"""The columns taken from ``marts.training_set``; others are ignored."""

LAST_RETURN: Final = "last_return"
"""The session's own return, read from the label of the row before; for ``last_sign`` alone."""


@dataclass(frozen=True)
class Dataset:
    """Rows to learn from, sorted by session and symbol, one row per key, every feature present.

    ``incomplete`` counts the rows that were left out because a feature is missing (nothing is ever
    filled in), ``unlabelled`` those whose outcome is not known: unknown is not "down".
    """

    rows: pa.Table = field(repr=False)
    incomplete: int = 0
    unlabelled: int = 0

    @classmethod
    def from_table(cls, table: pa.Table) -> Dataset:
        """Read ``marts.training_set``.

        Raises:
            QualityError: when a column is missing or of another kind, an instant has no time
                zone, or a key (symbol, session) occurs twice.
        """
        rows = conform(table, SCHEMA, source="marts.training_set")
        rows = rows.sort_by([("session", "ascending"), ("symbol", "ascending")])
        _refuse_duplicates(rows)
        known = pc.and_(pc.is_valid(rows["is_up"]), pc.is_valid(rows["label_known_at"]))
        labelled = rows.filter(known)
        complete = labelled.filter(pa.array(complete_rows(labelled)))
        return cls(
            complete.combine_chunks(),
            incomplete=labelled.num_rows - complete.num_rows,
            unlabelled=rows.num_rows - labelled.num_rows,
        )

    def as_of(self, instant: datetime) -> Dataset:
        """What could be learnt at ``instant``: the rows whose label was known by then.

        Raises:
            QualityError: when ``instant`` has no time zone.
        """
        if instant.tzinfo is None:
            raise QualityError(
                instant.isoformat(),
                reason="an instant without a time zone does not say when",
                next_action="give an aware instant, such as 2024-01-03T06:30:00Z",
            )
        cut = pa.scalar(instant.astimezone(UTC), type=INSTANT)
        kept = self.rows.filter(pc.less_equal(self.rows["label_known_at"], cut))
        return replace(self, rows=kept.combine_chunks())

    def need(self, *, sessions: int, rows: int = 1) -> None:
        """Refuse to go on with less history than this.

        Raises:
            NotEnoughHistory: saying what there is and what it takes.
        """
        have = len(self.session_days)
        if have >= sessions and len(self) >= rows:
            return
        raise NotEnoughHistory(
            f"{have} sessions, {len(self)} rows",
            reason=f"at least {sessions} sessions and {rows} rows with known outcomes are needed",
            next_action="backfill more sessions or add symbols",
            have=have,
            need=sessions,
            left_out_incomplete=self.incomplete or None,
            left_out_unlabelled=self.unlabelled or None,
        )

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    @cached_property
    def labels(self) -> NDArray[np.int8]:
        """1 where the target session's total return was positive, else 0; shape (rows,)."""
        return np.asarray(self.rows["is_up"].cast(pa.int8()).to_numpy())

    @cached_property
    def sessions(self) -> NDArray[np.datetime64]:
        """Session of each row, ``datetime64[D]``, ascending; shape (rows,)."""
        return np.asarray(self.rows["session"].to_numpy()).astype("datetime64[D]")

    @cached_property
    def targets(self) -> NDArray[np.datetime64]:
        """Target session of each row, ``datetime64[D]``; shape (rows,)."""
        return np.asarray(self.rows["target_session"].to_numpy()).astype("datetime64[D]")

    @cached_property
    def session_days(self) -> tuple[date, ...]:
        """The distinct sessions in order."""
        return tuple(np.unique(self.sessions).tolist())

    @cached_property
    def session_codes(self) -> NDArray[np.intp]:
        """Position of each row's session among ``session_days``; shape (rows,)."""
        return np.unique(self.sessions, return_inverse=True)[1].astype(np.intp)

    @property
    def trained_through(self) -> datetime:
        """The instant at which the newest of these labels became known (UTC)."""
        self.need(sessions=1)
        newest: datetime = pc.max(self.rows["label_known_at"]).as_py()
        return newest.astimezone(UTC)

    def matrix(self, columns: Sequence[str]) -> NDArray[np.float64]:
        """Columns as a float64 matrix of shape (rows, columns), in the order asked for."""
        arrays = [self._column(name) for name in columns]
        return np.column_stack(arrays) if arrays else np.empty((len(self), 0))

    def _column(self, name: str) -> NDArray[np.float64]:
        return self._last_return if name == LAST_RETURN else _floats(self.rows[name])

    @cached_property
    def _last_return(self) -> NDArray[np.float64]:
        """The session's own return: label of the symbol's row whose target is this session.

        Known at the decision time of the session; NaN where there is no such row.
        """
        symbols = self.rows["symbol"].combine_chunks().dictionary_encode().indices.to_numpy()
        order = np.lexsort((self.sessions, symbols))
        before, here = order[:-1], order[1:]
        follows = (symbols[before] == symbols[here]) & (self.targets[before] == self.sessions[here])
        found = np.full(len(self), np.nan)
        found[here[follows]] = _floats(self.rows["actual_return"])[before[follows]]
        return found

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the content in canonical order: the same rows, the same hash."""
        digest = hashlib.sha256()
        for name in self.rows.column_names:
            column = self.rows[name].combine_chunks()
            digest.update(f"{name}:{column.type}:{len(column)};".encode())
            values: Any = column
            if pa.types.is_string(column.type):
                digest.update("\0".join(column.to_pylist()).encode())
                continue
            digest.update(np.ascontiguousarray(values.to_numpy(zero_copy_only=False)).tobytes())
        return digest.hexdigest()


def conform(table: pa.Table, schema: pa.Schema, *, source: str) -> pa.Table:
    """The columns of ``schema`` from ``table``, cast.

    Raises:
        QualityError: naming every column that is missing or cannot be cast.
    """
    problems, columns = [], []
    for wanted in schema:
        if wanted.name not in table.column_names:
            problems.append(f"{wanted.name} is missing")
            continue
        column = table[wanted.name]
        if wanted.type == INSTANT and getattr(column.type, "tz", None) is None:
            problems.append(f"{wanted.name} is {column.type}, an instant needs a time zone")
            continue
        try:
            columns.append(column.cast(wanted.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            problems.append(f"{wanted.name} is {column.type}, not {wanted.type}")
    if problems:
        raise QualityError(
            source,
            reason="; ".join(problems),
            next_action="run dbt build, and compare the model with its contract",
        )
    return pa.table(columns, schema=schema)


def complete_rows(rows: pa.Table) -> NDArray[np.bool_]:
    """Which rows have a finite number for every feature; shape (rows,)."""
    inputs = np.column_stack([_floats(rows[name]) for name in FEATURES])
    return np.asarray(np.isfinite(inputs).all(axis=1))


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _refuse_duplicates(rows: pa.Table) -> None:
    keys = rows.group_by(["symbol", "session"]).aggregate([([], "count_all")])
    twice = keys.filter(pc.greater(keys["count_all"], 1)).sort_by("session")
    if twice.num_rows == 0:
        return
    first = twice.slice(0, 3).to_pylist()
    shown = ", ".join(f"{row['symbol']} {row['session']}" for row in first)
    raise QualityError(
        shown,
        reason=f"{twice.num_rows} keys (symbol, session) occur more than once in the training set",
        next_action="rebuild the marts with dbt build; its uniqueness test names the model",
    )
