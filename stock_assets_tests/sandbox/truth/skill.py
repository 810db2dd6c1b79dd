"""An oracle for tests: features and outcomes of a truth in pandas, and how well a forest does.

Belongs here: the formulas of the ten features, written again from their definitions. The product
has its own, in SQL. Does not belong here: assertions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from stock_assets.sandbox.truth import Stock, Truth

FEATURES = [
    "weekday", "day_of_month", "return_lag1", "volatility_5d", "volatility_20d", "momentum_5d",
    "price_above_ma20", "ma5_ma20_diff", "volume_ratio_20", "volume_change_1d",
]  # fmt: skip


def table(stock: Stock) -> pd.DataFrame:
    """Features and total returns of one stock by session."""
    bars = stock.bars
    days = pd.DatetimeIndex(bars.days)
    ratios, amounts = np.ones(len(days)), np.zeros(len(days))
    for split in stock.splits:
        ratios[bars.days == np.datetime64(split.ex_date)] *= split.ratio
    for paid in stock.dividends:
        amounts[bars.days == np.datetime64(paid.ex_date)] += paid.cash_usd
    ratio, cash = pd.Series(ratios, index=days), pd.Series(amounts, index=days)
    close = pd.Series(bars.close, index=days)
    returns = ratio * (close + cash) / close.shift(1) - 1.0
    price = (1.0 + returns.fillna(0.0)).cumprod()
    volume = pd.Series(bars.volume, index=days) / ratio.cumprod()
    average5, average20 = price.rolling(5).mean(), price.rolling(20).mean()
    return pd.DataFrame(
        {
            "weekday": days.weekday,
            "day_of_month": days.day,
            "return_lag1": returns,
            "volatility_5d": returns.rolling(5).std(),
            "volatility_20d": returns.rolling(20).std(),
            "momentum_5d": price / price.shift(5) - 1.0,
            "price_above_ma20": (price > average20).astype(float),
            "ma5_ma20_diff": average5 / average20 - 1.0,
            "volume_ratio_20": volume / volume.rolling(20).mean(),
            "volume_change_1d": volume / volume.shift(1) - 1.0,
            "return": returns,
            "rises": (returns.shift(-1) > 0).astype(int),
        },
        index=days,
    )


def labelled(truth: Truth, optimal: pa.Table) -> pd.DataFrame:
    """Features, outcome (``rises``) and optimal probability by symbol and session."""
    parts = [table(stock).assign(symbol=symbol) for symbol, stock in truth.stocks.items()]
    rows = pd.concat(parts).reset_index(names="session")
    known = optimal.to_pandas()
    known["session"] = pd.to_datetime(known["session"])
    joined = rows.merge(known[["symbol", "session", "probability_up"]], on=["symbol", "session"])
    return joined.dropna().sort_values(["session", "symbol"]).reset_index(drop=True)


def auc(outcome: Any, score: Any) -> float:
    """Area under the ROC curve; ties count half."""
    outcome = np.asarray(outcome)
    ranks = pd.Series(np.asarray(score)).rank().to_numpy()
    rising = outcome.sum()
    falling = len(outcome) - rising
    return float((ranks[outcome == 1].sum() - rising * (rising + 1) / 2) / (rising * falling))


def expected_auc(probability: Any, score: Any = None) -> float:
    """The AUC of ``score`` (by default the probability itself) in the mean over all outcomes.

    For probabilities near one half: 1/2 plus Gini's mean difference in the order of the score.
    """
    p = np.asarray(probability)
    p = p[np.argsort(p if score is None else np.asarray(score), kind="stable")]
    return float(0.5 + 2 * np.sum((2 * np.arange(1, len(p) + 1) - len(p) - 1) * p) / len(p) ** 2)


def session_bootstrap(
    rows: pd.DataFrame, score: str, *, seed: int, level: float, draws: int = 60
) -> tuple[float, float]:
    """A normal interval of the AUC from drawing sessions with replacement."""
    rng = np.random.default_rng(seed)
    groups = [part.index.to_numpy() for _, part in rows.groupby("session")]
    outcome, values = rows["rises"].to_numpy(), rows[score].to_numpy()
    found = []
    for _ in range(draws):
        chosen = np.concatenate([groups[i] for i in rng.integers(0, len(groups), len(groups))])
        found.append(auc(outcome[chosen], values[chosen]))
    half = float(np.std(found)) * {0.95: 1.96, 0.999: 3.29}[level]
    middle = auc(outcome, values)
    return middle - half, middle + half


def judged(rows: pd.DataFrame, *, train: int, test: int) -> pd.DataFrame:
    """The newest ``test`` sessions with the forest's ``predicted``, trained on those before."""
    from sklearn.ensemble import RandomForestClassifier

    sessions = np.sort(rows["session"].unique())[-(train + test) :]
    learn = rows[rows["session"].isin(sessions[: train - 5])]
    judge = rows[rows["session"].isin(sessions[train:])]
    forest = RandomForestClassifier(
        300, max_depth=8, class_weight="balanced", random_state=0, n_jobs=2
    )
    forest.fit(learn[FEATURES].to_numpy(), learn["rises"].to_numpy())
    return judge.assign(predicted=forest.predict_proba(judge[FEATURES].to_numpy())[:, 1])
