"""A feed that can be asked now: its subjects, what its requests cost and may cost.

Belongs here: putting a feed together from its source. Does not belong here: the sources (one
module per kind of feed), what is asked again and what is kept (ingest/).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from stock_assets.ingest.feeds import BY_KEY, Feed
from stock_assets.ingest.subjects import SubjectFeed
from stock_assets.market import Clock
from stock_assets.suppliers import beside, economy, finnhub, news, policy
from stock_assets.suppliers.source import Source

if TYPE_CHECKING:
    from stock_assets.ingest.subjects import Progress
    from stock_assets.lake import Lake
    from stock_assets.settings import Settings
    from stock_assets.vendors.budget import Budget
    from stock_assets.vendors.forecast import Cost
    from stock_assets.vendors.meter import Meter
    from stock_assets.vendors.transport import Transport

_SOURCES: Final[Mapping[str, Source]] = (
    beside.SOURCES | finnhub.SOURCES | news.SOURCES | economy.SOURCES | policy.SOURCES
)
BY_SUBJECT: Final = tuple(BY_KEY[key] for key in _SOURCES)
"""The feeds that are collected by subject and days."""


@dataclass(frozen=True)
class Supply:
    """A feed that can be asked now: its subjects, what its requests cost and may cost."""

    feed: SubjectFeed
    subjects: tuple[str, ...]
    transport: Transport
    source: Source

    @property
    def budget(self) -> Budget:
        """What may be asked, shared with all our processes."""
        return self.transport.budget

    @property
    def meter(self) -> Meter:
        """What has been asked so far."""
        return self.transport.meter

    @property
    def left_today(self) -> int | None:
        """Requests left of the day's budget; None where there is no daily limit."""
        return self.budget.left_today()

    def forecast(self, days: Iterable[date]) -> Cost:
        """What a fetch of these days would cost, before anything is asked."""
        from stock_assets.vendors.forecast import cost_under

        questions = self.feed.questions(self.subjects, days)
        requests = self.source.requests(self.feed.lake, questions)
        return cost_under(self.budget, requests, at_least=self.source.may_take_more)


def open_supply(
    feed: Feed,
    settings: Settings,
    lake: Lake,
    progress: Progress = lambda done, total, what: None,
    *,
    days: Sequence[date] = (),
) -> Supply:
    """The feed with its vendor's client behind it, about the subjects of ``days`` (or of today).

    Raises:
        AuthError: the vendor's key is not set.
        InputError: it is not known who was in the universe on these days.
    """
    source = _SOURCES[feed.key]
    clock = Clock(settings.now)
    subjects = source.subjects(settings, lake, days or (clock.now().date(),))
    transport, ask = source.open(settings, lake)
    about = source.about
    fetching = SubjectFeed(
        feed.key,
        feed.vendor,
        ask,
        lake,
        clock.now,
        progress=progress,
        settled_after=source.settled_after,
        overlap=source.overlap,
        only_settled=source.only_settled,
        about=(lambda day: about(settings, lake, (day,))) if about else None,
    )
    return Supply(fetching, subjects, transport, source)
