"""Polygon's news: articles with the tickers that they name, page by page.

Belongs here: ``/v2/reference/news``. Newer articles carry insights, which a model writes some time
after the publication; older ones never get any. Withdrawn articles are gone.
Does not belong here: the articles (truth/news.py), keys and pace (polygon.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Final

from stock_assets.sandbox.polygon_envelope import failure, limit_of, next_url, passes, unfolded
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.news import Newsroom, Story
from stock_assets.sandbox.wire import Answer, Ask, json_answer

MOST: Final = 1_000
INSIGHTS_FROM: Final = date(2024, 1, 1)
_WRITTEN_AFTER_S: Final = (1_200, 21_600)
"""Bounds of how long after the publication insights appear."""
_LOGOS: Final = "https://s3.polygon.io/public/assets/news"
_SENTIMENTS: Final = {-2: "negative", -1: "negative", 0: "neutral", 1: "positive", 2: "positive"}
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class _Window:
    """From when to when (seconds, both included); ``after`` is the last article of the page before.

    ``after`` is the instant and the number of that article.
    """

    first: int
    last: int
    after: tuple[int, int] | None


class NewsView:
    """Articles as of the asker's instant."""

    def __init__(self, truth: Truth) -> None:
        self._truth, self._room = truth, Newsroom(truth)

    def news(self, ask: Ask, number: str) -> Answer:
        """A page of articles, the newest first unless asked otherwise."""
        query = unfolded(ask.query)
        window = None if query is None else _window(query, int(ask.now.timestamp()))
        if query is None or window is None:
            return failure(400, number, error="'cursor' or 'published_utc' is invalid")
        limit, order = limit_of(query, 10, MOST), query.get("order", "desc")
        sort = query.get("sort", "published_utc")
        if limit is None or order not in ("asc", "desc") or sort != "published_utc":
            return failure(400, number, error="'limit', 'sort' or 'order' is invalid")
        found = list(islice(self._chosen(ask, query, window, order), limit + 1))
        page = found[:limit]
        content: dict[str, object] = {
            "results": [self._row(story, ask) for story in page],
            "status": "OK",
            "request_id": number,
            "count": len(page),
        }
        if len(found) > limit:
            kept = {k: v for k, v in query.items() if k not in ("page_marker", "apiKey", "cursor")}
            marker = f"{page[-1].published_at}|{page[-1].number}"
            kept |= {"limit": str(limit), "page_marker": marker}
            content["next_url"] = next_url(ask.path.rstrip("/"), dict(sorted(kept.items())))
        return json_answer(content)

    def _chosen(
        self, ask: Ask, query: Mapping[str, str], window: _Window, order: str
    ) -> Iterator[Story]:
        """Every article that was asked for, one after another: a page needs only the first ones."""
        now = int(ask.now.timestamp())
        subjects = self._room.subjects
        if "ticker" in query:
            subjects = self._room.about(self._symbol_of(query["ticker"]))
        read = self._room.newest_first if order == "desc" else self._room.oldest_first
        for story in read(subjects, window.first, window.last, "polygon", now):
            place = (story.published_at, story.number)
            if window.after is not None and (
                place >= window.after if order == "desc" else place <= window.after
            ):
                continue
            tickers = self._tickers(story)
            if not story.is_withdrawn and any(passes(query, "ticker", t) for t in tickers):
                yield story

    def _symbol_of(self, ticker: str) -> str:
        """The company that trades or once traded as ``ticker``."""
        for stock in self._truth.stocks.values():
            if ticker in (rename.former for rename in stock.listing.renames):
                return stock.listing.symbol
        return ticker

    def _tickers(self, story: Story) -> list[str]:
        """What the companies were called on that day; ones of another market as they are today."""
        day = _utc(story.published_at).date()
        stocks = ((symbol, self._truth.stocks.get(symbol)) for symbol in story.symbols)
        return [s if stock is None else stock.listing.symbol_on(day) for s, stock in stocks]

    def _row(self, story: Story, ask: Ask) -> dict[str, object]:
        publisher, tickers = story.publisher, self._tickers(story)
        published = _utc(story.published_at)
        slug = "".join(c for c in publisher.name.lower() if c.isalnum())
        row: dict[str, object] = {
            "id": hashlib.sha256(f"polygon {story.number}".encode()).hexdigest(),
            "publisher": {
                "name": publisher.name,
                "homepage_url": f"https://{publisher.domain}/",
                "logo_url": f"{_LOGOS}/logos/{slug}.svg",
                "favicon_url": f"{_LOGOS}/favicons/{slug}.ico",
            },
            "title": story.headline,
            "author": story.author or publisher.name,
            "published_utc": f"{published:%Y-%m-%dT%H:%M:%SZ}",
            "article_url": story.tracked("utm_source=polygon&gclid=EAIaIQob"),
            "tickers": tickers,
            "image_url": story.image,
            "description": story.summary,
            "keywords": [story.sector.lower(), *(t.lower() for t in tickers)],
        }
        if story.number % 5 == 0:
            row["amp_url"] = f"https://{publisher.domain}/amp/{story.number}"
        if published.date() >= INSIGHTS_FROM and ask.now.timestamp() >= _insights_at(story):
            row["insights"] = _insights(story, tickers)
        return row


def _insights_at(story: Story) -> int:
    """When the model has written its opinion, in seconds."""
    least, most = _WRITTEN_AFTER_S
    return story.published_at + least + story.number % (most - least)


def _insights(story: Story, tickers: list[str]) -> list[dict[str, str]]:
    """The mood for the company that the article is about; the others are merely named."""
    first = {
        "ticker": tickers[0],
        "sentiment": _SENTIMENTS[story.level],
        "sentiment_reasoning": f"The article says of {tickers[0]}: {story.summary}",
    }
    others = [
        {
            "ticker": ticker,
            "sentiment": "neutral",
            "sentiment_reasoning": f"The article names {ticker} without saying more about it.",
        }
        for ticker in tickers[1:]
    ]
    return [first, *others]


def _window(query: Mapping[str, str], now: int) -> _Window | None:
    """The bounds of ``published_utc``; a day stands for all of it. None for what is no instant."""
    first, last, after = 0, now, None
    for operator, text in query.items():
        name, _, kind = operator.partition(".")
        if name != "published_utc":
            continue
        span = _span(text)
        if span is None or kind not in ("", "gt", "gte", "lt", "lte"):
            return None
        if kind in ("", "gte"):
            first = max(first, span[0])
        if kind in ("", "lte"):
            last = min(last, span[1])
        if kind == "gt":
            first = max(first, span[1] + 1)
        if kind == "lt":
            last = min(last, span[0] - 1)
    if "page_marker" in query:
        at, _, number = query["page_marker"].partition("|")
        if not (at.isascii() and at.isdigit() and number.isascii() and number.isdigit()):
            return None
        after = (int(at), int(number))
        if query.get("order", "desc") == "desc":
            last = min(last, after[0])
        else:
            first = max(first, after[0])
    return _Window(first, last, after)


def _span(text: str) -> tuple[int, int] | None:
    """First and last second of a day, or of an instant (itself)."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = read.replace(tzinfo=UTC) if read.tzinfo is None else read
    first = int(aware.timestamp())
    return first, first + (_DAY - 1 if len(text) == 10 else 0)


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
