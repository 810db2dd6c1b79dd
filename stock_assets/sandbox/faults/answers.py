"""Faults that answer in the vendor's place: refusals, outages, other pages, redirects.

Belongs here: the kinds status, flap, redirect, replace_body.
Does not belong here: the vendors' words (presets.py), changes of a vendor's own body (bodies.py).
"""

from __future__ import annotations

import codecs
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Final, Literal, Self
from urllib.parse import quote, urlencode

from pydantic import AfterValidator, Field, JsonValue, field_validator, model_validator

from stock_assets.sandbox.faults import presets
from stock_assets.sandbox.faults.action import HEADER_VALUE, Action
from stock_assets.sandbox.faults.documents import encoded
from stock_assets.sandbox.wire import Answer, Ask, text_answer

Code = Annotated[int, Field(ge=200, le=599)]
HeaderValue = Annotated[str, Field(pattern=HEADER_VALUE)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]

_FRAMING: Final = frozenset({"content-length", "transfer-encoding", "connection"})
_BODILESS: Final = (204, 304)


def _known(name: str) -> str:
    if name not in presets.PRESETS:
        raise ValueError(f"no such preset; there are {', '.join(sorted(presets.PRESETS))}")
    return name


PresetName = Annotated[str, AfterValidator(_known)]


def _spoken(ask: Ask, preset: str | None, status: int | None) -> Answer:
    """A preset's answer, or the bare phrase of a status."""
    if preset is not None:
        answer = presets.PRESETS[preset](ask)
        answer = answer if status is None else replace(answer, status=status)
    else:
        code = status or 200
        known = code in {each.value for each in HTTPStatus}
        answer = text_answer(f"{code} {HTTPStatus(code).phrase if known else ''}".rstrip(), code)
    return replace(answer, body=b"") if answer.status in _BODILESS else answer


class Status(Action):
    """A status with headers, in a vendor's words or with its bare phrase."""

    kind: Literal["status"]
    status: Code | None = None
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    body_preset: PresetName | None = None

    @field_validator("headers")
    @classmethod
    def _without_framing(cls, headers: dict[str, str]) -> dict[str, str]:
        """Wrong lengths and closed connections have kinds of their own."""
        lowered = {name.lower(): value for name, value in headers.items()}
        if wrong := sorted(_FRAMING & lowered.keys()):
            raise ValueError(f"{', '.join(wrong)}: the twin writes these; see close, wrong_length")
        return lowered

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.status is None and self.body_preset is None:
            raise ValueError("give 'status' or 'body_preset'")
        return self

    def stand_in(self, ask: Ask) -> Answer:
        """The refusal."""
        answer = _spoken(ask, self.body_preset, self.status)
        return replace(answer, headers={**answer.headers, **self.headers})


class Flap(Action):
    """Down for ``period`` requests, up for as many, and so on."""

    kind: Literal["flap"]
    period: Annotated[int, Field(ge=1)]
    status: Code | None = None
    body_preset: PresetName = "html.503"

    def is_due(self, count: int) -> bool:
        """Down first, then up."""
        return (count - 1) // self.period % 2 == 0

    def stand_in(self, ask: Ask) -> Answer:
        """The outage."""
        return _spoken(ask, self.body_preset, self.status)


class Redirect(Action):
    """To another address, or (without ``to``) to the same one."""

    kind: Literal["redirect"]
    to: HeaderValue | None = None
    times: Annotated[int, Field(ge=1)] | None = None
    status: Literal[301, 302, 303, 307, 308] = 302

    @property
    def most(self) -> int | None:
        """As many hops as are wanted."""
        return self.times

    def stand_in(self, ask: Ask) -> Answer:
        """The way to somewhere else."""
        prefix = "".join(f"/{part}" for part in (ask.vendor, ask.host) if part)
        query = f"?{urlencode(ask.query)}" if ask.query else ""
        to = self.to or f"{prefix}{quote(ask.path)}{query}"
        answer = text_answer("Moved.\n", self.status)
        return replace(answer, headers={"location": to})


class ReplaceBody(Action):
    """Another body, content type or status; what is not given stays the vendor's."""

    kind: Literal["replace_body"]
    text: str | None = None
    body: JsonValue = None
    content_type: HeaderValue | None = None
    status: Code | None = None
    encoding: str = "utf-8"

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        given = self.model_fields_set
        if not given & {"text", "body", "content_type", "status"}:
            raise ValueError("give 'text', 'body', 'content_type' or 'status'")
        if {"text", "body"} <= given:
            raise ValueError("give 'text' or 'body', not both")
        try:
            codecs.lookup(self.encoding)
            (self.text or "").encode(self.encoding)
        except (LookupError, UnicodeError) as error:
            raise ValueError(f"the text cannot be written so: {error}") from error
        return self

    def stand_in(self, ask: Ask) -> Answer | None:
        """The other body, if one is given."""
        if self.text is not None:
            answer = Answer(200, self.text.encode(self.encoding), "text/html;charset=utf-8")
        elif "body" in self.model_fields_set:
            answer = Answer(200, encoded(self.body), "application/json;charset=utf-8")
        else:
            return None
        return self.changed(answer)

    def changed(self, answer: Answer) -> Answer:
        """The vendor's body under another content type or status."""
        status = self.status or answer.status
        content_type = self.content_type or answer.content_type
        return replace(answer, status=status, content_type=content_type)
