"""Polygon's reference data: tickers, their details and renames, splits, dividends.

Belongs here: ``/v3/reference`` and ``/vX/reference``. Whatever has been
announced by the asker's day is listed, with its future date; what has not, does not exist.
Does not belong here: keys and pace (polygon.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from stock_assets.sandbox.polygon_envelope import (
    failure,
    limit_of,
    next_url,
    parse_day,
    passes,
    unfolded,
)
from stock_assets.sandbox.truth import Dividend, Split, Stock, Truth
from stock_assets.sandbox.wire import Answer, Ask, json_answer

MOST: Final = 1_000

Row = dict[str, object]


class ReferenceView:
    """Listings and corporate actions as of the asker's day."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._stocks = [truth.stocks[symbol] for symbol in truth.symbols]

    def tickers(self, ask: Ask, number: str) -> Answer:
        """A page of listings, active ones unless asked otherwise."""
        query = unfolded(ask.query)
        day = ask.today if query is None else _as_of(query, ask.today)
        if query is None or day is None:
            return failure(400, number, error="'cursor' or 'date' is invalid")
        active = query.get("active", "true") != "false"
        rows = [
            _ticker(stock, day)
            for stock in self._stocks
            if stock.listing.listed_on <= day and stock.listing.is_active(day) == active
        ]
        chosen = [row for row in rows if _wanted(row, query)]
        return _page(
            ask,
            number,
            query,
            chosen,
            default_sort="ticker",
            default_order="asc",
            default_limit=100,
        )

    def details(self, ask: Ask, number: str, ticker: str) -> Answer:
        """One listing with more about it; 404 when the ticker is unknown on that day."""
        day = _as_of(ask.query, ask.today)
        if day is None:
            return failure(400, number, error="'date' is invalid")
        stock = self._truth.trading_as(ticker, day)
        if stock is None or not stock.listing.is_active(day):
            return failure(404, number, status="NOT_FOUND", message="Ticker not found.")
        row = _ticker(stock, day)
        row |= {
            "ticker_root": ticker.split(".")[0],
            "list_date": stock.listing.listed_on.isoformat(),
        }
        return json_answer({"results": row, "status": "OK", "request_id": number})

    def events(self, ask: Ask, number: str, ticker: str) -> Answer:
        """The tickers under which a company has traded, newest first."""
        stock = self._truth.trading_as(ticker, ask.today)
        if stock is None:
            return failure(404, number, status="NOT_FOUND", message="Ticker not found.")
        listing = stock.listing
        starts = [listing.listed_on, *(rename.day for rename in listing.renames)]
        names = [*(rename.former for rename in listing.renames), listing.symbol]
        events = [
            {"ticker_change": {"ticker": name}, "type": "ticker_change", "date": start.isoformat()}
            for start, name in zip(starts, names, strict=True)
            if start <= ask.today
        ]
        results = {
            "name": listing.name,
            "composite_figi": listing.figi,
            "cik": listing.cik,
            "events": events[::-1],
        }
        return json_answer({"results": results, "status": "OK", "request_id": number})

    def splits(self, ask: Ask, number: str) -> Answer:
        """A page of splits, newest first unless asked otherwise."""
        return self._actions(
            ask,
            number,
            "execution_date",
            lambda stock: [
                _split(stock, split) for split in stock.splits if split.announced_on <= ask.today
            ],
        )

    def dividends(self, ask: Ask, number: str) -> Answer:
        """A page of dividends, newest first unless asked otherwise."""
        return self._actions(
            ask,
            number,
            "ex_dividend_date",
            lambda stock: [
                _dividend(stock, paid) for paid in stock.dividends if paid.public_on <= ask.today
            ],
        )

    def _actions(
        self, ask: Ask, number: str, dated: str, rows_of: Callable[[Stock], list[Row]]
    ) -> Answer:
        query = unfolded(ask.query)
        if query is None:
            return failure(400, number, error="The cursor is invalid")
        chosen = [
            row
            for stock in self._stocks
            for row in rows_of(stock)
            if passes(query, "ticker", str(row["ticker"])) and passes(query, dated, str(row[dated]))
        ]
        return _page(
            ask, number, query, chosen, default_sort=dated, default_order="desc", default_limit=10
        )


def _page(
    ask: Ask,
    number: str,
    query: Mapping[str, str],
    rows: list[Row],
    *,
    default_sort: str,
    default_order: str,
    default_limit: int,
) -> Answer:
    """One page of rows in a stable order; the cursor marks the last row of the page before."""
    limit = limit_of(query, default_limit, MOST)
    sort, order = query.get("sort", default_sort), query.get("order", default_order)
    if limit is None or order not in ("asc", "desc") or not all(sort in row for row in rows):
        return failure(400, number, error="'limit', 'sort' or 'order' is invalid")
    rows = sorted(
        rows, key=lambda row: (str(row[sort]), str(row["ticker"])), reverse=order == "desc"
    )
    marker = query.get("page_marker")
    start = 0
    if marker is not None:
        marks = [_mark(row, sort) for row in rows]
        if marker not in marks:
            return failure(400, number, error="The cursor is invalid")
        start = marks.index(marker) + 1
    page = rows[start : start + limit]
    content: dict[str, object] = {
        "results": page,
        "status": "OK",
        "request_id": number,
        "count": len(page),
    }
    if start + limit < len(rows):
        kept = {k: v for k, v in query.items() if k not in ("page_marker", "apiKey", "cursor")}
        kept |= {"limit": str(limit), "page_marker": _mark(page[-1], sort)}
        content["next_url"] = next_url(ask.path.rstrip("/"), dict(sorted(kept.items())))
    return json_answer(content)


def _mark(row: Row, sort: str) -> str:
    return f"{row[sort]}|{row['ticker']}"


def _as_of(query: Mapping[str, str], today: date) -> date | None:
    """The day in ``date``, today without one, None when it cannot be read."""
    day = parse_day(query["date"]) if "date" in query else today
    return None if day is None else min(day, today)


def _wanted(row: Row, query: Mapping[str, str]) -> bool:
    if not passes(query, "ticker", str(row["ticker"])):
        return False
    same = {"market": "market", "type": "type", "exchange": "primary_exchange", "cik": "cik"}
    if any(name in query and query[name] != row[column] for name, column in same.items()):
        return False
    searched = query.get("search", "").lower()
    return searched in f"{row['ticker']} {row['name']}".lower()


def _ticker(stock: Stock, day: date) -> Row:
    """A listing; what a recording cannot tell (exchange, identifiers) has no key, as at Polygon."""
    listing = stock.listing
    row: Row = {
        "ticker": listing.symbol_on(day),
        "name": listing.name,
        "market": "stocks",
        "locale": "us",
        "primary_exchange": listing.exchange,
        "type": "CS",
        "active": listing.is_active(day),
        "currency_name": "usd",
        "cik": listing.cik,
        "composite_figi": listing.figi,
        "share_class_figi": listing.share_class_figi,
        "last_updated_utc": f"{day.isoformat()}T00:00:00Z",
    }
    if listing.delisted_on is not None and day > listing.delisted_on:
        row["delisted_utc"] = f"{listing.delisted_on.isoformat()}T00:00:00Z"
    return {name: value for name, value in row.items() if value != ""}


def _split(stock: Stock, split: Split) -> Row:
    ticker = stock.listing.symbol_on(split.ex_date)
    return {
        "id": _id("split", ticker, split.ex_date),
        "execution_date": split.ex_date.isoformat(),
        "split_from": split.old,
        "split_to": split.new,
        "ticker": ticker,
    }


def _dividend(stock: Stock, paid: Dividend) -> Row:
    """What is unknown has no key, as at Polygon."""
    ticker = stock.listing.symbol_on(paid.ex_date)
    row: Row = {
        "id": _id("dividend", ticker, paid.ex_date),
        "cash_amount": paid.cash_usd,
        "currency": "USD",
        "dividend_type": "SC" if paid.special else "CD",
        "ex_dividend_date": paid.ex_date.isoformat(),
        "frequency": 0 if paid.special else 4,
        "ticker": ticker,
    }
    dates = {
        "declaration_date": paid.declared_on,
        "record_date": paid.record_date,
        "pay_date": paid.pay_date,
    }
    return row | {name: day.isoformat() for name, day in dates.items() if day is not None}


def _id(kind: str, ticker: str, day: date) -> str:
    return "E" + hashlib.sha256(f"{kind} {ticker} {day}".encode()).hexdigest()[:63]
