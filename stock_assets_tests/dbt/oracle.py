"""The features once more, in numpy, one decision at a time: independent of the SQL.

Belongs here: for one symbol and session, read every stored version as of the decision time and
compute the formulas as features_daily.yml words them. Does not belong here: anything fast.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np

from stock_assets.market import Session
from stock_assets_tests.dbt.small_lake import Rows

PRIORITY = {"polygon": 0, "yahoo": 1}
Bars = dict[int, dict[str, Any]]


def known_bars(history: Rows, numbers: dict[Any, int], moment: datetime) -> Bars:
    """The bar of each session number as known at ``moment``: newest version, first vendor."""
    return {
        numbers[key[0]]: row
        for key, row in sorted(_known(history, ("session",), moment).items(), key=_by_priority)
    }


def known_actions(
    history: Rows, kind: str, numbers: dict[Any, int], moment: datetime
) -> dict[int, float]:
    """Split ratio or dividend by session number as known at ``moment``."""
    mine = [row for row in history if row["kind"] == kind]
    amount = "split_ratio" if kind == "split" else "dividend_usd"
    return {
        numbers[key[0]]: row[amount]
        for key, row in sorted(_known(mine, ("ex_date",), moment).items(), key=_by_priority)
    }


def _known(history: Rows, key: tuple[str, ...], moment: datetime) -> dict[Any, dict[str, Any]]:
    newest: dict[Any, dict[str, Any]] = {}
    for row in sorted(history, key=lambda row: (row["ingested_at"], row["load_id"])):
        if row["known_at"] <= moment:
            newest[(*(row[name] for name in key), row["vendor"])] = row
    return newest


def _by_priority(item: tuple[Any, dict[str, Any]]) -> int:
    """The first vendor comes last, so that it overwrites the others."""
    return -PRIORITY[item[1]["vendor"]]


def features(
    prices: Rows, actions: Rows, day: Session, numbers: dict[Any, int]
) -> dict[str, float | None]:
    """The ten features of ``day`` for the symbol whose stored rows are given."""
    moment = day.decision_at
    bars = known_bars(prices, numbers, moment)
    splits = known_actions(actions, "split", numbers, moment)
    dividends = known_actions(actions, "dividend", numbers, moment)
    d = day.number

    def size(n: int) -> float:
        """Shares of D that one share of session n has become."""
        return float(np.prod([ratio for at, ratio in splits.items() if n < at <= d]))

    def close(n: int) -> float:
        return float(bars[n]["close_usd"]) / size(n)

    def volume(n: int) -> float:
        return float(bars[n]["volume_shares"]) * size(n)

    def total_return(n: int) -> float:
        held = splits.get(n, 1.0) * (bars[n]["close_usd"] + dividends.get(n, 0.0))
        return float(held / bars[n - 1]["close_usd"] - 1)

    def over(count: int, value: Callable[[int], float]) -> np.ndarray:
        return np.array([value(n) for n in range(d - count + 1, d + 1)])

    def needs(count: int, value: Callable[[], float]) -> float | None:
        """The value when the last ``count`` bars are there and it is finite."""
        if not all(n in bars for n in range(d - count + 1, d + 1)):
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            result = float(value())
        return result if np.isfinite(result) else None

    return {
        "weekday": float(day.day.weekday()),
        "day_of_month": float(day.day.day),
        "return_lag1": needs(2, lambda: total_return(d)),
        "volatility_5d": needs(6, lambda: np.std(over(5, total_return), ddof=1)),
        "volatility_20d": needs(21, lambda: np.std(over(20, total_return), ddof=1)),
        "momentum_5d": needs(6, lambda: close(d) / close(d - 5) - 1),
        "price_above_ma20": needs(20, lambda: float(close(d) > over(20, close).mean())),
        "ma5_ma20_diff": needs(20, lambda: over(5, close).mean() - over(20, close).mean()),
        "volume_ratio_20": needs(20, lambda: np.float64(volume(d)) / over(20, volume).mean()),
        "volume_change_1d": needs(2, lambda: np.float64(volume(d)) / volume(d - 1) - 1),
    }
