"""Rows at the door: by name, in the agreed kinds, and every problem is named at once."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stock_assets.errors import ContractError
from stock_assets.lake.rows import conform
from stock_assets.tables import LOADS, PRICES
from stock_assets_tests.lake.bars import grid


def changed(column: str, values: pa.Array) -> pa.Table:
    handed = grid()
    return handed.set_column(handed.schema.get_field_index(column), column, values)


def test_rows_as_agreed_are_handed_on_without_a_copy() -> None:
    handed = grid()
    assert conform(PRICES, handed)["close_usd"].chunk(0).equals(handed["close_usd"].chunk(0))


def test_every_missing_unknown_and_doubled_column_is_named_at_once() -> None:
    handed = grid().drop_columns(["close_usd", "known_at"])
    handed = handed.append_column("Close", pa.nulls(8)).append_column("symbol", pa.nulls(8))
    with pytest.raises(ContractError) as caught:
        conform(PRICES, handed)
    assert caught.value.reason == (
        "rows do not have the declared columns: close_usd is missing; known_at is missing; "
        "Close is not declared; symbol comes twice"
    )


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("symbol", pa.array(["A"] * 8).dictionary_encode()),
        ("symbol", pa.array(["A"] * 8, pa.large_string())),
        ("close_usd", pa.array([1] * 8, pa.int32())),
        ("close_usd", pa.array([1] * 8, pa.float32())),
        ("session", pa.array([86400000] * 8, pa.date64())),
        ("known_at", pa.array([10**9] * 8, pa.timestamp("ns", "America/New_York"))),
        ("volume_shares", pa.nulls(8)),
    ],
)
def test_types_that_say_the_same_are_converted(column: str, values: pa.Array) -> None:
    assert conform(PRICES, changed(column, values)).schema.equals(PRICES.row_schema)


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("close_usd", pa.array(["1.5"] * 8), "close_usd is string, not double"),
        ("session", pa.array(["2024-01-02"] * 8), "session is string, not date32"),
        ("known_at", pa.array([1] * 8, pa.timestamp("us")), "known_at is timestamp"),
        ("known_at", pa.array([1] * 8, pa.timestamp("ns", "UTC")), "a value does not fit"),
        ("volume_shares", pa.array([2**53 + 1] * 8), "a value does not fit"),
        ("symbol", pa.array([1] * 8), "symbol is int64, not string"),
        ("symbol", pa.array([True] * 8), "symbol is bool, not string"),
    ],
)
def test_types_that_could_change_the_meaning_are_refused(
    column: str, values: pa.Array, said: str
) -> None:
    with pytest.raises(ContractError, match=said.replace("[", r"\[")):
        conform(PRICES, changed(column, values))


def test_lists_of_strings_come_in_either_size() -> None:
    row = {"load": "x", "target": "t", "feed": "f", "vendor": "v", "requests": [], "payloads": []}
    table = pa.Table.from_pylist([row], schema=LOADS.row_schema)
    large = table["requests"].cast(pa.large_list(pa.large_string()))
    place = table.schema.get_field_index("requests")
    assert conform(LOADS, table.set_column(place, "requests", large)).num_rows == 1
    assert pc.list_value_length(table["requests"]).to_pylist() == [0]
