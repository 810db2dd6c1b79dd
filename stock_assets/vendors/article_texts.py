"""Texts, addresses and titles of articles: what is safe to store, and the id of a story.

Belongs here: one line of a text, an address without tracking parts, the normalised title.
Does not belong here: which articles are believed (articles.py).

Most texts need nothing of what is done here. That is seen first, and quickly.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from stock_assets.market import NEW_YORK

URL_AT_MOST: Final = 2_000

_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
_PLAIN_URL: Final = re.compile(r"(https?://[a-z0-9.-]+/[!-\"$->@-~]*)(?:\?([!-\"$-~]*))?")
"""Scheme, host in lower case and path in ASCII; and perhaps a query: but no fragment."""
_HOURS_BEHIND: Final = 5
"""New York is never further behind UTC."""
_PORTS: Final = {"http": 80, "https": 443}
_TRACKING: Final = re.compile(
    r"utm_.*|gclid|gclsrc|dclid|fbclid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid|ref|ref_src"
    r"|ref_url|referrer|cmpid|ncid|icid|mod|siteid|sr_share|guccounter|guce_referrer(_sig)?"
    r"|soc_src|soc_trk|smid|tsrc|yptr",
    re.IGNORECASE,
)
_LONGEST_TRACKER: Final = 20
_PUBLISHER: Final = re.compile(r"^((?:\S+\s+){3,}\S+)\s+[-|\u2013\u2014]\s+\S+(?:\s+\S+){0,4}$")
"""A title of four words and more, and behind its last dash at most five words: who wrote it."""
_DASH: Final = re.compile(" [-|\u2013\u2014] ")
_APOSTROPHES: Final = re.compile("['`\u00b4\u2018\u2019]")
_INITIAL: Final = re.compile(r"\b(\w)\.")
_WORDS: Final = re.compile(r"\w+")
_SIMPLE: Final = bytes(c for c in range(ord(" "), 127) if c not in b"&'`.-|")
"""Letters that are part of a word, or stand between words and mean nothing more."""
_TO_WORDS: Final = bytes(
    ord(chr(c).lower()) if c < 128 and _WORDS.match(chr(c)) else ord(" ") for c in range(256)
)
"""Letters of a word in lower case, anything else as a blank."""


def clean(text: str, at_most: int) -> str:
    """One line without control characters and marks that turn the direction of writing, cut."""
    if text.isprintable() and "  " not in text:
        line = text.strip(" ")
    else:
        line = " ".join(_UNPRINTABLE.sub(" ", text).split())
    return line if len(line) <= at_most else line[: at_most - 1] + "…"


def canonical_url(text: object) -> str | None:
    """The address without what only tells who sent the reader; None if nobody should open it.

    http and https only, host in lower case, no user, no fragment, no tracking parameters
    (``utm_*``, ``gclid``, ``ref`` and such); the other parameters keep their order.
    """
    if not isinstance(text, str):
        return None
    plain = _PLAIN_URL.fullmatch(text)
    parts = plain.groups() if plain else _split(text)
    if parts is None:
        return None
    url, query = parts
    if query:
        pairs = [pair for pair in query.split("&") if pair and not _tracks(_name(pair))]
        url = f"{url}?{'&'.join(pairs)}" if pairs else url
    return url if len(url) <= URL_AT_MOST else None


def story_id(headline: str, published_at: datetime) -> str:
    """The same for the same story at any vendor: a hash of the normalised title and the day.

    The address is not in it: some vendors wrap it in their own. The day is New York's, because
    few stories break around its midnight; one that does has two ids. Equal titles on one day,
    such as a daily "Market Wrap", are taken for one story.
    """
    is_same_day = published_at.tzinfo is UTC and published_at.hour >= _HOURS_BEHIND
    local = published_at if is_same_day else published_at.astimezone(NEW_YORK)
    return hashed(f"{local.date().isoformat()}\n{normalised_title(headline)}")


def normalised_title(title: str) -> str:
    """A title's words in lower case, without marks, entities and the publisher at its end."""
    if title.isascii():
        raw = title.encode()
        odd, words = raw.translate(None, _SIMPLE), raw.translate(_TO_WORDS).split()
        # A dash within a word means nothing more, either.
        if words and (not odd or not (odd.strip(b"-|") or _DASH.search(title))):
            return b" ".join(words).decode()
    text = " ".join(unicodedata.normalize("NFKC", html.unescape(title)).split())
    if _DASH.search(text):
        text = _PUBLISHER.sub(r"\1", text)
    text = _INITIAL.sub(r"\1", _APOSTROPHES.sub("", text))
    return " ".join(_WORDS.findall(text.casefold())) or text


def hashed(text: str) -> str:
    """An id for what has none."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _split(text: str) -> tuple[str, str] | None:
    """The address of a page and its query; None if nobody should open it."""
    text = text.strip()
    if _UNPRINTABLE.search(text) or len(text.split()) > 1:
        return None
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not host or parts.username is not None:
        return None
    host = f"[{host}]" if ":" in host else host
    where = host if port in {None, _PORTS[scheme]} else f"{host}:{port}"
    return f"{scheme}://{where}{parts.path or '/'}", parts.query


def _name(pair: str) -> str:
    """A parameter's name, cut where it is longer than that of any tracker."""
    return pair.partition("=")[0][:_LONGEST_TRACKER]


@lru_cache(maxsize=1_024)
def _tracks(parameter: str) -> bool:
    """Whether a parameter of that name only tells who sent the reader."""
    return _TRACKING.fullmatch(parameter) is not None
