"""RSS without any of XML's dangers: no document types, no entities, nothing fetched.

Belongs here: from bytes to the items of a feed as texts. Does not belong here: what an item means.
"""

from __future__ import annotations

import re
from typing import Final
from xml.parsers import expat

from stock_assets.errors import ContractError, PayloadError, VendorError, VendorOutage

MARK: Final = b"\xef\xbb\xbf"
"""The byte order mark that some suppliers put before UTF-8."""

_WEB_PAGE: Final = re.compile(rb"\s*(?:<!doctype\s+html|<html)", re.IGNORECASE)
_ITEM: Final = ["rss", "channel", "item"]
_DEEPEST: Final = 16


def items(what: str, body: bytes) -> list[dict[str, str]]:
    """The items of a feed in its order: text by name of the element, of a repeated one the first.

    Raises:
        VendorOutage: a web page came instead.
        PayloadError: not one whole XML document.
        ContractError: XML of another kind, or with a document type or entities of its own.
    """
    if _WEB_PAGE.match(body.removeprefix(MARK)):
        raise VendorOutage(
            what,
            reason="a web page came where a feed was agreed (maintenance or a proxy)",
            next_action="run again later; if it stays so, open the address in a browser",
        )
    reading = _Reading(what)
    try:
        reading.parser.Parse(body, True)
    except expat.ExpatError as error:
        lines = body.count(b"\n") + 1
        raise PayloadError(
            what,
            reason=f"not one whole XML document ({expat.ErrorString(error.code)}, "
            f"line {error.lineno} of {lines})",
            next_action="run again; the bytes are kept under the payload's id",
        ) from None
    if not reading.is_feed:
        raise _not_agreed(what, "the document is XML, but no RSS channel")
    return reading.found


class _Reading:
    """The handlers of one parse."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._path: list[str] = []
        self._text: list[str] = []
        self.found: list[dict[str, str]] = []
        self.is_feed = False
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text.append

    def _refuse(self, *_declaration: object) -> None:
        raise _not_agreed(self._what, "it declares a document type or entities, which are refused")

    def _begin(self, name: str, _attributes: object) -> None:
        self._path.append(name)
        self._text.clear()
        if len(self._path) > _DEEPEST:
            raise _not_agreed(self._what, f"elements are nested more than {_DEEPEST} deep")
        if self._path == _ITEM:
            self.found.append({})
        self.is_feed = self.is_feed or self._path == _ITEM[:2]

    def _end(self, name: str) -> None:
        self._path.pop()
        if self._path == _ITEM:
            self.found[-1].setdefault(name, "".join(self._text).strip())
        self._text.clear()


def _not_agreed(what: str, reason: str) -> VendorError:
    return ContractError(
        what,
        reason=reason,
        next_action="keep what is stored; compare the kept answer with what used to come",
    )
