"""The answer to corrections: partitions that they touch are marked, what follows is made again.

Belongs here: marks, the runs that are asked for, how far the marks have come.
Does not belong here: the decision what is a correction (ingest/restatements.py).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import dagster as dg

from stock_assets.automation.jobs import REBUILD, SENTIMENT_JOB
from stock_assets.ingest.feeds import BY_KEY
from stock_assets.partitions import FIRST_MONTH, FIRST_NEWS_DAY, MONTH_FORMAT
from stock_assets.settings import Settings
from stock_assets.tables import NEWS

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

    from stock_assets.ingest.restatements import Restatement

LOOK_EVERY_S: Final = 300
FIRST_LOOK: Final = timedelta(days=7)
"""A sensor that was never on begins so long ago (wall clock)."""
MAX_TAG: Final = 250
MAX_MARKS: Final = 1_000
MAX_NEWS_DAYS: Final = 10
"""So much is marked, and so many days of headlines are judged again, at one look; the rest at the
following ones."""


def restatement_sensor(
    settings: Settings, targets: "Sequence[UnresolvedAssetJobDefinition]"
) -> dg.SensorDefinition:
    """Mark the partitions that a correction touches, and make again what follows from them.

    ``targets``: the jobs ``rebuild`` and ``sentiment``.
    """

    @dg.sensor(
        name="on_restatement",
        jobs=targets,
        minimum_interval_seconds=LOOK_EVERY_S,
        description=(
            "Looks for corrected values, late splits and dividends, revisions of the economy, "
            "edited headlines; marks the partitions that they touch, judges headlines again and "
            "builds what follows from the rest."
        ),
    )
    def on_restatement(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        from stock_assets.ingest.restatements import restatements_since
        from stock_assets.resources import open_lake

        since = _place(context.cursor)[0] or datetime.now(UTC) - FIRST_LOOK
        return corrections(context.cursor, restatements_since(open_lake(settings), since))

    return on_restatement


def corrections(cursor: str | None, found: Sequence["Restatement"]) -> dg.SensorResult:
    """An observation per corrected partition, and the runs that make again what follows.

    ``found``: what was corrected since the ``cursor``, oldest first. At most ``MAX_MARKS``
    partitions and ``MAX_NEWS_DAYS`` days of news are dealt with; the cursor that is returned
    passes no others.
    """
    if not found:
        return dg.SensorResult(skip_reason="nothing was corrected", cursor=cursor)
    since, done = _place(cursor)
    every = [(one, key) for one in found for key in _partitions(one)]
    marks: list[dg.AssetObservation] = []
    edited: dict[str, str] = {}
    for one, key in every[done:]:
        is_news = one.table == NEWS.name and key is not None
        is_full = is_news and key not in edited and len(edited) == MAX_NEWS_DAYS
        if is_full or len(marks) == MAX_MARKS:
            break
        if is_news:
            edited[str(key)] = one.load
        marks.append(_mark(one, key))
    done += len(marks)
    requests = [
        dg.RunRequest(run_key=f"sentiment {day} {load}", job_name=SENTIMENT_JOB, partition_key=day)
        for day, load in sorted(edited.items())
    ]
    ended = done >= len(every)
    start = since or found[0].stored_at - timedelta(microseconds=1)
    return dg.SensorResult(
        run_requests=[*requests, *_rebuild(found)],
        asset_events=marks,
        cursor=max(one.stored_at for one in found).isoformat()
        if ended
        else f"{start.isoformat()} {done}",
    )


def _rebuild(found: Sequence["Restatement"]) -> Iterator[dg.RunRequest]:
    """One run for all that the warehouse is built from; its key is the same at each of its looks.

    How edited headlines sound is built with the next session: it is judged again first.
    """
    built = [one for one in found if one.table != NEWS.name]
    days = sorted({day for one in built for day in one.days})
    if days:
        yield dg.RunRequest(
            run_key=f"restatement {built[-1].load}",
            job_name=REBUILD,
            tags={
                "restated/days": f"{days[0]} to {days[-1]} ({len(days)})",
                "restated/loads": ", ".join(one.load for one in built)[:MAX_TAG],
            },
        )


def _partitions(one: "Restatement") -> list[str | None]:
    """The partitions of the feed that hold these days; None where it has no partitions.

    What a vendor dates before the first partition, or after our looking, is in none.
    """
    feed = BY_KEY.get(one.feed)
    match feed.slices if feed else "none":
        case "month":
            months = sorted({day.strftime(MONTH_FORMAT) for day in one.days})
            return [month for month in months if month >= FIRST_MONTH]
        case "day":
            last = one.stored_at.date().isoformat()
            days = [day.isoformat() for day in one.days]
            return [day for day in days if FIRST_NEWS_DAY <= day <= last]
        case "session":
            return [day.isoformat() for day in one.days]
        case "none":
            return [None]


def _mark(one: "Restatement", partition: str | None) -> dg.AssetObservation:
    return dg.AssetObservation(
        asset_key=dg.AssetKey(one.feed.split("/")),
        partition=partition,
        description=f"corrected by load {one.load}",
        metadata={
            "rows corrected": one.rows,
            "symbols": ", ".join(one.symbols),
            "load": one.load,
        },
    )


def _place(cursor: str | None) -> tuple[datetime | None, int]:
    """Since when corrections are looked for, and how many marks of them were made already."""
    since, _, done = (cursor or "").partition(" ")
    return datetime.fromisoformat(since) if since else None, int(done or 0)
