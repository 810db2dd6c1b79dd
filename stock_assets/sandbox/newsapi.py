"""NewsAPI as its clients see it: one search over all articles.

Belongs here: keys, plans, finding, the form of an article. The free plan sees articles a day late,
a month back, and the first hundred results alone. Withdrawn articles stay in the list without their
words. Does not belong here: parameters and refusals (newsapi_search.py), the language of queries
(newsapi_query.py), the articles (truth/news.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from stock_assets.sandbox.limits import FREE_KEY, NEWSAPI_FREE, UNLIMITED_KEY, Limits
from stock_assets.sandbox.newsapi_query import finder
from stock_assets.sandbox.newsapi_search import Plan, Refused, Search, read_search
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.news import Newsroom, Story
from stock_assets.sandbox.truth.phrases import AREAS, all_phrases
from stock_assets.sandbox.truth.subjects import Subject
from stock_assets.sandbox.wire import Answer, Ask, json_answer

PLANS: Final = {
    FREE_KEY: Plan(reach=timedelta(days=31), delay=timedelta(hours=24), most=100),
    UNLIMITED_KEY: Plan(reach=timedelta(days=5 * 365)),
}
_SHOWN: Final = 200
_WORD: Final = re.compile(r"\w+")
_REMOVED: Final = "[Removed]"
_KEY_MISSING: Final = (
    "Your API key is missing. Append this to the URL with the apiKey param, or use the x-api-key "
    "HTTP header."
)
_KEY_INVALID: Final = (
    "Your API key is invalid or incorrect. Check your key, or go to https://newsapi.org to create "
    "a free API key."
)
_TOO_OFTEN: Final = (
    "You have made too many requests recently. Developer accounts are limited to 100 requests over "
    "a 24 hour period (50 requests available every 12 hours). Please upgrade to a paid plan if you "
    "need more requests."
)


class NewsApi:
    """Answers what is asked of ``newsapi.org``."""

    def __init__(self, truth: Truth, limits: Limits) -> None:
        self._limits, self._room = limits, Newsroom(truth)

    def answer(self, ask: Ask) -> Answer:
        """One response; refusals are JSON with a code."""
        try:
            return self._answered(ask)
        except Refused as refusal:
            return refusal.answer

    def _answered(self, ask: Ask) -> Answer:
        key = _key(ask)
        if not key:
            raise Refused(401, "apiKeyMissing", _KEY_MISSING)
        if key not in PLANS:
            raise Refused(401, "apiKeyInvalid", _KEY_INVALID)
        if ask.path.rstrip("/") != "/v2/everything":
            raise Refused(404, "endpointNotFound", "There is no such endpoint.")
        if key == FREE_KEY and not self._limits.allows(f"newsapi {key}", NEWSAPI_FREE):
            raise Refused(429, "rateLimited", _TOO_OFTEN)
        search = read_search(ask, PLANS[key])
        found = self._found(search, int(ask.now.timestamp()))
        begin = (search.page - 1) * search.size
        page = found[begin : begin + search.size]
        return json_answer(
            {
                "status": "ok",
                "totalResults": len(found),
                "articles": [_article(story) for story in page],
            }
        )

    def _found(self, search: Search, now: int) -> list[Story]:
        """Every article that answers, in the order asked for."""
        if not search.is_english:
            return []
        wanted = [subject for subject in self._room.subjects if _may_answer(subject, search)]
        stories = [
            story
            for story in self._room.newest_first(wanted, search.first, search.last, "newsapi", now)
            if _answers(story, search)
        ]
        if search.sort == "popularity":
            stories.sort(key=lambda story: story.publisher.rank)
        elif search.sort == "relevancy" and search.query is not None:
            words = search.query.words()
            stories.sort(key=lambda story: -_hits(story, words))
        return stories


def _key(ask: Ask) -> str:
    header = ask.headers.get("authorization", "").removeprefix("Bearer ").strip()
    return header or ask.headers.get("x-api-key", "") or ask.query.get("apiKey", "")


def _may_answer(subject: Subject, search: Search) -> bool:
    """Whether an article about the subject can hold the words; spares most of the reading."""
    if search.query is None:
        return True
    names = " ".join(name for _, name in subject.companies)
    own = set(_WORD.findall(f"{names} {' '.join(AREAS[subject.sector])}".lower()))

    def may_have(text: str) -> bool:
        words = _WORD.findall(text)
        return all(w in own or w in _common_words() or w.isdigit() for w in words)

    return search.query.may_match(may_have)


@lru_cache(maxsize=1)
def _common_words() -> frozenset[str]:
    return frozenset(word for text in all_phrases() for word in _WORD.findall(text.lower()))


def _answers(story: Story, search: Search) -> bool:
    publisher = story.publisher
    if search.sources and publisher.code not in search.sources:
        return False
    domain = publisher.domain.removeprefix("www.")
    if search.domains and domain not in search.domains:
        return False
    if domain in search.without:
        return False
    if search.query is None:
        return True
    texts = {"title": story.headline, "description": story.summary, "content": story.content}
    return search.query.matches(_in("\n".join(texts[name] for name in search.fields)))


def _in(text: str) -> Callable[[str], bool]:
    lowered = text.lower()
    return lambda word: finder(word).search(lowered) is not None


def _hits(story: Story, words: Sequence[str]) -> int:
    text = f"{story.headline}\n{story.content}".lower()
    return sum(len(finder(word).findall(text)) for word in words)


def _article(story: Story) -> dict[str, object]:
    published = datetime.fromtimestamp(story.published_at, UTC)
    stamp = f"{published:%Y-%m-%dT%H:%M:%SZ}"
    if story.is_withdrawn:
        return {
            "source": {"id": None, "name": _REMOVED},
            "author": None,
            "title": _REMOVED,
            "description": _REMOVED,
            "url": "https://removed.com",
            "urlToImage": None,
            "publishedAt": stamp,
            "content": _REMOVED,
        }
    hidden = len(story.content) - _SHOWN
    rest = f"… [+{hidden} chars]" if hidden > 0 else ""
    return {
        "source": {"id": story.publisher.code, "name": story.publisher.name},
        "author": story.author,
        "title": story.headline,
        "description": story.summary,
        "url": story.tracked("utm_source=newsapi&utm_medium=feed"),
        "urlToImage": story.image if story.number % 4 else None,
        "publishedAt": stamp,
        "content": story.content[:_SHOWN] + rest,
    }
