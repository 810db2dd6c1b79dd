"""Secrets out of everything that is said, logged or stored.

Belongs here: what a secret looks like once it has been encoded, and where it is cut out.
Does not belong here: where secrets come from (settings.py).
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterable
from html import escape
from typing import Final
from urllib.parse import quote, quote_plus
from weakref import WeakSet

HIDDEN: Final = "REDACTED"
_PARAMETER: Final = re.compile(
    r"(?i)\b(api_?key|apikey|token|crumb|access_token|registrationkey)=[^&\s\"'<>\]]*"
)
_BEARER: Final = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=\-]+")
_ESCAPE: Final = re.compile("%[0-9A-F]{2}")
_MARKUP: Final = re.compile("[&<>]")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


class Redactor:
    """Knows the secrets of one vendor in each form that they can take on the wire.

    A secret is hidden as itself, url-encoded, escaped for JSON or HTML, and in base64 (also inside
    a longer base64 text, such as basic authentication); in bodies also in UTF-16. Query parameters
    and headers that carry credentials are hidden whatever their value.
    """

    def __init__(self, secrets: Iterable[str | None] = ()) -> None:
        self._forms: list[str] = []
        self._bytes: dict[bytes, bytes] = {}
        for secret in secrets:
            if secret:
                self.learn(secret)
                self._bytes |= {form.encode(): HIDDEN.encode() for form in self._forms}
                # The bytes that UTF-16 of either order shares.
                self._bytes[_wide(secret)] = _wide(HIDDEN)

    def learn(self, secret: str) -> None:
        """Hide one more in words, not in bodies, which hand it out: a vendor's cookie."""
        self._forms = sorted({*self._forms, *_forms(secret)}, key=len, reverse=True)

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms)"

    def text(self, text: str) -> str:
        """The text without secrets."""
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        text = _PARAMETER.sub(rf"\1={HIDDEN}", text)
        return _BEARER.sub(rf"\1 {HIDDEN}", text)

    def words(self, text: str, limit: int = 200) -> str:
        """A vendor's words on one line without control characters and secrets, cut to ``limit``."""
        line = self.text(_UNPRINTABLE.sub(" ", text)).strip()
        return line if len(line) <= limit else line[: limit - 3] + "..."

    def body(self, body: bytes) -> bytes:
        """A body as it may be stored: the same bytes unless the vendor echoes a secret."""
        for form, hidden in self._bytes.items():
            if form in body:
                body = body.replace(form, hidden)
        return body

    def guard(self, logger: logging.Logger) -> None:
        """Make every record of this logger pass through :meth:`text`, while this object lives."""
        guards = [each for each in logger.filters if isinstance(each, _RedactingFilter)]
        if not guards:
            guards = [_RedactingFilter()]
            logger.addFilter(guards[0])
        guards[0].redactors.add(self)


class _RedactingFilter(logging.Filter):
    """One per logger, however many clients a process opens in its life."""

    def __init__(self) -> None:
        super().__init__()
        self.redactors: WeakSet[Redactor] = WeakSet()

    def filter(self, record: logging.LogRecord) -> bool:
        told = record.getMessage()
        for redactor in list(self.redactors):
            told = redactor.text(told)
        record.msg, record.args = told, None
        return True


def _wide(text: str) -> bytes:
    return "\0".join(text).encode("latin-1", "replace")


def _escaped(in_json: str) -> str:
    """As writers of JSON do that keep it harmless inside a web page."""
    return _MARKUP.sub(lambda found: f"\\u{ord(found[0]):04x}", in_json)


def _forms(secret: str) -> set[str]:
    raw = secret.encode()
    forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    forms |= {_ESCAPE.sub(lambda found: found[0].lower(), form) for form in forms}
    in_json = json.dumps(secret)[1:-1]
    forms |= {in_json, in_json.replace("/", r"\/"), _escaped(in_json), escape(secret)}
    for shift in range(3):
        # The characters that the secret alone decides, at each of the three possible alignments.
        # A secret too short to decide eight of them would hide innocent text.
        encoded = base64.b64encode(b"\0" * shift + raw).decode()
        first = (0, 2, 3)[shift]
        last = (shift + len(raw)) * 8 // 6
        inner = encoded[first:last]
        if len(inner) >= 8:
            forms |= {inner, inner.replace("+", "-").replace("/", "_")}
    return forms
