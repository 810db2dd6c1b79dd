"""Faults in how an answer travels: late, never, in drops, cut off, packed or measured wrongly.

Belongs here: the kinds delay, hang, reset, close, slow_drip, gzip_corrupt, wrong_length, huge.
Does not belong here: writing bytes (writing.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from stock_assets.sandbox.faults.action import LONGEST_S, Action, Manner

_AfterBytes = Annotated[int, Field(ge=0)] | None


class Delay(Action):
    """Slow, and sound."""

    kind: Literal["delay"]
    ms: Annotated[FiniteFloat, Field(ge=0, le=LONGEST_S * 1000)]
    where: Literal["before_headers", "between_chunks"] = "before_headers"
    chunks: Annotated[int, Field(ge=2, le=10_000)] = 4

    def written(self, manner: Manner) -> Manner:
        """Later, or with pauses."""
        if self.where == "before_headers":
            return replace(manner, wait_s=manner.wait_s + self.ms / 1000)
        return replace(manner, pieces=self.chunks, pause_s=self.ms / 1000)


class Hang(Action):
    """Accepted, and never answered (to the end)."""

    kind: Literal["hang"]
    after_bytes: _AfterBytes = None
    max_s: Annotated[FiniteFloat, Field(gt=0, le=LONGEST_S)] = 120.0

    def written(self, manner: Manner) -> Manner:
        """Up to here, and then silence."""
        return replace(manner, ending="hang", after_bytes=self.after_bytes, hang_s=self.max_s)


class Reset(Action):
    """The connection is torn down with a reset."""

    kind: Literal["reset"]
    after_bytes: _AfterBytes = None

    def written(self, manner: Manner) -> Manner:
        """Up to here, and then a reset."""
        return replace(manner, ending="reset", after_bytes=self.after_bytes)


class Close(Action):
    """The connection is closed in an orderly way, before all that was promised was sent."""

    kind: Literal["close"]
    after_bytes: _AfterBytes = None

    def written(self, manner: Manner) -> Manner:
        """Up to here, and then the end."""
        return replace(manner, ending="close", after_bytes=self.after_bytes)


class SlowDrip(Action):
    """The body comes drop by drop, never so slowly that a single read would time out."""

    kind: Literal["slow_drip"]
    bytes_per_s: Annotated[FiniteFloat, Field(gt=0)]

    def written(self, manner: Manner) -> Manner:
        """At this pace."""
        return replace(manner, bytes_per_s=self.bytes_per_s)


class GzipCorrupt(Action):
    """The stream says gzip, and breaks in the middle; the length is right."""

    kind: Literal["gzip_corrupt"]

    def written(self, manner: Manner) -> Manner:
        """Packed, and broken."""
        return replace(manner, is_gzip_broken=True)


class WrongLength(Action):
    """Content-Length is ``by`` bytes more, or (negative) fewer, than what is sent."""

    kind: Literal["wrong_length"]
    by: int = -16

    @model_validator(mode="after")
    def _is_wrong(self) -> Self:
        if self.by == 0:
            raise ValueError("'by' 0 would be right")
        return self

    def written(self, manner: Manner) -> Manner:
        """Under a wrong length."""
        return replace(manner, length_by=self.by)


class Huge(Action):
    """Far more than anybody asked for, made up while it is sent, and not compressed."""

    kind: Literal["huge"]
    mb: Annotated[int, Field(ge=1, le=10_000)] | None = None
    rows: Annotated[int, Field(ge=1, le=100_000_000)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.mb is None) == (self.rows is None):
            raise ValueError("give 'mb' or 'rows'")
        return self

    def written(self, manner: Manner) -> Manner:
        """With more behind it, or in it."""
        return replace(manner, mb=self.mb or 0, rows=self.rows or 0)
