"""What is asked of NewsAPI: parameters, plans, and the refusals for what is wrong with them.

Belongs here: reading a request into a Search, the words of refusals. Does not belong here: finding
articles (newsapi.py), the language of queries (newsapi_query.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from stock_assets.sandbox.newsapi_query import Query, Unreadable, read_query
from stock_assets.sandbox.truth.publishers import PUBLISHERS
from stock_assets.sandbox.wire import Ask, json_answer

_LANGUAGES: Final = frozenset(
    ("ar", "de", "en", "es", "fr", "he", "it", "nl", "no", "pt", "ru", "sv", "ud", "zh")
)
_SORTS: Final = ("publishedAt", "relevancy", "popularity")
_FIELDS: Final = ("title", "description", "content")
_NUMBER: Final = re.compile(r"[1-9]\d{0,5}")
_TOO_BROAD: Final = (
    "Required parameters are missing, the scope of your search is too broad. Please set any of the "
    "following required parameters and try again: q, qInTitle, sources, domains."
)
_TOO_MANY: Final = (
    "You have requested too many results. Developer accounts are limited to a max of {most} "
    "results. You are trying to request results {first} to {last}. Please upgrade to a paid plan "
    "if you need more results."
)
_TOO_OLD: Final = (
    "You are trying to request results too far in the past. Your plan permits you to request "
    "articles as far back as {oldest}, but you have requested {first}. You may need to upgrade to "
    "a paid plan."
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How far back a key may look, how late it sees articles, how many results it may have."""

    reach: timedelta
    delay: timedelta = timedelta(0)
    most: int | None = None


class Refused(Exception):
    """Leads to an error body: status, code, message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = json_answer({"status": "error", "code": code, "message": message}, status)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, in which texts, from when to when (seconds, both included)."""

    query: Query | None
    fields: tuple[str, ...]
    first: int
    last: int
    sources: frozenset[str]
    domains: tuple[str, ...]
    without: tuple[str, ...]
    is_english: bool
    sort: str
    size: int
    page: int


def read_search(ask: Ask, plan: Plan) -> Search:
    """The parameters of a request.

    Raises:
        Refused: for what is missing, wrong, or more than the plan includes.
    """
    query = ask.query
    given = {name: query.get(name, "") for name in ("q", "qInTitle", "sources", "domains")}
    if not any(given.values()):
        raise Refused(400, "parametersMissing", _TOO_BROAD)
    fields = _one_of("searchIn", query.get("searchIn", ",".join(_FIELDS)).split(","), _FIELDS)
    (sort,) = _one_of("sortBy", [query.get("sortBy", "publishedAt")], _SORTS)
    (language,) = _one_of("language", [query.get("language", "en")], _LANGUAGES)
    size, page = _number(query, "pageSize", 100), _number(query, "page", 1)
    if size > 100:
        raise _wrong("pageSize", str(size))
    first, last = _window(ask, plan)
    if plan.most is not None and size * page > plan.most:
        text = _TOO_MANY.format(most=plan.most, first=size * (page - 1), last=size * page)
        raise Refused(426, "maximumResultsReached", text)
    return Search(
        _query(given["q"] or given["qInTitle"]),
        fields if given["q"] else ("title",),
        first,
        last,
        _sources(given["sources"]),
        _split(given["domains"]),
        _split(query.get("excludeDomains", "")),
        language == "en",
        sort,
        size,
        page,
    )


def _query(text: str) -> Query | None:
    if not text:
        return None
    if len(text) > 500:
        raise _wrong("q", text)
    try:
        return read_query(text)
    except Unreadable:
        raise _wrong("q", text) from None


def _window(ask: Ask, plan: Plan) -> tuple[int, int]:
    oldest = (ask.now - plan.reach).replace(hour=0, minute=0, second=0, microsecond=0)
    first, last = _instant(ask.query, "from"), _instant(ask.query, "to")
    if first is not None and first < oldest:
        text = _TOO_OLD.format(oldest=oldest.date(), first=first.date())
        raise Refused(426, "parameterInvalid", text)
    newest = ask.now - plan.delay
    end = newest if last is None else min(last, newest)
    return int((first or oldest).timestamp()), int(end.timestamp())


def _instant(query: Mapping[str, str], name: str) -> datetime | None:
    """A day or an instant, UTC unless it says otherwise; a day to which is its last second."""
    text = query.get(name, "")
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
        read = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        is_last_day = name == "to" and len(text) <= 10
        return read + timedelta(seconds=86_399) if is_last_day else read
    except (ValueError, OverflowError):
        raise _wrong(name, text) from None


def _sources(text: str) -> frozenset[str]:
    chosen = _split(text)
    if len(chosen) > 20:
        raise Refused(400, "sourcesTooMany", "You have requested too many sources: at most 20.")
    known = {publisher.code for publisher in PUBLISHERS}
    if missing := [code for code in chosen if code not in known]:
        raise Refused(400, "sourceDoesNotExist", f"The source {missing[0]:.60} does not exist.")
    return frozenset(chosen)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in text.split(",") if part.strip())


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if _NUMBER.fullmatch(text) is None:
        raise _wrong(name, text)
    return int(text)


def _one_of(name: str, values: list[str], valid: Collection[str]) -> tuple[str, ...]:
    if any(value not in valid for value in values):
        raise _wrong(name, ",".join(values))
    return tuple(values)


def _wrong(name: str, value: str) -> Refused:
    return Refused(400, "parameterInvalid", f"The value {value[:60]!r} of {name} is not valid.")
