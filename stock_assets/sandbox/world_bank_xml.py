"""The World Bank's XML: what its API answers when nobody asks for JSON.

Belongs here: elements and attributes. Does not belong here: which rows there are (world_bank.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

_OPENING: Final = '<?xml version="1.0" encoding="utf-8"?>'
_SPACE: Final = 'xmlns:wb="http://www.worldbank.org"'
_ROOTS: Final = {"data": "data", "country": "countries", "indicator": "indicators"}


def xml_of(kind: str, head: Mapping[str, object], rows: Iterable[Mapping[str, object]]) -> str:
    """A whole document: ``kind`` is data, country, indicator or error."""
    if kind == "error":
        messages = "".join(
            f"<wb:message id={quoteattr(str(row['id']))} key={quoteattr(str(row['key']))}>"
            f"{escape(str(row['value']))}</wb:message>"
            for row in rows
        )
        return f"{_OPENING}<wb:error {_SPACE}>{messages}</wb:error>"
    attributes = "".join(f" {name}={quoteattr(_text(value))}" for name, value in head.items())
    body = "".join(_element(kind, row) for row in rows)
    root = _ROOTS[kind]
    return f"{_OPENING}<wb:{root}{attributes} {_SPACE}>{body}</wb:{root}>"


def _element(name: str, content: Mapping[str, object]) -> str:
    attributes, children = "", ""
    for key, value in content.items():
        if key in ("id", "iso2code"):
            attributes += f" {key}={quoteattr(_text(value))}"
        elif isinstance(value, Mapping):
            inner = "".join(f" {k}={quoteattr(_text(v))}" for k, v in value.items() if k != "value")
            children += f"<wb:{key}{inner}>{escape(_text(value['value']))}</wb:{key}>"
        elif not isinstance(value, list):
            children += f"<wb:{key}>{escape(_text(value))}</wb:{key}>"
    return f"<wb:{name}{attributes}>{children}</wb:{name}>"


def _text(value: object) -> str:
    return "" if value is None else str(value)
