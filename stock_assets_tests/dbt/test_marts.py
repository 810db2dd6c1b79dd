"""Labels, marts and monitoring: what training, scoring and readers are given."""

from __future__ import annotations

import math
from typing import Any

import pytest

from stock_assets.names import FEATURES
from stock_assets_tests.dbt.conftest import BASE, Story

pytestmark = pytest.mark.slow


def _rows(story: Story, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = story.first[table].to_pylist()
    return rows


def test_dbt_builds_everything_and_all_of_its_own_tests_pass(story: Story) -> None:
    assert "Completed successfully" in story.first_words
    assert "WARN=0 ERROR=0 SKIP=0" in story.first_words


def test_a_label_is_that_of_the_same_ticker_and_the_last_row_is_unknown(story: Story) -> None:
    """The seeds shifted without a group: the next ticker's return, and False for unknown."""
    labels = _rows(story, "labels_next_session")
    returns = {
        (row["symbol"], row["session_number"]): row["total_return"]
        for row in _rows(story, "int_prices__adjusted")
    }
    numbers = {day.day: day.number for day in story.market.days}
    last = story.market.days[BASE].day
    for row in labels:
        expected = returns.get((row["symbol"], numbers[row["session"]] + 1))
        assert row["actual_return"] == expected
        assert row["is_up"] is (None if expected is None else expected > 0)
        if row["session"] == last:
            assert row["is_up"] is None
            assert row["label_known_at"] is None
    assert {row["is_up"] for row in labels} == {True, False, None}


def test_a_label_is_known_at_the_close_of_its_target_or_when_it_was_restated(
    story: Story,
) -> None:
    closes = {day.day: day.close_at for day in story.market.days}
    late = {
        (row["symbol"], row["session"]): row["label_known_at"]
        for row in story.continued["labels_next_session"].to_pylist()
        if row["label_known_at"] and row["label_known_at"] != closes[row["target_session"]]
    }
    days = story.market.days
    assert late["S003", days[59].day] == days[105].open_at
    assert late["S003", days[60].day] == days[105].open_at
    assert {symbol for symbol, _ in late} == {"S003", "S004", "S006", "S007"}


def test_every_ticker_keeps_all_of_its_sessions(story: Story) -> None:
    """The seeds read the newest 1000 rows of all tickers together, which cut windows short."""
    sessions_by_symbol: dict[str, int] = {}
    for row in _rows(story, "prediction_inputs"):
        sessions_by_symbol[row["symbol"]] = sessions_by_symbol.get(row["symbol"], 0) + 1
    assert sessions_by_symbol == {
        symbol: BASE + 1 - (2 if symbol in ("S001", "S006") else 0)
        for symbol in story.market.symbols
    }


def test_a_bar_has_a_high_and_a_low(story: Story) -> None:
    """The seeds promised OHLCV and stored open, close and volume."""
    for row in _rows(story, "prices_daily"):
        assert row["low_usd"] <= row["close_usd"] <= row["high_usd"]
        assert row["low_usd"] <= row["open_usd"] <= row["high_usd"]
        assert row["adj_low_usd"] <= row["adj_high_usd"]


def test_adjusted_closes_grow_as_a_holding_with_dividends_does(story: Story) -> None:
    adjusted = {
        (row["symbol"], row["session"]): row["adj_close_usd"]
        for row in _rows(story, "prices_daily")
    }
    days = {day.number: day.day for day in story.market.days}
    for row in _rows(story, "int_prices__adjusted"):
        if row["total_return"] is None:
            continue
        now = adjusted[row["symbol"], row["session"]]
        before = adjusted[row["symbol"], days[row["session_number"] - 1]]
        assert now / before - 1 == pytest.approx(row["total_return"], abs=1e-12)


def test_training_sees_only_complete_rows_whose_label_is_known(story: Story) -> None:
    rows = _rows(story, "training_set")
    assert all(row[name] is not None for row in rows for name in (*FEATURES, "is_up"))
    assert all(row["label_known_at"] > row["decided_at"] for row in rows)
    complete = {
        (row["symbol"], row["session"])
        for row in _rows(story, "prediction_inputs")
        if row["is_complete"]
    }
    known = {
        (row["symbol"], row["session"])
        for row in _rows(story, "labels_next_session")
        if row["is_up"] is not None
    }
    assert {(row["symbol"], row["session"]) for row in rows} == complete & known


def test_inputs_name_the_session_that_is_predicted_and_what_is_missing(story: Story) -> None:
    newest = [
        row
        for row in _rows(story, "prediction_inputs")
        if row["session"] == story.market.days[BASE].day
    ]
    assert len(newest) == len(story.market.symbols)
    for row in newest:
        assert row["target_session"] == story.market.days[BASE + 1].day
        assert row["decided_at"] == story.market.days[BASE].decision_at
        missing = {name for name in FEATURES if row[name] is None}
        assert set(row["missing_features"].split()) == missing
        assert row["is_complete"] is (not missing)


def test_the_first_word_of_a_prediction_is_kept_and_judged_when_the_outcome_is_known(
    story: Story,
) -> None:
    said = _rows(story, "predictions")
    assert {row["probability_up"] for row in said} == {0.6}
    outcomes = _rows(story, "prediction_outcomes")
    assert len(said) == 8
    assert len(outcomes) == 6
    assert all(row["correct"] is (row["actual_return"] > 0) for row in outcomes)
    assert len(story.continued["prediction_outcomes"]) == 8


def test_performance_says_how_the_model_did_before_and_since(story: Story) -> None:
    rows = {(row["source"], row["metric"]): row for row in _rows(story, "model_performance")}
    walk = rows["walk_forward", "auc"]
    assert walk["estimate"] == 0.53
    assert walk["model_version"] == "unregistered"
    outcomes = _rows(story, "prediction_outcomes")
    share = sum(row["correct"] for row in outcomes) / len(outcomes)
    assert rows["live", "accuracy"]["estimate"] == pytest.approx(share)
    loss = -sum(math.log(0.6 if row["correct"] else 0.4) for row in outcomes) / len(outcomes)
    assert rows["live", "log_loss"]["estimate"] == pytest.approx(loss)
    assert rows["live", "brier"]["rows_judged"] == 6
    assert rows["live", "brier"]["sessions_judged"] == 3
