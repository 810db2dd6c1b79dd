"""The twin's own door for those who started it: health, clock, requests, faults.

Belongs here: ``/__sandbox__/``. Health is open; the rest needs the token that was printed at the
start, in the header ``X-Sandbox-Token``. Does not belong here: anything a vendor would say.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import orjson

from stock_assets.errors import BadRange, InputError
from stock_assets.sandbox.faults.documents import encoded
from stock_assets.sandbox.twin import Twin
from stock_assets.sandbox.wire import Answer, json_answer

PREFIX: Final = "/__sandbox__"
TOKEN_HEADER: Final = "x-sandbox-token"  # noqa: S105 (a name, not a secret)


def control(
    twin: Twin,
    *,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
) -> Answer:
    """Answer a request under ``/__sandbox__/``.

    ``GET health`` · ``GET clock`` · ``POST clock`` with ``{"now": ISO}``,
    ``{"advance_seconds": n}`` or ``{"real": true}`` · ``GET requests?vendor=&after=`` ·
    ``DELETE requests`` · ``GET faults`` with what they have struck · ``POST faults`` with the list
    that takes the place of all rules before · ``DELETE faults``.
    """
    name = path.removeprefix(PREFIX).strip("/")
    if name == "health" and method in ("GET", "HEAD"):
        return json_answer(
            {
                "status": "ok",
                "market": twin.truth.label,
                "symbols": len(twin.truth.stocks),
                "bars": twin.truth.rows,
                "now": twin.clock.now().isoformat(),
            }
        )
    if not secrets.compare_digest(headers.get(TOKEN_HEADER, ""), twin.token):
        return json_answer({"error": f"the header {TOKEN_HEADER} does not hold the token"}, 401)
    match method, name:
        case (("GET" | "HEAD"), "clock"):
            return _clock(twin)
        case "POST", "clock":
            return _set_clock(twin, body)
        case (("GET" | "HEAD"), "requests"):
            after = query.get("after", "0")
            if not after.isascii() or not after.isdigit():
                return json_answer({"error": "'after' is a request's number"}, 400)
            return json_answer({"requests": twin.log.entries(query.get("vendor"), int(after))})
        case "DELETE", "requests":
            twin.log.clear()
            return json_answer({"requests": []})
        case (("GET" | "HEAD"), "faults"):
            return _faults(twin)
        case "POST", "faults":
            return _set_faults(twin, body)
        case "DELETE", "faults":
            twin.faults.clear()
            return _faults(twin)
    return json_answer({"error": "no such control; there are health, clock, requests, faults"}, 404)


def _faults(twin: Twin) -> Answer:
    return Answer(200, encoded({"faults": twin.faults.state()}), "application/json;charset=utf-8")


def _set_faults(twin: Twin, body: bytes) -> Answer:
    """The standard library reads the list, because rules may hold Infinity and any integer."""
    try:
        twin.faults.set(json.loads(body))
    except (ValueError, RecursionError):
        return json_answer({"error": "send a JSON list of rules"}, 400)
    except InputError as error:
        return json_answer({"error": str(error)}, 400)
    return _faults(twin)


def _clock(twin: Twin) -> Answer:
    return json_answer({"now": twin.clock.now().isoformat(), "fixed": twin.clock.is_fixed})


def _set_clock(twin: Twin, body: bytes) -> Answer:
    wrong = json_answer(
        {
            "error": 'send one of {"now": "2025-03-14T21:00:00Z"}, {"advance_seconds": 3600}, '
            '{"real": true}'
        },
        400,
    )
    try:
        wish = orjson.loads(body)
    except orjson.JSONDecodeError:
        return wrong
    move: Callable[[], datetime]
    match wish:
        case {"now": str(text)}:
            move = partial(_fix, twin, text)
        case {"advance_seconds": int() | float() as seconds}:
            move = partial(_advance, twin, seconds)
        case {"real": True}:
            move = twin.clock.release
        case _:
            return wrong
    try:
        move()
    except (ValueError, OverflowError, BadRange):
        return wrong
    return _clock(twin)


def _fix(twin: Twin, text: str) -> datetime:
    return twin.clock.fix(datetime.fromisoformat(text))


def _advance(twin: Twin, seconds: float) -> datetime:
    return twin.clock.advance(timedelta(seconds=seconds))
