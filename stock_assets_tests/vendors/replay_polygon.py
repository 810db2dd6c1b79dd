"""Recorded bars, actions, listings and articles of Polygon, asked for by our own clients.

Belongs here: which question of ours an answer of Polygon replies to, and how many rows of it are
ours. Does not belong here: other vendors (replay_*.py), the bench (replay.py).
"""

from __future__ import annotations

from stock_assets.tables import CORPORATE_ACTIONS, LISTINGS
from stock_assets.vendors import polygon_reference
from stock_assets.vendors.polygon import Polygon
from stock_assets.vendors.polygon_aggs import load_json
from stock_assets.vendors.polygon_news import PolygonNews
from stock_assets.vendors.polygon_pool import POLYGON
from stock_assets_tests.vendors.conftest import CANARY
from stock_assets_tests.vendors.replay import (
    Bench,
    Kind,
    Outcome,
    day_in,
    days_in,
    is_symbol,
    new_york_day,
    of_articles,
    of_bars,
    outcome,
    share_of,
    symbol_of,
)
from stock_assets_tests.vendors.stub import json_reply

NOTHING = {"results": [], "status": "OK"}
"""The page that follows a page, and the other list."""


def polygon_bars(bench: Bench) -> Outcome:
    """Bars of a symbol by day; what leads on to another page is answered with an empty one."""
    said, parts = bench.recording, bench.recording.path.split("/")
    days = [day_in(part, said.day) for part in parts[-2:] if part] or [said.day]
    symbol, first, last = symbol_of(said), min(days), max(days)
    empty = {"ticker": symbol, "resultsCount": 0, "adjusted": False, "status": "OK"}
    with bench.transport(POLYGON, bench.reply, json_reply(empty)) as transport:
        found = Polygon(transport, CANARY, now=lambda: said.now).bars(symbol, first, last)
    stamps = [row.get("t") for row in said.rows("results")]
    days = [new_york_day(stamp / 1000) for stamp in stamps if isinstance(stamp, int)]
    return of_bars(bench, found, sum(first <= day <= last for day in days))


def polygon_day(bench: Bench) -> Outcome:
    """A day's bars of all symbols in the answer."""
    said = bench.recording
    day = day_in(said.path.rpartition("/")[2], said.day)
    symbols = [str(row.get("T")) for row in said.rows("results") if is_symbol(row.get("T"))]
    with bench.transport(POLYGON) as transport:
        client = Polygon(transport, CANARY, now=lambda: said.now)
        return of_bars(bench, client.grouped(day, symbols or ["AAPL"]), len(symbols))


def polygon_splits(bench: Bench) -> Outcome:
    """Splits of all symbols in the answer, and no dividends."""
    return _actions(bench, "execution_date", 0)


def polygon_dividends(bench: Bench) -> Outcome:
    """Dividends of all symbols in the answer, and no splits."""
    return _actions(bench, "ex_dividend_date", 1)


def _actions(bench: Bench, day: str, place: int) -> Outcome:
    said = bench.recording
    rows = [row for row in said.rows("results") if is_symbol(row.get("ticker"))]
    first, last = days_in(rows, day, said.day)
    replies = [*[json_reply(NOTHING)] * place, bench.reply, json_reply(NOTHING)]
    with bench.transport(POLYGON, *replies) as transport:
        client = Polygon(transport, CANARY, now=lambda: said.now)
        symbols = sorted({row["ticker"] for row in rows}) or ["AAPL"]
        found = client.corporate_actions(symbols, first, last)
    # Payments of several kinds on one day are one row, contradictions several rejected ones.
    keys = {(row["ticker"], row[day]) for row in rows}
    aside = found.rejected.select(["symbol", "ex_date"]).to_pylist() if found.rejected else []
    more = len(aside) - len({tuple(row.values()) for row in aside})
    return outcome(
        bench.connection,
        len(keys) + more,
        (CORPORATE_ACTIONS, found.rows),
        rejected=found.rejected,
    )


def polygon_listings(bench: Bench) -> Outcome:
    """Listings of all symbols in the answer."""
    said = bench.recording
    symbols = [row["ticker"] for row in said.rows("results") if is_symbol(row.get("ticker"))]
    with bench.transport(POLYGON, bench.reply, json_reply(NOTHING)) as transport:
        client = Polygon(transport, CANARY, now=lambda: said.now)
        found = client.listings(symbols or ["AAPL"], renames=False)
    return outcome(bench.connection, len(set(symbols)), (LISTINGS, found.rows))


def polygon_renames(bench: Bench) -> Outcome:
    """The listing of a company with its last change of name."""
    symbol = symbol_of(bench.recording)
    answer = bench.fetched(POLYGON)
    events = polygon_reference.changes(answer.request, load_json(answer.request, answer.body))
    row = polygon_reference.listing(symbol, {"active": True}, events, bench.recording.now)
    return outcome(bench.connection, 1, (LISTINGS, polygon_reference.listing_table([row])))


def polygon_articles(bench: Bench) -> Outcome:
    """News of a company; what leads on to another page is answered with an empty one."""
    said = bench.recording
    rows = said.rows("results")
    first, last = days_in(rows, "published_utc", said.day)
    with bench.transport(POLYGON, bench.reply, json_reply(NOTHING)) as transport:
        client = PolygonNews(transport, CANARY, now=lambda: said.now)
        return of_articles(bench, client.company_news(share_of(said), first, last), len(rows))


_HOSTS = " ".join(sorted(POLYGON.hosts))
KINDS = (
    Kind(_HOSTS, "/v2/aggs/ticker/[^/]+/range/1/day/[^/]+/[^/]+", polygon_bars),
    Kind(_HOSTS, "/v2/aggs/grouped/locale/us/market/stocks/[^/]+", polygon_day),
    Kind(_HOSTS, "/v3/reference/splits", polygon_splits),
    Kind(_HOSTS, "/v3/reference/dividends", polygon_dividends),
    Kind(_HOSTS, "/v3/reference/tickers", polygon_listings),
    Kind(_HOSTS, "/vX/reference/tickers/[^/]+/events", polygon_renames),
    Kind(_HOSTS, "/v2/reference/news", polygon_articles),
)
OTHERS = tuple(Kind(_HOSTS, ".*", kind.ask) for kind in KINDS)
"""All that Polygon is asked for: no answer to another question may pass for it."""
