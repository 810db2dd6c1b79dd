"""What Polygon wraps around every answer: request ids, failures, cursors, operators on fields.

Belongs here: the parts that bars and reference data share. Does not belong here: any rows.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Final
from urllib.parse import urlencode

from stock_assets.sandbox.wire import Answer, json_answer, last_values

HOST: Final = "https://api.polygon.io"


class Plan(Enum):
    """What a key has paid for."""

    FREE = "free"
    UNLIMITED = "unlimited"


def request_id(label: str, number: int) -> str:
    """32 hex digits from the market and the request's number."""
    return hashlib.sha256(f"{label} {number}".encode()).hexdigest()[:32]


def failure(
    http_status: int, number: str, *, status: str = "ERROR", error: str = "", message: str = ""
) -> Answer:
    """A refusal in Polygon's words: ``error`` or ``message``, never both."""
    text = {"error": error} if error else {"message": message}
    return json_answer({"status": status, "request_id": number, **text}, http_status)


def next_url(path: str, query: Mapping[str, str]) -> str:
    """The address of the next page: the remaining query as unpadded base64."""
    text = urlencode(query)
    cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return f"{HOST}{path}?cursor={cursor}"


def unfolded(query: Mapping[str, str]) -> dict[str, str] | None:
    """The query with what its cursor holds; None when the cursor is not one of ours."""
    if "cursor" not in query:
        return dict(query)
    text = query["cursor"]
    try:
        padded = text + "=" * (-len(text) % 4)
        inner = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except ValueError:
        return None
    return last_values(inner)


def passes(query: Mapping[str, str], name: str, value: str) -> bool:
    """Whether a row's field agrees with ``name`` and ``name`` with ``.gt .gte .lt .lte .any_of``.

    Tickers and ISO dates compare as text.
    """
    wanted = query.get(name)
    if wanted is not None and value != wanted:
        return False
    any_of = query.get(f"{name}.any_of")
    if any_of is not None and value not in any_of.split(","):
        return False
    bounds = {op: query.get(f"{name}.{op}") for op in ("gt", "gte", "lt", "lte")}
    return not (
        (bounds["gt"] is not None and not value > bounds["gt"])
        or (bounds["gte"] is not None and not value >= bounds["gte"])
        or (bounds["lt"] is not None and not value < bounds["lt"])
        or (bounds["lte"] is not None and not value <= bounds["lte"])
    )


def limit_of(query: Mapping[str, str], default: int, most: int) -> int | None:
    """The page size asked for, at most ``most``; None when it is not a positive number."""
    text = query.get("limit", str(default))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        return None
    return min(int(text), most)


def parse_day(text: str) -> date | None:
    """A day written YYYY-MM-DD, or None."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
