"""The rules in force, and which requests they have struck.

Belongs here: counting and luck. Does not belong here: the form of rules (rules.py), how the
actions on one request go together (passage.py), what they do.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from stock_assets.sandbox.faults.action import Action
from stock_assets.sandbox.faults.chaos import Chaos
from stock_assets.sandbox.faults.passage import Inner, acted
from stock_assets.sandbox.faults.rules import Rule, read_rules
from stock_assets.sandbox.request_log import without_secrets
from stock_assets.sandbox.wire import Answer, Ask

UNCHANGED: Final = ":unchanged"
"""Marks in the log a fault that found nothing to change, so that no test proves nothing."""


@dataclass(slots=True)
class _Tally:
    """What one rule has done so far."""

    rule: Rule
    matched: int = 0
    hits: int = 0
    unchanged: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    requests: Counter[bytes] = field(default_factory=Counter)

    def action_for(self, ask: Ask, request: bytes) -> Action | None:
        """Count the request; what is done to it, if anything."""
        rule = self.rule
        if not rule.match.agrees(ask):
            return None
        self.matched += 1
        self.requests[request] += 1
        count = self.matched - rule.match.after
        is_chosen = count >= 1 and (rule.match.nth is None or count in rule.match.nth)
        is_left = rule.most is None or self.hits < rule.most
        if not (is_chosen and is_left and rule.action.is_due(count)):
            return None
        if self._luck(rule.seed, "strike", request) >= rule.probability:
            return None
        action: Action = rule.action
        if isinstance(action, Chaos):
            action = action.drawn(self._luck(action.seed, "draw", request))
        self.hits += 1
        self.kinds[action.kind] += 1
        return action

    def _luck(self, seed: int, what: str, request: bytes) -> float:
        """From 0 (included) to 1: by seed, request, and how often the request was made."""
        text = f"{seed} {what} {self.rule.id} {self.requests[request]} ".encode()
        digest = hashlib.sha256(text + request).digest()
        return int.from_bytes(digest[:6]) / 2**48


class Faults:
    """What goes wrong on a twin. Thread-safe; changes count from the next request on.

    Args:
        vendors: who can be named in rules.
    """

    def __init__(self, vendors: tuple[str, ...] = ()) -> None:
        self._vendors = vendors
        self._lock = threading.Lock()
        self._tallies: list[_Tally] = []

    def set(self, rules: object) -> None:
        """Put a list of rules (see this package) in the place of those in force; counts begin anew.

        Raises:
            InputError: with everything that is wrong; then nothing changes.
        """
        tallies = [_Tally(rule) for rule in read_rules(rules, self._vendors)]
        with self._lock:
            self._tallies = tallies

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.set([])

    def hits(self) -> dict[str, int]:
        """How many requests each rule has struck, by its id."""
        with self._lock:
            return {tally.rule.id: tally.hits for tally in self._tallies}

    def state(self) -> list[dict[str, Any]]:
        """Each rule with what it has done.

        ``matched`` requests agreed with it, ``hits`` of these were struck, by kind ``kinds``, and
        in ``unchanged`` of those nothing was there to change.
        """
        with self._lock:
            return [
                {
                    **tally.rule.model_dump(exclude_unset=True),
                    "id": tally.rule.id,
                    "matched": tally.matched,
                    "hits": tally.hits,
                    "kinds": dict(tally.kinds),
                    "unchanged": tally.unchanged,
                }
                for tally in self._tallies
            ]

    async def through(self, ask: Ask, inner: Inner) -> tuple[Answer, tuple[str, ...]]:
        """The answer after all rules that strike, and ``id/kind`` of each of them.

        ``inner`` answers when nothing stands in for it.
        """
        with self._lock:
            request = _identity(ask) if self._tallies else b""
            met = [(tally, tally.action_for(ask, request)) for tally in self._tallies]
        struck = [(tally, action) for tally, action in met if action is not None]
        answer, effects = await acted([action for _, action in struck], ask, inner)
        labels = []
        with self._lock:
            for (tally, action), has_effect in zip(struck, effects, strict=True):
                tally.unchanged += not has_effect
                label = f"{tally.rule.id}/{action.kind}"
                labels.append(label if has_effect else label + UNCHANGED)
        return answer, tuple(labels)


def _identity(ask: Ask) -> bytes:
    """What makes two requests the same: everything but keys, headers and the time."""
    query, _ = without_secrets(ask.query, {})
    parts = (ask.method, ask.vendor, ask.host, ask.path, str(sorted(query.items())))
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).digest()
