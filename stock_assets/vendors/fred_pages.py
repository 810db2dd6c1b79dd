"""FRED's listings, whole or not at all, and what its refusals mean.

Belongs here: the vendor's address, one request, the pages of a listing, refusals.
Does not belong here: what is asked for (fred.py), what the rows mean (fred_vintages.py).
Source: fred.stlouisfed.org/docs/api/fred, fred.stlouisfed.org/docs/api/fred/errors.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import pyarrow as pa

from stock_assets.errors import AuthError, NotFound, VendorError
from stock_assets.vendors.addresses import Vendor
from stock_assets.vendors.fred_observations import NAME, as_said, read_observations
from stock_assets.vendors.fred_vintages import VENDOR
from stock_assets.vendors.messages import Answer, Request
from stock_assets.vendors.observations import broken
from stock_assets.vendors.transport import Transport

FRED: Final = Vendor(
    name=VENDOR,
    hosts=frozenset({"api.stlouisfed.org"}),
    twin="/fred",
    key_advice="set FRED_API_KEY to a valid key (32 letters and digits)",
)

_BASE: Final = "https://api.stlouisfed.org/fred/"
_PAGES_AT_MOST: Final = 200


class Pages:
    """FRED with a key."""

    def __init__(self, transport: Transport, api_key: str) -> None:
        self._transport, self._api_key = transport, api_key

    def all_of(
        self,
        path: str,
        name: str,
        answers: list[Answer],
        limit: int,
        agreed: Mapping[str, object] | None = None,
        **query: object,
    ) -> list[Any]:
        """All rows of the listing under ``name``; whole, or an error.

        ``answers`` grows by each page. ``agreed``: fields that every page must repeat.

        Raises:
            ContractError: pages that are cut short, are of something else, or never end.
        """
        pages = self._pages(path, name, answers, limit, agreed or {}, query)
        return [row for page in pages for row in as_said(page)]

    def observations(
        self, answers: list[Answer], limit: int, agreed: Mapping[str, object], **query: object
    ) -> list[Any] | pa.Table:
        """All observations, as :meth:`all_of`: columns where all rows of all pages are alike."""
        pages = self._pages("series/observations", NAME, answers, limit, agreed, query)
        if all(isinstance(page, pa.Table) for page in pages):
            return pa.concat_tables(pages)
        return [row for page in pages for row in as_said(page)]

    def _pages(
        self,
        path: str,
        name: str,
        answers: list[Answer],
        limit: int,
        agreed: Mapping[str, object],
        query: Mapping[str, object],
    ) -> list[Any]:
        pages: list[Any] = []
        had, total = 0, None
        for _ in range(_PAGES_AT_MOST):
            answer, content = self.ask(path, **query, limit=limit, offset=had)
            answers.append(answer)
            page, count = content.get(name), content.get("count")
            if not isinstance(page, list | pa.Table) or not isinstance(count, int):
                raise broken(VENDOR, answer.request, f"{name} is not a list with a count")
            for field, value in agreed.items():
                if content.get(field) != value:
                    said = content.get(field)
                    raise broken(VENDOR, answer.request, f"{field} is {said!r:.40}, not {value}")
            begins = content.get("offset", had)
            if begins != had:
                raise broken(
                    VENDOR, answer.request, f"the page begins at {begins!r:.20}, not {had}"
                )
            if total not in (None, count):
                raise broken(VENDOR, answer.request, f"count was {total}, and is {count} now")
            if len(page) != min(limit, count - had):
                raise broken(VENDOR, answer.request, f"count is {count}, but {len(page)} rows came")
            pages.append(page)
            had, total = had + len(page), count
            if had >= count:
                return pages
        raise broken(VENDOR, answers[-1].request, f"more than {_PAGES_AT_MOST} pages")

    def ask(self, path: str, **query: object) -> tuple[Answer, Mapping[str, Any]]:
        """One answer and its content.

        Raises:
            AuthError, NotFound, ContractError: FRED refuses, in a body of its own.
        """
        given = {**query, "file_type": "json", "api_key": self._api_key}
        url = f"{_BASE}{path}?{urlencode(given)}"
        answer = self._transport.send(Request(url, accept=frozenset({200, 400, 404})))
        content = read_observations(answer.body)
        if answer.status == 200 and isinstance(content, dict) and "error_code" not in content:
            return answer, content
        raise self._transport.refused(self._refusal(answer, content))

    def _refusal(self, answer: Answer, content: object) -> VendorError:
        """FRED tells refused keys, unknown series and bad requests by one status: 400."""
        said = ""
        if isinstance(content, dict):
            said = str(content.get("error_message") or content.get("message") or "")
        words = self._transport.redactor.words(said)
        known = {"vendor": VENDOR, "status": answer.status, "payload": answer.payload or None}
        if "api_key" in said:
            return AuthError(
                answer.request,
                reason=f"the key is refused; it says: {words}",
                next_action=FRED.key_advice,
                **known,
            )
        if answer.status == 404 or "does not exist" in said:
            return NotFound(
                answer.request,
                reason=f"FRED does not know it; it says: {words}",
                next_action="check the id of the series on fred.stlouisfed.org",
                **known,
            )
        error = broken(VENDOR, answer.request, f"FRED refuses the request; it says: {words}")
        error.context |= {name: value for name, value in known.items() if value is not None}
        return error
