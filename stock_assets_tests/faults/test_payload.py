"""Answers that arrive whole and are not what was agreed: refused as a whole, and typed."""

from __future__ import annotations

from typing import Any, Final

import pytest

from stock_assets.errors import ContractError, PayloadError, StockAssetsError, VendorError
from stock_assets.ingest.feeds import BY_KEY
from stock_assets.tables import QUARANTINE
from stock_assets_tests.faults import invariants
from stock_assets_tests.faults.cases import (
    ALPHA_VANTAGE,
    DAYS,
    FED,
    FRED,
    MEMBERSHIP,
    POLYGON,
    TREASURY,
    WORLD_BANK,
    YAHOO,
    Case,
)
from stock_assets_tests.faults.changes import QUOTE, SERIES, body, change
from stock_assets_tests.faults.conftest import World

Action = dict[str, Any]
Refusal = tuple[Action, type[VendorError], str]
"""What is done to the answer, the error that it leads to, and words that stand in it."""

CUT: Final[Action] = {"kind": "truncate_json", "at": 0.7}
HUGE: Final = "cap of 67,108,864 bytes"
NOT_JSON: Final = "not one whole JSON"
NUMBERS: Final = "something else than numbers"

REFUSED: Final[list[tuple[str, Case, list[Refusal]]]] = [
    ("C01", POLYGON, [(CUT, PayloadError, "not one whole")]),
    ("C01", YAHOO, [(CUT, PayloadError, "not one whole")]),
    ("C01", ALPHA_VANTAGE, [(CUT, PayloadError, "not one whole")]),
    ("C01", FRED, [(CUT, PayloadError, "not one whole")]),
    ("C01", FED, [(CUT, PayloadError, "not one whole")]),
    ("C02", POLYGON, [
        (change("$.results", "drop"), ContractError, "resultsCount is 7"),
        (change("$.resultsCount", "shift", 1), ContractError, "but 7 rows came"),
    ]),
    ("C02", FRED, [(change("$.count", "shift", 1), ContractError, "count")]),
    ("C02", TREASURY, [(change("$.meta.count", "shift", 1), ContractError, "count is")]),
    ("C02", WORLD_BANK, [(change("$[0].total", "shift", 1), ContractError, "total")]),
    ("C06", POLYGON, [
        (change("$.results[*].c", "rename", "close"), ContractError, "'c'"),
        (change("$.results[-1].v", "drop"), ContractError, "'v'"),
    ]),
    ("C06", YAHOO, [(change(f"{QUOTE}.close", "rename", "last"), ContractError, "lengths")]),
    ("C06", ALPHA_VANTAGE, [
        (change(f"{SERIES}.*['4. close']", "drop"), ContractError, "4. close"),
    ]),
    ("C06", FRED, [
        (change("$.observations[*].value", "rename", "v"), ContractError, "lacks a field"),
    ]),
    ("C07", POLYGON, [
        (change("$.results[2].c", "type", "string"), ContractError, "not a number"),
        (change("$.results[2].c", "set", float("nan")), PayloadError, NOT_JSON),
    ]),
    ("C07", YAHOO, [
        (change(f"{QUOTE}.close[-1]", "type", "string"), ContractError, NUMBERS),
        (change(f"{QUOTE}.volume[-1]", "set", True), ContractError, NUMBERS),
        (change(f"{QUOTE}.close[-1]", "set", float("inf")), PayloadError, NOT_JSON),
    ]),
    ("C08", POLYGON, [
        (change("$.ticker", "set", "AA\x00PL"), ContractError, "about"),
        (body('{"ticker":"AAPL\xe9"}', encoding="latin-1"), PayloadError, NOT_JSON),
        (body('\ufeff{"ticker":"AAPL"}', encoding="utf-16"), PayloadError, NOT_JSON),
    ]),
    ("C08", MEMBERSHIP, [
        (body("ticker,start_date,end_date\n\xe9,1996-01-02,\n", "text/csv", encoding="latin-1"),
         PayloadError, "UTF-8"),
    ]),
    ("C09", YAHOO, [
        (change(f"{QUOTE}.close[3]", "drop"), ContractError, "lengths"),
        (change("$.chart.result[0].timestamp[3]", "drop"), ContractError, "lengths"),
    ]),
    ("C10", POLYGON, [
        (change("$.results[2].c", "duplicate", 1.0), ContractError, "twice"),
        (change("$.adjusted", "duplicate", True), ContractError, "twice"),
    ]),
    ("C10", YAHOO, [(change(f"{QUOTE}.close", "duplicate", [1.0]), ContractError, "twice")]),
    ("C10", ALPHA_VANTAGE, [
        (change(f"{SERIES}['2025-07-25']", "duplicate", {"4. close": "1"}), ContractError, "twice"),
    ]),
    ("C12", POLYGON, [
        ({"kind": "huge", "mb": 80}, ContractError, HUGE),
        (body('{"results":' + "[" * 100 + "]" * 100 + "}"), ContractError, "about"),
        (change("$.ticker", "set", "x" * 20_000_000), ContractError, "about"),
    ]),
    ("C12", FRED, [({"kind": "huge", "rows": 5_000_000}, ContractError, HUGE)]),
    ("C12", YAHOO, [(body("[" * 200_000 + "]" * 200_000), PayloadError, "not one whole")]),
    ("C15", POLYGON, [
        (change("$.ticker", "set", "MSFT"), ContractError, "'MSFT'"),
        (change("$.adjusted", "set", True), ContractError, "adjusted is True"),
    ]),
    ("C15", YAHOO, [
        (change("$.chart.result[0].meta.symbol", "set", "MSFT"), ContractError, "is 'MSFT'"),
        (change("$.chart.result[0].meta.dataGranularity", "set", "1wk"), ContractError, "'1wk'"),
    ]),
    ("C15", ALPHA_VANTAGE, [
        (change("$['Meta Data']['2. Symbol']", "set", "MSFT"), ContractError, "'MSFT'"),
    ]),
    ("C15", FRED, [
        (change("$.seriess[0].id", "set", "GDP"), ContractError, "'GDP'"),
        (change("$.realtime_start", "set", "2020-01-01"), ContractError, "realtime_start"),
    ]),
    ("C15", WORLD_BANK, [
        (change("$[1][0].indicator.id", "set", "SP.POP.TOTL"), ContractError, "SP.POP.TOTL"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("case", "refusals"),
    [row[1:] for row in REFUSED],
    ids=[f"{row}-{case}" for row, case, _ in REFUSED],
)
def test_an_answer_that_breaks_the_contract_is_refused_whole_and_one_run_heals_it(
    world: World, case: Case, refusals: list[Refusal]
) -> None:
    tables = BY_KEY[case.key].tables
    world.fetch(case.key, DAYS[:2], case.subjects)
    stored = {table: world.lake().history(table).to_pylist() for table in tables}
    for action, kind, words in refusals:
        world.set_faults(case.rule(action))
        told = _told_by_a_run(world, case)
        assert world.hits()
        assert kind.__name__ in told
        assert words in told
        assert "Next: " in told
        assert len(told) < 2_000
    lake = world.lake()
    for table, before in stored.items():
        after = lake.history(table).to_pylist()
        assert all(row in after for row in before)
    assert lake.count(QUARANTINE) == 0
    invariants.assert_no_silent_gap(lake, case.key, case.subjects, DAYS)

    world.heal()
    world.fetch(case.key, DAYS, case.subjects)
    calm = world.calm_after(case.key, DAYS, case.subjects)
    healed = invariants.snapshot(world.lake(), tables)
    assert healed == {name: calm[name] for name in healed}


def _told_by_a_run(world: World, case: Case) -> str:
    """What is said of the struck subject, which fails alone: all others are collected."""
    try:
        report = world.fetch(case.key, DAYS, case.subjects)
    except StockAssetsError as stopped:
        # Nothing else was left to ask for.
        return str(stopped)
    assert report.failed.keys() == {case.struck}
    return report.failed[case.struck]
