"""Kept answers: which are older than their kind's span, and who still needs them.

Belongs here: judging answers by the loads that name them. An answer is found by its hash, so one
file may stand behind many loads: it goes when the youngest of them is old.
Does not belong here: which loads are needed by others (needed.py), removing files (listing.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from stock_assets.lake.delta import Lake
from stock_assets.lake.retention.kinds import KIND_OF, RECORDS, Kind, Policy
from stock_assets.lake.retention.listing import Found
from stock_assets.lake.retention.plan import Going, Staying
from stock_assets.tables import LOADS

_ANSWER: Final = re.compile(r"([0-9a-f]{2})/([0-9a-f]{2})/(\1\2[0-9a-f]{60})\.zst")
IN_USE: Final = timedelta(days=1)
"""An answer is kept first and named by its load later: what was kept today may yet be named."""


@dataclass(frozen=True, slots=True)
class Naming:
    """A load that names an answer; ``at`` is when the load was stored, UTC."""

    sha: str
    load: str
    feed: str
    target: str
    at: datetime


def path_of(sha: str) -> str:
    """Where an answer lies below the payloads' root."""
    return f"{sha[:2]}/{sha[2:4]}/{sha}.zst"


def answers_among(files: Mapping[str, Found]) -> dict[str, Found]:
    """The kept answers among the files of the payloads' root, by SHA-256."""
    matched = ((_ANSWER.fullmatch(path), found) for path, found in files.items())
    return {match[3]: found for match, found in matched if match}


def namings(lake: Lake) -> list[Naming]:
    """Every answer that any load ever named."""
    loads = lake.read(LOADS, columns=("load", "feed", "target", "payloads", "ingested_at"))
    return [
        Naming(sha, row["load"], row["feed"], row["target"], row["ingested_at"])
        for row in loads.to_pylist()
        for sha in dict.fromkeys(row["payloads"] or ())
    ]


def judge(
    answers: Mapping[str, Found],
    named: Iterable[Naming],
    needed: Mapping[str, str],
    policy: Policy,
    now: datetime,
) -> tuple[list[Going], list[Staying]]:
    """Which answers go, and why old ones stay.

    ``needed``: load to the reason why somebody needs its answers.
    """
    by_sha: dict[str, list[Naming]] = {}
    for naming in named:
        if naming.sha in answers:
            by_sha.setdefault(naming.sha, []).append(naming)
    going: list[Going] = []
    staying: list[Staying] = []
    for sha in sorted(answers):
        found, behind = answers[sha], by_sha.get(sha, [])
        if not _is_old(behind, found, policy, now):
            continue
        kind, last_used = _youngest(behind, found, policy)
        reason = _why_it_stays(sha, behind, found, needed, policy, now)
        if reason:
            staying.append(Staying("answer", kind, reason, 1, found.size_bytes))
            continue
        span = f"{policy.span(kind).days} days"
        said = f"no load of the last {span} names it" if behind else f"unnamed for {span}"
        going.append(Going("answer", kind, sha, found.size_bytes, None, last_used, said))
    return going, staying


def _youngest(behind: Collection[Naming], found: Found, policy: Policy) -> tuple[Kind, datetime]:
    """The kind that keeps it longest, and when it was last used."""
    if not behind:
        return RECORDS, found.changed_at
    kinds = [(one.at + policy.span(_kind(one)), _kind(one)) for one in behind]
    return max(kinds)[1], max(one.at for one in behind)


def _is_old(behind: Collection[Naming], found: Found, policy: Policy, now: datetime) -> bool:
    """Whether any use of it is older than its span."""
    if not behind:
        return found.changed_at < policy.cutoff(RECORDS, now)
    return any(one.at < policy.cutoff(_kind(one), now) for one in behind)


def _why_it_stays(
    sha: str,
    behind: Collection[Naming],
    found: Found,
    needed: Mapping[str, str],
    policy: Policy,
    now: datetime,
) -> str | None:
    held = {sha, *(one.load for one in behind), *(one.feed for one in behind)}
    if held.intersection(policy.hold):
        return "an audit needs it (STOCK_ASSETS_RETENTION_HOLD)"
    if any(one.target not in KIND_OF for one in behind):
        return "a table that this program does not know was loaded from it"
    for one in behind:
        if one.load in needed:
            return needed[one.load]
    if any(one.at >= policy.cutoff(_kind(one), now) for one in behind):
        return "a younger load got the very same answer"
    if found.changed_at > now - IN_USE:
        return "it was kept again within a day; a load may be about to name it"
    return None


def _kind(naming: Naming) -> Kind:
    return KIND_OF.get(naming.target, RECORDS)
