"""Polygon's daily bars: of one ticker over a range, and of all tickers on one day.

Belongs here: ``/v2/aggs/ticker`` and ``/v2/aggs/grouped``. Times are in
milliseconds: the start of the day in New York for a ticker's bars, 16:00 New York for grouped ones.
Does not belong here: keys and pace (polygon.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from stock_assets import market
from stock_assets.sandbox import viewing
from stock_assets.sandbox.instants import CLOSE, MIDNIGHT, instant, instants
from stock_assets.sandbox.polygon_envelope import (
    Plan,
    failure,
    limit_of,
    next_url,
    parse_day,
    unfolded,
)
from stock_assets.sandbox.truth import Bars, Stock, Truth
from stock_assets.sandbox.truth.model import Floats
from stock_assets.sandbox.wire import Answer, Ask, json_answer

DEFAULT_LIMIT: Final = 5_000
MOST: Final = 50_000
FREE_HISTORY: Final = timedelta(days=731)
END_OF_DAY: Final = timedelta(hours=4)
"""After the close; before that the free plan does not have today's bar."""
_UPGRADE: Final = "Please upgrade your plan at https://polygon.io/pricing"
_TODAY: Final = f"Attempted to request today's data before end of day. {_UPGRADE}"
_TOO_OLD: Final = f"Your plan doesn't include this data timeframe. {_UPGRADE}"
_BAD_TIME: Final = "Could not parse the time parameter: '{}'. Use YYYY-MM-DD or Unix MS Timestamps"

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Range:
    first: date
    last: date


class BarsView:
    """Bars by the ticker of their day, adjusted for splits when asked, never for dividends."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def aggregates(self, ask: Ask, plan: Plan, number: str, parts: tuple[str, ...]) -> Answer:
        """A ticker's bars in a range of days, page by page."""
        ticker, multiplier, timespan, begin, end = parts
        query = unfolded(ask.query)
        if query is None:
            return failure(400, number, error="The cursor is invalid")
        wanted = _range(begin, end)
        if isinstance(wanted, str):
            return failure(400, number, error=wanted)
        if (multiplier, timespan) != ("1", "day"):
            text = f"The aggregation {multiplier}/{timespan} is not available; use 1/day"
            return failure(400, number, error=text)
        limit = limit_of(query, DEFAULT_LIMIT, MOST)
        sort = query.get("sort", "asc")
        if limit is None or sort not in ("asc", "desc"):
            return failure(400, number, error="'limit' or 'sort' is invalid")
        if refused := _beyond_plan(ask, plan, wanted):
            return failure(403, number, status="NOT_AUTHORIZED", message=refused)
        adjusted = query.get("adjusted", "true") != "false"
        rows = self._rows(ask, ticker, wanted, adjusted=adjusted)
        if sort == "desc":
            rows.reverse()
        page = rows[:limit]
        content = _envelope(page, number, adjusted=adjusted, ticker=ticker)
        if len(rows) > limit:
            stamp = str(rows[limit]["t"])
            span = f"{stamp}/{end}" if sort == "asc" else f"{begin}/{stamp}"
            rest = {"adjusted": str(adjusted).lower(), "limit": str(limit), "sort": sort}
            content["next_url"] = next_url(f"/v2/aggs/ticker/{ticker}/range/1/day/{span}", rest)
        return json_answer(content)

    def grouped(self, ask: Ask, plan: Plan, number: str, text: str) -> Answer:
        """Every ticker's bar of one day."""
        day = parse_day(text)
        if day is None:
            return failure(400, number, error=_BAD_TIME.format("date"))
        if refused := _beyond_plan(ask, plan, _Range(day, day)):
            return failure(403, number, status="NOT_AUTHORIZED", message=refused)
        adjusted = ask.query.get("adjusted", "true") != "false"
        rows: list[Row] = []
        stamp = instant(day, CLOSE) * 1000
        for symbol in self._truth.symbols:
            stock = self._truth.stocks[symbol]
            rows += [
                {"T": stock.listing.symbol_on(day), **row, "t": stamp}
                for row in _stock_rows(stock, ask.now, day, day, adjusted=adjusted)
            ]
        return json_answer(_envelope(rows, number, adjusted=adjusted))

    def _rows(self, ask: Ask, ticker: str, wanted: _Range, *, adjusted: bool) -> list[Row]:
        """A ticker's rows; after a rename the old ticker keeps its days."""
        for stock in self._candidates(ticker):
            first, last = wanted.first, wanted.last
            for rename in stock.listing.renames:
                if rename.former == ticker:
                    last = min(last, rename.day - timedelta(days=1))
                elif stock.listing.symbol == ticker:
                    first = max(first, rename.day)
            if first <= last:
                rows = _stock_rows(stock, ask.now, first, last, adjusted=adjusted)
                if rows:
                    return rows
        return []

    def _candidates(self, ticker: str) -> list[Stock]:
        own = self._truth.stocks.get(ticker)
        former = [
            stock
            for stock in self._truth.stocks.values()
            if any(rename.former == ticker for rename in stock.listing.renames)
        ]
        return ([own] if own else []) + former


def _stock_rows(
    stock: Stock, now: datetime, first: date, last: date, *, adjusted: bool
) -> list[Row]:
    """Finished bars of a range, and the open one when its day is in it."""
    today = now.astimezone(market.NEW_YORK).date()
    through = min(last, viewing.finished_through(now))
    bars = stock.bars.between(first, through) if first <= through else stock.bars.upto(date.min)
    factors = viewing.split_factors(stock, bars.days, today) if adjusted else np.ones(len(bars))
    rows = _rows_of(bars, factors)
    live = viewing.live_bar(stock, now) if first <= today <= last else None
    return rows if live is None else rows + _rows_of(live.as_bars(), np.ones(1))


def _rows_of(bars: Bars, factors: Floats) -> list[Row]:
    """Bars as Polygon writes them; what is missing has no key, as JSON knows no NaN."""
    prices = [bars.open / factors, bars.high / factors, bars.low / factors, bars.close / factors]
    volume = bars.volume * factors
    average = np.mean(prices, axis=0)
    trades = np.maximum(1, np.nan_to_num(volume) // 110).astype(np.int64)
    columns = [np.round(column, 4).tolist() for column in (*prices, average)]
    stamps = (instants(bars.days, MIDNIGHT) * 1000).tolist()
    rows: list[Row] = [
        {"v": v, "vw": vw, "o": o, "c": c, "h": h, "l": low, "t": t, "n": n}
        for o, h, low, c, vw, v, t, n in zip(
            *columns, volume.tolist(), stamps, trades.tolist(), strict=True
        )
    ]
    if not np.isfinite(average).all() or not np.isfinite(volume).all():
        return [_without_missing(row) for row in rows]
    return rows


def _without_missing(row: Row) -> Row:
    kept = {key: value for key, value in row.items() if value == value}
    if "v" not in kept:
        del kept["n"]
    return kept


def _envelope(
    rows: list[Row], number: str, *, adjusted: bool, ticker: str | None = None
) -> dict[str, object]:
    content: dict[str, object] = {} if ticker is None else {"ticker": ticker}
    content |= {"queryCount": len(rows), "resultsCount": len(rows), "adjusted": adjusted}
    if rows:
        content["results"] = rows
    content |= {"status": "OK", "request_id": number}
    if rows:
        content["count"] = len(rows)
    return content


def _range(begin: str, end: str) -> _Range | str:
    """The days asked for, or what is wrong with them."""
    first, last = _day(begin), _day(end)
    if first is None or last is None:
        return _BAD_TIME.format("from" if first is None else "to")
    if first > last:
        return "The parameter 'to' cannot be a time that occurs before 'from'"
    return _Range(first, last)


def _day(text: str) -> date | None:
    """A day, or the day in New York of a time in milliseconds."""
    if text.isascii() and text.isdigit() and 9 <= len(text) <= 14:
        return datetime.fromtimestamp(int(text) / 1000, UTC).astimezone(market.NEW_YORK).date()
    return parse_day(text)


def _beyond_plan(ask: Ask, plan: Plan, wanted: _Range) -> str | None:
    """Why the free plan does not include the range, or None."""
    if plan is not Plan.FREE:
        return None
    if wanted.first < ask.today - FREE_HISTORY:
        return _TOO_OLD
    calendar = market.calendar()
    if not (wanted.first <= ask.today <= wanted.last and calendar.is_session(ask.today)):
        return None
    is_open = ask.now < calendar.session(ask.today).close_at + END_OF_DAY
    return _TODAY if is_open else None
