"""Chaos: another fault for each request, drawn by luck that can be repeated.

Belongs here: the kind chaos, and what the other kinds do when only their name is given.
Does not belong here: which requests are struck (rules.py).

Drawn are by default those faults that an asker can see in the answer; ``kinds`` chooses others, by
name (as written below) or as whole actions. How many requests are struck is the rule's
``probability``.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, TypeAdapter

from stock_assets.sandbox.faults.action import Action
from stock_assets.sandbox.faults.answers import Flap, Redirect, ReplaceBody, Status
from stock_assets.sandbox.faults.bodies import Future, Mutate, Restated, Stale, TruncateJson
from stock_assets.sandbox.faults.manners import (
    Close,
    Delay,
    GzipCorrupt,
    Hang,
    Huge,
    Reset,
    SlowDrip,
    WrongLength,
)

_Nameable = (
    Status | Redirect | ReplaceBody | TruncateJson | Mutate | Restated | Future | Stale | Huge
    | Delay | Hang | Reset | Close | SlowDrip | GzipCorrupt | WrongLength
)  # fmt: skip

BY_NAME: Final[dict[str, dict[str, Any]]] = {
    "status": {"body_preset": "html.503"},
    "redirect": {},
    "replace_body": {"text": "<!DOCTYPE html><title>Sorry</title>Back soon.", "status": 200},
    "truncate_json": {},
    "mutate": {"jsonpath": "$.*", "op": "null"},
    "future": {},
    "stale": {"days": 1.0},
    "huge": {"mb": 8},
    "delay": {"ms": 50.0},
    "hang": {"max_s": 5.0},
    "reset": {"after_bytes": 20},
    "close": {"after_bytes": 20},
    "slow_drip": {"bytes_per_s": 2_000.0},
    "gzip_corrupt": {},
    "wrong_length": {},
}
VISIBLE: Final = [
    "status", "redirect", "replace_body", "truncate_json", "delay", "reset", "close",
    "gzip_corrupt", "wrong_length",
]  # fmt: skip
"""What is drawn when nothing is chosen."""


def _written_out(kind: object) -> object:
    if not isinstance(kind, str):
        return kind
    if kind not in BY_NAME:
        raise ValueError(f"{kind!r} cannot be drawn by its name alone; {', '.join(BY_NAME)} can")
    return {"kind": kind, **BY_NAME[kind]}


Drawn = Annotated[_Nameable, Field(discriminator="kind"), BeforeValidator(_written_out)]
_DRAWN: Final[TypeAdapter[list[Drawn]]] = TypeAdapter(list[Drawn])


class Chaos(Action):
    """One of ``kinds`` for each request, by ``seed``, the request and how often it was made."""

    kind: Literal["chaos"]
    seed: int
    kinds: list[Drawn] = Field(
        default_factory=lambda: _DRAWN.validate_python(VISIBLE), min_length=1
    )

    def drawn(self, luck: float) -> Action:
        """The action for a luck from 0 (included) to 1 (excluded)."""
        return self.kinds[int(luck * len(self.kinds))]


AnyAction = Annotated[_Nameable | Flap | Chaos, Field(discriminator="kind")]
