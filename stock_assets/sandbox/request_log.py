"""What was asked and what came back: for tests that count requests, and for people who look.

Belongs here: the record of each request, without secrets. Does not belong here: bodies.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

KEPT: Final = 100_000
REDACTED: Final = "REDACTED"
_SECRET_PARAMETERS: Final = frozenset({"apikey", "api_key", "token", "crumb", "key"})
_SECRET_HEADERS: Final = frozenset({"authorization", "cookie", "x-api-key", "x-finnhub-token"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One request, with keys and cookies redacted. ``at`` is the twin's time, ISO 8601 UTC.

    ``faults`` holds ``id/kind`` of each fault that struck it, with ``:unchanged`` behind it when
    there was nothing to change. ``status`` is 0 when not even a status was sent.
    """

    number: int
    at: str
    vendor: str
    host: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    status: int
    size: int
    faults: tuple[str, ...] = ()


class RequestLog:
    """The newest requests in order of arrival. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def add(self, entry: Entry) -> None:
        """Remember one more, and forget the oldest when full."""
        with self._lock:
            self._entries.append(entry)

    def entries(self, vendor: str | None = None, after: int = 0) -> list[dict[str, object]]:
        """Requests numbered above ``after``, of one vendor or of all."""
        with self._lock:
            chosen = [e for e in self._entries if e.number > after and vendor in (None, e.vendor)]
        return [asdict(entry) for entry in chosen]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._entries.clear()


def without_secrets(
    query: Mapping[str, str], headers: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Query and headers as they may be shown."""
    return (
        {k: REDACTED if k.lower() in _SECRET_PARAMETERS else v for k, v in query.items()},
        {k: REDACTED if k.lower() in _SECRET_HEADERS else v for k, v in headers.items()},
    )
