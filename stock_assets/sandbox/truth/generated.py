"""A market from a seed, with a known edge or with none at all.

Belongs here: putting companies, schedules and the simulation together into a Truth, and the one
function that tells the optimal probabilities (for tests and the demo's closing summary; they are
in no Truth, and no server holds them). Does not belong here: how a session is traded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

from stock_assets import market as exchange
from stock_assets.errors import BadRange
from stock_assets.sandbox.truth.companies import Profile, choose_symbols, profile
from stock_assets.sandbox.truth.edge import DEFAULT_AUC, Market, strength_for
from stock_assets.sandbox.truth.luck import stream
from stock_assets.sandbox.truth.model import Bars, Dividend, Split, Stock, Truth
from stock_assets.sandbox.truth.mood import session_moods
from stock_assets.sandbox.truth.schedule import schedule
from stock_assets.sandbox.truth.simulation import Happening, History, simulate

FIRST_SESSION: Final = date(2015, 1, 2)
HIGHEST_AUC: Final = 0.65


@dataclass(frozen=True, slots=True)
class _Run:
    days: tuple[date, ...]
    profiles: tuple[Profile, ...]
    history: History


def generate(
    symbols: int | Sequence[str] | None = None,
    *,
    market: Market = "edge",
    seed: int = 0,
    edge_auc: float = DEFAULT_AUC,
    last: date | None = None,
) -> Truth:
    """A market of daily bars from 2015-01-02 on.

    Args:
        symbols: None for the 50 default companies, a number (1 to 600; tickers beyond the default
            ones are invented), or canonical symbols. ``SVBX`` is delisted on 2025-06-27,
            ``HALTX`` does not trade on 2025-03-11, -12 and -13, ``BA`` pauses for one session every
            two years.
        market: "edge" (directions can be foreseen a little, see edge.py) or "null" (a fair coin).
        seed: equal seeds give equal bars, whatever the horizon and whatever other symbols exist.
        edge_auc: the best achievable AUC on the edge market, above 0.5 and at most 0.65.
        last: the last day; by default the end of the exchange's calendar.

    Raises:
        BadRange, BadSymbol: for what cannot be generated.
    """
    run = _run(symbols, market, seed, edge_auc, last)
    splits, dividends = _by_symbol(run.history.splits), _by_symbol(run.history.dividends)
    stocks = {
        who.listing.symbol: Stock(
            who.listing,
            _bars(run, column),
            tuple(_split(run.days, event) for event in splits[column]),
            tuple(_dividend(run.days, event) for event in dividends[column]),
            tuple(sorted(day for day in who.halts if day <= run.days[-1])),
        )
        for column, who in enumerate(run.profiles)
    }
    edge = f" auc={edge_auc:g}" if market == "edge" else ""
    return Truth(f"generated market={market}{edge} seed={seed}", stocks, run.days[-1], seed=seed)


def optimal_probabilities(
    symbols: int | Sequence[str] | None = None,
    *,
    market: Market = "edge",
    seed: int = 0,
    edge_auc: float = DEFAULT_AUC,
    last: date | None = None,
) -> pa.Table:
    """What nobody on the market knows: P(total return of the next session > 0).

    Arguments as for :func:`generate`. One row per symbol and session after which the next session
    trades: symbol, session (date), target_session (date), probability_up. The first twenty
    sessions, halts and their eves are left out.
    """
    run = _run(symbols, market, seed, edge_auc, last)
    days = np.array(run.days, dtype="datetime64[D]")
    traded = run.history.close > 0
    known = np.isfinite(run.history.probability[1:]) & traded[:-1] & traded[1:]
    columns, rows = np.nonzero(known.T)
    names = pa.array([who.listing.symbol for who in run.profiles])
    return pa.table(
        {
            "symbol": names.take(pa.array(columns)),
            "session": pa.array(days[rows]),
            "target_session": pa.array(days[rows + 1]),
            "probability_up": run.history.probability[rows + 1, columns],
        }
    )


def _run(
    symbols: int | Sequence[str] | None,
    market: Market,
    seed: int,
    edge_auc: float,
    last: date | None,
) -> _Run:
    if market == "edge" and not 0.5 < edge_auc <= HIGHEST_AUC:
        raise BadRange(
            f"edge_auc={edge_auc}",
            reason=f"the best achievable AUC lies above 0.5 and is at most {HIGHEST_AUC}",
            next_action="choose such a value, or the market without an edge",
        )
    calendar = exchange.calendar()
    sessions = calendar.between(FIRST_SESSION, last or calendar.days[-1])
    days = tuple(session.day for session in sessions)
    names = choose_symbols(symbols)
    profiles = tuple(profile(name, stream(seed, name, "profile"), days) for name in names)
    sessions_traded = np.array(days, dtype="datetime64[D]")
    history = simulate(
        seed=seed,
        days=days,
        half_days=np.array([session.is_half_day for session in sessions]),
        profiles=profiles,
        schedules=[schedule(stream(seed, name, "schedule"), days) for name in names],
        mood=np.column_stack([session_moods(seed, name, sessions_traded) for name in names]),
        strength=strength_for(market, edge_auc),
    )
    return _Run(days, profiles, history)


def _by_symbol(events: Sequence[Happening]) -> dict[int, list[Happening]]:
    found: dict[int, list[Happening]] = defaultdict(list)
    for event in events:
        found[event.symbol].append(event)
    return found


def _bars(run: _Run, column: int) -> Bars:
    history = run.history
    traded = history.close[:, column] > 0
    return Bars(
        days=np.array(run.days, dtype="datetime64[D]")[traded],
        open=history.open[traded, column] / 100.0,
        high=history.high[traded, column] / 100.0,
        low=history.low[traded, column] / 100.0,
        close=history.close[traded, column] / 100.0,
        volume=history.volume[traded, column].astype(np.float64),
    )


def _split(days: Sequence[date], event: Happening) -> Split:
    return Split(days[event.session], event.new, event.old, days[event.public])


def _dividend(days: Sequence[date], event: Happening) -> Dividend:
    """The share is recorded on the session after the ex-date and paid two weeks later."""
    record = days[min(event.session + 1, len(days) - 1)]
    paid = days[min(event.session + 11, len(days) - 1)]
    return Dividend(
        days[event.session], event.cents / 100.0, days[event.public], record, paid, event.special
    )
