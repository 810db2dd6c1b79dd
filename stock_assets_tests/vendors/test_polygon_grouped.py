"""One day of the whole market."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest

from stock_assets.errors import ContractError, PayloadError
from stock_assets.tables import PRICES
from stock_assets.vendors.polygon_grouped import parse_grouped

DAY = date(2020, 10, 14)
CLOSE_MS = 1602705600000


def row(symbol: Any, **changes: Any) -> dict[str, Any]:
    return {"T": symbol, "v": 5, "o": 2, "c": 2.5, "h": 3, "l": 1.5, "t": CLOSE_MS, **changes}


def body(rows: list[Any], **changes: Any) -> bytes:
    return orjson.dumps(
        {"resultsCount": len(rows), "adjusted": False, "results": rows, "status": "OK", **changes}
    )


def test_our_symbols_are_picked_and_garbage_rows_of_others_do_no_harm() -> None:
    rows = [row("AAPL"), row("\u0000\u0011", o="?"), row(None), "?", {"T": 7}, row("BRK.B", c=9)]
    table = parse_grouped(DAY, ["BRK.B", "AAPL", "MSFT"], body(rows))
    assert table.schema.equals(PRICES.row_schema)
    assert table.select(["symbol", "session", "close_usd"]).to_pylist() == [
        {"symbol": "AAPL", "session": DAY, "close_usd": 2.5},
        {"symbol": "BRK.B", "session": DAY, "close_usd": 9.0},
    ]


@pytest.mark.parametrize("stamp", [CLOSE_MS, 1602648000000])
def test_the_time_is_the_close_or_the_beginning_of_the_day(stamp: int) -> None:
    assert parse_grouped(DAY, ["AAPL"], body([row("AAPL", t=stamp)])).num_rows == 1


def test_a_day_without_trading_has_no_rows() -> None:
    empty = orjson.dumps({"resultsCount": 0, "adjusted": False, "status": "OK"})
    assert parse_grouped(DAY, ["AAPL"], empty).num_rows == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (body([row("AAPL", t=CLOSE_MS + 86_400_000)]), "another day"),
        (body([row("AAPL", t=CLOSE_MS // 1000)]), "another day"),
        (body([row("AAPL", t=2**62)]), "another day"),
        (body([row("AAPL", t=1e300)]), "another day"),
        (body([row(None), row(7)]), "names its symbol"),
        (body([row("AAPL", c=None)]), "'c' of row 1 is None"),
        (body([row("AAPL")], adjusted=True), "adjusted is True"),
        (body([row("AAPL")], resultsCount=2), "resultsCount is 2"),
        (body([], results={}), "not a list"),
        (b"[]", "list came instead"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(text: bytes, words: str) -> None:
    with pytest.raises(ContractError, match=words):
        parse_grouped(DAY, ["AAPL"], text)


def test_half_an_answer_is_refused() -> None:
    with pytest.raises(PayloadError):
        parse_grouped(DAY, ["AAPL"], body([row("AAPL")])[:-9])
