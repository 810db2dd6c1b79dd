"""TextBlob's polarity and subjectivity of many texts: the same numbers in less time.

Belongs here: the walk over a text's words with TextBlob's own word list, tokeniser and arithmetic.
Does not belong here: which texts are judged (sentiment.py), other word lists.
Source: textblob 0.20, ``_text.Sentiment.assessments`` (BSD licence), from the pattern library.

TextBlob spends half of its time around the judgement: it prepares every text for tagging, which
nobody asks for, looks each word up several times in a dictionary that checks whether it has been
loaded, and compares every number with eighty emoticons in Python. Here each distinct word is looked
up once and then remembered as what it does to a sentence. Needs no corpora.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from textblob.en import Sentiment as WordList

Score = tuple[float, float]

_NEGATED: Final = -0.5
_EXCLAIMED: Final = 1.25
_REMEMBERED: Final = 200_000


@dataclass(frozen=True, slots=True)
class _Word:
    """What one word does. A known word has scores; the others only say what they are.

    ``strengthens``: by this factor it makes the next known word more or less, if ``modifies``.
    ``adds``: the polarity of an emoticon or of irony, judged by itself.
    ``keeps_negation``, ``keeps_modifier``: too small to part a negation or a modifier from what
    it is about.
    """

    is_known: bool
    polarity: float = 0.0
    subjectivity: float = 0.0
    strengthens: float = 1.0
    modifies: bool = False
    negates: bool = False
    exclaims: bool = False
    adds: float | None = None
    keeps_negation: bool = False
    keeps_modifier: bool = False


@dataclass(slots=True)
class _Found:
    """A judged word so far, with what precedes it."""

    polarity: float
    subjectivity: float
    strengthens: float = 1.0
    is_negated: bool = False


@dataclass
class _Scorer:
    """Scores texts; words are remembered, texts are not."""

    tokens: Callable[[str], Iterable[str]]
    words: WordList
    emoticons: dict[str, float]
    punctuation: str
    irony: str = "(!)"
    _seen: dict[str, _Word] = field(default_factory=dict)

    def score(self, text: str) -> Score:
        """Polarity from -1 to 1 and subjectivity from 0 to 1."""
        found = self._walk(" ".join(self.tokens(text)).lower().split())
        if not found:
            return 0.0, 0.0
        polarity = subjectivity = 0.0
        # Not sum(): newer interpreters add up more exactly there than TextBlob does.
        for one in found:
            polarity += one.polarity * _NEGATED if one.is_negated else one.polarity
            subjectivity += one.subjectivity
        return polarity / len(found), subjectivity / len(found)

    def _walk(self, texts: list[str]) -> list[_Found]:
        found: list[_Found] = []
        modifier: str | None = None
        negation = False
        seen = self._seen
        for text in texts:
            word = seen.get(text)
            if word is None:
                if len(seen) >= _REMEMBERED:
                    seen.clear()
                word = seen[text] = self._look_up(text)
            if word.is_known:
                if modifier is None:
                    found.append(_Found(word.polarity, word.subjectivity, word.strengthens))
                else:
                    last = found[-1]
                    last.polarity = _bounded(word.polarity * last.strengthens)
                    last.subjectivity = _bounded(word.subjectivity * last.strengthens)
                    last.strengthens = word.strengthens
                if negation:
                    found[-1].strengthens = 1.0 / found[-1].strengthens
                    found[-1].is_negated = True
                modifier = text if word.modifies else None
                negation = word.negates
                continue
            negation = word.negates or (negation and word.keeps_negation)
            if negation and modifier is not None and modifier.endswith("ly"):
                found[-1].is_negated = True
                negation = False
            elif not word.keeps_modifier:
                modifier = None
            if word.exclaims and found:
                found[-1].polarity = _bounded(found[-1].polarity * _EXCLAIMED)
            if word.adds is not None:
                found.append(_Found(word.adds, 1.0))
        return found

    def _look_up(self, text: str) -> _Word:
        negates = text in self.words.negations
        if text in self.words and None in self.words[text]:
            senses: dict[str | None, Any] = self.words[text]
            polarity, subjectivity, strengthens = senses[None]
            modifies = any(part in senses for part in self.words.modifiers)
            return _Word(True, polarity, subjectivity, strengthens, modifies, negates)
        face = not text.isalpha() and len(text) <= 5 and text not in self.punctuation
        return _Word(
            False,
            negates=negates,
            exclaims=text == "!",
            adds=0.0 if text == self.irony else self.emoticons.get(text) if face else None,
            keeps_negation=len(text.strip("'")) <= 1,
            keeps_modifier=len(text) <= 2,
        )


def score(text: str) -> Score:
    """TextBlob's polarity and subjectivity of a text."""
    return _scorer().score(text)


@lru_cache(maxsize=1)
def _scorer() -> _Scorer:
    from textblob._text import EMOTICONS, PUNCTUATION
    from textblob.en import parser, sentiment

    len(sentiment)  # Reads the word list.
    faces: dict[str, float] = {}
    for (_, polarity), texts in EMOTICONS.items():
        for text in texts:
            faces.setdefault(text.lower(), polarity)
    return _Scorer(parser.find_tokens, sentiment, faces, PUNCTUATION)


def _bounded(value: float) -> float:
    return max(-1.0, min(value, 1.0))
