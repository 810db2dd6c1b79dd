"""What goes over the wire, without any server in it: an Ask comes in, an Answer goes out.

Belongs here: the two shapes that vendor views, limits, log and server share, and the few ways to
write a body. Does not belong here: what any vendor says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from email.utils import format_datetime
from typing import Final
from urllib.parse import parse_qsl

import orjson

from stock_assets.market import NEW_YORK

_SLASHES: Final = re.compile("/{2,}")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to a vendor. ``now`` is the twin's time on arrival, and all a view may know.

    ``path`` is what follows the vendor's prefix, with repeated slashes collapsed; ``query`` holds
    the last value of each parameter; ``headers`` have lower-case names; ``number`` counts requests.
    """

    vendor: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    now: datetime
    number: int
    host: str = ""
    body: bytes = b""

    @property
    def today(self) -> date:
        """The calendar day in New York."""
        return self.now.astimezone(NEW_YORK).date()


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response, before compression."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(content: object, status: int = 200) -> Answer:
    """JSON; numpy arrays are written as they are, NaN as null."""
    body = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    return Answer(status, body, "application/json;charset=utf-8")


def text_answer(text: str, status: int = 200, content_type: str = "text/plain") -> Answer:
    """Plain text or HTML in UTF-8."""
    return Answer(status, text.encode(), f"{content_type};charset=utf-8")


def collapsed(path: str) -> str:
    """The path with every run of slashes made one."""
    return _SLASHES.sub("/", path)


def last_values(query: bytes | str) -> dict[str, str]:
    """Query parameters; of a repeated one the last value counts."""
    text = query.decode("latin-1") if isinstance(query, bytes) else query
    return dict(parse_qsl(text, keep_blank_values=True))


def http_date(instant: datetime) -> str:
    """An instant as HTTP writes it."""
    return format_datetime(instant, usegmt=True)
