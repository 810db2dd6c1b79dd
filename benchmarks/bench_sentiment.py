"""What does it cost to judge how 12,000 headlines sound?

Peer: one ``TextBlob(headline).sentiment`` each. Ours: ``scores`` of all of them, which must be the
same numbers, bit for bit. Every headline is another one: nothing is won by judging a text once.
Also printed: TextBlob's analyser called without a blob, and the financial word list. The headlines
are put together from a newspaper's frames, companies and figures, so that new words keep coming.
In turns in one process after a warm-up that loads the word lists; what we remember of words is
forgotten before each turn. Medians, and of neighbours' ratios too.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import numpy as np
from textblob import TextBlob
from textblob.en import sentiment as analyser

from stock_assets.ingest import textblob_scores
from stock_assets.ingest.financial_lexicon import lexicon
from stock_assets.ingest.sentiment import scores
from stock_assets.market import companies

HEADLINES = 12_000
REPEATS = 7
LIMIT = 0.6

FRAMES = (
    "{name} {phrase} in the quarter, analysts say it's a {word} sign",
    "Why {name}'s {word} {number}% move isn't what investors expected",
    "{name} ({symbol}) {phrase}: {number} things to know before Friday",
    "\u201cVery {word},\u201d says the chief of {name} of the ${number}M deal",
    "{name} {phrase}; rivals {other} not so {word} - MarketWatch",
    "U.S. stocks: {name} {phrase}, Dow sheds {number} points!",
)
WORDS = ("good", "terrible", "really strong", "weak", "bad", "excellent", "unusual", "risky", "new")


def headlines(rng: np.random.Generator) -> list[str]:
    """Different headlines, each with figures and often words that no other one has."""
    names, phrases = companies(), [p for p in lexicon() if " " in p or p.endswith("s")]
    made: dict[str, None] = {}
    while len(made) < HEADLINES:
        company, other = (names[n] for n in rng.integers(len(names), size=2))
        text = FRAMES[rng.integers(len(FRAMES))].format(
            name=company.name,
            symbol=company.symbol,
            other=other.symbol,
            phrase=phrases[rng.integers(len(phrases))],
            word=WORDS[rng.integers(len(WORDS))],
            number=round(float(rng.gamma(2.0, 20.0)), 2),
        )
        made[text] = None
    return list(made)


def ours(texts: list[str]) -> list[list[float]]:
    """All at once, with no word remembered."""
    textblob_scores._scorer.cache_clear()  # noqa: SLF001
    found: list[list[float]] = scores(texts).tolist()
    return found


def timed(work: Callable[[], list[list[float]]]) -> tuple[float, list[list[float]]]:
    """Seconds of one call, and what it gave."""
    started = time.perf_counter()
    given = work()
    return time.perf_counter() - started, given


def say(what: str, seconds: float, **more: float) -> None:
    """One line of the result."""
    print(json.dumps({"what": what, "seconds": seconds, "rows": HEADLINES, **more}), flush=True)


def main() -> None:
    texts = headlines(np.random.default_rng(20240102))
    cases: dict[str, Callable[[], list[list[float]]]] = {
        "TextBlob": lambda: [list(TextBlob(text).sentiment) for text in texts],
        "analyser": lambda: [list(analyser(text)) for text in texts],
        "ours": lambda: ours(texts),
        "financial": lambda: scores(texts, "financial").tolist(),
    }
    for work in cases.values():
        work()
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(REPEATS):
        given = {}
        for name, work in cases.items():
            seconds, given[name] = timed(work)
            taken[name].append(seconds)
        if given["ours"] != given["TextBlob"]:
            raise SystemExit("ours and TextBlob do not give the same numbers")
    ratios = [mine / peer for mine, peer in zip(taken["ours"], taken["TextBlob"], strict=True)]
    median = {name: statistics.median(times) for name, times in taken.items()}
    say("one TextBlob call each", median["TextBlob"])
    say("ours, the same numbers", median["ours"], ratio=statistics.median(ratios), limit=LIMIT)
    for name, what in (("analyser", "TextBlob's analyser"), ("financial", "financial word list")):
        say(f"{what}, one call each", median[name], ratio=median[name] / median["TextBlob"])


if __name__ == "__main__":
    main()
