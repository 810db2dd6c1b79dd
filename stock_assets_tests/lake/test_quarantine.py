"""Quarantine: a row put aside is kept whole, once, with its reason, and can come back."""

from __future__ import annotations

import dataclasses
import json

import pyarrow as pa
import pytest

from stock_assets.errors import ContractError
from stock_assets.lake import Lake, LoadSource, Rejected
from stock_assets.tables import CORPORATE_ACTIONS, PRICES, QUARANTINE, Table
from stock_assets_tests.lake.bars import DAYS, NOW, SOURCE, bar, closes, rows

LENIENT = dataclasses.replace(
    PRICES,
    columns=tuple(
        dataclasses.replace(c, above=None, at_least=None, at_most=None) for c in PRICES.columns
    ),
    ordered=(),
)


def rejected(*words: dict[str, object]) -> LoadSource:
    parts = [pa.Table.from_pylist([word]) for word in words]
    return dataclasses.replace(SOURCE, rejected=Rejected.concat(parts))


def test_a_broken_row_is_kept_whole_with_its_rule_its_reason_and_its_load(lake: Lake) -> None:
    done = lake.append(PRICES, rows(bar("MSFT", high_usd=1e6, volume_shares=-0.1)), SOURCE)
    (aside,) = lake.read(QUARANTINE).to_pylist()
    assert done.quarantined == {"volume_shares_in_bounds": 1}
    assert (aside["target"], aside["rule"]) == ("prices", "volume_shares_in_bounds")
    bounds = "volume_shares >= 0 and volume_shares <= 1e+12, and finite, and no -0"
    assert aside["reason"] == bounds
    assert (aside["symbol"], aside["session"]) == ("MSFT", DAYS[0])
    assert aside["load_id"] == done.load_id
    assert json.loads(aside["row"])["volume_shares"] == -0.1
    assert set(json.loads(aside["row"])) == set(PRICES.row_schema.names)


def test_the_same_broken_row_is_stored_once_whenever_it_was_fetched(lake: Lake) -> None:
    for known_at in (NOW, NOW.replace(year=2025)):
        lake.append(PRICES, rows(bar(volume_shares=-1.0, known_at=known_at)), SOURCE)
    lake.append(PRICES, rows(bar(volume_shares=-2.0), bar(volume_shares=-2.0)), SOURCE)
    assert lake.history(QUARANTINE).num_rows == 2


def test_values_that_json_cannot_say_are_kept_all_the_same(lake: Lake) -> None:
    odd = [float("nan"), float("inf"), float("-inf"), 0.1 + 0.2, 5e-324]
    for volume in odd:
        lake.append(PRICES, rows(bar(close=-1.0, volume_shares=volume)), SOURCE)
    kept = {json.loads(row)["volume_shares"] for row in lake.read(QUARANTINE)["row"].to_pylist()}
    assert kept == {"nan", "inf", "-inf", 0.1 + 0.2, 5e-324}


def test_what_the_vendors_code_rejected_is_put_aside_with_the_same_load(lake: Lake) -> None:
    source = rejected(
        {"rule": "not_a_session", "reason": "shut", "symbol": "AAPL", "session": "2024-01-01"},
        {"rule": "not_a_session", "reason": "shut", "note": "?", "bar": {"c": 1.5}},
    )
    done = lake.append(PRICES, rows(bar()), source)
    assert (done.received, done.appended, done.quarantined_rows) == (3, 1, 2)
    assert done.quarantined == {"not_a_session": 2}
    aside = {row["symbol"]: row for row in lake.read(QUARANTINE).to_pylist()}
    assert json.loads(aside["AAPL"]["row"])["session"] == "2024-01-01"
    assert json.loads(aside[None]["row"])["bar"] == {"c": 1.5}
    assert {row["load_id"] for row in aside.values()} == {done.load_id}
    lake.append(PRICES, rows(bar()), source)
    assert lake.count(QUARANTINE) == 2


def test_one_source_can_serve_several_tables_and_each_takes_its_own_rejects(lake: Lake) -> None:
    table = pa.Table.from_pylist(
        [
            {"target": "prices", "rule": "r", "reason": "of prices"},
            {"target": "corporate_actions", "rule": "r", "reason": "of actions"},
        ]
    )
    source = dataclasses.replace(SOURCE, rejected=table)
    for target in (CORPORATE_ACTIONS, PRICES):
        assert lake.append(target, target.row_schema.empty_table(), source).quarantined == {"r": 1}
    kept = lake.read(QUARANTINE, columns=["target", "reason"], ordered=False).to_pylist()
    assert sorted((row["target"], row["reason"]) for row in kept) == [
        ("corporate_actions", "of actions"),
        ("prices", "of prices"),
    ]


def test_the_identity_of_a_rejected_row_does_not_depend_on_its_company(lake: Lake) -> None:
    one = pa.Table.from_pylist([{"rule": "r", "reason": "why", "b": 1, "a": 2}])
    other = pa.Table.from_pylist([{"c": 3, "rule": "r", "reason": "why"}])
    for parts in ([one], [other, one], [None, other]):
        both = Rejected.concat(parts)
        lake.append(PRICES, rows(), dataclasses.replace(SOURCE, rejected=both))
    assert lake.history(QUARANTINE).num_rows == 2
    assert Rejected.concat([None, one.slice(0, 0)]) is None


def test_rejected_rows_must_say_why() -> None:
    with pytest.raises(ContractError, match="column reason is missing"):
        Rejected(pa.table({"rule": ["r"]}))


def test_rows_that_pass_by_now_come_back_exactly_only_once_and_known_from_now(lake: Lake) -> None:
    """Until they were released nobody could decide with them (I7)."""
    odd = bar("ODD", close=-0.1 - 0.2, volume_shares=5e-324)
    lake.append(PRICES, rows(odd, bar("NAN", volume_shares=float("nan"))), SOURCE)
    assert lake.replay(PRICES).appended == 0
    first, second = lake.replay(LENIENT), lake.replay(LENIENT)
    assert (first.appended, second.appended) == (2, 0)
    (back,) = lake.read(PRICES, where="symbol = 'ODD'").select(PRICES.row_schema.names).to_pylist()
    assert back["known_at"] == lake.now() > odd["known_at"]
    assert back == odd | {"known_at": lake.now()}


def test_a_replayed_load_names_the_loads_whose_answers_it_came_from(lake: Lake) -> None:
    from stock_assets.tables import LOADS

    came = lake.append(PRICES, rows(bar(volume_shares=-1.0)), SOURCE)
    again = lake.replay(LENIENT)
    (load,) = lake.read(LOADS, where=f"load = '{again.load_id}'").to_pylist()
    assert load["requests"] == [f"load {came.load_id}"]


def test_a_row_put_aside_does_not_overrule_what_was_stored_since(lake: Lake) -> None:
    lake.append(PRICES, rows(bar(close=-1.0)), SOURCE)
    lake.append(PRICES, rows(bar(close=7.0)), SOURCE)
    assert lake.replay(LENIENT).appended == 0
    assert closes(lake.read(PRICES)) == {("AAPL", DAYS[0]): 7.0}


def test_a_row_put_aside_after_what_is_stored_is_a_restatement(lake: Lake) -> None:
    lake.append(PRICES, rows(bar(close=7.0)), SOURCE)
    lake.append(PRICES, rows(bar(close=-1.0)), SOURCE)
    assert lake.replay(LENIENT).restated == 1


@pytest.mark.parametrize("table", [PRICES, CORPORATE_ACTIONS])
def test_replaying_an_empty_quarantine_appends_nothing(lake: Lake, table: Table) -> None:
    assert lake.replay(table).received == 0
