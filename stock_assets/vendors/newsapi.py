"""NewsAPI: what the press writes about companies, found by their names.

Belongs here: which windows are asked for, and the articles that are about the company.
Does not belong here: what a refusal means (newsapi_refusals.py), what is believed of an article
(articles.py).
Source: newsapi.org/docs/endpoints/everything.

Pages move while they are read, and plans end after the first of them. So nothing is paged: a window
of time with more articles than one page holds is halved until it fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from stock_assets.errors import NotFound, VendorError
from stock_assets.market import companies
from stock_assets.vendors.addresses import Vendor
from stock_assets.vendors.articles import Articles, Draft, accept, instant
from stock_assets.vendors.messages import Answer, Request
from stock_assets.vendors.newsapi_refusals import STATUSES, TooMany, refused, too_crowded
from stock_assets.vendors.questions import check_days, check_key, check_share
from stock_assets.vendors.rowwise import Row, broken, list_of_objects
from stock_assets.vendors.transport import Transport, utc_now

VENDOR: Final = "newsapi"
NEWSAPI: Final = Vendor(
    name=VENDOR,
    hosts=frozenset({"newsapi.org"}),
    twin="/newsapi",
    key_advice="set NEWSAPI_API_KEY to a valid key",
)

_ADDRESS: Final = "https://newsapi.org/v2/everything"
_PAGE: Final = 100
_SECOND: Final = timedelta(seconds=1)
_NARROWEST: Final = timedelta(minutes=1)
_CLASS: Final = re.compile(r"\s+Class [A-Z]$")
_WITHDRAWN: Final = "[Removed]"


@dataclass(frozen=True, slots=True)
class _Window:
    """From ``first`` to ``last``, both included, in seconds: NewsAPI knows nothing shorter."""

    first: datetime
    last: datetime

    def halves(self) -> tuple[_Window, _Window]:
        """The older and the newer half, which share no second."""
        middle = self.first + timedelta(seconds=int((self.last - self.first).total_seconds()) // 2)
        return _Window(self.first, middle), _Window(middle + _SECOND, self.last)

    def __str__(self) -> str:
        return f"{self.first:%Y-%m-%dT%H:%M:%S} to {self.last:%Y-%m-%dT%H:%M:%S} UTC"


@dataclass
class _Haul:
    """What one call brings."""

    answers: list[Answer] = field(default_factory=list)
    withdrawn: int = 0
    irrelevant: int = 0


class NewsApi:
    """NewsAPI's articles about companies.

    ``names``: symbol to the name under which the press knows the company; the default universe's
    where not given. ``now`` is the market's clock: what is published later is put aside.
    ``delay``: so long after its publication the plan shows an article, which is known from then on.

    Raises:
        AuthError: without a key.
    """

    vendor = VENDOR

    def __init__(
        self,
        transport: Transport,
        api_key: str | None,
        *,
        names: Mapping[str, str] | None = None,
        now: Callable[[], datetime] = utc_now,
        delay: timedelta = timedelta(0),
    ) -> None:
        self._key = check_key("NEWSAPI_API_KEY", api_key, "NewsAPI")
        self._transport, self._now, self._delay = transport, now, delay
        self._names = {c.symbol: c.name for c in companies()} if names is None else dict(names)

    def company_news(self, symbol: str, first: date, last: date) -> Articles:
        """Articles in English that name the company, from ``first`` to ``last`` (UTC, inclusive).

        An article counts when its title or description has the company's name, or its symbol as
        ``$AAPL`` or ``(NASDAQ: AAPL)``. Withdrawn articles are left out. All that was asked for
        comes, or an error that says from when to when it did not.

        Raises:
            BadSymbol, BadRange: before anything is asked.
            NotFound: no name is known for the symbol.
            EntitlementError: the plan does not reach back so far, or not to so many articles.
            VendorError: as the transport and the contract say.
        """
        check_share(symbol, "NewsAPI")
        check_days(first, last)
        name = self._name(symbol)
        now, haul = self._now(), _Haul()
        start = datetime.combine(first, time(), UTC)
        end = datetime.combine(last, time(23, 59, 59), UTC)
        window = _Window(start, min(end, now.astimezone(UTC).replace(microsecond=0)))
        listed = list(self._window(name, window, haul)) if start <= window.last else []
        about = _mentions(symbol, name)
        drafts = [_draft(said) for said in listed if _counts(said, about, haul)]
        rows, rejected, doubled = accept(
            VENDOR, symbol, drafts, first, last, now, delay=self._delay
        )
        return Articles(
            rows, tuple(haul.answers), rejected, doubled, haul.withdrawn, haul.irrelevant
        )

    def _name(self, symbol: str) -> str:
        name = _CLASS.sub("", self._names.get(symbol, "")).strip()
        if not name:
            raise NotFound(
                symbol,
                reason="NewsAPI finds companies by name, and none is known for this symbol",
                next_action="name the company, or take its news from another vendor",
                vendor=VENDOR,
            )
        return name

    def _window(self, name: str, window: _Window, haul: _Haul) -> Iterator[Row]:
        """All articles of a window, halved as often as it takes."""
        try:
            listed, total = self._settled_page(name, window, haul)
        except TooMany:
            listed, total = [], _PAGE + 1
        if total <= _PAGE:
            yield from listed
            return
        if window.last - window.first < _NARROWEST:
            raise too_crowded(haul.answers[-1].request, str(window))
        for half in window.halves():
            yield from self._window(name, half, haul)

    def _settled_page(self, name: str, window: _Window, haul: _Haul) -> tuple[list[Row], int]:
        """A page that is as long as its total says; read twice where that moved meanwhile."""
        for _ in range(2):
            listed, total = self._page(name, window, haul)
            if len(listed) >= min(total, _PAGE):
                return listed, total
        raise broken(
            haul.answers[-1].request,
            f"twice fewer articles came ({len(listed)}) than the total of {total} says",
            VENDOR,
        )

    def _page(self, name: str, window: _Window, haul: _Haul) -> tuple[list[Row], int]:
        """The first page of a window, and how many articles it has in all."""
        answer = self._ask(name, window)
        haul.answers.append(answer)
        content = orjson.loads(answer.body)
        wrong = refused(answer, content, self._transport.redactor, NEWSAPI.key_advice)
        if isinstance(wrong, VendorError):
            raise self._transport.refused(wrong)
        if wrong is not None:
            raise wrong
        total = content.get("totalResults")
        if isinstance(total, bool) or not isinstance(total, int) or total < 0:
            raise broken(answer.request, f"totalResults is {total!r:.40}", VENDOR)
        return list_of_objects(answer.request, content.get("articles"), VENDOR), total

    def _ask(self, name: str, window: _Window) -> Answer:
        query = {
            "q": f'"{name}"',
            "searchIn": "title,description",
            "from": f"{window.first:%Y-%m-%dT%H:%M:%S}",
            "to": f"{window.last:%Y-%m-%dT%H:%M:%S}",
            "language": "en",
            "sortBy": "publishedAt",
            "pageSize": _PAGE,
            "page": 1,
        }
        headers = {"Authorization": self._key, "Accept": "application/json"}
        url = f"{_ADDRESS}?{urlencode(query)}"
        return self._transport.send(Request(url, headers=headers, accept=STATUSES))


def _draft(said: Row) -> Draft:
    source: Any = said.get("source")
    return Draft(
        article_id=None,
        published_at=instant(said.get("publishedAt")),
        headline=said.get("title"),
        summary=said.get("description"),
        source=source.get("name") if isinstance(source, dict) else source,
        url=said.get("url"),
        said=said,
    )


def _counts(said: Row, about: re.Pattern[str], haul: _Haul) -> bool:
    """Whether an article is there, and about the company; if not, it is counted."""
    if said.get("title") == _WITHDRAWN:
        haul.withdrawn += 1
        return False
    texts = (said.get("title"), said.get("description"))
    if not any(about.search(text) for text in texts if isinstance(text, str)):
        haul.irrelevant += 1
        return False
    return True


def _mentions(symbol: str, name: str) -> re.Pattern[str]:
    """The name as whole words, ``$AAPL``, or ``(NASDAQ: AAPL)``.

    A name of one word counts as written or in capitals only: many are words of every day.
    """
    words = r"\s+".join(map(re.escape, name.split()))
    named = rf"(?i:{words})" if " " in name else rf"(?:{words}|{words.upper()})"
    ticker = re.escape(symbol)
    return re.compile(rf"(?<!\w){named}(?!\w)|\${ticker}(?!\w)|\((?:[A-Za-z ]+:\s*)?{ticker}\)")
