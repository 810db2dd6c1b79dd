"""What every kind of fault can do: four moments at which it may interfere.

Belongs here: the base of all actions, and the manner in which bytes are written.
Does not belong here: any kind (answers.py, bodies.py, manners.py, chaos.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from stock_assets.sandbox.wire import Answer, Ask

LONGEST_S: Final = 600.0
"""No request is held longer than this, whatever a rule says."""

HEADER_VALUE: Final = r"^[!-~]([ -~]*[!-~])?$"
"""One line of visible ASCII: nothing that could end a header and begin another."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How an answer is written, where it is not simply written.

    ``wait_s`` before the headers · ``pieces`` of the body with ``pause_s`` between them ·
    ``bytes_per_s`` of the body · what ``ending`` comes instead of the regular one, and after how
    many bytes of the body (None: before the headers) · ``hang_s`` at most · a broken gzip stream ·
    by how much Content-Length is wrong · ``mb`` of blanks after the body, or ``rows`` in it.
    """

    wait_s: float = 0.0
    pieces: int = 1
    pause_s: float = 0.0
    bytes_per_s: float | None = None
    ending: Literal["regular", "reset", "close", "hang"] = "regular"
    after_bytes: int | None = None
    hang_s: float = LONGEST_S
    is_gzip_broken: bool = False
    length_by: int = 0
    mb: int = 0
    rows: int = 0

    @property
    def is_silent(self) -> bool:
        """Whether the asker gets nothing at all."""
        return self.ending != "regular" and self.after_bytes is None


@dataclass(frozen=True, slots=True)
class Crooked(Answer):
    """An answer that is not simply written."""

    manner: Manner = Manner()


class Action(BaseModel):
    """One kind of fault with its parameters. Each kind overrides one of the four moments."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    kind: str

    def asked(self, ask: Ask) -> Ask:
        """What the vendor is asked instead."""
        return ask

    def stand_in(self, ask: Ask) -> Answer | None:
        """What is answered without asking the vendor."""
        return None

    def changed(self, answer: Answer) -> Answer:
        """What becomes of the answer."""
        return answer

    def written(self, manner: Manner) -> Manner:
        """How the answer is written."""
        return manner

    def is_due(self, count: int) -> bool:
        """Whether it acts on the ``count``-th (from 1) request that its rule strikes."""
        return True

    @property
    def most(self) -> int | None:
        """How often it acts at most, apart from what its rule says."""
        return None
