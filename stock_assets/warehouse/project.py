"""What dbt is handed: its environment and a fresh manifest.

Belongs here: paths, the environment of dbt's process, parsing once.
Does not belong here: running models (assets/), the lake's snapshot (snapshot.py).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from filelock import FileLock

from stock_assets.errors import BuildError

KEEP_BUILDS_S: Final = 24 * 3600
"""What a build of dbt left behind is kept for a day, to be looked into."""
_NOT_SOURCES: Final = frozenset({"target", "logs", "dbt_packages"})
_PARSE_DEADLINE_S: Final = 300
_DBT: Final = "from dbt.cli.main import cli; cli()"


def dbt_environment(
    *,
    warehouse: Path,
    lake_snapshot: Path,
    vendor_priority: Sequence[str],
    target: str = "duckdb",
) -> dict[str, str]:
    """What dbt's process needs beyond ours: the database, the lake's snapshot, who wins.

    Merge it over ``os.environ`` of the process that is started. Telemetry is off.
    """
    return {
        "STOCK_ASSETS_WAREHOUSE": str(warehouse),
        "STOCK_ASSETS_WAREHOUSE_TARGET": target,
        "STOCK_ASSETS_LAKE_SNAPSHOT": str(lake_snapshot),
        "STOCK_ASSETS_VENDOR_PRIORITY": ",".join(vendor_priority),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def manifest_path(project_dir: Path) -> Path:
    """Where dbt's manifest lies."""
    return project_dir / "target" / "manifest.json"


def manifest_hash(manifest: Path) -> str:
    """SHA-256 over the project's own nodes and macros, so that equal code gives an equal hash.

    The file itself also holds the time and the invocation; those are left out.
    """
    import orjson

    content = orjson.loads(manifest.read_bytes())
    mine = {
        "nodes": {
            name: [node["raw_code"], node["checksum"], node["config"]]
            for name, node in content["nodes"].items()
        },
        "macros": {
            name: macro["macro_sql"]
            for name, macro in content["macros"].items()
            if macro["package_name"] == content["metadata"]["project_name"]
        },
    }
    return hashlib.sha256(orjson.dumps(mine, option=orjson.OPT_SORT_KEYS)).hexdigest()


def ensure_manifest(project_dir: Path, environment: Mapping[str, str] | None = None) -> Path:
    """The manifest, parsed anew only when it is missing or older than a file of the project.

    Two processes that ask at once parse once; the manifest appears whole or not at all.

    Raises:
        BuildError: the project is not there, or dbt cannot parse it; the reason quotes dbt.
    """
    if not (project_dir / "dbt_project.yml").is_file():
        raise BuildError(
            project_dir,
            reason="there is no dbt project",
            next_action="set STOCK_ASSETS_DBT_PROJECT_DIR to the directory with dbt_project.yml",
        )
    manifest = manifest_path(project_dir)
    if _is_fresh(manifest, project_dir):
        return manifest
    manifest.parent.mkdir(exist_ok=True)
    with FileLock(manifest.parent / "manifest.lock"):
        if not _is_fresh(manifest, project_dir):
            _parse(project_dir, manifest, environment or {})
    return manifest


def forget_old_builds(project_dir: Path, now: float) -> int:
    """Remove the folders that builds wrote more than a day before ``now``; returns how many.

    Each build compiles into a folder of its own, so that builds do not disturb each other.
    """
    folders = [path.parent for path in project_dir.glob("target/*/manifest.json")]
    old = [path for path in folders if path.stat().st_mtime < now - KEEP_BUILDS_S]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return len(old)


def _is_fresh(manifest: Path, project_dir: Path) -> bool:
    if not manifest.is_file():
        return False
    written = manifest.stat().st_mtime_ns
    return all(path.stat().st_mtime_ns <= written for path in _sources(project_dir))


def _sources(project_dir: Path) -> Iterator[Path]:
    for entry in project_dir.iterdir():
        if entry.name not in _NOT_SOURCES and not entry.name.startswith("."):
            yield from (p for p in entry.rglob("*") if p.is_file()) if entry.is_dir() else [entry]


def _parse(project_dir: Path, manifest: Path, environment: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory(dir=manifest.parent, prefix="parse-") as scratch:
        finished = subprocess.run(  # noqa: S603
            [
                sys.executable,
                "-c",
                _DBT,
                "--no-use-colors",
                "--log-path",
                scratch,
                "parse",
                "--project-dir",
                str(project_dir),
                "--profiles-dir",
                str(project_dir),
                "--target-path",
                scratch,
            ],
            env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=_PARSE_DEADLINE_S,
        )
        if finished.returncode != 0:
            raise BuildError(
                project_dir,
                reason="dbt parse failed: " + _last_words(finished.stdout + finished.stderr),
                next_action="mend the project, then run dbt parse",
                status=finished.returncode,
            )
        for name in ("partial_parse.msgpack", "manifest.json"):
            parsed = Path(scratch) / name
            if parsed.is_file():
                parsed.replace(manifest.parent / name)


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " / ".join(lines[-6:])[:1500]
