"""Training from end to end: skill that is real is found, skill that is not is not invented."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from stock_assets.errors import InputError, ModelError, NotEnoughHistory
from stock_assets.learning.dataset import Dataset
from stock_assets.learning.models import BaseRate
from stock_assets.learning.result import Plan, TrainingResult
from stock_assets.learning.train import CHAMPION, train
from stock_assets.names import FEATURES
from stock_assets_tests.learning.conftest import QUICK, SMALL_FOREST, market, replaced


@dataclass(frozen=True)
class Serving:
    """A champion as ``train`` sees it."""

    family: str
    trained_through: Any
    estimator: Any


def test_an_edge_is_found_on_sessions_never_seen(trained: TrainingResult) -> None:
    auc = trained.estimates["random_forest"]["auc"]
    assert auc.low > 0.5
    assert trained.verdict.promote
    assert (trained.verdict.family, trained.verdict.evidence) == ("random_forest", "edge")
    assert trained.importance[0].feature == "momentum_5d"


def test_a_random_split_finds_skill_in_noise_and_the_walk_forward_does_not() -> None:
    """S0-31: a random split puts rows of one session, which move together, on both sides."""
    noise = Dataset.from_table(market(sessions=200, symbols=30, edge=0.0, shared=0.6, seed=2))
    inputs, labels = noise.matrix(FEATURES), noise.labels
    train_x, test_x, train_y, test_y = train_test_split(
        inputs, labels, test_size=0.2, random_state=0
    )
    forest = RandomForestClassifier(40, max_depth=8, class_weight="balanced", random_state=0)
    said = forest.fit(train_x, train_y).predict_proba(test_x)[:, 1]
    assert roc_auc_score(test_y, said) > 0.6

    ours = train(noise, QUICK, recipes=SMALL_FOREST)
    auc = ours.estimates["random_forest"]["auc"]
    assert auc.low <= 0.5 <= auc.high
    assert ours.verdict.evidence == "no_evidence"


def test_what_was_said_of_a_session_does_not_depend_on_later_sessions(
    edge_market: pa.Table, trained: TrainingResult
) -> None:
    """J01, J02: nothing fitted on the judged part, neither bins nor calibration nor trees."""
    fold = trained.folds[0].fold
    data = Dataset.from_table(edge_market)
    later = np.asarray(data.sessions > np.datetime64(fold.test_last))
    flipped = np.where(later, ~np.asarray(edge_market["is_up"]), np.asarray(edge_market["is_up"]))
    changed = replaced(edge_market, "is_up", flipped)
    for name in FEATURES:
        values = np.asarray(edge_market[name], dtype=float)
        changed = replaced(changed, name, np.where(later, 1e6 - values, values))
    again = train(Dataset.from_table(changed), QUICK, recipes=SMALL_FOREST)
    first_block = slice(0, len(fold.test))
    for name in ("p_random_forest", "p_base_rate", "p_last_sign"):
        np.testing.assert_array_equal(
            trained.unseen[name].to_numpy()[first_block], again.unseen[name].to_numpy()[first_block]
        )


def test_equal_inputs_give_an_equal_training(edge_data: Dataset, trained: TrainingResult) -> None:
    """J05."""
    again = train(edge_data, QUICK, recipes=SMALL_FOREST)
    assert again.unseen.equals(trained.unseen)
    assert again.estimates == trained.estimates
    assert again.verdict == trained.verdict


def test_every_model_is_judged_on_the_same_rows_in_time_order(trained: TrainingResult) -> None:
    unseen = trained.unseen
    first, last, sessions = trained.judged_sessions
    assert sessions == 120
    assert unseen.num_rows == 120 * 12
    assert unseen["session"].to_pylist() == sorted(unseen["session"].to_pylist())
    assert (first, last) == (unseen["session"][0].as_py(), unseen["session"][-1].as_py())
    assert set(np.unique(unseen["fold"])) == {1, 2, 3}
    for name, found in trained.estimates.items():
        up = unseen[f"p_{name}"].to_numpy()
        assert found["auc"].value == pytest.approx(
            roc_auc_score(np.asarray(unseen["is_up"]), up), rel=1e-12
        )
    own = np.asarray(unseen["is_up"])[: len(trained.folds[0].fold.test)]
    up = unseen["p_random_forest"].to_numpy()[: len(own)]
    assert trained.folds[0].auc["random_forest"] == pytest.approx(roc_auc_score(own, up))


def test_a_model_worse_than_the_base_rate_gives_way_to_it() -> None:
    """The rule turns round half-way: what was learnt then misleads."""
    rows = market(sessions=200, symbols=12, edge=0.45, seed=1)
    later = np.arange(rows.num_rows) >= 105 * 12
    turned = replaced(rows, "is_up", np.asarray(rows["is_up"]) ^ later)
    plan = Plan(folds=1, test_share=0.45, resamples=200, jobs=1)
    result = train(Dataset.from_table(turned), plan, recipes=SMALL_FOREST)
    assert result.verdict.promote
    assert (result.verdict.family, result.verdict.evidence) == ("base_rate", "no_evidence")
    assert isinstance(result.models["base_rate"], BaseRate)


def test_a_champion_that_has_seen_everything_is_judged_by_its_recipe_and_is_no_worse(
    edge_data: Dataset, trained: TrainingResult
) -> None:
    serving = Serving("random_forest", edge_data.trained_through, trained.models["random_forest"])
    again = train(edge_data, QUICK, champion=serving, recipes=SMALL_FOREST)
    assert again.unseen[f"p_{CHAMPION}"].equals(again.unseen["p_random_forest"])
    assert not again.verdict.promote
    assert again.verdict.reasons[0].startswith("says the same as the champion")


def test_a_champion_speaks_for_itself_on_sessions_after_its_training(edge_data: Dataset) -> None:
    decided = edge_data.rows["decided_at"].to_pylist()
    through = decided[12 * 180]
    stale = BaseRate().fit(np.zeros((4, 1)), [1, 1, 1, 0])
    result = train(
        edge_data, QUICK, champion=Serving("base_rate", through, stale), recipes=SMALL_FOREST
    )
    own = np.array([d >= through for d in result.unseen["decided_at"].to_pylist()])
    said, walked = (result.unseen[f"p_{name}"].to_numpy() for name in (CHAMPION, "base_rate"))
    assert 0 < own.sum() < len(own)
    assert (said[own] == 0.75).all()
    np.testing.assert_array_equal(said[~own], walked[~own])
    assert result.verdict.promote
    assert result.verdict.reasons[0].startswith("better than the champion")


def test_a_champion_of_an_unknown_family_cannot_be_judged(edge_data: Dataset) -> None:
    serving = Serving("lstm", edge_data.trained_through, None)
    with pytest.raises(ModelError, match="lstm"):
        train(edge_data, QUICK, champion=serving, recipes=SMALL_FOREST)


def test_too_few_sessions_say_how_many_it_takes(edge_data: Dataset) -> None:
    short = edge_data.as_of(edge_data.trained_through - timedelta(days=280))
    with pytest.raises(NotEnoughHistory) as caught:
        train(short, Plan())
    assert caught.value.context == {"have": len(short.session_days), "need": 81}


def test_the_base_rate_must_be_among_the_baselines(edge_data: Dataset) -> None:
    with pytest.raises(InputError, match="base_rate must be among them"):
        train(edge_data, Plan(baselines=("last_sign",)))


def test_progress_is_told_to_the_end(edge_data: Dataset) -> None:
    told: list[tuple[str, float]] = []
    train(edge_data, QUICK, recipes=SMALL_FOREST, progress=lambda *step: told.append(step))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(told) == 4


def test_the_evaluation_has_one_row_per_model_and_metric(trained: TrainingResult) -> None:
    known_at = trained.trained_through
    rows = trained.evaluations(run_id="r1", model_version="4", known_at=known_at)
    assert rows.num_rows == 15
    assert rows.group_by(["run_id", "model_name", "metric"]).aggregate([]).num_rows == 15
    versions = dict(
        zip(rows["model_name"].to_pylist(), rows["model_version"].to_pylist(), strict=True)
    )
    assert versions == {"random_forest": "4", "base_rate": None, "last_sign": None}
    assert (np.asarray(rows["low"]) <= np.asarray(rows["high"])).all()


@pytest.mark.slow
def test_the_full_forest_on_three_years_finds_three_quarters_of_the_achievable() -> None:
    """S0-30 at full size: 50 symbols, 756 sessions, 300 trees; and what it may cost."""
    import time

    rows = market(sessions=756, symbols=50, edge=0.075, seed=0)
    data = Dataset.from_table(rows)
    started = time.process_time()
    result = train(data, Plan())
    cost = time.process_time() - started
    auc = result.estimates["random_forest"]["auc"]
    optimal = np.asarray(rows["optimal"])[-result.unseen.num_rows :]
    best = roc_auc_score(np.asarray(result.unseen["is_up"]), optimal)
    assert 0.55 < best < 0.57
    assert auc.value - 0.5 >= 0.75 * (best - 0.5)
    assert result.verdict.evidence == "edge"
    assert cost < 90, f"{cost:.0f} s of processor time"


def test_the_judged_rows_carry_their_keys(trained: TrainingResult) -> None:
    assert trained.unseen.column_names[:6] == [
        "symbol",
        "session",
        "target_session",
        "decided_at",
        "is_up",
        "fold",
    ]
    assert isinstance(trained.unseen, pa.Table)
