"""What an Alpha Vantage body is: data, or a refusal in the clothes of a success.

Belongs here: the vendor's address, the one judgement of a body that all its clients share, and
when the vendor's day ends.
Does not belong here: what the data mean (alpha_vantage*.py).
Source: alphavantage.co/documentation, alphavantage.co/support; the notice of free keys: "please
consider spreading out your free API requests more sparingly (1 request per second)".

Every answer has status 200. Limits, bad keys, premium functions and unknown symbols are told in
words that change; so data are recognised by the presence of their key, never by the absence of
certain words. Refusals repeat the caller's key: their words are only used through a redactor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
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
)
from stock_assets.market import NEW_YORK
from stock_assets.vendors.addresses import Vendor
from stock_assets.vendors.bars import session_index
from stock_assets.vendors.doubled_keys import doubled_key
from stock_assets.vendors.plain_entries import plain_entries
from stock_assets.vendors.redaction import Redactor

VENDOR: Final = "alpha_vantage"
ALPHA_VANTAGE: Final = Vendor(
    name=VENDOR,
    hosts=frozenset({"www.alphavantage.co"}),
    twin="/alphavantage",
    key_advice="set ALPHA_VANTAGE_API_KEY to a valid key",
)
QUERY: Final = "https://www.alphavantage.co/query"

_BAD_KEY: Final = re.compile(
    r"(?i)api_?key is invalid|invalid api_?key|api_?key is missing|missing api_?key"
    r"|invalid or missing|demo.{0,40}api_? ?key|demo\*+|claim your free api_? ?key"
)
_PREMIUM: Final = re.compile(
    r"(?i)\b(?:is|are) (?:an? |only )*premium\b|\bpremium (?:endpoint|feature|function)\b"
)
_NOTICES: Final = frozenset({"Information", "Note"})
_FEW: Final = 3
SPACING_S: Final = 1.2
"""Free keys may ask once per second; a little more, because requests travel unequally fast."""
_TOO_FAST_S: Final = 60.0


def read_body(
    request: str,
    body: bytes,
    data_key: str,
    *,
    redactor: Redactor | None = None,
    asked_at: datetime | None = None,
    left_today: int | None = None,
    by_day: bool = False,
) -> Mapping[str, Any]:
    """The whole body as a mapping that holds ``data_key``; any other body is a typed error.

    ``request``: redacted, as in ``Answer.request``. ``redactor``: with it, errors repeat the
    vendor's words. ``asked_at``: with it, RateLimited says how long the vendor's day lasts.
    ``left_today``: how many requests of the day are left as we count; where there are any, it was
    the pace that the vendor did not like, and RateLimited lasts a minute.
    ``by_day``: with it, data that are days of the exchange's calendar, with entries that are alike,
    come as PlainEntries.

    Raises:
        RateLimited: a notice instead of data, whatever its words.
        AuthError, EntitlementError: a notice about the key, or about premium functions.
        NotFound: an empty body, or "Error Message": the vendor knows nothing of that name.
        ContractError: anything else without ``data_key``, or a body that contradicts itself.
        PayloadError: not JSON.
    """
    content = _with_plain_entries(body, data_key) if by_day else None
    if content is not None:
        return content
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise PayloadError(
            request,
            reason=f"not one whole JSON document (byte {error.pos} of {len(body)})",
            next_action="run again; the bytes are kept under the payload's id",
            vendor=VENDOR,
        ) from None
    if isinstance(content, dict) and data_key in content:
        doubled = doubled_key(body, content)
        if doubled is None:
            return content
        raise ContractError(
            request,
            reason=f"key {doubled!r:.40} stands twice in one object and differs",
            next_action="keep what is stored; compare the kept answer with the documentation",
            vendor=VENDOR,
        )
    raise _refusal(request, content, data_key, redactor, asked_at, left_today)


def seconds_left_today(at: datetime) -> float:
    """Seconds from ``at`` until the vendor's next day begins: midnight in New York."""
    tomorrow = at.astimezone(NEW_YORK).date() + timedelta(days=1)
    return (datetime.combine(tomorrow, time(), NEW_YORK).astimezone(UTC) - at).total_seconds()


def _with_plain_entries(body: bytes, data_key: str) -> dict[str, Any] | None:
    """The content with PlainEntries as its data; None where it must be read in the ordinary way."""
    opening = re.search(rb'"%b"\s*:\s*\{' % re.escape(data_key.encode()), body)
    # The last brace closes the body, and the one before it the data, if they stand last.
    end = body.rfind(b"}", 0, max(body.rfind(b"}"), 0))
    if opening is None or end < opening.end():
        return None
    entries = plain_entries(body[opening.end() : end])
    if entries is None or not session_index().covers(entries.days):
        return None
    envelope = body[: opening.end()] + body[end:]
    try:
        content = orjson.loads(envelope)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(content, dict) or content.get(data_key) != {}:
        return None
    return None if doubled_key(envelope, content) else {**content, data_key: entries}


def _refusal(
    request: str,
    content: object,
    data_key: str,
    redactor: Redactor | None,
    asked_at: datetime | None,
    left_today: int | None,
) -> VendorError:
    if content == {}:
        return _unknown(request, "an empty answer")
    notice = _notice(content)
    if notice is None:
        return ContractError(
            request,
            reason=f"the answer has no {data_key!r}",
            next_action="compare it with the vendor's documentation; its API may have changed",
            vendor=VENDOR,
        )
    name, words = notice
    said = f"{name}: {redactor.words(words)}" if redactor else name
    if _BAD_KEY.search(words):
        return AuthError(
            request,
            reason=f"the key is refused; it says {said}",
            next_action=ALPHA_VANTAGE.key_advice,
            vendor=VENDOR,
        )
    if _PREMIUM.search(words):
        return EntitlementError(
            request,
            reason=f"not included in the plan; it says {said}",
            next_action="ask for less, or upgrade the plan",
            vendor=VENDOR,
        )
    if name == "Error Message":
        return _unknown(request, said)
    if left_today:
        return RateLimited(
            request,
            reason=f"a notice came instead of {data_key!r}: we ask too fast; it says {said}",
            next_action=f"run again in {_TOO_FAST_S:.0f} s; if it stays so, the key is used "
            "elsewhere too",
            retry_after_s=_TOO_FAST_S,
            vendor=VENDOR,
        )
    return RateLimited(
        request,
        reason=f"a notice came instead of {data_key!r}: the allowance is used up; it says {said}",
        next_action="run again on the vendor's next day, or raise the plan",
        retry_after_s=seconds_left_today(asked_at) if asked_at else None,
        vendor=VENDOR,
    )


def _unknown(request: str, said: str) -> NotFound:
    return NotFound(
        request,
        reason=f"the vendor does not know it; it says {said}",
        next_action="check the symbol or the function; a renamed one has another name",
        vendor=VENDOR,
    )


def _notice(content: object) -> tuple[str, str] | None:
    """Name and words of a notice: a few texts and nothing else; None when it is no notice."""
    if not isinstance(content, dict) or len(content) > _FEW:
        return None
    if not all(isinstance(value, str) for value in content.values()):
        return None
    known = sorted(content, key=lambda name: (name not in _NOTICES, name))
    return str(known[0]), content[known[0]]
