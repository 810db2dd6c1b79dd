"""The ten features: right, reproducible bit for bit, and blind to the future."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyarrow as pa
import pytest

from stock_assets.names import FEATURES
from stock_assets.tables import CORPORATE_ACTIONS, PRICES
from stock_assets_tests.dbt import oracle
from stock_assets_tests.dbt.conftest import BASE, Story
from stock_assets_tests.dbt.small_lake import Rows
from stock_assets_tests.dbt.small_market import sessions

pytestmark = pytest.mark.slow

UNTOUCHED_PAST = ("S000", "S003", "S004", "S006")
"""Symbols of which, after BASE, nothing became known that claims to have been known before."""


def _by_symbol(rows: Rows) -> dict[str, Rows]:
    grouped: dict[str, Rows] = defaultdict(list)
    for row in rows:
        grouped[row["symbol"]].append(row)
    return grouped


def _past(features: pa.Table, story: Story, symbols: tuple[str, ...]) -> Rows:
    last = story.market.days[BASE].day
    return [
        row for row in features.to_pylist() if row["symbol"] in symbols and row["session"] <= last
    ]


def test_every_feature_agrees_with_an_independent_calculation_as_of_each_decision(
    story: Story,
) -> None:
    prices = _by_symbol(story.lake.history[PRICES.name])
    actions = _by_symbol(story.lake.history[CORPORATE_ACTIONS.name])
    numbers: dict[Any, int] = {s.day: s.number for s in sessions()}
    present = dict.fromkeys(FEATURES, 0)
    rows = story.continued["features_daily"].to_pylist()
    for row in rows:
        day = sessions()[row["session_number"]]
        expected = oracle.features(prices[row["symbol"]], actions[row["symbol"]], day, numbers)
        for name in FEATURES:
            where = f"{name} of {row['symbol']} on {row['session']}"
            if expected[name] is None:
                assert row[name] is None, where
            else:
                assert row[name] == pytest.approx(expected[name], rel=1e-9, abs=1e-9), where
                present[name] += 1
    assert min(present.values()) > 0.7 * len(rows), present


def test_a_restatement_changes_features_only_from_the_decision_that_could_know_it(
    story: Story,
) -> None:
    def bar_of_102(epoch_at: int) -> float:
        rows = story.continued["int_prices__adjusted"].to_pylist()
        day = story.market.days[102].day
        return next(
            float(row["close_usd"])
            for row in rows
            if row["symbol"] == "S003" and row["session"] == day and row["epoch"] == epoch_at
        )

    assert bar_of_102(1) == 77.0 + 102
    assert bar_of_102(0) != bar_of_102(1)


@pytest.mark.parametrize(
    "table", ["features_daily", "labels_next_session", "training_set", "prices_daily"]
)
def test_an_incremental_build_equals_a_full_refresh_bit_for_bit(story: Story, table: str) -> None:
    assert story.continued[table].num_rows > story.first[table].num_rows
    assert story.continued[table].equals(story.rebuilt[table])


def test_what_becomes_known_later_never_changes_a_feature(story: Story) -> None:
    before = _past(story.first["features_daily"], story, UNTOUCHED_PAST)
    after = _past(story.continued["features_daily"], story, UNTOUCHED_PAST)
    assert before == after
    assert len(before) > 390


def test_a_split_that_is_told_late_adjusts_prices_only_for_decisions_after_that(
    story: Story,
) -> None:
    shown = ("epoch", "is_current", "split_factor")
    ex_date = story.market.days[75].day
    rows = story.continued["int_prices__adjusted"].to_pylist()
    told = [r for r in rows if r["symbol"] == "S006" and r["session"] == ex_date]
    assert [tuple(row[name] for name in shown) for row in told] == [
        (0, False, 1.0),
        (1, True, 1.25),
    ]


def test_another_future_leaves_the_past_bit_identical(story: Story) -> None:
    everyone = story.market.symbols
    before = _past(story.first["features_daily"], story, everyone)
    after = _past(story.other_future["features_daily"], story, everyone)
    assert before == after


def test_a_session_whose_bar_is_gone_loses_its_features(story: Story) -> None:
    last = story.market.days[BASE].day
    gone = [
        row
        for row in story.other_future["features_daily"].to_pylist()
        if row["symbol"] == "S006" and row["session"] > last
    ]
    assert gone == []


def test_a_first_asked_vendors_split_a_filled_gap_other_bars_and_a_correction_are_taken_up(
    story: Story,
) -> None:
    def changed(symbol: str) -> int:
        before = _past(story.first["features_daily"], story, (symbol,))
        after = _past(story.continued["features_daily"], story, (symbol,))
        kept = {row["session"]: row for row in before}
        return min(int(row["session_number"]) for row in after if row != kept.get(row["session"]))

    assert changed("S001") == 60
    assert changed("S002") == 70
    assert changed("S005") == 95
    assert changed("S007") == 97
