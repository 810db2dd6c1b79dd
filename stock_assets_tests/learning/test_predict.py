"""Predictions for the ledger, and abstentions with their reason."""

import hashlib
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stock_assets.errors import ModelFromTheFuture, QualityError
from stock_assets.learning.models import BaseRate
from stock_assets.learning.predict import INPUTS, predict
from stock_assets.learning.registry import ServingModel
from stock_assets.learning.result import TrainingResult
from stock_assets.names import FEATURES, MODEL_NAME
from stock_assets.tables import PREDICTIONS
from stock_assets_tests.learning.conftest import decision_time, replaced, weekdays

NOW = datetime(2024, 1, 3, 6, 41, 7, tzinfo=UTC)
DAYS = weekdays(3, date(2024, 1, 2))


@pytest.fixture(scope="module")
def model(trained: TrainingResult) -> ServingModel:
    return ServingModel(
        name=MODEL_NAME,
        version="3",
        family="random_forest",
        trained_through=trained.trained_through,
        evidence="edge",
        run_id="r",
        estimator=trained.models["random_forest"],
    )


def inputs(days: list[date] = DAYS[:1], symbols: int = 6, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    count = len(days) * symbols
    each_day = [day for day in days for _ in range(symbols)]
    columns: dict[str, Any] = {
        "symbol": [f"S{number:02d}" for number in range(symbols)] * len(days),
        "session": each_day,
        "target_session": [day + timedelta(days=1) for day in each_day],
        "decided_at": [decision_time(day) for day in each_day],
        **{name: rng.standard_normal(count) for name in FEATURES},
    }
    return pa.table(columns, schema=INPUTS)


def test_a_prediction_has_the_columns_of_the_ledger(model: ServingModel) -> None:
    """S0-47, S0-48: a class and a probability for the next session."""
    said = predict(model, inputs(), created_at=NOW)
    assert said.rows.schema.equals(PREDICTIONS.row_schema)
    assert said.abstentions.num_rows == 0
    row = said.rows.to_pylist()[0]
    assert 0 <= row.pop("probability_up") <= 1
    assert row.pop("direction") in {"up", "down"}
    assert row == {
        "symbol": "S00",
        "session": DAYS[0],
        "target_session": DAYS[0] + timedelta(days=1),
        "model_name": MODEL_NAME,
        "model_version": "3",
        "evidence": "edge",
        "decided_at": decision_time(DAYS[0]),
        "created_at": NOW,
        "known_at": NOW,
    }


def test_the_direction_is_up_only_above_one_half(model: ServingModel) -> None:
    for share, direction in ((0.5, "down"), (0.5000001, "up"), (0.2, "down")):
        naive = BaseRate()
        naive.share_up_, naive.classes_ = share, np.array([0, 1])
        said = predict(replace(model, estimator=naive), inputs(), created_at=NOW)
        assert set(said.rows["direction"].to_pylist()) == {direction}


@pytest.mark.parametrize("missing", [None, float("nan"), float("inf")])
@pytest.mark.parametrize("family", ["random_forest", "base_rate"])
def test_a_symbol_with_a_missing_feature_gets_no_prediction_but_a_reason(
    model: ServingModel, missing: float | None, family: str
) -> None:
    """J06: nothing is filled in, whichever family serves."""
    served = replace(model, family=family)
    if family == "base_rate":
        served = replace(served, estimator=BaseRate().fit(np.zeros((2, 10)), [0, 1]))
    rows = inputs()
    for name in ("volatility_20d", "momentum_5d"):
        values = rows[name].to_pylist()
        values[2] = missing
        rows = replaced(rows, name, values)
    said = predict(served, rows, created_at=NOW)
    assert said.rows["symbol"].to_pylist() == ["S00", "S01", "S03", "S04", "S05"]
    assert said.abstentions.to_pylist() == [
        {"symbol": "S02", "session": DAYS[0], "reason": "no value for volatility_20d, momentum_5d"}
    ]


def test_the_other_symbols_predictions_do_not_change_when_one_abstains(model: ServingModel) -> None:
    rows = inputs()
    values = rows["momentum_5d"].to_pylist()
    values[0] = None
    whole = predict(model, rows, created_at=NOW).rows
    part = predict(model, replaced(rows, "momentum_5d", values), created_at=NOW).rows
    assert part.equals(whole.slice(1))


def test_equal_inputs_give_equal_predictions_in_any_order_and_any_batch(
    model: ServingModel, rng: np.random.Generator
) -> None:
    """J05, S0-46."""
    rows = inputs(DAYS)
    whole = predict(model, rows, created_at=NOW).rows
    mixed = predict(model, rows.take(pa.array(rng.permutation(18))), created_at=NOW).rows
    parts = [
        predict(model, rows.filter(pc.equal(rows["session"], day)), created_at=NOW).rows
        for day in DAYS
    ]
    prints = {
        hashlib.sha256(table["probability_up"].to_numpy().tobytes()).hexdigest()
        for table in (whole, mixed, pa.concat_tables(parts))
    }
    assert len(prints) == 1
    assert whole.equals(mixed)


def test_a_model_never_predicts_what_it_has_seen(model: ServingModel) -> None:
    early = replace(model, trained_through=decision_time(DAYS[1]))
    predict(early, inputs(DAYS[1:]), created_at=NOW)
    with pytest.raises(ModelFromTheFuture, match="1 of the sessions asked for, 2024-01-02 to"):
        predict(early, inputs(DAYS), created_at=NOW)
    late = replace(model, trained_through=decision_time(DAYS[1]) + timedelta(microseconds=1))
    with pytest.raises(ModelFromTheFuture):
        predict(late, inputs(DAYS[1:]), created_at=NOW)


def test_no_inputs_give_no_predictions(model: ServingModel) -> None:
    said = predict(model, inputs().slice(0, 0), created_at=NOW)
    assert (said.rows.num_rows, said.abstentions.num_rows) == (0, 0)


def test_the_same_key_twice_or_no_target_is_refused(model: ServingModel) -> None:
    rows = inputs()
    with pytest.raises(QualityError, match="S01 2024-01-02: 1 keys"):
        predict(model, pa.concat_tables([rows, rows.slice(1, 1)]), created_at=NOW)
    aimless = replaced(rows, "target_session", pa.array([None] * 6, pa.date32()))
    with pytest.raises(QualityError, match="must all be there"):
        predict(model, aimless, created_at=NOW)


def test_a_creation_time_without_a_zone_is_refused(model: ServingModel) -> None:
    with pytest.raises(QualityError, match="no time zone"):
        predict(model, inputs(), created_at=NOW.replace(tzinfo=None))


def test_an_answer_that_is_no_probability_is_refused(model: ServingModel) -> None:
    broken = BaseRate()
    broken.share_up_, broken.classes_ = float("nan"), np.array([0, 1])
    with pytest.raises(QualityError, match="6 answers are not probabilities"):
        predict(replace(model, estimator=broken), inputs(), created_at=NOW)


def test_extra_columns_of_the_mart_are_ignored(model: ServingModel) -> None:
    rows = inputs().append_column("is_complete", pa.array([True] * 6))
    assert predict(model, rows, created_at=NOW).rows.num_rows == 6


def test_three_years_of_fifty_symbols_are_scored_in_one_go(model: ServingModel) -> None:
    rows = inputs(weekdays(756, date(2024, 1, 2)), symbols=50)
    started = time.process_time()
    said = predict(model, rows, created_at=NOW)
    assert said.rows.num_rows == 37_800
    assert time.process_time() - started < 5
