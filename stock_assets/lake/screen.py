"""Which rows may enter: the declared rules in one pass, and one row per key.

Belongs here: finding broken rows and doubles within one load.
Does not belong here: what is done with them (quarantine.py), older rows (compare.py).
"""

# ruff: noqa: S608 - SQL is built from declared names and quoted literals only (sql.py)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from stock_assets.lake import sql
from stock_assets.tables import Rule, Table

if TYPE_CHECKING:
    import numpy as np
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

KEY_CONFLICT: Final = Rule(
    "key_conflict", "true", "the same key came with different values in one load"
)
_PLACE: Final = "__place"
_BROKEN: Final = pa.schema([(_PLACE, pa.int64()), ("rule", pa.string())])


@dataclass(frozen=True)
class Screened:
    """``rows`` are sound, one per key; ``doubles`` counts identical rows that fell together.

    ``broken`` and ``rules`` run in parallel: a row that breaks several rules stands there several
    times; ``broken_rows`` counts it once.
    """

    rows: pa.Table
    broken: pa.Table
    rules: tuple[str, ...]
    broken_rows: int
    doubles: int


def screen(connection: DuckDBPyConnection, table: Table, rows: pa.Table) -> Screened:
    """Part the sound rows from the broken ones.

    A rule that is neither met nor broken (NULL) counts as broken, unless another broken rule of
    that row explains it. Identical doubles (all values; the latest ``known_at`` stays) fall
    together; doubles with different values are all broken, under ``key_conflict``.
    """
    found = _BROKEN.empty_table()
    sound, doubles = rows, 0
    if _any_broken(connection, table, rows):
        numbered = _numbered(rows)
        found = _broken(connection, table, numbered)
        sound = _without(numbered, found[_PLACE]).drop_columns(_PLACE)
    if not keys_are_unique(table.key, sound):
        numbered = _without(_numbered(rows), found[_PLACE])
        keep, conflicts = _doubles(connection, table, numbered)
        found = pa.concat_tables([found, conflicts])
        sound = rows.take(keep)
        doubles = numbered.num_rows - len(keep) - conflicts.num_rows
    broken_rows = rows.num_rows - sound.num_rows - doubles
    rules = tuple(found["rule"].to_pylist())
    return Screened(sound, rows.take(found[_PLACE]), rules, broken_rows, doubles)


def keys_are_unique(key: Sequence[str], rows: pa.Table) -> bool:
    """Whether no key comes twice; False also where that cannot be told cheaply.

    Keys become numbers, which in a load that comes sorted already ascend: one pass, no hashing.
    """
    import numpy as np

    if rows.num_rows == 0:
        return True
    numbers = np.zeros(rows.num_rows, dtype=np.int64)
    space = 1
    for name in key:
        column = rows[name].combine_chunks()
        if column.null_count:
            return False
        codes, distinct = _codes(column)
        space *= distinct
        if space > np.iinfo(np.int64).max:
            return False
        numbers = numbers * distinct + codes
    if bool((numbers[1:] > numbers[:-1]).all()):
        return True
    return bool(len(np.unique(numbers)) == rows.num_rows)


def _codes(column: pa.Array) -> tuple[NDArray[np.int64], int]:
    """A number from 0 for each value, and how many numbers there may be."""
    import numpy as np
    import pyarrow.compute as pc

    if pa.types.is_date32(column.type):
        days = column.cast(pa.int32()).to_numpy().astype(np.int64)
        first = int(days.min())
        return days - first, int(days.max()) - first + 1
    # Loads come grouped (by vendor, by symbol), so runs are far fewer than rows.
    runs = pc.run_end_encode(column)
    values = runs.values.dictionary_encode()
    lengths = np.diff(runs.run_ends.to_numpy(), prepend=0)
    codes = np.repeat(values.indices.to_numpy().astype(np.int64), lengths)
    return codes, max(len(values.dictionary), 1)


def _any_broken(connection: DuckDBPyConnection, table: Table, rows: pa.Table) -> bool:
    connection.register("incoming", rows)
    found = connection.sql(f"select 1 from incoming where {_breaks_any(table)} limit 1")
    return bool(found.fetchall())


def _breaks_any(table: Table) -> str:
    return f"({' and '.join(f'({rule.holds})' for rule in table.all_rules)}) is not true"


def _broken(connection: DuckDBPyConnection, table: Table, numbered: pa.Table) -> pa.Table:
    connection.register("incoming", numbered)
    wrong, unknown = (
        ", ".join(
            f"case when ({r.holds}) {test} then {sql.literal(r.id)} end" for r in table.all_rules
        )
        for test in ("is false", "is null")
    )
    present = "lambda id: id is not null"
    return connection.sql(
        f"""
        with judged as (
            select {_PLACE},
                list_filter([{wrong}], {present}) as wrong,
                list_filter([{unknown}], {present}) as unknown
            from incoming where {_breaks_any(table)}
        )
        select {_PLACE}, unnest(if(len(wrong) > 0, wrong, unknown)) as rule
        from judged order by {_PLACE}
        """
    ).to_arrow_table()


def _doubles(
    connection: DuckDBPyConnection, table: Table, numbered: pa.Table
) -> tuple[pa.Array, pa.Table]:
    """Places to keep, in order, and the rows in conflict."""
    connection.register("incoming", numbered)
    key = sql.names(table.key)
    connection.execute(
        f"""
        create or replace temp table told as
        select {key}, arg_max({_PLACE}, known_at) as keep, count(*) as times
        from incoming group by all
        """
    )
    conflicts = f"""
        select distinct {sql.names(table.key, "a.")}
        from incoming a join told using ({key})
        join incoming b on b.{_PLACE} = told.keep
        where told.times > 1 and {sql.differs(table, "a", "b")}
    """
    keep = connection.sql(
        f"select keep from told anti join ({conflicts}) using ({key}) order by keep"
    ).to_arrow_table()
    in_conflict = connection.sql(
        f"""
        select {_PLACE}, {sql.literal(KEY_CONFLICT.id)} as rule
        from incoming semi join ({conflicts}) using ({key}) order by {_PLACE}
        """
    ).to_arrow_table()
    return keep["keep"].combine_chunks(), in_conflict.cast(_BROKEN)


def _numbered(rows: pa.Table) -> pa.Table:
    import numpy as np

    return rows.append_column(_PLACE, pa.array(np.arange(rows.num_rows, dtype=np.int64)))


def _without(numbered: pa.Table, places: pa.ChunkedArray) -> pa.Table:
    import numpy as np

    mask = np.ones(numbered.num_rows, dtype=bool)
    mask[places.to_numpy()] = False
    return numbered.filter(pa.array(mask))
