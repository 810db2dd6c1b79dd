"""Answers that are read row by row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stock_assets.errors import ContractError
from stock_assets.lake import Rejected
from stock_assets.tables import ECONOMIC_EVENTS
from stock_assets.vendors.rowwise import Aside, list_of_objects, number, one_per_key

AT = datetime(2026, 11, 19, 13, 30, tzinfo=UTC)


def event(name: str, actual: float | None = None) -> tuple[dict[str, Any], object]:
    row = {"vendor": "acme", "country": "US", "event": name, "due_at": AT, "actual": actual}
    return row, {"event": name}


def test_rows_come_in_the_order_of_their_key_and_each_key_once() -> None:
    aside = Aside(ECONOMIC_EVENTS)
    rows, doubled = one_per_key(
        ECONOMIC_EVENTS,
        [event("b"), event("a"), event("b"), event("c", 1.0), event("c", 2.0)],
        aside,
    )
    assert rows.schema == ECONOMIC_EVENTS.row_schema
    assert (rows["event"].to_pylist(), doubled) == (["a", "b"], 1)
    rejected = aside.table()
    assert rejected is not None
    assert rejected["actual"].to_pylist() == [1.0, 2.0]
    assert rejected["rule"].to_pylist() == ["one_row_per_key"] * 2


def test_rejected_rows_are_what_the_lake_takes_and_none_is_none() -> None:
    aside = Aside(ECONOMIC_EVENTS)
    assert aside.table() is None
    aside.add({"vendor": "acme"}, {"huge": 10**40, "long": "x" * 9_000}, "rule", "reason")
    rejected = aside.table()
    assert rejected is not None
    assert Rejected(rejected).rows["target"].to_pylist() == ["economic_events"]
    assert len(rejected["said"][0].as_py()) == 4_000


@pytest.mark.parametrize("value", ["1.5", True, [], {}])
def test_c07_text_is_never_taken_for_a_number(value: object) -> None:
    with pytest.raises(ContractError, match="not a number"):
        number("quote", {"x": value}, "x", "acme")
    assert number("quote", {"x": None}, "x", "acme") is None
    assert number("quote", {}, "x", "acme") is None
    assert number("quote", {"x": 2}, "x", "acme") == 2.0


@pytest.mark.parametrize("content", [None, {}, "text", [1], [{"a": 1}, None]])
def test_a_list_of_anything_but_objects_is_refused(content: object) -> None:
    with pytest.raises(ContractError, match="no list of objects"):
        list_of_objects("GET x", content, "acme")
