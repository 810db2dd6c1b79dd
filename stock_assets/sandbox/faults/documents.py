"""JSON bodies opened and closed again, with everything that strict JSON would not hold.

Belongs here: byte order marks, NaN and Infinity, numbers of any size, keys that stand twice.
Does not belong here: what is changed in between (mutations.py, rows.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from stock_assets.sandbox.wire import Answer

AGAIN: Final = "\0again"
"""A key with this end is written without it, so that one key can stand twice."""

_AGAIN_WRITTEN: Final = json.dumps(AGAIN)[1:-1]
_MARK: Final = b"\xef\xbb\xbf"


def encoded(document: object) -> bytes:
    """The document as compact JSON in ASCII."""
    return json.dumps(document, separators=(",", ":")).replace(_AGAIN_WRITTEN, "").encode()


def edited(answer: Answer, change: Callable[[Any], object]) -> Answer:
    """The answer with its document changed; as it was where its body is no JSON, or nothing is new.

    ``change`` gets a document of its own, and may change it in place.
    """
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return answer
    before = encoded(document)
    after = encoded(change(document))
    if after == before:
        return answer
    mark = _MARK if answer.body.startswith(_MARK) else b""
    return replace(answer, body=mark + after)
