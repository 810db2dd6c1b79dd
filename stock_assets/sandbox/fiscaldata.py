"""FiscalData's way of asking: filter, sort, pages, and its refusals, over rows of text.

Belongs here: the query language and the envelope. Does not belong here: any dataset (treasury.py).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from stock_assets.sandbox.wire import Answer, Ask, json_answer, text_answer

Row = dict[str, str]

LARGEST_PAGE: Final = 10_000
USUAL_PAGE: Final = 100
MISSING: Final = "null"

_OPERATORS: Final[dict[str, Callable[[str | float, str | float], bool]]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "eq": operator.eq,
}
_CONDITION: Final = re.compile(r"([a-z0-9_]+):([a-z]+):(\([^)]*\)|[^,]*)(?:,|$)")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_ACRONYMS: Final = {"cusip": "CUSIP", "cpi": "CPI", "frn": "FRN", "soma": "SOMA"}


@dataclass(frozen=True, slots=True)
class Dataset:
    """Columns in order with the type that FiscalData states for each, and the usual order."""

    columns: Mapping[str, str]
    order: str


class _Refused(Exception):
    """The query cannot be answered; the text says why."""


def answer(ask: Ask, dataset: Dataset, rows: Sequence[Row]) -> Answer:
    """The page that was asked for, or why there is none."""
    if ask.method not in ("GET", "HEAD"):
        return json_answer({"error": "Method Not Allowed", "message": "Only GET is allowed."}, 405)
    try:
        return _page(ask, dataset, rows)
    except _Refused as refused:
        message = f"Invalid query parameter: {refused}"
        return json_answer({"error": "Invalid Query Param", "message": message}, 400)


def unknown_dataset() -> Answer:
    """What comes for a path that is none."""
    page = "<!DOCTYPE html><html><head><title>404</title></head><body>Not Found</body></html>"
    return text_answer(page, 404, "text/html")


def _page(ask: Ask, dataset: Dataset, rows: Sequence[Row]) -> Answer:
    if ask.query.get("format", "json") != "json":
        text = f"Format '{ask.query['format']}' is invalid. Only json is answered here."
        raise _Refused(text)
    fields = _fields(ask.query.get("fields", ""), dataset)
    number = _whole(ask.query.get("page[number]", "1"), "Page number", None)
    size = _whole(ask.query.get("page[size]", str(USUAL_PAGE)), "Limit", LARGEST_PAGE)
    found = _sorted(_filtered(rows, ask.query.get("filter", ""), dataset), ask, dataset)
    pages = -(-len(found) // size)
    if number > max(pages, 1):
        raise _Refused(f"Page number '{number}' is invalid. There are {pages} pages.")
    shown = found[(number - 1) * size : number * size]
    return json_answer(
        {
            "data": [{name: row[name] for name in fields} for row in shown],
            "meta": {
                "count": len(shown),
                "labels": {name: _label(name) for name in fields},
                "dataTypes": {name: dataset.columns[name] for name in fields},
                "dataFormats": {name: _FORMATS[dataset.columns[name]] for name in fields},
                "total-count": len(found),
                "total-pages": pages,
            },
            "links": _links(number, size, pages),
        }
    )


def _fields(text: str, dataset: Dataset) -> list[str]:
    names = [name for name in text.split(",") if name] or list(dataset.columns)
    for name in names:
        _known(name, dataset)
    return names


def _known(name: str, dataset: Dataset) -> None:
    if name not in dataset.columns:
        raise _Refused(f"Field '{name}' is invalid. It is not a field of this dataset.")


def _whole(text: str, what: str, largest: int | None) -> int:
    if re.fullmatch(r"\d{1,9}", text) and 1 <= int(text) <= (largest or 10**9):
        return int(text)
    until = f"between 1 and {largest}" if largest else "of 1 or more"
    words = f"{what} '{text}' is invalid. Expected an integer {until}."
    raise _Refused(words)


def _filtered(rows: Sequence[Row], text: str, dataset: Dataset) -> list[Row]:
    found, place = list(rows), 0
    while place < len(text):
        condition = _CONDITION.match(text, place)
        if condition is None:
            raise _Refused(f"Filter '{text}' is invalid. Expected field:operator:value.")
        name, sign, value = condition.groups()
        _known(name, dataset)
        if sign == "in":
            wanted = set(value.strip("()").split(","))
            found = [row for row in found if row[name] in wanted]
        elif sign in _OPERATORS:
            found = [row for row in found if _holds(_OPERATORS[sign], row[name], value)]
        else:
            raise _Refused(f"Operator '{sign}' is invalid. Expected lt, lte, gt, gte, eq or in.")
        place = condition.end()
    return found


def _holds(test: Callable[[str | float, str | float], bool], left: str, right: str) -> bool:
    """Numbers as numbers, everything else as text; a missing value equals only itself."""
    if MISSING in (left, right):
        return test is operator.eq and left == right
    if _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right):
        return test(float(left), float(right))
    return test(left, right)


def _sorted(rows: list[Row], ask: Ask, dataset: Dataset) -> list[Row]:
    """By each field named, the last one first, so that the first one decides."""
    for part in reversed(ask.query.get("sort", dataset.order).split(",")):
        name = part.removeprefix("-")
        _known(name, dataset)
        rows = sorted(rows, key=lambda row: _place(row[name]), reverse=part.startswith("-"))
    return rows


def _place(value: str) -> tuple[bool, float, str]:
    is_number = _NUMBER.fullmatch(value) is not None
    return value == MISSING, float(value) if is_number else 0.0, value


def _links(number: int, size: int, pages: int) -> dict[str, str | None]:
    def link(page: int) -> str:
        return f"&{quote('page[number]')}={page}&{quote('page[size]')}={size}"

    return {
        "self": link(number),
        "first": link(1),
        "prev": link(number - 1) if number > 1 else None,
        "next": link(number + 1) if number < pages else None,
        "last": link(max(pages, 1)),
    }


def _label(name: str) -> str:
    return " ".join(_ACRONYMS.get(word, word.title()) for word in name.split("_"))


_FORMATS: Final = {
    "DATE": "YYYY-MM-DD",
    "CURRENCY": "$10.20",
    "CURRENCY0": "$1,000,000",
    "NUMBER": "10.2",
    "PERCENTAGE": "10.2%",
    "INTEGER": "10",
    "YEAR": "YYYY",
    "QUARTER": "Q",
    "MONTH": "MM",
    "DAY": "DD",
    "STRING": "String",
}
