"""Finnhub's articles: of one company between two days, and the newest of the whole market.

Belongs here: ``/company-news``, ``/news``. Times are seconds since 1970; addresses lead through
Finnhub itself; articles that were withdrawn are gone. Long lists are cut without a word.
Does not belong here: the articles (truth/news.py), keys and pace (finnhub.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Final

from stock_assets.sandbox.polygon_envelope import parse_day
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.news import Newsroom, Story
from stock_assets.sandbox.wire import Answer, Ask, json_answer

MOST_ROWS: Final = 250
MOST_GENERAL: Final = 100
HISTORY: Final = timedelta(days=365)
_GENERAL_REACHES: Final = timedelta(days=7)


class NewsView:
    """Articles as Finnhub lists them, the newest first."""

    def __init__(self, truth: Truth) -> None:
        self._truth, self._room = truth, Newsroom(truth)

    def company(self, ask: Ask) -> Answer:
        """A year of history at most; nothing at all for a symbol that nobody has."""
        symbol = ask.query.get("symbol", "").upper()
        first, last = (parse_day(ask.query.get(name, "")) for name in ("from", "to"))
        if not symbol or first is None or last is None:
            return json_answer({"error": "Missing or wrong parameters: symbol, from, to"}, 422)
        stock = self._truth.trading_as(symbol, ask.today)
        if stock is None:
            return json_answer([])
        now = int(ask.now.timestamp())
        begin = max(_midnight(first), now - int(HISTORY.total_seconds()))
        end = _midnight(last) + 86_399
        subjects = self._room.about(stock.listing.symbol)
        listed = (
            story
            for story in self._room.newest_first(subjects, begin, end, "finnhub", now)
            if stock.listing.symbol in story.symbols
        )
        return json_answer([_row(s, "company", symbol) for s in _shown(listed, MOST_ROWS)])

    def general(self, ask: Ask) -> Answer:
        """The market's newest articles with an id above ``minId``; other categories are empty."""
        category, least = ask.query.get("category", ""), ask.query.get("minId", "0")
        if not category or not least.isascii() or not least.isdigit():
            return json_answer({"error": "Missing or wrong parameters: category, minId"}, 422)
        if category != "general":
            return json_answer([])
        now = int(ask.now.timestamp())
        begin = now - int(_GENERAL_REACHES.total_seconds())
        listed = self._room.newest_first(self._room.subjects, begin, now, "finnhub", now)
        newer = (story for story in listed if story.number > int(least))
        return json_answer([_row(s, "general", "") for s in _shown(newer, MOST_GENERAL)])


def _shown(stories: Iterator[Story], most: int) -> Iterator[Story]:
    return islice((story for story in stories if not story.is_withdrawn), most)


def _row(story: Story, category: str, related: str) -> dict[str, object]:
    digest = hashlib.sha256(f"finnhub {story.number}".encode()).hexdigest()
    return {
        "category": category,
        "datetime": story.published_at,
        "headline": story.headline,
        "id": story.number,
        "image": story.image,
        "related": related,
        "source": story.publisher.name,
        "summary": story.summary,
        "url": f"https://finnhub.io/api/news?id={digest}",
    }


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(0), UTC).timestamp())
