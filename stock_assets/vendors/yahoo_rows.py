"""From a chart to rows: as traded, clipped, final bars only.

Belongs here: which of Yahoo's bars count, and the actions.
Does not belong here: the chart's contract and the arithmetic of splits (yahoo_chart.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa

from stock_assets.tables import CORPORATE_ACTIONS
from stock_assets.vendors.bars import (
    Bars,
    Longs,
    day_number,
    new_york_midnight,
    price_rows,
    put_aside,
    sort_out,
)
from stock_assets.vendors.messages import Answer
from stock_assets.vendors.yahoo_chart import (
    PRICES,
    VENDOR,
    Chart,
    Doubles,
    as_traded,
    day_of,
    split_factors,
)

_CAPITAL_GAIN: Final = ("kind_known", "capital gains are neither splits nor dividends")


# Absurd ratios may make numbers infinite; the rules put them aside (tables/).
@np.errstate(over="ignore", invalid="ignore")
def chart_rows(
    symbol: str,
    chart: Chart,
    answers: tuple[Answer, ...],
    first: date,
    last: date,
    closed: date,
) -> Bars:
    """The bars and actions from ``first`` to ``last`` that are final, as traded.

    A row without any value is no bar: its session is reported as missing. A live bar beside the
    proper one of the same day is left out. ``closed``: the newest day whose session is final.
    """
    low, high = day_number(first), day_number(last)
    quotes = np.array([chart.quotes[name] for name in (*PRICES, "volume")])
    blank = np.isnan(quotes).all(axis=0)
    inside = (chart.days >= low) & (chart.days <= min(high, day_number(closed)))
    live = ~chart.at_open
    if live.any():
        live &= np.isin(chart.days, chart.days[chart.at_open & ~blank])
    kept = ~blank & ~live
    days = chart.days[kept]
    factors = split_factors(days, chart.splits)
    values = {name: _nullable(as_traded(chart.quotes[name][kept], factors)) for name in PRICES}
    values["volume"] = _nullable(np.round(chart.quotes["volume"][kept] / factors))
    symbols = pa.repeat(pa.scalar(symbol), len(days))
    found = sort_out(price_rows(VENDOR, symbols, days, values), first, last, closed)
    actions, gains = _actions(symbol, chart, low, high)
    aside = [part for part in (found.rejected, gains) if part is not None]
    return Bars(
        symbol,
        found.rows,
        actions,
        answers,
        rejected=pa.concat_tables(aside, promote_options="default") if aside else None,
        missing=_missing(chart.days[blank & inside], days),
        unfinished=found.unfinished + int((live & inside).sum()),
        doubled=found.doubled,
    )


def _missing(blank: Longs, days: Longs) -> tuple[date, ...]:
    """The days of rows without any value that have no bar beside them either."""
    return tuple(map(day_of, np.setdiff1d(blank, days).tolist())) if len(blank) else ()


def _nullable(values: Doubles) -> pa.Array:
    return pa.array(values, from_pandas=True)


def _actions(symbol: str, chart: Chart, low: int, high: int) -> tuple[pa.Table, pa.Table | None]:
    """Rows of CORPORATE_ACTIONS in range, and capital gains, for which there is no kind."""
    rows = [
        _action(symbol, "split", day, ratio) for day, ratio in chart.splits if low <= day <= high
    ]
    rows += _payments(symbol, "dividend", chart.dividends, chart, low, high)
    gains = _payments(symbol, "capital_gain", chart.capital_gains, chart, low, high)
    aside = put_aside(CORPORATE_ACTIONS, _table(gains), *_CAPITAL_GAIN) if gains else None
    return _table(rows), aside


def _payments(
    symbol: str,
    kind: str,
    payments: Sequence[tuple[int, float]],
    chart: Chart,
    low: int,
    high: int,
) -> list[dict[str, Any]]:
    """Cash per share of the ex-date: a split on the same day has been made already."""
    days: Longs = np.array([day for day, _ in payments], dtype=np.int64)
    amounts = np.array([amount for _, amount in payments]) * split_factors(days, chart.splits)
    return [
        _action(symbol, kind, day, round(amount, 6))
        for day, amount in zip(days.tolist(), amounts.tolist(), strict=True)
        if low <= day <= high
    ]


def _action(symbol: str, kind: str, day: int, value: float) -> dict[str, Any]:
    return {
        "vendor": VENDOR,
        "symbol": symbol,
        "kind": kind,
        "ex_date": day_of(day),
        "split_ratio": value if kind == "split" else None,
        "dividend_usd": value if kind != "split" else None,
        "known_at": new_york_midnight(day_of(day)),
    }


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=CORPORATE_ACTIONS.row_schema)
