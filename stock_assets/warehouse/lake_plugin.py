"""dbt-duckdb's door to the lake: one view per table of the lake, in schema ``lake``.

Belongs here: turning a lake snapshot (which files make up which table) into views, whenever dbt
opens the warehouse. profiles.yml names this module as a plugin and hands over the snapshot's path.
Does not belong here: finding the files (lake/), models (dbt_project/).

The snapshot is JSON: ``{table: {"version": int | null, "files": [path, …], "columns": {name:
DuckDB type}}}``. Views read the files with ``read_parquet``, so no DuckDB extension is needed; a
table without files is an empty view with its types, and a column that an older file lacks is
null. ``lake.lake_versions`` keeps which version of each table the build has seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt.adapters.duckdb.plugins import BasePlugin

from stock_assets.errors import StorageCorrupt, StorageUnavailable
from stock_assets.warehouse.quoting import quoted_name, quoted_text

if TYPE_CHECKING:
    import duckdb

_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_ ]*(\([0-9, ]+\))?(\[\])?")


class Plugin(BasePlugin):
    """Creates the lake's views on the warehouse's first connection of each dbt invocation."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Take the snapshot's path from the profile; nothing is read yet."""
        self._snapshot = str(plugin_config.get("snapshot") or "")

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Create or replace ``lake.<table>`` for every table of the snapshot.

        Who only reads, such as Dagster counting rows after a build, finds the views made.
        """
        (mode,) = conn.execute("select current_setting('access_mode')").fetchone() or ("",)
        if mode.lower() != "read_only":
            create_lake_views(conn, read_snapshot(self._snapshot))


def read_snapshot(path: str) -> dict[str, dict[str, Any]]:
    """The lake snapshot at ``path``.

    Raises:
        StorageUnavailable: no path is set, or nothing can be read there.
        StorageCorrupt: the file is not a lake snapshot.
    """
    if not path:
        raise StorageUnavailable(
            "lake snapshot",
            reason="STOCK_ASSETS_LAKE_SNAPSHOT is not set",
            next_action="run dbt with the environment of stock_assets.warehouse.dbt_environment",
        )
    try:
        snapshot = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise StorageUnavailable(
            path,
            reason=f"the lake snapshot cannot be read ({error.strerror})",
            next_action="write it with Lake.snapshot() before dbt runs",
        ) from error
    except ValueError as error:
        raise StorageCorrupt(
            path,
            reason=f"the lake snapshot is not JSON ({error})",
            next_action="write it again with Lake.snapshot()",
        ) from error
    if not isinstance(snapshot, dict) or not all(
        isinstance(entry, dict) and {"version", "files", "columns"} <= entry.keys()
        for entry in snapshot.values()
    ):
        raise StorageCorrupt(
            path,
            reason="the lake snapshot does not say version, files and columns of each table",
            next_action="write it again with Lake.snapshot()",
        )
    return snapshot


def create_lake_views(
    connection: duckdb.DuckDBPyConnection, snapshot: Mapping[str, Mapping[str, Any]]
) -> None:
    """Create or replace the views of schema ``lake`` and the table ``lake.lake_versions``."""
    connection.execute("create schema if not exists lake")
    for table, entry in snapshot.items():
        connection.execute(
            f"create or replace view lake.{quoted_name(table)} as "
            + _select(entry["columns"], entry["files"])
        )
    connection.execute(
        "create or replace table lake.lake_versions (table_name varchar, version bigint)"
    )
    versions = [(table, entry["version"]) for table, entry in sorted(snapshot.items())]
    if versions:
        connection.executemany("insert into lake.lake_versions values (?, ?)", versions)


def _select(columns: Mapping[str, str], files: list[str]) -> str:
    """The declared columns, typed, in order: from the files, or of no row."""
    typed = {name: _checked_type(kind) for name, kind in columns.items()}
    nulls = ", ".join(f"cast(null as {kind}) as {quoted_name(c)}" for c, kind in typed.items())
    if not files:
        return f"select {nulls} where false"
    paths = ", ".join(quoted_text(path) for path in files)
    casts = ", ".join(
        f"cast({quoted_name(c)} as {kind}) as {quoted_name(c)}" for c, kind in typed.items()
    )
    return (
        f"with declared as (select {nulls} where false), "  # noqa: S608
        f"stored as (select * from read_parquet([{paths}], union_by_name=true, "
        "hive_partitioning=false) union all by name select * from declared) "
        f"select {casts} from stored"
    )


def _checked_type(kind: str) -> str:
    if _TYPE.fullmatch(kind):
        return kind
    raise StorageCorrupt(
        ascii(kind),
        reason="the lake snapshot gives a column a type that is none",
        next_action="write it again with Lake.snapshot()",
    )
