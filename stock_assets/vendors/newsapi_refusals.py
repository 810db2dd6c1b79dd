"""What NewsAPI's refusals mean.

Belongs here: its codes, whatever status they come with (some come with 200).
Does not belong here: what is asked (newsapi.py).
Source: newsapi.org/docs/errors.
"""

from __future__ import annotations

from typing import Any, Final

from stock_assets.errors import EntitlementError, RateLimited, VendorError
from stock_assets.vendors.messages import Answer
from stock_assets.vendors.redaction import Redactor
from stock_assets.vendors.rowwise import broken
from stock_assets.vendors.statuses import refusal
from stock_assets.vendors.wire import Incoming

STATUSES: Final = frozenset({200, 401, 426})
"""Their bodies are looked at before anything else is made of them."""

_VENDOR: Final = "newsapi"
_SPENT: Final = frozenset({"apiKeyExhausted", "rateLimited"})
_KEY: Final = frozenset({"apiKeyDisabled", "apiKeyInvalid", "apiKeyMissing"})
_PLAN_REACHES: Final = "the plan behind the key does not reach there"


class TooMany(Exception):
    """The window holds more articles than the plan lets anybody see; a narrower one may not."""


def refused(
    answer: Answer, content: object, redactor: Redactor, advice: str
) -> VendorError | TooMany | None:
    """The error for an answer that is a refusal; None when it is data."""
    if not isinstance(content, dict):
        return broken(answer.request, "no JSON object came", _VENDOR)
    if answer.status == 200 and content.get("status") == "ok":
        return None
    code = content.get("code")
    if code == "maximumResultsReached":
        return TooMany()
    known: dict[str, Any] = {"vendor": _VENDOR, "payload": answer.payload or None, "code": code}
    if code in _SPENT:
        return RateLimited(
            answer.request,
            reason="the key's requests are used up",
            next_action="run again tomorrow, or upgrade the plan",
            status=answer.status,
            **known,
        )
    if answer.status == 401 or code in _KEY:
        told = Incoming(401, answer.headers, answer.body)
        return refusal(answer.request, told, redactor, advice=advice, **known)
    if answer.status == 426:
        return too_old(answer, redactor.words(str(content.get("message", ""))))
    return broken(
        answer.request, f"status is {content.get('status')!r:.40}, code {code!r:.40}", _VENDOR
    )


def too_old(answer: Answer, words: str) -> EntitlementError:
    """The plan does not include the window: mostly, it begins too long ago."""
    return EntitlementError(
        answer.request,
        reason=f"{_PLAN_REACHES}, and nothing of this window was fetched; it says: {words}",
        next_action="ask for later days (free plans reach back a month), or upgrade the plan",
        status=answer.status,
        vendor=_VENDOR,
        payload=answer.payload or None,
    )


def too_crowded(request: str, window: str) -> EntitlementError:
    """Even the narrowest window holds more articles than one page."""
    return EntitlementError(
        request,
        reason=f"{_PLAN_REACHES}: more than one page of articles from {window}, none was fetched",
        next_action="take this company's news from another vendor, or upgrade the plan",
        vendor=_VENDOR,
    )
