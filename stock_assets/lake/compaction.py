"""Compaction of tables: many small files into few large ones, the same rows.

Belongs here: which tables are worth it, files and bytes before and after.
Does not belong here: the rewriting (stored.py), removing the files that were replaced (retention/).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stock_assets.lake.delta import Lake
from stock_assets.lake.stored import COMPACT_BYTES, StoredTable
from stock_assets.tables import TABLES, Table


@dataclass(frozen=True, slots=True)
class Compaction:
    """One table before and after: files and bytes of its newest version.

    Of a dry run ``files_after`` is the least that there can be, and the bytes are those of before.
    """

    table: str
    files_before: int
    files_after: int
    size_bytes_before: int
    size_bytes_after: int

    @property
    def changes(self) -> bool:
        """Whether files are replaced."""
        return self.files_before != self.files_after


def compact(
    lake: Lake, tables: Iterable[Table] = tuple(TABLES.values()), *, dry_run: bool = False
) -> tuple[Compaction, ...]:
    """Rewrite each table's small files, one commit per table; empty tables are left out.

    Each table is locked while it is rewritten. Readers keep the files that they hold. A second
    time changes nothing.

    Raises:
        StorageBusy: somebody wrote a table for too long; those before it are done.
        StorageUnavailable, StorageCorrupt: see errors.py.
    """
    return tuple(
        _compact(lake, table, dry_run) for table in tables if lake.version(table) is not None
    )


def _compact(lake: Lake, table: Table, dry_run: bool) -> Compaction:
    stored = StoredTable(lake.root, table)
    before = stored.sizes(stored.open())
    if dry_run:
        return Compaction(table.name, len(before), _fewest(before), sum(before), sum(before))
    lake.compact(table)
    after = stored.sizes(stored.open())
    return Compaction(table.name, len(before), len(after), sum(before), sum(after))


def _fewest(sizes: Iterable[int]) -> int:
    """How many files there would be at least: small ones fill up one after the other."""
    large = [size for size in sizes if size >= COMPACT_BYTES]
    small = [size for size in sizes if size < COMPACT_BYTES]
    return len(large) + (-(-sum(small) // COMPACT_BYTES) if small else 0)
