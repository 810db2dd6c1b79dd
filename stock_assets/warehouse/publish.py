"""Publish: swap in a new immutable, read-only serving database by one rename of a link.

Belongs here: writing ``serving/serving-<utc>-<hash>.duckdb`` beside the link, the swap, and what is
kept of older files. Does not belong here: which tables (contents.py), reading them (reading.py).

Readers open the link's real path and never see half a build: the new file is complete and on the
disk before the link moves, and the link moves in one rename. A kill at any point leaves the old
link; what it left behind is swept by the next publication.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stock_assets.errors import BuildError, EnvironmentMixed, StorageError, StorageUnavailable
from stock_assets.warehouse.contents import SERVING_TABLES, check_keys, content_hash
from stock_assets.warehouse.quoting import quoted_name, quoted_text
from stock_assets.warehouse.reading import open_read_only, query_published, warehouse_lock

if TYPE_CHECKING:
    import duckdb

KEPT_FILES: Final = 3
_UNFINISHED: Final = ".unfinished"


@dataclass(frozen=True, slots=True)
class Publication:
    """What readers see now: the file behind the link, whether it is new, and what it holds."""

    file: Path
    is_new: bool
    content_hash: str
    rows: dict[str, int]
    last_session: date | None
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Content:
    hash: str
    rows: dict[str, int]
    last_session: date | None
    lake_versions: str


def publish(
    warehouse: Path,
    serving_link: Path,
    *,
    environment: str,
    manifest_hash: str,
    now: datetime | None = None,
) -> Publication:
    """Publish the warehouse's tables behind ``serving_link``; equal content changes nothing.

    ``published_at`` in the new file holds one row: when (UTC; ``now`` or the clock), the last
    session, the lake's versions (JSON), the hashes of the dbt project and of the content, and the
    environment.

    Raises:
        QualityError: a key is missing or repeated; the old publication stays.
        BuildError: the warehouse, or one of its tables, has not been built.
        EnvironmentMixed: what is published comes from the other environment.
        StorageBusy: the warehouse is held by another process.
        StorageUnavailable: the serving directory cannot be written.
    """
    with warehouse_lock(warehouse):
        content = _inspect(warehouse)
        standing = _standing_hash(serving_link, environment)
        directory = serving_link.parent / "serving"
        try:
            if standing == content.hash:
                removed = _sweep(serving_link, directory)
                return Publication(
                    serving_link.resolve(), False, content.hash, content.rows,
                    content.last_session, removed,
                )  # fmt: skip
            directory.mkdir(parents=True, exist_ok=True)
            _sweep(serving_link, directory)
            moment = (now or datetime.now(UTC)).astimezone(UTC)
            file = directory / f"serving-{moment:%Y%m%dT%H%M%S%fZ}-{content.hash[:12]}.duckdb"
            _write(warehouse, file, content, (moment, environment, manifest_hash))
            _swap(serving_link, file)
            removed = _sweep(serving_link, directory)
        except OSError as error:
            raise StorageUnavailable(
                error.filename or directory,
                reason=f"cannot publish ({error.strerror}); the old publication stays",
                next_action="free space or make the directory writable, then publish again",
            ) from error
    return Publication(file, True, content.hash, content.rows, content.last_session, removed)


def _inspect(warehouse: Path) -> _Content:
    if not warehouse.is_file():
        raise BuildError(
            warehouse, reason="the warehouse has not been built",
            next_action="run the job that builds it (dbt build)",
        )  # fmt: skip
    connection = open_read_only(warehouse)
    try:
        check_keys(connection, warehouse)
        digest, rows = content_hash(connection, warehouse)
        last = connection.execute("select max(session) from marts.prices_daily").fetchone()
        versions = connection.execute(
            "select table_name, version from lake.lake_versions order by table_name"
        ).fetchall()
    finally:
        connection.close()
    return _Content(digest, rows, last[0] if last else None, json.dumps(dict(versions)))


def _standing_hash(serving_link: Path, environment: str) -> str | None:
    """The content hash of what is published, or nothing when there is nothing readable."""
    if not serving_link.is_symlink():
        if serving_link.exists():
            raise StorageUnavailable(
                serving_link, reason="it is a file, where our link should be",
                next_action="move it away, then publish again",
            )  # fmt: skip
        return None
    try:
        row = query_published(
            serving_link, "select content_hash, environment from published_at"
        ).to_pylist()[0]
    except (BuildError, StorageError):
        return None
    if row["environment"] != environment:
        raise EnvironmentMixed(
            serving_link, reason=f"it holds {row['environment']} data, and this is {environment}",
            next_action="use another STOCK_ASSETS_HOME for each environment",
        )  # fmt: skip
    return str(row["content_hash"])


def _write(
    warehouse: Path, file: Path, content: _Content, provenance: tuple[datetime, str, str]
) -> None:
    """Write the whole file under another name, on the disk, then give it its own."""
    import duckdb

    unfinished = file.with_suffix(_UNFINISHED)
    connection = duckdb.connect()
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {quoted_text(str(warehouse))} as warehouse (read_only)")
        connection.execute(f"attach {quoted_text(str(unfinished))} as serving")
        _copy(connection, content, provenance)
        connection.execute("checkpoint serving")
        connection.execute("detach serving")
    except duckdb.IOException as error:
        raise StorageUnavailable(
            unfinished, reason=f"{str(error).strip().splitlines()[0]}; the old publication stays",
            next_action="free space or make the directory writable, then publish again",
        ) from error  # fmt: skip
    finally:
        connection.close()
    unfinished.chmod(0o444)
    _sync(unfinished)
    unfinished.replace(file)
    _sync(file.parent)


def _copy(
    connection: duckdb.DuckDBPyConnection,
    content: _Content,
    provenance: tuple[datetime, str, str],
) -> None:
    for table in SERVING_TABLES:
        connection.execute(
            f"create table serving.{quoted_name(table.name)} as "  # noqa: S608
            f"select {table.columns} from warehouse.{table.source} order by {table.ordering}"
        )
    moment, environment, manifest = provenance
    connection.execute(
        "create table serving.published_at as select ?::timestamptz as published_at, "
        "?::date as last_session, ?::varchar as lake_versions, ?::varchar as manifest_hash, "
        "?::varchar as environment, ?::varchar as content_hash",
        [moment, content.last_session, content.lake_versions, manifest, environment, content.hash],
    )


def _swap(serving_link: Path, file: Path) -> None:
    """Point the link to the file by one rename; the target is relative, so a home can be moved."""
    fresh = serving_link.with_name(f".{serving_link.name}{_UNFINISHED}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(file.relative_to(serving_link.parent))
    fresh.replace(serving_link)
    _sync(serving_link.parent)


def _sweep(serving_link: Path, directory: Path) -> tuple[str, ...]:
    """Remove what a killed publication left, and all but the newest files; never the link's own."""
    for orphan in directory.glob(f"serving-*{_UNFINISHED}*"):
        orphan.unlink()
    files = sorted(directory.glob("serving-*.duckdb"))
    current = serving_link.resolve()
    older = [file for file in files if file.resolve() != current]
    keep = KEPT_FILES - 1 if current in (file.resolve() for file in files) else KEPT_FILES
    removed = older[: len(older) - keep] if len(older) > keep else []
    for file in removed:
        file.unlink()
    return tuple(file.name for file in removed)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
