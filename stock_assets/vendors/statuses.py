"""What a vendor's status means for us, in one table.

Belongs here: status and shape of an answer to a typed error. Whether another attempt can help is
the type's own knowledge.
Does not belong here: contents (each vendor's parser).
"""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final

import orjson

from stock_assets.errors import (
    AuthError,
    ContractError,
    EntitlementError,
    NotFound,
    PayloadError,
    RateLimited,
    VendorError,
    VendorOutage,
)
from stock_assets.vendors.redaction import Redactor
from stock_assets.vendors.wire import Incoming

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
NO_SUCH_PAGE: Final = 404
TOO_MANY: Final = 429

_EPOCH: Final = re.compile(r"\d{10}")
"""Seconds since 1970; vendors that count from now write fewer digits."""

_CACHE: Final = "run again later; if it stays so, look for a cache or a proxy in between"
_ERRORS: Final[dict[int, tuple[type[VendorError], str, str]]] = {
    304: (ContractError, "nothing has changed, it says, and nobody asked that", _CACHE),
    401: (AuthError, "the key is refused", "{advice}"),
    403: (EntitlementError, "not included in the plan", "ask for less, or upgrade the plan"),
    404: (NotFound, "the vendor does not know it", "check the symbol; a renamed one has another"),
    408: (VendorOutage, "the vendor gave up waiting", "run again later"),
    425: (VendorOutage, "the vendor is not ready", "run again later"),
    TOO_MANY: (RateLimited, "too many requests", "run again later"),
}  # fmt: skip
_UNWELL: Final = (VendorOutage, "the vendor is unwell", "run again later")
_NOT_AGREED: Final = (
    ContractError,
    "the vendor refuses the request itself",
    "compare the request with the vendor's documentation; its API may have changed",
)
_MARKUP: Final = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|\?xml|!--)", re.IGNORECASE
)
_WORDS: Final = (
    "error",
    "message",
    "description",
    "Error Message",
    "Information",
    "error_message",
)


def refusal(
    request: str, answer: Incoming, redactor: Redactor, *, advice: str, **context: object
) -> VendorError:
    """The typed error for a status that was not wanted. ``request`` is redacted already.

    ``advice``: what to do about a refused key.
    """
    kind, reason, next_action = (
        _UNWELL if answer.status >= 500 else _ERRORS.get(answer.status, _NOT_AGREED)
    )
    said = redactor.words(vendors_words(answer.body))
    arguments: dict[str, Any] = {
        "reason": f"{reason}; it says: {said}" if said else reason,
        "next_action": next_action.format(advice=advice),
        "status": answer.status,
        **context,
    }
    if kind.retryable:
        arguments["retry_after_s"] = retry_after(answer)
    return kind(request, **arguments)


def is_web_page(body: bytes) -> bool:
    """Whether it is HTML (or XML), whatever its content type says."""
    return _MARKUP.match(body) is not None


def not_json(request: str, body: bytes, **context: object) -> VendorError | None:
    """The error for a body that is not one whole JSON document; None when it is one.

    A page of HTML where JSON was agreed means that the vendor is unwell (maintenance, consent,
    a proxy); anything else unreadable is a damaged answer.
    """
    if is_web_page(body):
        return VendorOutage(
            request,
            reason="a web page came where JSON was agreed (maintenance, consent or a proxy)",
            next_action="run again later; if it stays so, open the address in a browser",
            **context,
        )
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return PayloadError(
            request,
            reason=f"not one whole JSON document ({error.msg} at byte {error.pos} of {len(body)})",
            next_action="run again; the bytes are kept under the payload's id",
            **context,
        )
    return None


def retry_after(answer: Incoming) -> float | None:
    """Seconds that the vendor asks us to wait, if it does.

    ``Retry-After`` in seconds or as a date; where it is missing, of a status 429 also
    ``X-Ratelimit-Reset``, the second since 1970 at which Finnhub's allowance is whole again.
    Instants count from the answer's own ``Date``: the vendor's clock, not ours.
    """
    text = (answer.header("Retry-After") or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text):
        return float(text)
    sent = _instant(answer.header("Date"))
    if sent is None:
        return None
    until = _instant(text)
    if until is not None:
        return max(0.0, until - sent)
    reset = (answer.header("X-Ratelimit-Reset") or "").strip()
    if answer.status != TOO_MANY or not _EPOCH.fullmatch(reset):
        return None
    # A moment that is over says nothing about how long to wait.
    return float(reset) - sent if float(reset) > sent else None


def _instant(text: str | None) -> float | None:
    """Seconds since 1970 of a date as HTTP writes it."""
    try:
        instant = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()


def vendors_words(body: bytes) -> str:
    """What the vendor says about its refusal, wherever it puts it; empty for pages of HTML."""
    if is_web_page(body):
        return ""
    try:
        content = orjson.loads(body[:65_536])
    except orjson.JSONDecodeError:
        return body[:300].decode("utf-8", "replace")
    return _said(content, depth=3)


def _said(content: object, depth: int) -> str:
    if not isinstance(content, dict) or depth == 0:
        return ""
    for name in _WORDS:
        value = content.get(name)
        if isinstance(value, str) and value:
            return value
    found = (_said(value, depth - 1) for value in content.values())
    return next((words for words in found if words), "")
