"""A lake in miniature for the dbt tests: Parquet files from the declared tables, and a snapshot.

Belongs here: writing rows as the lake would store them. Does not belong here: which market the
rows tell of (small_market.py), what the warehouse should make of it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stock_assets.tables import TABLES, Table

Rows = list[dict[str, Any]]


class SmallLake:
    """Append-only Parquet files per table; ``snapshot`` says which, as ``Lake.snapshot`` does."""

    def __init__(self, root: Path, name: str = "L") -> None:
        self.root = root
        self.name = name
        self.files: dict[str, list[str]] = defaultdict(list)
        self.history: dict[str, Rows] = defaultdict(list)
        self._loads = 0

    def append(self, table: Table, rows: Rows) -> None:
        """Store rows (declared columns and known_at) as one load."""
        self._loads += 1
        system = {
            "ingested_at": datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=self._loads),
            "load_id": f"{self.name}{self._loads:06d}",
            "environment": "sandbox",
        }
        stamped = [{**row, **system} for row in rows]
        self.history[table.name] += stamped
        path = self.root / table.name / f"{system['load_id']}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(stamped, schema=table.schema), path)
        self.files[table.name].append(str(path))

    def snapshot(self, path: Path) -> Path:
        """Write the lake snapshot as JSON."""
        tables = {
            name: {
                "version": len(self.files[name]) or None,
                "files": self.files[name],
                "columns": {column.name: column.sql_type for column in table.all_columns},
            }
            for name, table in TABLES.items()
        }
        path.write_text(json.dumps(tables))
        return path
