"""What is written about the companies of a market: articles, as they stood at an instant.

Belongs here: putting words to the drafts, and finding articles by subject, time and carrier.
Does not belong here: when and how often something is written (drafts.py), any vendor's format.

Equal seeds give equal articles about a company, whatever other symbols a market holds and however
long it is. Their words carry the company's mood of the day (mood.py); on a generated market with an
edge this mood is part of it (edge.py), on recorded and null markets it says nothing about prices.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar

import numpy as np

from stock_assets.sandbox.truth.drafts import (
    CARRIERS,
    NEVER,
    Carrier,
    Drafts,
    draw_month,
    news_month,
)
from stock_assets.sandbox.truth.model import Truth
from stock_assets.sandbox.truth.phrases import (
    AFTER_A_MOVE,
    AREAS,
    CORRECTED,
    DETAILS,
    HEADLINES,
    SEVERAL,
    SUMMARIES,
)
from stock_assets.sandbox.truth.publishers import AUTHORS, PUBLISHERS, Publisher
from stock_assets.sandbox.truth.subjects import Subject, subjects_of

T = TypeVar("T")

_KEPT_MONTHS: Final = 2_048
_NOT_A_SLUG: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Story:
    """An article at an instant. Times are seconds since 1970, UTC.

    ``symbols`` are canonical, the one whose mood the words carry first; ``level`` is that mood in
    halves, 0 for a neutral article; ``number`` grows with time. ``url`` has no tracking in it.
    """

    number: int
    published_at: int
    symbols: tuple[str, ...]
    sector: str
    level: int
    headline: str
    summary: str
    content: str
    publisher: Publisher
    author: str | None
    url: str
    carriers: int
    edited_at: int | None
    is_withdrawn: bool

    @property
    def is_carried_by_two(self) -> bool:
        """Whether two vendors have it."""
        return self.carriers not in CARRIERS.values()

    @property
    def image(self) -> str:
        """The address of its picture."""
        return f"https://{self.publisher.domain}/images/{self.number}.jpg"

    def tracked(self, tracking: str) -> str:
        """The address as a vendor hands it out: with tracking where two vendors have the story."""
        if not self.is_carried_by_two:
            return self.url
        return f"{self.url}{'&' if '?' in self.url else '?'}{tracking}"


class Newsroom:
    """All articles of a market; months that were asked for are remembered."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self.subjects = subjects_of(truth)
        self._months: OrderedDict[tuple[str, date], Drafts] = OrderedDict()

    def about(self, symbol: str) -> tuple[Subject, ...]:
        """The subjects whose articles may name a company, itself first."""
        return tuple(s for s in self.subjects if any(symbol == own for own, _ in s.companies))

    def newest_first(
        self, subjects: Sequence[Subject], first: int, last: int, carrier: Carrier, now: int
    ) -> Iterator[Story]:
        """What was published from ``first`` to ``last`` (both included) and by ``now``."""
        end = min(last, now)
        begin = max(first, self._beginning())
        month = news_month(end)
        while month >= news_month(begin) and begin <= end:
            stories = self._in_month(subjects, month, begin, end, carrier, now)
            yield from sorted(stories, key=lambda s: (s.published_at, s.number), reverse=True)
            month = (month - timedelta(days=1)).replace(day=1)

    def oldest_first(
        self, subjects: Sequence[Subject], first: int, last: int, carrier: Carrier, now: int
    ) -> Iterator[Story]:
        """The same in the order of publication."""
        end = min(last, now)
        begin = max(first, self._beginning())
        month = news_month(begin)
        while month <= news_month(end) and begin <= end:
            stories = self._in_month(subjects, month, begin, end, carrier, now)
            yield from sorted(stories, key=lambda s: (s.published_at, s.number))
            month = (month + timedelta(days=31)).replace(day=1)

    def _beginning(self) -> int:
        first = min(s.bars.days[0] for s in self._truth.stocks.values())
        return int(first.astype("datetime64[s]").astype(np.int64))

    def _in_month(
        self,
        subjects: Sequence[Subject],
        month: date,
        begin: int,
        end: int,
        carrier: Carrier,
        now: int,
    ) -> Iterator[Story]:
        for subject in subjects:
            drafts = self._drafts(subject, month)
            times = drafts.published_at
            wanted = (drafts.carriers & CARRIERS[carrier] > 0) & (times >= begin) & (times <= end)
            for at in np.flatnonzero(wanted).tolist():
                yield _story(subject, drafts, at, now)

    def _drafts(self, subject: Subject, month: date) -> Drafts:
        key = (subject.key, month)
        if key in self._months:
            self._months.move_to_end(key)
            return self._months[key]
        stock = self._truth.stocks.get(subject.key)
        drafts = self._months[key] = draw_month(self._truth.seed, subject, stock, month)
        if len(self._months) > _KEPT_MONTHS:
            self._months.popitem(last=False)
        return drafts


def _story(subject: Subject, drafts: Drafts, at: int, now: int) -> Story:
    luck: list[float] = drafts.luck[at].tolist()
    level, number = int(drafts.levels[at]), int(drafts.numbers[at])
    edited_at, withdrawn_at = int(drafts.edited_at[at]), int(drafts.withdrawn_at[at])
    companies = subject.named(luck[11], luck[7])
    name = companies[0][1]
    area = _pick(AREAS[subject.sector], luck[7])
    first = _headline(HEADLINES[level], luck[8], companies, area, float(drafts.moves[at]))
    headline, summary_luck = first, luck[9]
    is_edited = edited_at <= now
    if is_edited:
        summary_luck = (luck[9] + 0.5) % 1.0
        headline = CORRECTED.format(headline=first)
    detail = _pick(DETAILS, luck[2]).format(
        name=name,
        area=area,
        share=5 + int(luck[7] * 30),
        staff=f"{1_000 + int(luck[9] * 90) * 100:,}",
        rivals=3 + int(luck[8] * 9),
    )
    summary = _pick(SUMMARIES[level], summary_luck)
    publisher = _pick(PUBLISHERS, luck[11] if not subject.is_sector else luck[9])
    author = int(luck[1] * 50) % 10
    return Story(
        number=number,
        published_at=int(drafts.published_at[at]),
        symbols=tuple(symbol for symbol, _ in companies),
        sector=subject.sector,
        level=level,
        headline=headline,
        summary=summary,
        content=f"{headline}. {summary} {detail} {_pick(SUMMARIES[0], luck[2])}",
        publisher=publisher,
        author=AUTHORS[author] if author < len(AUTHORS) else None,
        url=publisher.url(_NOT_A_SLUG.sub("-", first.lower()).strip("-"), number),
        carriers=int(drafts.carriers[at]),
        edited_at=edited_at if is_edited else None,
        is_withdrawn=withdrawn_at <= now < NEVER,
    )


def _headline(
    bank: Sequence[str],
    luck: float,
    companies: Sequence[tuple[str, str]],
    area: str,
    move: float,
) -> str:
    headline = _pick(bank, luck).format(name=companies[0][1], area=area)
    headline = headline[0].upper() + headline[1:]
    if len(companies) > 1:
        others = " and ".join(name for _, name in companies[1:])
        return SEVERAL.format(headline=headline, others=others)
    return AFTER_A_MOVE.format(move=move * 100.0, headline=headline) if move else headline


def _pick(bank: Sequence[T], luck: float) -> T:
    return bank[int(luck * len(bank))]
