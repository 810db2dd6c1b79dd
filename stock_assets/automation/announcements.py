"""The watch on the Federal Reserve: what it announces is collected, and asked for until it is here.

Belongs here: what is new in its feed, what has not arrived, the memory between two looks.
Does not belong here: how the feed is read (vendors/fed.py), what is stored (suppliers/policy.py).
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import dagster as dg

from stock_assets.automation.jobs import POLICY
from stock_assets.settings import Settings

LOOK_EVERY_S: Final = 300
MAX_TAG: Final = 250
REMEMBERED: Final = timedelta(days=7)
"""Announcements dated so long before the newest one may still appear; older ones are history."""
ASK_AGAIN_AFTER: Final = timedelta(hours=1)
GIVEN_UP_AFTER: Final = timedelta(days=1)
"""The list of announcements may lag behind the feed for so long."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """An announcement that has been noticed and is not stored yet; all instants in UTC."""

    url: str
    month: str
    noticed_at: datetime
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered between two looks.

    ``newest``: the newest instant of publication; ``seen``: the addresses published less than
    ``REMEMBERED`` before it, with their instants, None where these were not remembered; ``etag``,
    ``last_modified``: the feed's mark.
    """

    newest: datetime | None = None
    seen: Mapping[str, datetime] | None = None
    awaited: tuple[Awaited, ...] = ()
    etag: str | None = None
    last_modified: str | None = None

    @classmethod
    def of(cls, cursor: str | None) -> "Watch":
        """From a sensor's cursor."""
        said: dict[str, Any] = json.loads(cursor) if cursor else {}
        newest, seen = said.get("newest"), said.get("seen")
        return cls(
            newest=newest and datetime.fromisoformat(newest),
            seen=seen and {url: datetime.fromisoformat(at) for url, at in seen.items()},
            awaited=tuple(
                Awaited(url, month, datetime.fromisoformat(noticed), datetime.fromisoformat(asked))
                for url, month, noticed, asked in said.get("awaited", ())
            ),
            etag=said.get("etag"),
            last_modified=said.get("last_modified"),
        )

    @property
    def cursor(self) -> str:
        """As a sensor's cursor."""
        return json.dumps(
            {
                "newest": self.newest and self.newest.isoformat(),
                "seen": self.seen and {url: at.isoformat() for url, at in self.seen.items()},
                "awaited": [
                    (one.url, one.month, one.noticed_at.isoformat(), one.asked_at.isoformat())
                    for one in self.awaited
                ],
                "etag": self.etag,
                "last_modified": self.last_modified,
            }
        )


def fed_announcement_sensor(settings: Settings) -> dg.SensorDefinition:
    """Collect policy as soon as the Federal Reserve announces something."""

    @dg.sensor(
        name="on_fed_announcement",
        job_name=POLICY,
        minimum_interval_seconds=LOOK_EVERY_S,
        description=(
            "Watches the Federal Reserve's feed of press releases and collects policy when a new "
            "one appears; once an hour for a day until it is stored."
        ),
    )
    def on_fed_announcement(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        from stock_assets.market import Clock
        from stock_assets.suppliers import open_fed
        from stock_assets.vendors.fed import Mark

        now, watch = Clock(settings.now).now(), Watch.of(context.cursor)
        again: list[dg.RunRequest] = []
        if due(watch, now):
            again, watch = not_arrived(watch, _stored(settings), now)
        told = open_fed(settings).feed(since=Mark(watch.etag, watch.last_modified))
        requests, reason = (
            list[dg.RunRequest](),
            f"nothing since {watch.newest and watch.newest.isoformat()}",
        )
        if told.has_changed:
            rows = told.collected.rows.select(["published_at", "url", "title"]).to_pylist()
            requests, watch, reason = announcements(watch, rows, now)
            watch = replace(watch, etag=told.mark.etag, last_modified=told.mark.last_modified)
        requests = [*again, *requests]
        return dg.SensorResult(
            run_requests=requests,
            skip_reason=None if requests else reason,
            cursor=watch.cursor,
        )

    return on_fed_announcement


def announcements(
    watch: Watch, told: Sequence[Mapping[str, Any]], now: datetime
) -> tuple[list[dg.RunRequest], Watch, str]:
    """What to run for the announcements ``told`` (``published_at``, ``url``, ``title``) at ``now``.

    Returns the requests (one per month that something was announced in), what is remembered from
    now on, and why nothing is run, if so. New is an address that was not there before, whatever
    its instant. The first look only remembers where the feed stands: history is a backfill's
    business.
    """
    instants = {row["url"]: row["published_at"] for row in told}
    newest = max((*instants.values(), *([watch.newest] if watch.newest else [])), default=None)
    if newest is None:
        return [], watch, "the feed is empty"
    recent = {
        url: at
        for url, at in ({**(watch.seen or {}), **instants}).items()
        if at >= newest - REMEMBERED
    }
    after = replace(watch, newest=newest, seen=recent)
    if watch.newest is None:
        return [], after, f"watching from {newest.isoformat()} on"
    known = watch.seen
    if known is None:
        known = {url: at for url, at in instants.items() if at <= watch.newest}
    fresh = {row["url"]: row for row in told if row["url"] in recent.keys() - known.keys()}
    if not fresh:
        return [], after, f"nothing since {watch.newest.isoformat()}"
    awaited = [Awaited(url, f"{row['published_at']:%Y-%m}", now, now) for url, row in fresh.items()]
    name = hashlib.sha256(" ".join(sorted(fresh)).encode()).hexdigest()[:12]
    titles = "; ".join(row["title"] for row in fresh.values())[:MAX_TAG]
    requests = [
        dg.RunRequest(
            run_key=f"fed {month} {newest.isoformat()} {name}",
            partition_key=month,
            tags={"announcement": titles},
        )
        for month in sorted({one.month for one in awaited})
    ]
    return requests, replace(after, awaited=(*watch.awaited, *awaited)), ""


def due(watch: Watch, now: datetime) -> bool:
    """Whether anything was asked for so long ago that it should be stored by now."""
    return any(now - one.asked_at >= ASK_AGAIN_AFTER for one in watch.awaited)


def not_arrived(
    watch: Watch, stored: Collection[str], now: datetime
) -> tuple[list[dg.RunRequest], Watch]:
    """What to run again because an announcement that was noticed is not among ``stored`` addresses.

    The site's list, which is what a run stores, may lag behind the feed. The present month is
    asked for as well: it always has a day that is not answered for good, so the list is read.
    """
    left = [
        one
        for one in watch.awaited
        if one.url not in stored and now - one.noticed_at < GIVEN_UP_AFTER
    ]
    late = [one for one in left if now - one.asked_at >= ASK_AGAIN_AFTER]
    months = {f"{now:%Y-%m}", *(one.month for one in late)} if late else set()
    requests = [
        dg.RunRequest(
            run_key=f"fed {month} again {now:%Y-%m-%dT%H:%M}",
            partition_key=month,
            tags={"announcement": ", ".join(one.url for one in late)[:MAX_TAG]},
        )
        for month in sorted(months)
    ]
    asked = tuple(replace(one, asked_at=now) if one in late else one for one in left)
    return requests, replace(watch, awaited=asked)


def _stored(settings: Settings) -> frozenset[str]:
    from stock_assets.resources import open_lake
    from stock_assets.tables import FED_RELEASES

    return frozenset(open_lake(settings).read(FED_RELEASES, columns=("url",))["url"].to_pylist())
