"""A request and its answer, and what one call may cost.

Belongs here: the shapes that transport, clients and rows share.
Does not belong here: sending (transport.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

OK: Final = frozenset({200})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may cost.

    ``deadline_s`` bounds its time on the wire and between tries, all tries together; waiting for
    our own budget comes on top and is bounded there. A Retry-After above ``retry_after_cap_s`` is
    not waited for. After ``breaker_tries`` tries in a row that reached nobody, all calls fail at
    once for ``breaker_s`` seconds.
    """

    deadline_s: float = 60.0
    attempts: int = 3
    retry_after_cap_s: float = 60.0
    backoff_s: float = 0.5
    backoff_cap_s: float = 10.0
    redirects: int = 3
    max_bytes: int = 64 * 1024 * 1024
    breaker_tries: int = 4
    breaker_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Request:
    """A request in the vendor's own terms: its live https address, whoever answers in the end.

    ``accept``: statuses that are answers; all others become errors. ``json``: the body must be
    one whole JSON document. ``keep``: capture the body (not for cookies and crumbs).
    ``attempts`` overrides the limits.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    accept: frozenset[int] | None = OK
    json: bool = True
    keep: bool = True
    impersonate: bool = False
    attempts: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer.

    ``request``: method and address, redacted. ``body``: the exact bytes, decompressed.
    ``payload``: the id under which they were captured ("" when not). ``received_at``: UTC.
    ``url``: the vendor's address that answered in the end.
    """

    request: str
    status: int
    body: bytes = field(repr=False)
    payload: str
    received_at: datetime
    attempts: int
    url: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
