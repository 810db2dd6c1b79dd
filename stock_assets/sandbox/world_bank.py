"""The World Bank's API as its clients see it: indicators by country and year, countries, words.

Belongs here: paths, parameters, paging, refusals, JSON and XML. Does not belong here: the figures
and their updates (truth/world.py).

Every answer is HTTP 200, refusals too: an array of one element that holds a message. XML is what
comes without ``format=json``. There are no vintages, ``lastupdated`` is the only mark of a version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from stock_assets.sandbox.limits import Limits
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.countries import COUNTRIES, INDICATORS, Country, Indicator
from stock_assets.sandbox.truth.world import figures, updates
from stock_assets.sandbox.wire import Answer, Ask, json_answer, text_answer
from stock_assets.sandbox.world_bank_xml import xml_of

Row = dict[str, object]

_DATA: Final = re.compile(r"/v2/(?:en/)?countr(?:y|ies)/([^/]+)/indicators?/([^/]+)/?")
_COUNTRY: Final = re.compile(r"/v2/(?:en/)?countr(?:y|ies)(?:/([^/]+))?/?")
_INDICATOR: Final = re.compile(r"/v2/(?:en/)?indicators?(?:/([^/]+))?/?")
_YEARS: Final = re.compile(r"(\d{4})(?::(\d{4}))?")
_PARTS: Final = re.compile(r"\d{4}(Q[1-4]|M\d\d)(:\d{4}(Q[1-4]|M\d\d))?")
_NO_YEARS: Final = (1, 0)
_PER_PAGE: Final = 50
_MOST_PER_PAGE: Final = 32_767
_SOURCE: Final = {"id": "2", "value": "World Development Indicators"}


class Refused(Exception):
    """Leads to the message that the World Bank gives for a parameter it does not take."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows are wanted."""

    number: int
    size: int

    def of(self, rows: list[Row]) -> list[Row]:
        """The rows of this page."""
        return rows[(self.number - 1) * self.size : self.number * self.size]

    def pages(self, total: int) -> int:
        """How many there are."""
        return -(-total // self.size)


class WorldBank:
    """Answers what is asked of ``api.worldbank.org``. Nobody is counted or turned away."""

    def __init__(self, truth: Truth, limits: Limits) -> None:
        self._seed, self._limits = truth.seed, limits

    def answer(self, ask: Ask) -> Answer:
        """One response."""
        try:
            if found := _DATA.fullmatch(ask.path):
                return self._data(ask, found[1], found[2])
            if found := _COUNTRY.fullmatch(ask.path):
                return _listed(ask, "country", [_country(c) for c in _countries(found[1] or "all")])
            if found := _INDICATOR.fullmatch(ask.path):
                rows = [_indicator(one) for one in _indicators(found[1] or "all")]
                return _listed(ask, "indicator", rows)
        except Refused:
            return _refusal(ask)
        return text_answer("<!DOCTYPE html><title>404</title>Not Found", 404, "text/html")

    def _data(self, ask: Ask, countries: str, indicators: str) -> Answer:
        chosen, wanted = _countries(countries), _indicators(indicators)
        if len(wanted) > 1 and ask.query.get("source") != "2":
            raise Refused
        page, years = _page(ask.query), _years(ask.query)
        released = updates(ask.now)
        updated = released[-1] if released else None
        rows: list[Row] = []
        for indicator in wanted if updated is not None else ():
            for country in chosen:
                values = figures(self._seed, country.iso3, updated)[indicator.kind]
                rows += _newest_first(country, indicator, values, years, ask.query)
        head: Row = {
            "page": page.number,
            "pages": page.pages(len(rows)),
            "per_page": page.size,
            "total": len(rows),
            "sourceid": _SOURCE["id"],
            "lastupdated": updated.isoformat() if updated else None,
        }
        return _written(ask, "data", head, page.of(rows) if rows else None)


def _newest_first(
    country: Country,
    indicator: Indicator,
    values: Mapping[int, float | None],
    years: tuple[int, int],
    query: Mapping[str, str],
) -> list[Row]:
    """A country's rows; ``mrv`` keeps the most recent, ``mrnev`` those of them with a value."""
    chosen = [(y, v) for y, v in values.items() if years[0] <= y <= years[1]][::-1]
    if "mrnev" in query:
        chosen = [row for row in chosen if row[1] is not None][: _number(query["mrnev"])]
    elif "mrv" in query:
        chosen = chosen[: _number(query["mrv"])]
    return [
        {
            "indicator": {"id": indicator.id, "value": indicator.name},
            "country": {"id": country.iso2, "value": country.name},
            "countryiso3code": country.iso3,
            "date": str(year),
            "value": value,
            "unit": indicator.unit,
            "obs_status": "",
            "decimal": 0 if indicator.kind in ("gdp", "people") else 1,
        }
        for year, value in chosen
    ]


def _listed(ask: Ask, kind: str, rows: list[Row]) -> Answer:
    """A catalogue; here the page size is a string."""
    page = _page(ask.query)
    head: Row = {
        "page": page.number,
        "pages": page.pages(len(rows)),
        "per_page": str(page.size),
        "total": len(rows),
    }
    return _written(ask, kind, head, page.of(rows))


def _written(ask: Ask, kind: str, head: Row, rows: list[Row] | None) -> Answer:
    if ask.query.get("format", "xml").lower() == "json":
        return json_answer([head, rows])
    return text_answer(xml_of(kind, head, rows or []), content_type="text/xml")


def _refusal(ask: Ask) -> Answer:
    message = {
        "id": "120",
        "key": "Invalid value",
        "value": "The provided parameter value is not valid",
    }
    if ask.query.get("format", "xml").lower() == "json":
        return json_answer([{"message": [message]}])
    return text_answer(xml_of("error", {}, [dict(message)]), content_type="text/xml")


def _countries(text: str) -> list[Country]:
    """Countries by name; one code that is unknown refuses all."""
    if text.lower() == "all":
        return list(COUNTRIES.values())
    codes = {c.iso2: c.iso3 for c in COUNTRIES.values()} | {iso3: iso3 for iso3 in COUNTRIES}
    asked = [codes.get(code.upper()) for code in text.split(";") if code]
    if not asked or None in asked:
        raise Refused
    return [country for iso3, country in COUNTRIES.items() if iso3 in asked]


def _indicators(text: str) -> list[Indicator]:
    if text.lower() == "all":
        return list(INDICATORS.values())
    asked = [INDICATORS.get(one.upper()) for one in text.split(";") if one]
    found = [one for one in asked if one is not None]
    if not found or len(found) != len(asked) or len(found) > 60:
        raise Refused
    return found


def _years(query: Mapping[str, str]) -> tuple[int, int]:
    """First and last year asked for; the twin has no quarters and no months."""
    if "date" not in query:
        return 0, 9999
    if _PARTS.fullmatch(query["date"]):
        return _NO_YEARS
    found = _YEARS.fullmatch(query["date"])
    if found is None:
        raise Refused
    first, last = int(found[1]), int(found[2] or found[1])
    return min(first, last), max(first, last)


def _page(query: Mapping[str, str]) -> Page:
    size = _number(query.get("per_page", str(_PER_PAGE)))
    if size > _MOST_PER_PAGE:
        raise Refused
    return Page(_number(query.get("page", "1")), size)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 2**31:
        raise Refused
    return int(text)


def _country(country: Country) -> Row:
    region = {"id": "NA" if country.is_aggregate else "", "iso2code": "", "value": country.region}
    return {
        "id": country.iso3,
        "iso2Code": country.iso2,
        "name": country.name,
        "region": region,
        "incomeLevel": {"id": "", "iso2code": "", "value": country.income},
        "capitalCity": country.capital,
    }


def _indicator(one: Indicator) -> Row:
    return {
        "id": one.id,
        "name": one.name,
        "unit": one.unit,
        "source": _SOURCE,
        "sourceNote": one.note,
        "sourceOrganization": "The twin of the World Bank",
        "topics": [],
    }
