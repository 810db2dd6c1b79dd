"""How FRED writes: JSON and XML of the same content, and its refusals.

Belongs here: the two file types, error bodies. Does not belong here: what is asked
(fred_query.py), what is answered (fred_observations.py, fred_catalogue.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from stock_assets.sandbox.wire import Answer, json_answer, text_answer

Attributes = Mapping[str, object]

_XML: Final = '<?xml version="1.0" encoding="utf-8" ?>\n\n'


class Refused(Exception):
    """Leads to an error body with this message."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message, self.status = message, status


@dataclass(frozen=True, slots=True)
class Body:
    """One answer: attributes of the whole, then rows.

    In JSON the rows stand under ``many``, in XML each is an element ``one``; a row is a mapping,
    or a plain text.
    """

    many: str
    one: str
    attributes: Attributes
    rows: Sequence[Attributes] | Sequence[str]


def written(body: Body, file_type: str) -> Answer:
    """The answer in the file type asked for."""
    if file_type == "json":
        return json_answer({**body.attributes, body.many: body.rows})
    opening = f"<{body.many}{_attributes(body.attributes)}>"
    elements = "".join(f"  {_element(body.one, row)}\n" for row in body.rows)
    return text_answer(f"{_XML}{opening}\n{elements}</{body.many}>\n", content_type="text/xml")


def refusal(message: str, status: int, file_type: str) -> Answer:
    """``Bad Request.  ...`` as JSON or XML, with the status also in the body."""
    if file_type == "json":
        return json_answer({"error_code": status, "error_message": message}, status)
    text = f'{_XML}<error code="{status}" message={quoteattr(message)} />\n'
    return text_answer(text, status, "text/xml")


def _element(name: str, row: Attributes | str) -> str:
    if isinstance(row, str):
        return f"<{name}>{escape(row)}</{name}>"
    return f"<{name}{_attributes(row)}/>"


def _attributes(attributes: Attributes) -> str:
    return "".join(f" {name}={quoteattr(_text(value))}" for name, value in attributes.items())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
