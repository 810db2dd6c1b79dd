"""Recorded charts of Yahoo, asked for by our own clients.

Belongs here: which question of ours a chart replies to, and how many rows of it are ours.
Does not belong here: other vendors (replay_*.py), the bench (replay.py).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from stock_assets.tables import FX_RATES, INDEX_PRICES, Table
from stock_assets.vendors.collected import Collected
from stock_assets.vendors.yahoo import YAHOO, Yahoo
from stock_assets.vendors.yahoo_context import YahooContext
from stock_assets_tests.vendors.recordings import Recording
from stock_assets_tests.vendors.replay import (
    Bench,
    Kind,
    Outcome,
    new_york_day,
    of_bars,
    outcome,
    symbol_of,
)

EVENTS = ("dividends", "splits", "capitalGains")
CURRENCIES = {"EURUSD=X": "EUR", "EUR=X": "EUR", "USDINR=X": "INR", "INR=X": "INR"}
INDICES = ("^GSPC", "^IXIC", "^VIX")


def a_chart(bench: Bench) -> Outcome:
    """Whoever it is about: a share, an index or a currency of ours."""
    symbol = symbol_of(bench.recording)
    if symbol in INDICES:
        return an_index(bench, symbol)
    if symbol in CURRENCIES:
        return a_currency(bench, CURRENCIES[symbol])
    return shares(bench, symbol)


def shares(bench: Bench, symbol: str = "") -> Outcome:
    """Bars and actions. ``BRK-B`` is ours as ``BRK.B``."""
    symbol = symbol or symbol_of(bench.recording)
    if len(symbol) > 2 and symbol[-2] == "-":
        symbol = f"{symbol[:-2]}.{symbol[-1]}"
    first, last = _days(bench.recording)
    now = bench.recording.now
    with bench.transport(YAHOO) as transport:
        found = Yahoo(transport, bench.folder, now=lambda: now).bars(symbol, first, last)
    return of_bars(bench, found, _rows(bench.recording, first, last))


def an_index(bench: Bench, symbol: str = "^GSPC") -> Outcome:
    """An index of ours."""
    first, last = _days(bench.recording)
    now = bench.recording.now
    with bench.transport(YAHOO) as transport:
        client = YahooContext(transport, bench.folder, now=lambda: now)
        found = client.index(symbol, first, last)
    return _of_collected(bench, INDEX_PRICES, found, _rows(bench.recording, first, last))


def a_currency(bench: Bench, code: str = "EUR") -> Outcome:
    """A currency of ours."""
    first, last = _days(bench.recording)
    now = bench.recording.now
    with bench.transport(YAHOO) as transport:
        client = YahooContext(transport, bench.folder, now=lambda: now)
        found = client.currency(code, first, last)
    return _of_collected(bench, FX_RATES, found, _rows(bench.recording, first, last))


def _days(recording: Recording) -> tuple[date, date]:
    """The days that were asked for; where the address does not say, those that came."""
    stamps = recording.said("chart", "result", 0, "timestamp") or []
    seconds = [stamp for stamp in stamps if isinstance(stamp, int)]
    noon = datetime.combine(recording.day, time(17), UTC)
    seconds = seconds or [int(noon.timestamp())]
    ends = [recording.query.get(name, "") for name in ("period1", "period2")]
    first = int(ends[0]) if ends[0].isdigit() else min(seconds)
    last = int(ends[1]) - 1 if ends[1].isdigit() else max(seconds)
    return new_york_day(first), max(new_york_day(first), new_york_day(last))


def _rows(recording: Recording, first: date, last: date) -> int:
    """Bars and events on these days."""
    result = recording.said("chart", "result", 0)
    stamps = list(recording.said("timestamp", of=result) or []) if result else []
    for kind in EVENTS:
        events = recording.said("events", kind, of=result) if result else None
        stamps += [event["date"] for event in (events or {}).values()]
    days = [new_york_day(stamp) for stamp in stamps]
    return sum(first <= day <= last for day in days)


def _of_collected(bench: Bench, table: Table, found: Collected, held: int) -> Outcome:
    return outcome(
        bench.connection,
        held,
        (table, found.rows),
        rejected=found.rejected,
        left_out=len(found.missing) + found.unfinished + found.doubled,
    )


_HOSTS = " ".join(sorted(YAHOO.hosts))
KINDS = (Kind(_HOSTS, "/v8/finance/chart/[^/]+", a_chart),)
OTHERS = tuple(
    Kind(f"autoc.finance.yahoo.com {_HOSTS}", ".*", ask) for ask in (shares, an_index, a_currency)
)
"""All that Yahoo is asked for: no answer to another question may pass for it."""
