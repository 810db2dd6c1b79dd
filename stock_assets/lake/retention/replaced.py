"""Data files that Delta replaced: no row is lost with them, only old versions of a table.

Belongs here: which files no version holds that anybody recorded or may still be reading.
Does not belong here: who recorded a version (the caller says), compaction (delta.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from stock_assets.lake.failures import storage_failures
from stock_assets.lake.retention.kinds import KIND_OF, Policy
from stock_assets.lake.retention.listing import Found, files_under
from stock_assets.lake.retention.plan import Going, Staying
from stock_assets.lake.root import LakeRoot
from stock_assets.lake.stored import StoredTable
from stock_assets.tables import Table

if TYPE_CHECKING:
    from deltalake import DeltaTable

Readers = Mapping[str, Mapping[str, int | None]]
"""Who recorded versions, in words, to the Delta version of each table."""


def replaced_files(
    root: LakeRoot, table: Table, readers: Readers, policy: Policy
) -> tuple[list[Going], list[Staying]]:
    """The files of a table that go; replaced files that stay. Ages are by the machine's clock."""
    kind = KIND_OF[table.name]
    stored = StoredTable(root, table)
    handle = stored.open()
    if handle is None:
        return [], []
    there = files_under(stored.address)
    with storage_failures(table.name, stored.address):
        newest = int(handle.version())
        recorded = {
            version
            for versions in readers.values()
            if (version := versions.get(table.name)) is not None and version <= newest
        }
        replaced = _unheld(handle, timedelta(0), (), there)
        unread = _unheld(handle, policy.replaced_files_stay, (), there)
        goes = _unheld(handle, policy.replaced_files_stay, sorted(recorded), there)
    going = [
        Going(
            "file",
            kind,
            f"{table.name}/{path}",
            there[path].size_bytes,
            None,
            there[path].changed_at,
            "replaced, and no recorded version of the table holds it",
        )
        for path in sorted(goes)
    ]
    days = policy.replaced_files_stay.days
    young = f"replaced within the last {days} days; a reader may still hold it"
    staying = [
        Staying("file", kind, reason, len(paths), sum(there[p].size_bytes for p in paths))
        for reason, paths in (
            (young, replaced - unread),
            (f"recorded by {_who(readers, table, newest)}", unread - goes),
        )
        if paths
    ]
    return going, staying


def _unheld(
    handle: DeltaTable,
    stay: timedelta,
    keep: tuple[int, ...] | list[int],
    there: Mapping[str, Found],
) -> set[str]:
    """Files that are there and that neither the newest version, nor one of ``keep``, holds."""
    from urllib.parse import unquote

    named = handle.vacuum(
        int(stay.total_seconds() // 3600),
        dry_run=True,
        enforce_retention_duration=False,
        full=True,
        keep_versions=list(keep) or None,
    )
    # The log also names files that went long ago.
    return {unquote(path) for path in named} & there.keys()


def _who(readers: Readers, table: Table, newest: int) -> str:
    """The readers of a table's older versions, in words, the first few by name."""
    who = sorted(
        name
        for name, versions in readers.items()
        if (version := versions.get(table.name)) is not None and version < newest
    )
    more = f" and {len(who) - 3} more" if len(who) > 3 else ""
    return ", ".join(who[:3]) + more
