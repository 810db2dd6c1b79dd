"""Splits, dividends and the basis of prices: what the vendor says of them may be wrong."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any, Final

import orjson
import pyarrow as pa
import pytest

from stock_assets.checks.bars import plausible_result
from stock_assets.lake import LoadSource, PayloadStore
from stock_assets.market import decision_time
from stock_assets.tables import CORPORATE_ACTIONS, LOADS, PRICES
from stock_assets_tests.faults import invariants
from stock_assets_tests.faults.cases import DAYS, POLYGON, YAHOO, assert_mended, run
from stock_assets_tests.faults.changes import change
from stock_assets_tests.faults.conftest import SYMBOLS, World
from stock_assets_tests.faults.found import bars, closes, put_aside
from stock_assets_tests.twin_home import sessions

ACTIONS: Final = "raw/corporate_actions"
SPLIT: Final = date(2024, 8, 26)
"""NKE's, two for one."""
AROUND: Final = sessions(date(2024, 8, 12), date(2024, 8, 30))
NKE: Final = ("NKE",)
ROWS: Final = {"path": "/v3/reference/splits$"}


def splits(world: World) -> list[dict[str, Any]]:
    """What is stored of NKE's splits."""
    where = "kind = 'split' and symbol = 'NKE'"
    return list(world.lake().read(CORPORATE_ACTIONS, where=where, ordered=True).to_pylist())


def test_d07_a_split_rescales_the_vendors_history_and_none_of_our_bars(world: World) -> None:
    before = tuple(day for day in AROUND if day < SPLIT)
    world.at(decision_time(before[-1]))
    world.fetch(YAHOO.key, before, NKE)
    told = closes(world, "yahoo", "NKE")
    world.at(decision_time(AROUND[-1]))
    report = world.fetch(YAHOO.key, AROUND, NKE)
    assert (report.rows_restated, report.failed) == (0, {})
    after = closes(world, "yahoo", "NKE")
    assert {day: after[day] for day in before} == told
    assert after[SPLIT] / told[before[-1]] == pytest.approx(0.5, rel=0.2)
    assert {row["price_basis"] for row in bars(world, "yahoo", "NKE")} == {"as_traded"}
    assert [(row["ex_date"], row["split_ratio"]) for row in splits(world)] == [(SPLIT, 2.0)]
    assert plausible_result(world.lake(), "yahoo", AROUND).passed
    invariants.assert_healed(world.lake(), world.calm_after(YAHOO.key, AROUND, NKE))


@pytest.mark.parametrize(
    ("case", "fields"),
    [(YAHOO, ("open", "high", "low", "close")), (POLYGON, ("o", "h", "l", "c"))],
    ids=["yahoo", "polygon"],
)
def test_d07_a_history_that_is_rescaled_without_a_split_is_refused(
    world: World, case: Any, fields: tuple[str, ...]
) -> None:
    world.fetch(case.key, DAYS[:3], case.subjects)
    kind = {"kind": "restated", "factor": 0.5}
    world.set_faults(*(case.rule({**kind, "field": field}) for field in fields))
    report, _ = run(world, case)
    assert report is not None
    assert report.failed.keys() == {"AAPL"}
    assert "ContractError" in report.failed["AAPL"]
    assert "times 0.5" in report.failed["AAPL"]
    assert report.gaps == {"failed": len(DAYS) - 3}
    assert_mended(world, case)


def test_d08_a_split_that_is_told_twice_alike_is_one(world: World) -> None:
    world.set_faults(
        {"match": ROWS, "action": change("$.results[*]", "duplicate")},
        {"match": ROWS, "action": change("$.count", "shift", 2)},
    )
    world.fetch(ACTIONS)
    assert world.hits() == 2
    assert put_aside(world) == {}
    invariants.assert_healed(world.lake(), world.calm_after(ACTIONS))


def test_d08_splits_that_contradict_each_other_are_put_aside_and_bars_stay(world: World) -> None:
    world.at(decision_time(AROUND[-1]))
    world.fetch(POLYGON.key, AROUND, NKE)
    before = bars(world, "polygon", "NKE")
    world.set_faults(
        {"match": ROWS, "action": change("$.results[-1]", "duplicate", {"split_to": 3})},
        {"match": ROWS, "action": change("$.count", "shift", 1)},
    )
    world.fetch(ACTIONS)
    assert put_aside(world) == {"one_action_per_day": 2}
    assert splits(world) == []
    assert bars(world, "polygon", "NKE") == before
    told = plausible_result(world.lake(), "polygon", AROUND)
    assert not told.passed
    assert f"NKE {SPLIT}" in (told.description or "")
    world.heal()
    world.fetch(ACTIONS)
    assert [(row["ex_date"], row["split_ratio"]) for row in splits(world)] == [(SPLIT, 2.0)]
    assert plausible_result(world.lake(), "polygon", AROUND).passed


@pytest.mark.parametrize(
    "actions",
    [
        [change("$.results[-1].execution_date", "shift", -3)],
        [change("$.results[-1]", "drop"), change("$.count", "shift", -1)],
    ],
    ids=["early", "missing"],
)
def test_d08_a_split_on_the_wrong_day_does_not_explain_the_jump_of_the_price(
    world: World, actions: list[dict[str, Any]]
) -> None:
    world.at(decision_time(AROUND[-1]))
    world.set_faults(*({"match": ROWS, "action": action} for action in actions))
    world.fetch(ACTIONS)
    assert world.hits() == len(actions)
    world.fetch(POLYGON.key, AROUND, NKE)
    keys = Counter((row["vendor"], row["ex_date"]) for row in splits(world))
    assert set(keys.values()) <= {1}
    told = plausible_result(world.lake(), "polygon", AROUND)
    assert not told.passed
    assert f"NKE {SPLIT}" in (told.description or "")
    assert world.lake().count(PRICES) == len(AROUND)


def test_d09_no_repair_invents_a_split_or_a_price(world: World) -> None:
    half = {"kind": "restated", "factor": 0.5, "from_date": str(DAYS[3])}
    world.set_faults(*(YAHOO.rule({**half, "field": f}) for f in ("open", "high", "low", "close")))
    run(world, YAHOO)
    run(world, POLYGON)
    close, stored = (closes(world, vendor, "AAPL") for vendor in ("polygon", "yahoo"))
    assert stored[DAYS[2]] == pytest.approx(close[DAYS[2]])
    assert stored[DAYS[3]] == pytest.approx(close[DAYS[3]] / 2, abs=0.01)
    assert world.lake().count(CORPORATE_ACTIONS, where="kind = 'split'") == 0
    asked = [one for one in world.requests("yahoo") if "/v8/finance/chart/" in one["path"]]
    assert len(asked) == len(SYMBOLS)
    assert {one["query"]["interval"] for one in asked} == {"1d"}
    told = plausible_result(world.lake(), "yahoo", DAYS)
    assert f"AAPL {DAYS[3]}" in (told.description or "")


def test_d11_adjusted_bars_are_refused_although_each_of_them_could_be_true(world: World) -> None:
    world.set_faults(POLYGON.rule(change("$.adjusted", "set", True)))
    report, _ = run(world, POLYGON)
    assert report is not None
    assert "adjusted is True" in report.failed["AAPL"]
    assert_mended(world, POLYGON)


@pytest.mark.parametrize(
    ("basis", "rule"),
    [(None, "price_basis_present"), ("adjusted", "price_basis_known")],
    ids=["D11-unknown", "D12-adjusted"],
)
def test_a_price_of_no_or_another_basis_cannot_be_appended(
    world: World, basis: str | None, rule: str
) -> None:
    world.fetch(YAHOO.key, DAYS, YAHOO.subjects)
    before = world.lake().read(PRICES, ordered=True)
    rows = before.select(PRICES.row_schema.names).slice(0, 3)
    at = rows.schema.get_field_index("price_basis")
    other = rows.set_column(at, rows.schema.field(at), pa.array([basis] * 3, pa.string()))
    source = LoadSource(feed=YAHOO.key, vendor="yahoo")
    assert world.lake().append(PRICES, other, source).appended == 0
    assert put_aside(world) == {rule: 3}
    assert world.lake().read(PRICES, ordered=True).equals(before)


def test_d12_a_dividend_changes_the_adjusted_closes_of_the_past_and_no_stored_bar(
    world: World,
) -> None:
    ex_date = date(2025, 7, 24)
    days = sessions(date(2025, 7, 14), date(2025, 7, 29))
    # After the close of the day before, Yahoo has taken the dividend out already.
    before = tuple(day for day in days if day < ex_date)[:-1]
    world.at(decision_time(before[-1]))
    world.fetch(YAHOO.key, before, ("AAPL",))
    old = bars(world, "yahoo", "AAPL")
    world.at(decision_time(days[-1]))
    report = world.fetch(YAHOO.key, days, ("AAPL",))
    assert (report.rows_restated, report.failed) == (0, {})
    assert bars(world, "yahoo", "AAPL", before) == old
    paid = world.lake().read(CORPORATE_ACTIONS, where="kind = 'dividend'").to_pylist()
    assert [(row["symbol"], row["ex_date"]) for row in paid] == [("AAPL", ex_date)]
    store = PayloadStore(world.settings().payload_root)
    kept = {sha for shas in world.lake().read(LOADS)["payloads"].to_pylist() for sha in shas}
    adjusted = {_adjusted(store.get(sha)) for sha in kept} - {None}
    assert len(adjusted) == 2
    invariants.assert_healed(world.lake(), world.calm_after(YAHOO.key, days, ("AAPL",)))


def _adjusted(body: bytes) -> float | None:
    """Yahoo's adjusted close of 2025-07-21 in a kept chart, to four decimals."""
    (result,) = orjson.loads(body)["chart"]["result"]
    days = [datetime.fromtimestamp(stamp, UTC).date() for stamp in result["timestamp"]]
    adjusted = result["indicators"]["adjclose"][0]["adjclose"]
    known = dict(zip(days, adjusted, strict=True)).get(date(2025, 7, 21))
    return None if known is None else round(known, 4)
