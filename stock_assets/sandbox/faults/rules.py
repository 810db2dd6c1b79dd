"""Rules: which requests go wrong, and how. Read from what people write, all mistakes at once.

Belongs here: the form of a rule, and whether a request agrees with it.
Does not belong here: counting (board.py), what the kinds do (answers.py, bodies.py, manners.py).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from stock_assets.errors import InputError
from stock_assets.sandbox.faults.chaos import AnyAction
from stock_assets.sandbox.wire import Ask

ANY: Final = "*"
_SHOWN: Final = 20

_FORM: Final = ConfigDict(extra="forbid", frozen=True, strict=True)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


def _listed(value: object) -> object:
    return [value] if isinstance(value, int) else value


class Match(BaseModel):
    """Which requests: all that is given must hold."""

    model_config = _FORM

    vendor: str | None = None
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] | None = None
    path: Annotated[str, AfterValidator(_pattern)] | None = None
    query: dict[str, str | list[str] | None] = Field(default_factory=dict)
    nth: (
        Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1), BeforeValidator(_listed)]
        | None
    ) = None
    after: Annotated[int, Field(ge=0)] = 0

    def agrees(self, ask: Ask) -> bool:
        """Whether a request is of this sort, however often it was made."""
        return (
            self.vendor in (None, ask.vendor)
            and self.method in (None, ask.method)
            and (self.path is None or re.search(self.path, ask.path) is not None)
            and all(_holds(ask.query.get(name), value) for name, value in self.query.items())
        )


def _holds(value: str | None, wanted: str | list[str] | None) -> bool:
    if value is None or wanted is None:
        return value is wanted
    return value in wanted if isinstance(wanted, list) else wanted in (ANY, value)


class Rule(BaseModel):
    """A fault: what it strikes, what it does, how often. ``id`` is given where it is left out."""

    model_config = _FORM

    id: Annotated[str, Field(pattern=r"^[\w.:-]{1,64}$")] = ""
    match: Match = Match()
    action: AnyAction
    times: Annotated[int, Field(ge=1)] | None = None
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    seed: int = 0

    @property
    def most(self) -> int | None:
        """How often it acts at most."""
        return min((n for n in (self.times, self.action.most) if n is not None), default=None)


_RULES: Final = TypeAdapter(list[Rule])


def read_rules(content: object, vendors: tuple[str, ...]) -> list[Rule]:
    """The rules of a list, each with an id of its own.

    Args:
        content: a list of objects, as JSON or Python has them.
        vendors: who can be named.

    Raises:
        InputError: with everything that is wrong.
    """
    try:
        rules = _RULES.validate_python(content)
    except ValidationError as error:
        raise _refusal([_told(each["loc"], each["msg"]) for each in error.errors()]) from None
    named = [
        rule if rule.id else rule.model_copy(update={"id": f"fault-{number}"})
        for number, rule in enumerate(rules, 1)
    ]
    counts = Counter(rule.id for rule in named)
    problems = [f"id {name!r} stands {count} times" for name, count in counts.items() if count > 1]
    problems += [
        f"{rule.id}: there is no vendor {rule.match.vendor!r}; there are {', '.join(vendors)}"
        for rule in named
        if rule.match.vendor not in (None, *vendors)
    ]
    if problems:
        raise _refusal(problems)
    return named


def _told(where: tuple[int | str, ...], what: str) -> str:
    place = ".".join(str(step) for step in where) or "the list"
    return f"{place}: {what.removeprefix('Value error, ')}"


def _refusal(problems: list[str]) -> InputError:
    more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
    return InputError(
        "faults",
        reason="; ".join(problems[:_SHOWN] + more),
        next_action="send the whole list again; what was in force has not changed",
    )
