"""NewsAPI's search language: words, "phrases", +must, -not, AND, OR, NOT and brackets.

Belongs here: reading a query, and whether a text answers it. Words are found as whole words, in any
case; words side by side must all be there. Does not belong here: where is searched (newsapi.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

_TOKEN: Final = re.compile(r'\s*([+-]?"[^"]*"|[()]|[^\s()"]+|")')
_DEEPEST: Final = 50

Kind = Literal["word", "and", "or", "not"]


@dataclass(frozen=True, slots=True)
class Query:
    """A word or phrase, or what joins the parts."""

    kind: Kind
    word: str = ""
    parts: tuple[Query, ...] = ()

    def matches(self, has: Callable[[str], bool]) -> bool:
        """Whether it is answered, where ``has`` tells if a word or phrase is there."""
        match self.kind:
            case "word":
                return has(self.word)
            case "and":
                return all(part.matches(has) for part in self.parts)
            case "or":
                return any(part.matches(has) for part in self.parts)
        return not self.parts[0].matches(has)

    def may_match(self, may_have: Callable[[str], bool]) -> bool:
        """The same where it is only known which words can be there: False is certain."""
        if self.kind == "not":
            return True
        if self.kind == "word":
            return may_have(self.word)
        answers = (part.may_match(may_have) for part in self.parts)
        return all(answers) if self.kind == "and" else any(answers)

    def words(self) -> tuple[str, ...]:
        """The words that an answer may hold."""
        if self.kind == "word":
            return (self.word,)
        return tuple(w for part in self.parts if self.kind != "not" for w in part.words())


class Unreadable(Exception):
    """Leads to the refusal that NewsAPI gives for a query without sense."""


def read_query(text: str) -> Query:
    """The query behind a text.

    Raises:
        Unreadable: for brackets or quotes that do not close, or no word at all.
    """
    tokens = _TOKEN.findall(text)
    if '"' in tokens or not tokens:
        raise Unreadable
    reader = _Reader(tokens)
    query = reader.any_of(0)
    if reader.tokens:
        raise Unreadable
    return query


class _Reader:
    """Takes tokens from the front."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def any_of(self, depth: int) -> Query:
        parts = [self._all_of(depth)]
        while self.tokens and self.tokens[0] == "OR":
            self.tokens.pop(0)
            parts.append(self._all_of(depth))
        return parts[0] if len(parts) == 1 else Query("or", parts=tuple(parts))

    def _all_of(self, depth: int) -> Query:
        parts: list[Query] = []
        while self.tokens and self.tokens[0] not in ("OR", ")"):
            if self.tokens[0] == "AND" and parts:
                self.tokens.pop(0)
            parts.append(self._one(depth))
        if not parts:
            raise Unreadable
        return parts[0] if len(parts) == 1 else Query("and", parts=tuple(parts))

    def _one(self, depth: int) -> Query:
        if not self.tokens or depth > _DEEPEST:
            raise Unreadable
        token = self.tokens.pop(0)
        if token == "NOT":  # noqa: S105 - a word of the language
            return Query("not", parts=(self._one(depth + 1),))
        if token == "(":  # noqa: S105
            inner = self.any_of(depth + 1)
            if not self.tokens or self.tokens.pop(0) != ")":
                raise Unreadable
            return inner
        if token in ("AND", "OR", ")"):
            raise Unreadable
        word = Query("word", token.lstrip("+-").strip('"').strip().lower())
        if not word.word:
            raise Unreadable
        return Query("not", parts=(word,)) if token.startswith("-") else word


@lru_cache(maxsize=4_096)
def finder(word: str) -> re.Pattern[str]:
    """Finds a word or phrase, in lower case, as a whole."""
    inner = r"\s+".join(re.escape(part) for part in word.split())
    return re.compile(rf"(?<!\w){inner}(?!\w)")
