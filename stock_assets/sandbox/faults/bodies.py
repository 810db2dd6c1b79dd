"""Faults in what the vendor says: cut, changed, restated, stale, from the future.

Belongs here: the kinds truncate_json, mutate, restated, future, stale.
Does not belong here: how documents are changed (mutations.py, rows.py), bytes on the wire
(manners.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, FiniteFloat, JsonValue, model_validator

from stock_assets.errors import BadRange
from stock_assets.market import FIRST_DAY, NEW_YORK
from stock_assets.sandbox.clock import as_utc
from stock_assets.sandbox.faults import rows
from stock_assets.sandbox.faults.action import Action
from stock_assets.sandbox.faults.documents import edited
from stock_assets.sandbox.faults.jsonpath import parse
from stock_assets.sandbox.faults.mutations import Operation, mutated, wrong_value
from stock_assets.sandbox.wire import Answer, Ask

_Days = Annotated[FiniteFloat, Field(gt=0, le=40_000)]


_EARLIEST: Final = datetime(FIRST_DAY.year + 1, 1, 2, tzinfo=UTC)


def _path(text: str) -> str:
    parse(text)
    return text


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


def _instant(text: str) -> str:
    _as_instant(text)
    return text


def _as_instant(text: str) -> datetime:
    """An instant; a day without a time is its end in New York."""
    if len(text) == len("2025-03-14"):
        day = date.fromisoformat(text) + timedelta(days=1)
        instant = datetime.combine(day, time(), NEW_YORK)
    else:
        instant = datetime.fromisoformat(text)
    try:
        return as_utc(instant)
    except BadRange as error:
        raise ValueError(f"{error.reason}; {error.next_action}") from error


class TruncateJson(Action):
    """The body is cut; the transport is sound."""

    kind: Literal["truncate_json"]
    at: int | FiniteFloat = 0.5

    @model_validator(mode="after")
    def _is_a_share(self) -> Self:
        if isinstance(self.at, float) and not 0 < self.at < 1:
            raise ValueError("'at' is a number of bytes, or a share between 0 and 1")
        return self

    def changed(self, answer: Answer) -> Answer:
        """The beginning of the body, never all of it."""
        size = len(answer.body)
        kept = int(size * self.at) if isinstance(self.at, float) else self.at
        kept = size + kept if kept < 0 else kept
        return replace(answer, body=answer.body[: min(max(kept, 0), size - 1)] if size else b"")


class Mutate(Action):
    """One operation at one place, or at several, of a JSON body."""

    kind: Literal["mutate"]
    jsonpath: Annotated[str, AfterValidator(_path)]
    op: Operation
    value: JsonValue = None

    @property
    def _is_given(self) -> bool:
        return "value" in self.model_fields_set

    @model_validator(mode="after")
    def _has_its_value(self) -> Self:
        steps = parse(self.jsonpath)
        if wrong := wrong_value(self.op, steps, self.value, is_given=self._is_given):
            raise ValueError(wrong)
        return self

    def changed(self, answer: Answer) -> Answer:
        """The body with the operation done."""
        steps = parse(self.jsonpath)
        return edited(
            answer,
            lambda document: mutated(document, steps, self.op, self.value, is_given=self._is_given),
        )


class Restated(Action):
    """History has been rewritten: a field of all rows from a day on, times a factor."""

    kind: Literal["restated"]
    field: Annotated[str, Field(min_length=1)]
    factor: FiniteFloat
    from_date: Annotated[str, AfterValidator(_day)] | None = None

    def changed(self, answer: Answer) -> Answer:
        """The body with another history."""
        first = date.min if self.from_date is None else date.fromisoformat(self.from_date)

        def restate(document: Any) -> object:
            if found := rows.found([document]):
                found.restate(self.field, self.factor, first)
            return document

        return edited(answer, restate)


class Future(Action):
    """A row for a day that has not come yet."""

    kind: Literal["future"]
    days: _Days = 1.0

    def changed(self, answer: Answer) -> Answer:
        """The body with one more row."""

        def foresee(document: Any) -> object:
            if found := rows.found([document]):
                found.repeat_newest(self.days)
            return document

        return edited(answer, foresee)


class Stale(Action):
    """The vendor answers as it would have at an earlier instant; never as at a later one."""

    kind: Literal["stale"]
    as_of: Annotated[str, AfterValidator(_instant)] | None = None
    days: _Days | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.as_of is None) == (self.days is None):
            raise ValueError("give 'as_of' or 'days'")
        return self

    def asked(self, ask: Ask) -> Ask:
        """The same question, earlier."""
        then = ask.now
        if self.as_of is not None:
            then = _as_instant(self.as_of)
        elif self.days is not None:
            then = max(ask.now - timedelta(days=self.days), _EARLIEST)
        return replace(ask, now=min(then, ask.now))
