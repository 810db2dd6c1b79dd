"""Incoming rows against what we have: new, restated, or nothing new.

Belongs here: the comparison with the newest row per key.
Does not belong here: rules (screen.py), storing (stored.py).
"""

# ruff: noqa: S608 - SQL is built from declared names and quoted literals only (sql.py)

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from stock_assets.lake import sql
from stock_assets.tables import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Compared:
    """``rows`` are to be appended; the counts say what became of the others."""

    rows: pa.Table
    unchanged: int
    restated: int
    kept: int


def compare(
    connection: DuckDBPyConnection,
    table: Table,
    rows: pa.Table,
    relation: str | None,
    *,
    now: datetime,
    keep_first: bool,
) -> Compared:
    """Part the rows that say something new from those that do not.

    ``relation`` holds every stored version, None where nothing is stored. A restated row was known
    to nobody before ``now``, so its ``known_at`` is the latest of its own, ``now`` and that of the
    row it replaces. With ``keep_first`` the stored word stands and differing rows are only counted.
    """
    import numpy as np
    import pyarrow.compute as pc

    if relation is None or rows.num_rows == 0:
        return Compared(rows, unchanged=0, restated=0, kept=0)
    known = _known(connection, table, rows, relation)
    place = known["place"].to_numpy()
    changed = known["differs"].to_numpy(zero_copy_only=False)
    restated = int(changed.sum())
    unchanged = len(place) - restated
    fresh = np.ones(rows.num_rows, dtype=bool)
    fresh[place] = changed & (not keep_first)
    if keep_first or not restated:
        chosen = rows if not len(place) else rows.filter(pa.array(fresh))
        return Compared(chosen, unchanged, restated=0, kept=restated)
    column = rows.schema.get_field_index("known_at")
    micros = pa.int64()
    instants = rows["known_at"].cast(micros).to_numpy().copy()
    earlier = known["known_at"].cast(micros).to_numpy()[changed]
    present = pa.scalar(now, rows.schema.field(column).type).cast(micros).as_py()
    places = place[changed]
    instants[places] = np.maximum(np.maximum(instants[places], earlier), present)
    stated = pc.cast(pa.array(instants), rows.schema.field(column).type)
    restamped = rows.set_column(column, rows.schema.field(column), stated)
    return Compared(restamped.filter(pa.array(fresh)), unchanged, restated, kept=0)


def _known(connection: DuckDBPyConnection, table: Table, rows: pa.Table, relation: str) -> pa.Table:
    """For each row whose key is stored: its place, whether a value differs, the stored instant."""
    import numpy as np

    places = pa.array(np.arange(rows.num_rows, dtype=np.int64))
    connection.register("incoming", rows.append_column("place", places))
    key = sql.names(table.key)
    # Only stored rows with a wanted key are ranked; DuckDB turns the join into bounds on the scan.
    wanted = f"(from {relation} semi join incoming using ({key}))"
    found = connection.sql(
        f"""
        select
            incoming.place,
            {sql.differs(table, "incoming", "stored")} as differs,
            stored.known_at
        from incoming join {sql.newest(table, wanted)} as stored using ({key})
        """
    )
    return found.to_arrow_table().combine_chunks()
