"""What are the word lists worth: do their scores go together with what prices did?

TextBlob's list (the default) beside the financial one, on 106,000 real tweets about companies and
their real prices of 2014 and 2015, where these files are beside the checkout (``../shared/data``,
or the folder given as an argument), and on the twin's headlines, whose mood is known: part of the
twin's next session, and no part of the session itself, so that the protocol shows that it can tell.

One protocol for all, fixed before anything was measured. A text that is told of a company again
counts once, to the first session that closes after it was first told (on the twin, each article to
the session at whose prediction it was first known). Score: mean over the company's texts.
Return: close to close with splits and dividends, less the mean over all companies. Each session of
at least ten companies with a score other than zero has one rank correlation (Spearman); ``ic`` is
their mean, ``t`` that over its standard error with sessions as units (Newey-West), ``hit_rate`` how
often the signs agree, over ``rows`` companies and sessions; ``scored`` the share of texts with a
score other than zero. "Same session" says that words and moves go together, whichever came first;
"next session" is a prediction. "Less" compares the two lists on the sessions that both have.

No limit: a finding is no promise. The tweets are cut into words and are no headlines, of the 87
companies the 54 with prices are used, and these are large ones that still existed in 2021.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from rank_association import (
    associate,
    daily_correlations,
    excess,
    first_tellings,
    newey_west_t,
    paired,
    session_of,
)

from stock_assets.ingest.sentiment import LEXICONS, scores
from stock_assets.market import Session, calendar
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.generated import generate
from stock_assets.sandbox.truth.news import Newsroom

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
TWEETS = Path("news") / "stocknet_tweets_preprocessed_2014_2016.parquet"
PRICES = Path("prices") / "sp500_daily_alphavantage_1999_2021.parquet"
FIRST, LAST = date(2013, 12, 31), date(2016, 1, 8)
TWIN_FIRST, TWIN_LAST = date(2016, 1, 4), date(2019, 12, 31)
SEED = 7
READINGS = (("same session", 0), ("next session", 1))


def real_texts(folder: Path) -> pd.DataFrame:
    """Tweets with the instant at which they were sent; the day they are filed under is not used."""
    table = pq.read_table(folder / TWEETS, columns=["symbol", "created_at", "text"])
    return first_tellings(table.to_pandas().rename(columns={"created_at": "at"}))


def real_returns(folder: Path, symbols: Sequence[str]) -> pd.DataFrame:
    """Total returns by session; a session without a bar has none, nor has the one after it."""
    table = pq.read_table(
        folder / PRICES,
        columns=["symbol", "date", "close_e4", "dividend_amount", "split_coefficient"],
        filters=[("symbol", "in", list(symbols)), ("date", ">=", FIRST), ("date", "<=", LAST)],
    )
    bars = table.to_pandas().pivot_table(
        index="date", columns="symbol", dropna=False, observed=True
    )
    bars = bars.reindex([session.day for session in calendar().between(FIRST, LAST)])
    close = bars["close_e4"] / 10_000
    now = close * bars["split_coefficient"] + bars["dividend_amount"]
    returns: pd.DataFrame = now / close.shift() - 1
    return returns


def twin_texts(truth: Truth) -> pd.DataFrame:
    """The headlines that one vendor carries, each with the mood in its words, in halves."""
    room = Newsroom(truth)
    first, last = (
        int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        for day in (TWIN_FIRST, TWIN_LAST)
    )
    stories = [
        (story.symbols[0], story.published_at, story.headline, story.level)
        for story in room.oldest_first(room.subjects, first, last, "finnhub", last)
    ]
    texts = pd.DataFrame(stories, columns=["symbol", "at", "text", "mood"])
    return texts.assign(at=pd.to_datetime(texts["at"], unit="s", utc=True))


def twin_returns(truth: Truth) -> pd.DataFrame:
    """Total returns by session, as of the real market."""
    days = pd.Index([session.day for session in calendar().between(TWIN_FIRST, TWIN_LAST)])
    returns = {}
    for symbol, stock in truth.stocks.items():
        close = pd.Series(stock.bars.close, index=stock.bars.days.tolist()).reindex(days)
        ratio = on_days({one.ex_date: one.ratio for one in stock.splits}, days).fillna(1.0)
        cash = on_days({one.ex_date: one.cash_usd for one in stock.dividends}, days).fillna(0.0)
        returns[symbol] = (close * ratio + cash) / close.shift() - 1
    return pd.DataFrame(returns)


def on_days(values: dict[date, float], days: pd.Index[Any]) -> pd.Series[float]:
    """What happened on which of the days."""
    return pd.Series(values, dtype=np.float64).reindex(days)


def measure(name: str, texts: pd.DataFrame, returns: pd.DataFrame, ends: pd.DatetimeIndex) -> None:
    """Print both lists in both readings, and how they differ."""
    results = excess(returns)
    texts = texts[texts["symbol"].isin(returns.columns)].reset_index(drop=True)
    texts["session"] = session_of(texts["at"], ends)
    judged = {word_list: scores(texts["text"].tolist(), word_list)[:, 0] for word_list in LEXICONS}
    for reading, later in READINGS:
        daily = {}
        for word_list, score in judged.items():
            pairs = paired(texts.assign(score=score), results, later=later)
            daily[word_list] = daily_correlations(pairs)
            found = asdict(associate(pairs))
            scored = float(np.mean(score != 0))
            say(f"{name}, {reading}: {word_list}", texts=len(texts), scored=scored, **found)
        one, other = (daily[word_list] for word_list in ("financial", "textblob"))
        both = (one - other).dropna()
        say(
            f"{name}, {reading}: financial less textblob",
            ic=float(both.mean()),
            t=newey_west_t(both.to_numpy()),
            days=len(both),
        )
    if "mood" in texts:
        for word_list, score in judged.items():
            agreement = float(np.corrcoef(score, texts["mood"])[0, 1])
            say(f"{name}: {word_list}, correlation with the true mood", correlation=agreement)


def say(what: str, **found: float) -> None:
    """One line of the result."""
    print(json.dumps({"what": what, **found}), flush=True)


def stamps(sessions: Sequence[Session], name: str) -> pd.DatetimeIndex:
    """An instant of each session."""
    return pd.DatetimeIndex([getattr(session, name) for session in sessions])


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED_DATA
    missing = [path.as_posix() for path in (TWEETS, PRICES) if not (folder / path).is_file()]
    if missing:
        say(f"tweets: not measured, not found: {', '.join(missing)}")
    else:
        texts = real_texts(folder)
        returns = real_returns(folder, sorted(texts["symbol"].unique()))
        measure("tweets", texts, returns, stamps(calendar().between(FIRST, LAST), "close_at"))
    truth = generate(seed=SEED, last=TWIN_LAST)
    # A day of the twin's news ends when the prediction is made, hours after the close.
    ends = stamps(calendar().between(TWIN_FIRST, TWIN_LAST), "decision_at")
    measure("twin", twin_texts(truth), twin_returns(truth), ends)


if __name__ == "__main__":
    main()
