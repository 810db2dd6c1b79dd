"""The World Bank's indicators, country by country.

Belongs here: the one endpoint that we ask, its pages and its refusals, the meaning of each field.
Does not belong here: which vintage counts when (ingest/vintages.py).
Source: datahelpdesk.worldbank.org, "About the Indicators API Documentation" (version 2).

There are no vintages: the day of the last update is the only mark of a version, and every row of
an answer carries it as its vintage. A revision is seen at the update that brings it, not before.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from stock_assets.errors import (
    BadRange,
    ContractError,
    InputError,
    NotFound,
    VendorError,
    VendorOutage,
)
from stock_assets.tables import MACRO
from stock_assets.vendors.addresses import Vendor
from stock_assets.vendors.messages import Answer, Request
from stock_assets.vendors.observations import MacroAnswer, broken
from stock_assets.vendors.transport import Transport
from stock_assets.vendors.world_bank_rows import VENDOR, Asked, rows_of

WORLD_BANK: Final = Vendor(
    name=VENDOR,
    hosts=frozenset({"api.worldbank.org"}),
    twin="/worldbank",
    key_advice="the World Bank asks for no key; look for a proxy in between",
)

_BASE: Final = "https://api.worldbank.org/v2/country/"
_ROWS_PER_PAGE: Final = 20_000
_PAGES_AT_MOST: Final = 100
_COUNTRY: Final = re.compile(r"[A-Z0-9]{2,3}")
_INDICATOR: Final = re.compile(r"[A-Z0-9]{1,20}(\.[A-Z0-9]{1,20}){0,8}")
_SPAN: Final = {"A": "{0}:{1}", "Q": "{0}Q1:{1}Q4", "M": "{0}M01:{1}M12"}
_UNKNOWN: Final = frozenset({"120", "175"})
_UNWELL: Final = frozenset({"105"})


@dataclass(frozen=True, slots=True)
class _Page:
    number: int
    pages: int
    total: int
    updated_on: date | None
    rows: Sequence[Any]


class WorldBank:
    """The World Bank's open data. No key is needed."""

    vendor = VENDOR

    def __init__(self, transport: Transport, *, rows_per_page: int = _ROWS_PER_PAGE) -> None:
        self._transport, self._rows_per_page = transport, rows_per_page

    def observations(
        self,
        indicator: str,
        countries: Collection[str],
        first_year: int,
        last_year: int,
        *,
        frequency: str = "A",
        not_older_than: date | None = None,
    ) -> MacroAnswer:
        """An indicator of some countries (ISO codes, regions' codes, or ``all``), one request.

        ``frequency``: A, Q or M. ``not_older_than``: the newest update that has been seen; an
        answer of an older one is a stale copy. Rows of MACRO, by country and period; a year
        without a value is a row whose value is missing. Known from the end of the day of update.

        Raises:
            InputError, BadRange: before anything is asked.
            NotFound: an unknown country or indicator; one bad country refuses the whole list.
            ContractError: a stale copy, or pages that do not fit together.
            VendorError: as the transport says.
        """
        codes = _check(indicator, countries, first_year, last_year, frequency)
        span = _SPAN[frequency].format(first_year, last_year)
        asked = Asked(indicator, codes, first_year, last_year, frequency)
        answers: list[Answer] = []
        pages = self._read(asked, span, answers) or self._read(asked, span, answers)
        if pages is None:
            raise broken(VENDOR, answers[-1].request, "the data changed between two pages, twice")
        updated_on = pages[0].updated_on
        said = [row for page in pages for row in page.rows]
        if not said:
            return MacroAnswer(VENDOR, MACRO.row_schema.empty_table(), tuple(answers))
        request = answers[-1].request
        if updated_on is None:
            raise broken(VENDOR, request, "lastupdated is missing")
        if not_older_than is not None and updated_on < not_older_than:
            raise ContractError(
                request,
                reason=f"a stale copy: updated on {updated_on}, and {not_older_than} has been seen",
                next_action="run again later; what is stored is newer",
                vendor=VENDOR,
            )
        found = rows_of(request, said, asked, updated_on)
        return MacroAnswer(VENDOR, found.rows, tuple(answers), found.rejected, found.doubled)

    def _read(self, asked: Asked, span: str, answers: list[Answer]) -> list[_Page] | None:
        """All pages; None when the data changed between two of them."""
        pages: list[_Page] = []
        while len(pages) < _PAGES_AT_MOST:
            page = self._page(asked, span, len(pages) + 1, answers)
            pages.append(page)
            if (page.total, page.updated_on) != (pages[0].total, pages[0].updated_on):
                return None
            if page.number >= page.pages:
                break
        request, count = answers[-1].request, sum(len(page.rows) for page in pages)
        if count != pages[0].total:
            raise broken(VENDOR, request, f"total is {pages[0].total}, but {count} rows came")
        return pages

    def _page(self, asked: Asked, span: str, number: int, answers: list[Answer]) -> _Page:
        query = {"format": "json", "date": span, "per_page": self._rows_per_page, "page": number}
        where = f"{';'.join(asked.countries)}/indicator/{asked.indicator}"
        request = Request(
            f"{_BASE}{where}?{urlencode(query, safe=':')}", accept=frozenset({200, 400})
        )
        answer = self._transport.send(request)
        content = orjson.loads(answer.body)
        refusal = self._refusal(answer, content)
        if refusal is not None:
            refusal.context["payload"] = answer.payload
            raise self._transport.refused(refusal)
        answers.append(answer)
        page = _envelope(answer.request, content)
        if page.number != number and page.rows:
            raise broken(VENDOR, answer.request, f"page {page.number} came instead of {number}")
        return page

    def _refusal(self, answer: Answer, content: object) -> VendorError | None:
        """Refusals come as an array of one: status 200 all the same."""
        if not (isinstance(content, list) and len(content) == 1 and isinstance(content[0], dict)):
            return None
        messages = content[0].get("message")
        if not isinstance(messages, list) or not messages or not isinstance(messages[0], dict):
            return None
        number = str(messages[0].get("id"))
        words = self._transport.redactor.words(str(messages[0].get("value") or ""))
        said = f"it says {number}: {words}"
        if number in _UNWELL:
            return VendorOutage(
                answer.request,
                reason=f"the vendor is unwell; {said}",
                next_action="run again later",
            )
        if number in _UNKNOWN:
            return NotFound(
                answer.request,
                reason=f"the World Bank does not know a country or the indicator; {said}",
                next_action="check the codes; one bad country refuses the whole list",
            )
        return broken(VENDOR, answer.request, f"the World Bank refuses the request; {said}")


def _envelope(request: str, content: object) -> _Page:
    if not isinstance(content, list) or len(content) != 2 or not isinstance(content[0], dict):
        raise broken(VENDOR, request, "the answer is not an array of an envelope and rows")
    head, rows = content
    if not isinstance(rows, list | None):
        raise broken(VENDOR, request, "the second element is neither rows nor null")
    text = head.get("lastupdated")
    try:
        updated_on = None if text is None else date.fromisoformat(text)
    except (TypeError, ValueError):
        raise broken(VENDOR, request, f"lastupdated is {text!r:.40}, not a day") from None
    page, pages, total = (_whole(request, head, name) for name in ("page", "pages", "total"))
    return _Page(page, pages, total, updated_on, rows or ())


def _whole(request: str, head: Mapping[str, Any], name: str) -> int:
    """A whole number of the envelope, which the vendor sometimes writes as text."""
    value = head.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise broken(VENDOR, request, f"{name} is {value!r:.40}, not a whole number")
    return value


def _check(
    indicator: str, countries: Collection[str], first: int, last: int, frequency: str
) -> tuple[str, ...]:
    codes = ("all",) if set(countries) == {"all"} else tuple(dict.fromkeys(countries))
    bad = [code for code in codes if code != "all" and not _COUNTRY.fullmatch(code)]
    if not _INDICATOR.fullmatch(indicator) or frequency not in _SPAN or bad or not codes:
        raise InputError(
            ascii(f"{indicator} {frequency} {';'.join(bad)}")[:80],
            reason="not an indicator, a frequency (A, Q, M) and countries of the World Bank",
            next_action="give codes such as NY.GDP.MKTP.CD, A and USA, as data.worldbank.org does",
        )
    if first > last:
        raise BadRange(
            f"{first} to {last}",
            reason="the first year is after the last one",
            next_action="swap the two years",
        )
    return codes
