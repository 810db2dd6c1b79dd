"""Run the real dbt in its own process on a small lake.

Belongs here: the process and its environment. Does not belong here: what is built.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa

from stock_assets.settings import PROJECT_ROOT
from stock_assets.warehouse import dbt_environment, query
from stock_assets_tests.dbt.small_lake import SmallLake

PROJECT = PROJECT_ROOT / "dbt_project"


class SmallWarehouse:
    """A warehouse in a temporary directory, built by dbt from whatever lake is handed in."""

    def __init__(self, root: Path, priority: tuple[str, ...] = ("polygon", "yahoo")) -> None:
        self.root = root
        self.path = root / "warehouse.duckdb"
        self.environment = dbt_environment(
            warehouse=self.path,
            lake_snapshot=root / "lake-snapshot.json",
            vendor_priority=priority,
        )

    def dbt(self, *arguments: str, lake: SmallLake | None = None) -> str:
        """Run dbt, which must succeed; what it printed."""
        finished = self.attempt(*arguments, lake=lake)
        assert finished.returncode == 0, finished.stdout[-6000:] + finished.stderr[-2000:]
        return finished.stdout

    def attempt(
        self, *arguments: str, lake: SmallLake | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run dbt, which may fail."""
        if lake is not None:
            lake.snapshot(self.root / "lake-snapshot.json")
        return subprocess.run(
            [
                *(sys.executable, "-c", "from dbt.cli.main import cli; cli()"),
                *("--no-use-colors", "--log-path", str(self.root / "logs")),
                *arguments,
                *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
                *("--target-path", str(self.root / "target")),
            ],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def rows(self, sql: str) -> pa.Table:
        """The answer to a query."""
        return query(self.path, sql)
