"""Recorded bars, company figures and economic series of Alpha Vantage, asked for by our clients.

Belongs here: which question of ours an answer of Alpha Vantage replies to, and how many rows of it
are ours. Does not belong here: other vendors (replay_*.py), the bench (replay.py).
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from stock_assets.tables import FUNDAMENTALS, MACRO
from stock_assets.vendors.alpha_vantage import ALPHA_VANTAGE, AlphaVantage
from stock_assets.vendors.alpha_vantage_macro import FUNCTIONS, AlphaVantageMacro
from stock_assets_tests.vendors.conftest import CANARY
from stock_assets_tests.vendors.replay import (
    Bench,
    Kind,
    Outcome,
    day_in,
    is_symbol,
    of_bars,
    outcome,
    symbol_of,
)
from stock_assets_tests.vendors.stub import json_reply

SOME_QUOTE = {
    "Global Quote": {
        "01. symbol": "",
        "02. open": "1",
        "03. high": "1",
        "04. low": "1",
        "05. price": "1",
        "08. previous close": "1",
    }
}


def alpha_vantage_bars(bench: Bench) -> Outcome:
    """A daily series: of the plan that the function belongs to, of the days that came."""
    return _daily(bench, premium=bench.recording.query.get("function", "").endswith("ADJUSTED"))


def alpha_vantage_premium_bars(bench: Bench) -> Outcome:
    """The same, asked for as the dearer plan does."""
    return _daily(bench, premium=True)


def _daily(bench: Bench, *, premium: bool) -> Outcome:
    said = bench.recording
    refreshed = day_in(said.said("Meta Data", "3. Last Refreshed"), said.day)
    series = said.said("Time Series (Daily)")
    days = sorted(day_in(day, refreshed) for day in series or {}) or [refreshed]
    symbol = symbol_of(said, str(said.said("Meta Data", "2. Symbol") or "AAPL")).replace("-", ".")
    # A free plan has the newest bars only: those that were the newest then.
    now = min(said.now, datetime.combine(refreshed + timedelta(days=4), time(), UTC))
    with bench.transport(ALPHA_VANTAGE) as transport:
        client = AlphaVantage(transport, CANARY, premium=premium, now=lambda: now)
        oldest = client.oldest_day() or days[0]
        first = max(days[0], oldest)
        found = client.bars(symbol, first, max(first, days[-1]))
    held = sum(first <= day for day in days) if series else 0
    return of_bars(bench, found, held + found.actions.num_rows)


def alpha_vantage_quote(bench: Bench) -> Outcome:
    """A company's figures of which only the quote was recorded."""
    symbol = symbol_of(bench.recording, str(bench.recording.said("Global Quote", "01. symbol")))
    return _figures(bench, symbol, overview={"Symbol": symbol})


def alpha_vantage_overview(bench: Bench) -> Outcome:
    """A company's figures of which only the overview was recorded."""
    symbol = symbol_of(bench.recording, str(bench.recording.said("Symbol")))
    return _figures(bench, symbol)


def _figures(bench: Bench, symbol: str, overview: object = None) -> Outcome:
    symbol, now = symbol if is_symbol(symbol) else "AAPL", bench.recording.now
    quote = {"Global Quote": {**SOME_QUOTE["Global Quote"], "01. symbol": symbol}}
    other = json_reply(overview or quote)
    replies = (bench.reply, other) if overview else (other, bench.reply)
    with bench.transport(ALPHA_VANTAGE, *replies) as transport:
        client = AlphaVantage(transport, CANARY, now=lambda: now)
        return outcome(bench.connection, 1, (FUNDAMENTALS, client.fundamentals([symbol], now).rows))


def alpha_vantage_economy(bench: Bench) -> Outcome:
    """An economic function."""
    said = bench.recording
    function = said.query.get("function", "")
    function = function if function in FUNCTIONS else FUNCTIONS[0]
    with bench.transport(ALPHA_VANTAGE) as transport:
        client = AlphaVantageMacro(transport, CANARY, now=lambda: said.now)
        found = client.observations(
            function, interval=said.query.get("interval"), maturity=said.query.get("maturity")
        )
    return outcome(
        bench.connection,
        len(said.rows("data")),
        (MACRO, found.rows),
        rejected=found.rejected,
        left_out=found.doubled,
    )


_HOST = "www.alphavantage.co"
KINDS = (
    Kind(_HOST, "TIME_SERIES_DAILY(_ADJUSTED)?", alpha_vantage_bars),
    Kind(_HOST, "GLOBAL_QUOTE", alpha_vantage_quote),
    Kind(_HOST, "OVERVIEW", alpha_vantage_overview),
    Kind(_HOST, "|".join(FUNCTIONS), alpha_vantage_economy),
)
OTHERS = tuple(
    Kind(_HOST, ".*", ask)
    for ask in (
        alpha_vantage_bars,
        alpha_vantage_premium_bars,
        alpha_vantage_quote,
        alpha_vantage_overview,
        alpha_vantage_economy,
    )
)
"""All that Alpha Vantage is asked for: no answer to another question may pass for it."""
