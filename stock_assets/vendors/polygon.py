"""Polygon (Massive) through its own client: bars as traded, corporate actions, listings.

Belongs here: which endpoint is asked for what, page by page, and the rows that come of it.
Does not belong here: parsing bars (polygon_aggs.py) or reference data (polygon_reference.py).
Source: polygon.io/docs/rest/stocks; polygon-api-client 1.16.

The client answers a broken body, a missing ``results`` and a broken second page with "no data";
so it only words the requests here (``raw=True``), and the pages are followed and checked by us.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa

from stock_assets.errors import AuthError, BadRange, NotFound
from stock_assets.market import check_symbol, check_symbols
from stock_assets.tables import CORPORATE_ACTIONS, PRICES
from stock_assets.vendors import polygon_reference as reference
from stock_assets.vendors.bars import Bars, session_index, sort_out
from stock_assets.vendors.polygon_aggs import VENDOR, load_json, parse_aggs
from stock_assets.vendors.polygon_grouped import parse_grouped
from stock_assets.vendors.polygon_pages import PAGES_AT_MOST, Pages, rows_of
from stock_assets.vendors.polygon_pool import POLYGON, RawAnswer
from stock_assets.vendors.transport import Answer, Transport, utc_now

__all__ = ["POLYGON", "Polygon", "ReferenceAnswer", "parse_aggs", "parse_grouped"]

_BARS_PER_PAGE: Final = 50_000
_ROWS_PER_PAGE: Final = 1_000
_ONE_BY_ONE: Final = 10
"""Listings of up to so many symbols are asked for one by one, of more by walking the whole list."""


@dataclass(frozen=True, slots=True)
class ReferenceAnswer:
    """Rows of CORPORATE_ACTIONS or LISTINGS, and what stands behind them.

    ``rejected``: rows that cannot be accepted, with ``target``, ``rule`` and ``reason``.
    ``doubled``: identical doubles that were dropped. ``unknown``: symbols nobody knows there.
    """

    rows: pa.Table
    answers: tuple[Answer, ...]
    rejected: pa.Table | None = None
    doubled: int = 0
    unknown: tuple[str, ...] = ()
    vendor: str = VENDOR


class Polygon:
    """Polygon's stock market data. Symbols are spelled as ours are (``BRK.B``).

    ``now`` is the market's clock: bars of sessions that are not final by then are left out.

    Raises:
        AuthError: without a key.
    """

    vendor = VENDOR
    serves_grouped_days = True

    def __init__(
        self,
        transport: Transport,
        api_key: str | None,
        *,
        now: Callable[[], datetime] = utc_now,
        pages_at_most: int = PAGES_AT_MOST,
    ) -> None:
        if not api_key:
            raise AuthError(
                "POLYGON_API_KEY",
                reason="Polygon answers nobody without a key, and none is set",
                next_action="set POLYGON_API_KEY in the environment or in .env",
                vendor=VENDOR,
            )
        self._now = now
        self._transport = transport
        self._pages = Pages(transport, api_key, pages_at_most)

    @property
    def transport(self) -> Transport:
        """The door that it speaks through, with its meter and budget."""
        return self._transport

    def oldest_day(self) -> date | None:
        """None: a plan that ends earlier says so when it is asked."""
        return None

    def bars(self, symbol: str, first: date, last: date) -> Bars:
        """Daily bars from ``first`` to ``last``, both included, in one request or more pages.

        Raises:
            BadSymbol, BadRange: before anything is asked.
            VendorError: as the transport and the contract say.
        """
        _equity(check_symbol(symbol))
        _check_range(first, last)
        closed = session_index().closed_through(self._now())
        if first > closed:
            return Bars(symbol, PRICES.row_schema.empty_table(), _no_actions(), ())
        answers = self._pages.all_of(
            lambda client: client.list_aggs(
                symbol,
                1,
                "day",
                first,
                min(last, closed),
                adjusted=False,
                sort="asc",
                limit=_BARS_PER_PAGE,
                raw=True,
            )
        )
        rows = parse_aggs([(symbol, answer.body) for answer in answers])
        found = sort_out(rows, first, last, closed)
        return Bars(
            symbol,
            found.rows,
            _no_actions(),
            answers,
            rejected=found.rejected,
            unfinished=found.unfinished,
            doubled=found.doubled,
        )

    def grouped(self, day: date, symbols: Sequence[str]) -> Bars:
        """One day's bars of ``symbols`` in one request; other symbols' are not looked at."""
        wanted = check_symbols(symbols)
        closed = session_index().closed_through(self._now())
        if day > closed or not wanted:
            return Bars(None, PRICES.row_schema.empty_table(), _no_actions(), ())
        raw: RawAnswer = self._pages.client.get_grouped_daily_aggs(day, adjusted=False, raw=True)
        rows = parse_grouped(day, wanted, raw.data)
        found = sort_out(rows, day, day, closed)
        return Bars(
            None,
            found.rows,
            _no_actions(),
            (raw.answer,),
            rejected=found.rejected,
            doubled=found.doubled,
        )

    def corporate_actions(self, symbols: Sequence[str], first: date, last: date) -> ReferenceAnswer:
        """Splits and dividends with an ex-date from ``first`` to ``last``, announced ones too.

        The whole market's are listed, page by page, and ours picked out: that costs the same for
        one symbol and for five hundred.
        """
        wanted = check_symbols(symbols)
        _check_range(first, last)
        splits = self._pages.all_of(
            lambda client: client.list_splits(
                execution_date_gte=first,
                execution_date_lte=last,
                limit=_ROWS_PER_PAGE,
                sort="execution_date",
                order="asc",
                raw=True,
            )
        )
        dividends = self._pages.all_of(
            lambda client: client.list_dividends(
                ex_dividend_date_gte=first,
                ex_dividend_date_lte=last,
                limit=_ROWS_PER_PAGE,
                sort="ex_dividend_date",
                order="asc",
                raw=True,
            )
        )
        split = rows_of(splits, "ticker", "execution_date")
        paid = rows_of(dividends, "ticker", "ex_dividend_date")
        actions = reference.actions(wanted, first, last, split, paid)
        return ReferenceAnswer(actions.rows, splits + dividends, actions.rejected, actions.doubled)

    def listings(self, symbols: Sequence[str], *, renames: bool = True) -> ReferenceAnswer:
        """Listings of ``symbols``, delisted ones included, with their last change of name.

        ``renames=False`` saves one request per symbol. ``known_at`` is now: when a listing
        changed is not told.
        """
        wanted = check_symbols(symbols)
        answers: list[Answer] = []
        found: dict[str, Mapping[str, Any]] = {}
        if len(wanted) > _ONE_BY_ONE:
            self._list(
                found, answers, wanted, active=True, ticker_gte=min(wanted), ticker_lte=max(wanted)
            )
        for active in (True, False):
            # A symbol can be both: used by one company now and by another in the past.
            for symbol in wanted:
                if symbol not in found and not (active and len(wanted) > _ONE_BY_ONE):
                    self._list(found, answers, wanted, active=active, ticker=symbol)
        changes = {s: self._changes(s, answers) for s in found} if renames else {}
        rows = [reference.listing(s, found[s], changes.get(s, ()), self._now()) for s in found]
        return ReferenceAnswer(
            reference.listing_table(rows),
            tuple(answers),
            unknown=tuple(symbol for symbol in wanted if symbol not in found),
        )

    def _list(
        self,
        found: dict[str, Mapping[str, Any]],
        answers: list[Answer],
        wanted: Sequence[str],
        **which: object,
    ) -> None:
        pages = self._pages.all_of(
            lambda client: client.list_tickers(
                market="stocks", limit=_ROWS_PER_PAGE, sort="ticker", order="asc", raw=True, **which
            )
        )
        answers += pages
        found |= reference.by_symbol(wanted, rows_of(pages, "ticker", "active"))

    def _changes(self, symbol: str, answers: list[Answer]) -> Sequence[Mapping[str, Any]]:
        try:
            raw = self._pages.client.get_ticker_events(symbol, types="ticker_change", raw=True)
        except NotFound:
            return ()
        answers.append(raw.answer)
        return reference.changes(raw.answer.request, load_json(raw.answer.request, raw.data))


def _equity(symbol: str) -> str:
    if symbol.startswith("^") or "=" in symbol:
        raise NotFound(
            symbol,
            reason="Polygon's stock feed has no indices and no currencies",
            next_action="ask Yahoo for it",
            vendor=VENDOR,
        )
    return symbol


def _check_range(first: date, last: date) -> None:
    if first > last:
        raise BadRange(
            f"{first} to {last}",
            reason="the first day is after the last one",
            next_action="swap the two dates",
        )


def _no_actions() -> pa.Table:
    return CORPORATE_ACTIONS.row_schema.empty_table()
