"""Bars from bytes: quickly where every row is alike, carefully where not, never wrongly."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stock_assets.errors import ContractError, PayloadError
from stock_assets.tables import PRICES
from stock_assets.vendors import polygon_aggs
from stock_assets.vendors.bars import day_number, session_index
from stock_assets.vendors.polygon_aggs import parse_aggs

FIRST = day_number(date(2024, 1, 2))


def midnight(day: int) -> int:
    index = session_index()
    return int(index.midnight_ms[day - index.first])


def bar(n: int, **changes: Any) -> dict[str, Any]:
    return {
        "v": 1000.0 + n,
        "vw": 1.5,
        "o": 10.25,
        "c": 10.5 + n,
        "h": 11.0 + n,
        "l": 9.75,
        "t": midnight(FIRST + n),
        "n": 7,
        **changes,
    }


def body(rows: list[dict[str, Any]] | None, symbol: str = "AAPL", **changes: Any) -> bytes:
    envelope = {
        "ticker": symbol,
        "queryCount": len(rows or ()),
        "resultsCount": len(rows or ()),
        "adjusted": False,
        "results": rows,
        "status": "OK",
        "request_id": "x",
        "count": len(rows or ()),
        **changes,
    }
    if envelope["results"] is None:
        del envelope["results"]
    return orjson.dumps(envelope)


def test_many_answers_become_one_table_in_their_order() -> None:
    bodies = [
        ("AAPL", body([bar(0), bar(1), bar(2)])),
        ("MSFT", body(None, "MSFT")),
        ("BRK.B", body([bar(2), bar(1)], "BRK.B", status="DELAYED")),
    ]
    table = parse_aggs(bodies)
    assert table.schema.equals(PRICES.row_schema)
    assert table["symbol"].to_pylist() == ["AAPL"] * 3 + ["BRK.B"] * 2
    assert table["close_usd"].to_pylist() == [10.5, 11.5, 12.5, 12.5, 11.5]
    assert table["volume_shares"].to_pylist() == [1000.0, 1001.0, 1002.0, 1002.0, 1001.0]
    assert table["session"].to_pylist()[:2] == [date(2024, 1, 2), date(2024, 1, 3)]
    assert set(table["price_basis"].to_pylist()) == {"as_traded"}
    assert parse_aggs([]).schema.equals(PRICES.row_schema)


def test_bars_on_days_without_trading_are_there_and_never_known() -> None:
    table = parse_aggs([("AAPL", body([bar(3), bar(4), bar(5)]))])
    assert [known is None for known in table["known_at"].to_pylist()] == [False, True, True]


@pytest.mark.parametrize(
    "rows",
    [
        [bar(0), {**bar(1), "vw": 2}, bar(2)],
        [bar(0), {k: v for k, v in bar(1).items() if k not in {"vw", "n"}}],
        [bar(0, otc=True), bar(1)],
        [bar(0, unknown="text ] } , [ {"), bar(1, unknown="")],
        [dict(reversed(bar(0).items())), bar(1)],
        [bar(0, v=1.12117471e08), bar(1, v=1e-7), bar(2, v=123456789012)],
        [bar(0, o=-0.0, l=-1.5)],
        [bar(0, o1=7, e2=8), bar(1, o1=9, e2=10)],
    ],
    ids=[
        "same",
        "fields missing",
        "otc",
        "brackets in text",
        "order",
        "exponents",
        "signs",
        "digits in names",
    ],
)
def test_whatever_is_unusual_but_right_gives_the_values_of_an_ordinary_parser(
    rows: list[dict[str, Any]],
) -> None:
    layouts = [orjson.dumps(rows), orjson.dumps(rows, option=orjson.OPT_INDENT_2)]
    for text in layouts:
        envelope = body([], resultsCount=len(rows))
        table = parse_aggs([("AAPL", envelope.replace(b"[]", text))])
        for field, name in (("o", "open_usd"), ("l", "low_usd"), ("v", "volume_shares")):
            assert table[name].to_pylist() == [float(row[field]) for row in rows]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"c": None}, "'c' of row 2 is None"),
        ({"c": "10.5"}, "'c' of row 2 is '10.5'"),
        ({"c": True}, "'c' of row 2 is True"),
        ({"c": [1]}, "'c' of row 2"),
        ({"t": "2024-01-03"}, "'t' of row 2"),
        ({"t": 1704258000000.5}, "'t' has a value that is not whole"),
        ({"t": 1704258000}, "not a midnight"),
        ({"t": midnight(FIRST + 1) + 16 * 3_600_000}, "not a midnight"),
        ({"t": 10**17}, "not a midnight"),
    ],
)
def test_a_field_that_is_not_as_agreed_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ContractError, match=words.replace("[", r"\[")):
        parse_aggs([("MSFT", body([bar(0)], "MSFT")), ("AAPL", body([bar(0), bar(1, **changes)]))])


@pytest.mark.parametrize("field", ["o", "h", "l", "c", "v", "t"])
def test_a_renamed_field_is_named(field: str) -> None:
    row = bar(0)
    row[field + "x"] = row.pop(field)
    with pytest.raises(ContractError, match=f"'{field}' of row 1 is None"):
        parse_aggs([("AAPL", body([row, row]))])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ticker": "MSFT"}, "about 'MSFT'"),
        ({"ticker": None}, "about None"),
        ({"adjusted": True}, "adjusted is True"),
        ({"adjusted": None}, "adjusted is None"),
        ({"status": "ERROR"}, "status is 'ERROR'"),
        ({"resultsCount": 3}, "resultsCount is 3, but 1 rows"),
        ({"resultsCount": None}, "resultsCount is missing"),
        ({"resultsCount": "1"}, "resultsCount is missing"),
        ({"results": None}, "resultsCount is 1, but 0 rows"),
        ({"results": {"a": 1}}, "not a list"),
        ({"results": [[1]]}, "'o' of row 1 is None"),
    ],
)
def test_an_envelope_that_does_not_fit_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ContractError, match=words):
        parse_aggs([("AAPL", body([bar(0)], **{"resultsCount": 1, **changes}))])


def test_an_answer_cut_off_anywhere_is_never_taken_for_a_whole_one() -> None:
    whole = body([bar(0), bar(1), bar(2)])
    for length in range(len(whole)):
        with pytest.raises((PayloadError, ContractError)):
            parse_aggs([("AAPL", whole[:length])])


def test_a_key_that_comes_twice_in_a_row_does_not_take_the_fast_path() -> None:
    text = body([bar(0)]).replace(b'"c":10.5', b'"c":10.5,"c":10.5')
    assert parse_aggs([("AAPL", text)])["close_usd"].to_pylist() == [10.5]
    with pytest.raises(ContractError, match="'c' stands twice"):
        parse_aggs([("AAPL", text.replace(b'"c":10.5,', b'"c":99,', 1))])


@given(
    st.lists(
        st.tuples(
            st.floats(0.0001, 1e7),
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(0, 10**15),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_fast_and_careful_give_the_same_bits(values: list[tuple[float, float, int]]) -> None:
    rows = [bar(n, o=o, c=c, v=v) for n, (o, c, v) in enumerate(values)]
    fast = parse_aggs([("AAPL", body(rows))])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(polygon_aggs, "_layout", lambda rows: (None, 0))
        careful = parse_aggs([("AAPL", body(rows))])
    assert fast.equals(careful)
    assert np.array_equal(fast["close_usd"].to_numpy(), [c for _, c, _ in values])


def test_many_bodies_are_one_table_in_their_order_wherever_an_unusual_one_stands() -> None:
    bodies = [
        (f"S{n}", body([bar(n % 3, **({"otc": True} if n == 100 else {}))], f"S{n}"))
        for n in range(150)
    ]
    table = parse_aggs(bodies)
    assert table["symbol"].to_pylist() == [symbol for symbol, _ in bodies]
    assert table["volume_shares"].to_pylist() == [1000.0 + n % 3 for n in range(150)]


def test_the_first_broken_body_among_many_is_named() -> None:
    bodies = [(f"S{n}", body([bar(0, c=None if n > 130 else 1.5)], f"S{n}")) for n in range(150)]
    with pytest.raises(ContractError, match="bars of S131"):
        parse_aggs(bodies)
