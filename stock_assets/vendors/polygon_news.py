"""Polygon's (Massive's) news through its own client.

Belongs here: which pages are asked for, and the articles that come of them.
Does not belong here: following pages (polygon_pages.py), what is believed of an article
(articles.py).
Source: polygon.io/docs/rest/stocks/news; polygon-api-client 1.16.

``insights`` are never used: a model writes them after the publication and may write them anew, so
nobody can say what was known when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from stock_assets.market import check_symbols
from stock_assets.tables import NEWS
from stock_assets.vendors.articles import Articles, Draft, accept, instant
from stock_assets.vendors.messages import Answer
from stock_assets.vendors.polygon_aggs import VENDOR
from stock_assets.vendors.polygon_pages import PAGES_AT_MOST, Pages, rows_of
from stock_assets.vendors.questions import check_days, check_key, check_share
from stock_assets.vendors.rowwise import Row
from stock_assets.vendors.transport import Transport, utc_now

_ROWS_PER_PAGE: Final = 1_000


class PolygonNews:
    """Polygon's articles. Symbols are spelled as ours are (``BRK.B``).

    ``now`` is the market's clock: what is published later is put aside.

    Raises:
        AuthError: without a key.
    """

    vendor = VENDOR

    def __init__(
        self,
        transport: Transport,
        api_key: str | None,
        *,
        now: Callable[[], datetime] = utc_now,
        pages_at_most: int = PAGES_AT_MOST,
    ) -> None:
        key = check_key("POLYGON_API_KEY", api_key, "Polygon")
        self._now = now
        self._pages = Pages(transport, key, pages_at_most)

    def company_news(self, symbol: str, first: date, last: date) -> Articles:
        """Articles that name the company, from ``first`` to ``last`` (UTC, both included).

        Raises:
            BadSymbol, BadRange: before anything is asked.
            VendorError: as the transport and the contract say.
        """
        check_share(symbol, "Polygon")
        answers, listed = self._list(first, last, ticker=symbol)
        now = self._now()
        drafts = [_draft(said, is_about=symbol in _tickers(said)) for said in listed]
        rows, rejected, doubled = accept(VENDOR, symbol, drafts, first, last, now)
        return Articles(rows, answers, rejected, doubled)

    def market_news(self, symbols: Sequence[str], first: date, last: date) -> Articles:
        """Articles that name any of ``symbols``: the whole market's are listed, ours picked out.

        A page holds a thousand articles, so that this is the cheaper way from a few symbols on.
        """
        wanted = check_symbols(symbols)
        answers, listed = self._list(first, last)
        now, found = self._now(), []
        for symbol in wanted:
            drafts = [_draft(said) for said in listed if symbol in _tickers(said)]
            found.append(accept(VENDOR, symbol, drafts, first, last, now))
        aside = [rejected for _, rejected, _ in found if rejected is not None]
        return Articles(
            pa.concat_tables([NEWS.row_schema.empty_table(), *(rows for rows, _, _ in found)]),
            answers,
            pa.concat_tables(aside) if aside else None,
            sum(doubled for _, _, doubled in found),
        )

    def _list(self, first: date, last: date, **which: str) -> tuple[tuple[Answer, ...], list[Row]]:
        check_days(first, last)
        answers = self._pages.all_of(
            lambda client: client.list_ticker_news(
                published_utc_gte=f"{first}T00:00:00Z",
                published_utc_lt=f"{last + timedelta(days=1)}T00:00:00Z",
                limit=_ROWS_PER_PAGE,
                sort="published_utc",
                order="asc",
                raw=True,
                **which,
            )
        )
        return answers, rows_of(answers, "id", "title", "published_utc")


def _draft(said: Row, *, is_about: bool = True) -> Draft:
    publisher: Any = said.get("publisher")
    return Draft(
        article_id=said.get("id"),
        published_at=instant(said.get("published_utc")),
        headline=said.get("title"),
        summary=said.get("description"),
        source=publisher.get("name") if isinstance(publisher, dict) else publisher,
        url=said.get("article_url"),
        said={name: value for name, value in said.items() if name != "insights"},
        is_about=is_about,
    )


def _tickers(said: Row) -> Sequence[object]:
    tickers = said.get("tickers")
    return tickers if isinstance(tickers, list) else ()
