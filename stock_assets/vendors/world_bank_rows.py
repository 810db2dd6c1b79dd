"""The World Bank's rows, to observations.

Belongs here: the meaning of each field, periods such as 2024, 2024Q4 and 2024M02.
Does not belong here: pages and refusals (world_bank.py).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa

from stock_assets.tables import MACRO
from stock_assets.vendors.observations import (
    BAD_DAY,
    BAD_VALUE,
    aside,
    broken,
    macro_table,
    said_by,
    settle,
)
from stock_assets.vendors.release_clock import known_on

VENDOR: Final = "world_bank"
NOT_ASKED: Final = ("asked_for", "its country or its period was not asked for")

_PERIOD: Final = re.compile(r"(\d{4})(?:Q([1-4])|M(0[1-9]|1[0-2]))?")
_FIELDS: Final = frozenset({"indicator", "country", "countryiso3code", "date", "value"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for. ``countries``: codes, or ``all`` alone."""

    indicator: str
    countries: tuple[str, ...]
    first_year: int
    last_year: int
    frequency: str


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of MACRO, rows put aside, and how many identical doubles were dropped."""

    rows: pa.Table
    rejected: pa.Table | None
    doubled: int


def period_of(text: object) -> tuple[date, str] | None:
    """First day and frequency (A, Q, M) of a period; None for a text of another form."""
    return _read_period(text) if isinstance(text, str) else None


@lru_cache(maxsize=1_024)
def _read_period(text: str) -> tuple[date, str] | None:
    found = _PERIOD.fullmatch(text)
    if found is None or found[1] == "0000":
        return None
    year, quarter, month = int(found[1]), found[2], found[3]
    if quarter:
        return date(year, 3 * int(quarter) - 2, 1), "Q"
    return (date(year, int(month), 1), "M") if month else (date(year, 1, 1), "A")


def rows_of(request: str, said: Sequence[Any], asked: Asked, updated_on: date) -> Found:
    """The rows of all pages as they were updated on that day.

    Raises:
        ContractError: a row lacks a field, or is about another indicator.
    """
    shared = {
        "vendor": VENDOR,
        "series": asked.indicator,
        "vintage_on": updated_on,
        "known_at": known_on(updated_on, None),
    }
    countries = None if asked.countries == ("all",) else frozenset(asked.countries)
    good: list[dict[str, Any]] = []
    away: dict[tuple[str, str], list[tuple[dict[str, Any], Mapping[str, Any]]]] = {}
    for row in said:
        _check(request, row, asked)
        shaped, rule = _shaped(row, asked, countries)
        if rule is None:
            good.append(shaped)
        else:
            away.setdefault(rule, []).append((shaped, row))
    rejected = [
        aside(
            _table([shaped for shaped, _ in rows], shared),
            rule,
            said_by([row for _, row in rows]),
        )
        for rule, rows in away.items()
    ]
    return Found(*settle(_table(good, shared), rejected))


def _shaped(
    row: Mapping[str, Any], asked: Asked, countries: frozenset[str] | None
) -> tuple[dict[str, Any], tuple[str, str] | None]:
    """What one row has to itself, and the rule that it breaks, if any.

    ``countries``: those that were asked for; None: all.
    """
    period = period_of(row["date"])
    start, frequency = period or (None, None)
    value, codes = row["value"], _codes(row)
    number = None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
    unit = row.get("unit")
    shaped = {
        "country": codes[0] if codes else None,
        "period_start": start,
        "frequency": frequency,
        "value": number,
        "unit": unit if isinstance(unit, str) and unit else None,
    }
    if start is None:
        return shaped, BAD_DAY
    if value is not None and (number is None or not math.isfinite(number)):
        return shaped | {"value": None}, BAD_VALUE
    inside = asked.first_year <= start.year <= asked.last_year and frequency == asked.frequency
    known = countries is None or not countries.isdisjoint(codes)
    return shaped, None if inside and known else NOT_ASKED


def _codes(row: Mapping[str, Any]) -> list[str]:
    """The country's alpha-3 code, which regions may lack, and the vendor's own code."""
    code, country = row["countryiso3code"], row["country"]
    codes = [code] if isinstance(code, str) and code else []
    own = country.get("id") if isinstance(country, dict) else None
    if isinstance(own, str) and own:
        codes.append(own)
    return codes


def _check(request: str, row: Any, asked: Asked) -> None:
    if not isinstance(row, dict) or not row.keys() >= _FIELDS:
        raise broken(VENDOR, request, "a row lacks a field")
    indicator = row["indicator"]
    name = indicator.get("id") if isinstance(indicator, dict) else indicator
    if name != asked.indicator:
        raise broken(VENDOR, request, f"a row is about {name!r:.60}, not {asked.indicator}")


def _table(rows: list[dict[str, Any]], shared: Mapping[str, Any]) -> pa.Table:
    own = {
        name: pa.array([row[name] for row in rows], MACRO.row_schema.field(name).type)
        for name in ("country", "period_start", "frequency", "value", "unit")
    }
    return macro_table({**shared, **own}, len(rows))
