"""Articles of any vendor: from what it says to rows of NEWS.

Belongs here: which articles are believed, addresses without tracking parts, texts that are safe
to store and show, and the id that one story has at every vendor.
Does not belong here: any vendor's format (finnhub.py, newsapi.py, polygon_news.py); how an article
sounds (ingest/sentiment.py).
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import pyarrow as pa

from stock_assets.market import NEW_YORK
from stock_assets.tables import NEWS
from stock_assets.vendors.messages import Answer
from stock_assets.vendors.questions import is_near
from stock_assets.vendors.rowwise import Aside, one_per_key

HEADLINE_AT_MOST: Final = 500
SUMMARY_AT_MOST: Final = 4_000
SOURCE_AT_MOST: Final = 200
URL_AT_MOST: Final = 2_000
ID_AT_MOST: Final = 200

_EARLIEST_S: Final = 631_152_000
_LATEST_S: Final = 4_102_444_800
_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
_TRACKING: Final = re.compile(
    r"utm_.*|gclid|gclsrc|dclid|fbclid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid|ref|ref_src"
    r"|ref_url|referrer|cmpid|ncid|icid|mod|siteid|sr_share|guccounter|guce_referrer(_sig)?"
    r"|soc_src|soc_trk|smid|tsrc|yptr",
    re.IGNORECASE,
)
_PUBLISHER: Final = re.compile(r"^((?:\S+\s+){3,}\S+)\s+[-|\u2013\u2014]\s+\S+(?:\s+\S+){0,4}$")
"""A title of four words and more, and behind its last dash at most five words: who wrote it."""
_APOSTROPHES: Final = re.compile("['`\u00b4\u2018\u2019]")
_INITIAL: Final = re.compile(r"\b(\w)\.")
_WORDS: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Articles:
    """Rows of NEWS, and what stands behind them.

    ``rejected``: rows that cannot be accepted, with ``target``, ``rule``, ``reason``. ``doubled``:
    identical doubles that were dropped. ``withdrawn``: articles that the vendor took back.
    ``irrelevant``: articles found by the company's name that are not about it. ``crowded``: days
    of which the vendor sent as many articles as it ever sends, so that there may be more.
    """

    rows: pa.Table
    answers: tuple[Answer, ...]
    rejected: pa.Table | None = None
    doubled: int = 0
    withdrawn: int = 0
    irrelevant: int = 0
    crowded: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as a vendor words it. ``said``: the vendor's row as it came.

    ``article_id``: the vendor's; None where it has none. ``published_at``: None if unreadable.
    ``is_about``: whether the vendor itself says that it is about the company that was asked for.
    """

    article_id: object
    published_at: datetime | None
    headline: object
    summary: object
    source: object
    url: object
    said: object
    is_about: bool = True


def accept(
    vendor: str, symbol: str, drafts: Iterable[Draft], first: date, last: date, now: datetime
) -> tuple[pa.Table, pa.Table | None, int]:
    """The drafts that can be believed, as rows of NEWS; those put aside; how many were doubled.

    ``first``, ``last``: the days asked for (UTC). ``known_at`` is the publication. An article
    from after ``now`` is put aside: nothing that comes later may look as if it was known.
    """
    aside = Aside(NEWS)
    good = []
    for draft in drafts:
        row = _row(vendor, symbol, draft)
        wrong = _wrong(row, draft, first, last, now)
        if wrong is None:
            good.append((row, draft.said))
        else:
            aside.add(row, draft.said, *wrong)
    rows, doubled = one_per_key(NEWS, good, aside)
    return rows.sort_by([("published_at", "ascending")]), aside.table(), doubled


def canonical_url(text: object) -> str | None:
    """The address without what only tells who sent the reader; None if nobody should open it.

    http and https only, host in lower case, no user, no fragment, no tracking parameters
    (``utm_*``, ``gclid``, ``ref`` and such); the other parameters keep their order.
    """
    if not isinstance(text, str) or _UNPRINTABLE.search(text.strip()):
        return None
    try:
        parts = urlsplit(text.strip())
        port, host = parts.port, parts.hostname
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in {"http", "https"} or not host or parts.username is not None:
        return None
    if any(c.isspace() for c in text.strip()):
        return None
    host = f"[{host}]" if ":" in host else host
    where = host if port in {None, {"http": 80, "https": 443}[scheme]} else f"{host}:{port}"
    pairs = [
        pair
        for pair in parts.query.split("&")
        if pair and not _TRACKING.fullmatch(pair.partition("=")[0])
    ]
    url = urlunsplit((scheme, where, parts.path or "/", "&".join(pairs), ""))
    return url if len(url) <= URL_AT_MOST else None


def story_id(headline: str, published_at: datetime) -> str:
    """The same for the same story at any vendor: a hash of the normalised title and the day.

    The address is not in it: some vendors wrap it in their own. The day is New York's, because
    few stories break around its midnight; one that does has two ids. Equal titles on one day,
    such as a daily "Market Wrap", are taken for one story.
    """
    day = published_at.astimezone(NEW_YORK).date()
    return hashlib.sha256(f"{day}\n{normalised_title(headline)}".encode()).hexdigest()[:32]


def normalised_title(title: str) -> str:
    """A title's words in lower case, without marks, entities and the publisher at its end."""
    text = " ".join(unicodedata.normalize("NFKC", html.unescape(title)).split())
    text = _APOSTROPHES.sub("", _PUBLISHER.sub(r"\1", text))
    words = _WORDS.findall(_INITIAL.sub(r"\1", text).casefold())
    return " ".join(words) or text


def clean(text: str, at_most: int) -> str:
    """One line without control characters and marks that turn the direction of writing, cut."""
    line = " ".join(_UNPRINTABLE.sub(" ", text).split())
    return line if len(line) <= at_most else line[: at_most - 1] + "…"


def hashed(text: str) -> str:
    """An id for what has none."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def instant(text: object) -> datetime | None:
    """An ISO 8601 instant with its offset, in UTC; None where it is not one."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def instant_of_seconds(value: object) -> datetime | None:
    """Seconds since 1970 as an instant; None outside of 1990 … 2100 (milliseconds, zero)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not _EARLIEST_S <= value < _LATEST_S:
        return None
    return datetime.fromtimestamp(value, UTC)


def _row(vendor: str, symbol: str, draft: Draft) -> dict[str, Any]:
    """The row of a draft; what cannot be read is None."""
    headline, at = _text(draft.headline, HEADLINE_AT_MOST), draft.published_at
    return {
        "vendor": vendor,
        "article_id": _id(draft),
        "symbol": symbol,
        "published_at": at,
        "headline": headline,
        "summary": _text(draft.summary, SUMMARY_AT_MOST),
        "source": _text(draft.source, SOURCE_AT_MOST),
        "url": canonical_url(draft.url),
        "story_id": story_id(headline, at) if headline and at else None,
        "known_at": at,
    }


def _wrong(
    row: dict[str, Any], draft: Draft, first: date, last: date, now: datetime
) -> tuple[str, str] | None:
    """The rule that a draft breaks, with the reason."""
    at = draft.published_at
    if at is None:
        return "published_at_readable", "when it was published cannot be read"
    if at > now:
        return "published_in_the_past", f"published after {now:%Y-%m-%d %H:%M:%S} UTC, our present"
    if not is_near(at, first, last):
        return "published_when_asked_for", "published more than a day outside of the days asked for"
    if row["headline"] is None:
        return "headline_present", "it has no title"
    if row["article_id"] is None:
        return "article_id_present", "it has neither an id nor an address to make one from"
    for name in ("summary", "source", "url"):
        value = getattr(draft, name)
        if value is not None and not isinstance(value, str):
            return f"{name}_is_text", f"{name} is of type {type(value).__name__}"
    if not draft.is_about:
        return "about_the_company", "the vendor does not name the company that was asked for"
    return None


def _id(draft: Draft) -> str | None:
    given = draft.article_id
    if isinstance(given, int) and not isinstance(given, bool) and given != 0:
        return str(given)
    text = _text(given, ID_AT_MOST + 1)
    if text is not None:
        return text if len(text) <= ID_AT_MOST else hashed(text)
    url = canonical_url(draft.url)
    return hashed(url) if url else None


def _text(value: object, at_most: int) -> str | None:
    return (clean(value, at_most) or None) if isinstance(value, str) else None
