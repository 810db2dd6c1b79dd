"""A plan: what would go, what old stays and why, in figures.

Belongs here: the plan as plain values. Does not belong here: making one (work.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from stock_assets.lake.retention.kinds import Kind

What = Literal["answer", "rows", "file"]
"""A vendor's kept answer, superseded rows of one day, or a data file that Delta replaced."""


@dataclass(frozen=True, slots=True)
class Going:
    """One thing that would go.

    ``name``: an answer's SHA-256, ``table/day`` of rows, ``table/file``. ``size_bytes`` is missing
    for rows: their bytes go with the files that held them. ``last_used_at``: when a load last named
    the answer, when the rows were stored, when the file was written; UTC.
    """

    what: What
    kind: Kind
    name: str
    size_bytes: int | None
    rows: int | None
    last_used_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Staying:
    """Old things that stay for the same reason. ``count``: answers, rows or files."""

    what: What
    kind: Kind
    reason: str
    count: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Share:
    """What goes of one kind: ``count`` answers, rows or files, their bytes, how old they are."""

    what: What
    kind: Kind
    count: int
    size_bytes: int
    oldest: datetime
    newest: datetime


@dataclass(frozen=True)
class Plan:
    """What would go at ``made_at`` (UTC) of these kinds, and what old stays."""

    made_at: datetime
    kinds: tuple[Kind, ...]
    going: tuple[Going, ...]
    staying: tuple[Staying, ...]

    @property
    def size_bytes(self) -> int:
        """Bytes that would be freed."""
        return sum(one.size_bytes or 0 for one in self.going)

    def shares(self) -> tuple[Share, ...]:
        """What would go, added up per kind and what it is."""
        groups: dict[tuple[Kind, What], list[Going]] = {}
        for one in self.going:
            groups.setdefault((one.kind, one.what), []).append(one)
        return tuple(
            Share(
                what,
                kind,
                sum(1 if one.rows is None else one.rows for one in group),
                sum(one.size_bytes or 0 for one in group),
                min(one.last_used_at for one in group),
                max(one.last_used_at for one in group),
            )
            for (kind, what), group in sorted(groups.items())
        )


def tallied(staying: Iterable[Staying]) -> tuple[Staying, ...]:
    """Those with the same reason as one, in order of kind, what and reason."""
    sums: dict[tuple[Kind, What, str], tuple[int, int]] = {}
    for one in staying:
        key = (one.kind, one.what, one.reason)
        count, size = sums.get(key, (0, 0))
        sums[key] = (count + one.count, size + one.size_bytes)
    return tuple(
        Staying(what, kind, reason, *sums[kind, what, reason])
        for kind, what, reason in sorted(sums)
    )
