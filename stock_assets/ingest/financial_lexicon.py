"""Polarity and subjectivity of company news by a small word list of our own.

Belongs here: reading ``financial_lexicon.csv`` and adding up what its words say.
Does not belong here: the words themselves; which texts are judged (sentiment.py).

The list has words and phrases of up to three words, each positive, negative or uncertain, with a
weight from 0 to 1, verbs in each of their forms (but for those that mostly mean something else,
such as ``top`` and ``missing``). The longest phrase counts, each word once. What rises or falls is
not looked at: falling losses are two bad words.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, cast

Kind = Literal["positive", "negative", "uncertain"]

LIST: Final = Path(__file__).with_name("financial_lexicon.csv")

_SIGNS: Final[dict[Kind, float]] = {"positive": 1.0, "negative": -1.0, "uncertain": 0.0}
_TOKEN: Final = re.compile(r"(?<![$a-z])(?<!\$ )[a-z]+(?:['\u2019][a-z]+)*|[.;:!?]")
"""A ticker behind a dollar sign is a name, whatever word it spells: ``$GAIN``."""
_NEGATION: Final = re.compile(
    r"no|not|never|neither|nor|without|cannot|.+n't|den(?:y|ies|ied)|avoid(?:s|ed)?|avert(?:s|ed)?"
)
_REACH: Final = 3
"""A negation turns what follows within so many words of its clause."""
_NEGATED: Final = -0.5
"""Not good is somewhat bad, not bad is somewhat good."""
_LONGEST: Final = 3


def score(text: str) -> tuple[float, float]:
    """Polarity and subjectivity of a text.

    Polarity (-1 … 1) is the mean of the weights of its known words, negative ones below zero,
    uncertain ones as zero. Subjectivity (0 … 1) is the mean of the uncertain words' weights, with
    zero for all others: how much is expected, feared or rumoured rather than stated.
    """
    words = _TOKEN.findall(text.lower().replace("\u2019", "'"))
    known = lexicon()
    polarity = subjectivity = 0.0
    found = at = 0
    negated_until = -1
    while at < len(words):
        word = words[at]
        length, entry = _longest(words, at, known)
        if entry is not None:
            kind, weight = entry
            value = _SIGNS[kind] * weight
            polarity += value * _NEGATED if at <= negated_until else value
            subjectivity += weight if kind == "uncertain" else 0.0
            found += 1
        if _NEGATION.fullmatch(word):
            negated_until = at + _REACH
        elif not word[0].isalpha():
            negated_until = -1
        at += length
    return (polarity / found, subjectivity / found) if found else (0.0, 0.0)


@lru_cache(maxsize=1)
def lexicon() -> dict[str, tuple[Kind, float]]:
    """Words and phrases in lower case, each with its kind and weight."""
    with LIST.open(newline="", encoding="utf-8") as lines:
        return {
            row["phrase"]: (cast("Kind", row["kind"]), float(row["weight"]))
            for row in csv.DictReader(lines)
        }


def _longest(
    words: list[str], at: int, known: dict[str, tuple[Kind, float]]
) -> tuple[int, tuple[Kind, float] | None]:
    """How many words the longest known phrase from there has, and what it says; else one word."""
    for length in range(min(_LONGEST, len(words) - at), 0, -1):
        entry = known.get(" ".join(words[at : at + length]))
        if entry is not None:
            return length, entry
    return 1, None
