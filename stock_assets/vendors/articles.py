"""Articles of any vendor: from what it says to rows of NEWS.

Belongs here: which articles are believed, and what is said of those that are not.
Does not belong here: any vendor's format (finnhub.py, newsapi.py, polygon_news.py); texts and
addresses (article_texts.py); how an article sounds (ingest/sentiment.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from stock_assets.tables import NEWS
from stock_assets.vendors.article_texts import canonical_url, clean, hashed, story_id
from stock_assets.vendors.messages import Answer
from stock_assets.vendors.questions import edges
from stock_assets.vendors.rowwise import Aside, one_per_key

HEADLINE_AT_MOST: Final = 500
SUMMARY_AT_MOST: Final = 4_000
SOURCE_AT_MOST: Final = 200
ID_AT_MOST: Final = 200

_EARLIEST_S: Final = 631_152_000
_LATEST_S: Final = 4_102_444_800

Read = tuple[
    datetime | None, str | None, str | None, str | None, str | None, str | None, str | None
]
"""What could be read of a draft: published_at, article_id, headline, summary, source, url and
story_id; None what could not."""


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


class Draft(NamedTuple):
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
    vendor: str,
    symbol: str,
    drafts: Iterable[Draft],
    first: date,
    last: date,
    now: datetime,
    *,
    delay: timedelta = timedelta(0),
) -> tuple[pa.Table, pa.Table | None, int]:
    """The drafts that can be believed, as rows of NEWS; those put aside; how many were doubled.

    ``first``, ``last``: the days asked for (UTC). ``known_at`` is the publication, and
    ``delay`` after it where the vendor shows articles so much later. An article from after ``now``
    is put aside: nothing that comes later may look as if it was known.
    """
    aside, good = Aside(NEWS), list[tuple[Read, object]]()
    start, end = edges(first, last)
    for draft in drafts:
        read = _read(draft)
        wrong = _wrong(read, draft, start, end, now)
        if wrong is None:
            good.append((read, draft.said))
        else:
            aside.add(_row(vendor, symbol, read, delay), draft.said, *wrong)
    if len({read[1] for read, _ in good}) == len(good):
        return _table(vendor, symbol, [read for read, _ in good], delay), aside.table(), 0
    listed = [(_row(vendor, symbol, read, delay), said) for read, said in good]
    rows, doubled = one_per_key(NEWS, listed, aside)
    return rows.sort_by([("published_at", "ascending")]), aside.table(), doubled


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


def _read(draft: Draft) -> Read:
    at, headline = draft.published_at, _text(draft.headline, HEADLINE_AT_MOST)
    url = canonical_url(draft.url)
    return (
        at,
        _id(draft.article_id, url),
        headline,
        _text(draft.summary, SUMMARY_AT_MOST),
        _text(draft.source, SOURCE_AT_MOST),
        url,
        story_id(headline, at) if headline and at else None,
    )


def _row(vendor: str, symbol: str, read: Read, delay: timedelta) -> dict[str, Any]:
    """What was read as a row of NEWS."""
    at, article_id, *rest = read
    known_at = at + delay if at else None
    return dict(
        zip(NEWS.row_schema.names, (vendor, article_id, symbol, at, *rest, known_at), strict=True)
    )


def _table(vendor: str, symbol: str, articles: list[Read], delay: timedelta) -> pa.Table:
    """Articles whose ids all differ as rows of NEWS, by publication and id."""
    if not articles:
        return NEWS.row_schema.empty_table()
    # Both stand first, and no two articles have the same ones.
    at, article_id, *rest = (list(column) for column in zip(*sorted(articles), strict=True))
    published_at = pa.array(at, NEWS.row_schema.field("published_at").type)
    return pa.table(
        [
            pa.repeat(pa.scalar(vendor), len(at)),
            pa.array(article_id, pa.string()),
            pa.repeat(pa.scalar(symbol), len(at)),
            published_at,
            *(pa.array(column, pa.string()) for column in rest),
            pc.add(published_at, pa.scalar(delay, pa.duration("us"))),
        ],
        schema=NEWS.row_schema,
    )


def _wrong(
    read: Read, draft: Draft, start: datetime, end: datetime, now: datetime
) -> tuple[str, str] | None:
    """The rule that a draft breaks, with the reason."""
    at, article_id, headline = read[:3]
    if at is None:
        return "published_at_readable", "when it was published cannot be read"
    if at > now:
        return "published_in_the_past", f"published after {now:%Y-%m-%d %H:%M:%S} UTC, our present"
    if not start <= at < end:
        return "published_when_asked_for", "published more than a day outside of the days asked for"
    if headline is None:
        return "headline_present", "it has no title"
    if article_id is None:
        return "article_id_present", "it has neither an id nor an address to make one from"
    for name, value in (("summary", draft.summary), ("source", draft.source), ("url", draft.url)):
        if value is not None and not isinstance(value, str):
            return f"{name}_is_text", f"{name} is of type {type(value).__name__}"
    if not draft.is_about:
        return "about_the_company", "the vendor does not name the company that was asked for"
    return None


def _id(given: object, url: str | None) -> str | None:
    if isinstance(given, int) and not isinstance(given, bool) and given != 0:
        return str(given)
    text = _text(given, ID_AT_MOST + 1)
    if text is not None:
        return text if len(text) <= ID_AT_MOST else hashed(text)
    return hashed(url) if url else None


def _text(value: object, at_most: int) -> str | None:
    return (clean(value, at_most) or None) if isinstance(value, str) else None
