"""A vendor corrects last week's bars (D14): everything derived follows, and the change is told."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from stock_assets.tables import PRICES
from stock_assets_tests.dbt.conftest import BASE, Story

pytestmark = pytest.mark.slow

CORRECTED = (60, 98, 102)
"""Sessions of S003 whose bars both vendors corrected before session 105 began."""


def _by_session(story_table: Any, symbol: str) -> dict[date, dict[str, Any]]:
    return {row["session"]: row for row in story_table.to_pylist() if row["symbol"] == symbol}


def test_d14_each_correction_is_told_with_the_bar_that_it_replaced(story: Story) -> None:
    assert story.first["int_prices__corrections"].num_rows == 0
    told = story.continued["int_prices__corrections"].to_pylist()
    versions: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in story.lake.history[PRICES.name]:
        versions.setdefault((row["vendor"], row["symbol"], row["session"]), []).append(row)
    expected = [
        (key, before["close_usd"], after["close_usd"], after["known_at"])
        for key, rows in sorted(versions.items())
        for before, after in pairwise(rows)
    ]
    assert [
        (
            (row["vendor"], row["symbol"], row["session"]),
            row["former_close_usd"],
            row["close_usd"],
            row["known_at"],
        )
        for row in told
    ] == expected
    days = {story.market.days[n].day for n in CORRECTED}
    assert {row["session"] for row in told if row["symbol"] == "S003"} == days


def test_d14_a_correction_reaches_prices_labels_and_features_without_a_full_refresh(
    story: Story,
) -> None:
    days = story.market.days
    before = _by_session(story.first["prices_daily"], "S003")
    after = _by_session(story.continued["prices_daily"], "S003")
    changed = {
        session
        for session, row in before.items()
        if after[session]["close_usd"] != row["close_usd"]
    }
    assert changed == {days[n].day for n in CORRECTED if n <= BASE}
    assert all(after[days[n].day]["close_usd"] == 77.0 + n for n in CORRECTED)

    was = _by_session(story.first["labels_next_session"], "S003")
    now = _by_session(story.continued["labels_next_session"], "S003")
    judged_anew = {
        session
        for session, row in was.items()
        if row["actual_return"] is not None
        and now[session]["actual_return"] != row["actual_return"]
    }
    assert judged_anew == {days[n].day for n in (59, 60, 97, 98)}

    features = _by_session(story.continued["features_daily"], "S003")
    replaced = {
        (row["vendor"], row["session"]): row["former_close_usd"]
        for row in story.continued["int_prices__corrections"].to_pylist()
        if row["symbol"] == "S003"
    }

    def close(n: int) -> float:
        return float(after[days[n].day]["close_usd"])

    first_word = replaced[after[days[102].day]["vendor"], days[102].day]
    decided_before, decided_since = features[days[103].day], features[days[107].day]
    assert decided_before["return_lag1"] == pytest.approx(close(103) / first_word - 1)
    assert decided_since["momentum_5d"] == pytest.approx(close(107) / close(102) - 1)


def test_d14_what_was_decided_before_the_correction_keeps_its_inputs(story: Story) -> None:
    before = _by_session(story.first["features_daily"], "S003")
    after = _by_session(story.continued["features_daily"], "S003")
    assert before
    assert {session: after[session] for session in before} == before


def test_d14_the_report_is_the_same_however_it_is_built(story: Story) -> None:
    told = story.continued["int_prices__corrections"]
    assert told.equals(story.rebuilt["int_prices__corrections"])
