"""The gate, case by case, each with its reason."""

from typing import Any

import numpy as np
import pytest

from stock_assets.learning.evaluate import METRICS, Metric, Scores
from stock_assets.learning.promote import judge

NOISE = np.linspace(-1.0, 1.0, 201)


def scored(
    *, auc: float = 0.5, log_loss: float = 0.69, doubt: float = 0.0, mcc: float = 0.0
) -> Scores:
    """Scores whose resamples lie ``doubt`` around the values."""
    values: dict[Metric, float] = {
        "accuracy": 0.5,
        "brier": 0.25,
        "mcc": mcc,
        "auc": auc,
        "log_loss": log_loss,
    }
    return Scores(values, {metric: values[metric] + doubt * NOISE for metric in METRICS})


BASE = scored(log_loss=0.6930)
SIGN = scored(log_loss=0.6931)
BASELINES = {"base_rate": BASE, "last_sign": SIGN}

CASES = [
    # what, challenger, champion, promoted, family, evidence, first reason
    (
        "clearly better than the baselines, nobody serves",
        scored(auc=0.55, log_loss=0.688, doubt=0.001),
        None,
        (True, "random_forest", "edge"),
        "first champion",
    ),
    (
        "no better and no worse than the baselines, nobody serves",
        scored(auc=0.501, log_loss=0.6930, doubt=0.005),
        None,
        (True, "random_forest", "no_evidence"),
        "first champion",
    ),
    (
        "better in log loss, but it does not rank",
        scored(auc=0.50, log_loss=0.688, doubt=0.001),
        None,
        (True, "random_forest", "no_evidence"),
        "first champion",
    ),
    (
        "it ranks, but its probabilities are no better than the base rate's",
        scored(auc=0.55, log_loss=0.6925, doubt=0.001),
        None,
        (True, "random_forest", "no_evidence"),
        "first champion",
    ),
    (
        "worse than both baselines, nobody serves: the base rate stands in",
        scored(auc=0.48, log_loss=0.700, doubt=0.002),
        None,
        (True, "base_rate", "no_evidence"),
        "random_forest refused: worse than base_rate: log loss +0.0070 [+0.0051, +0.0089]",
    ),
    (
        "worse than both baselines while a champion serves",
        scored(auc=0.48, log_loss=0.700, doubt=0.002),
        scored(auc=0.48, log_loss=0.750),
        (False, "random_forest", "no_evidence"),
        "worse than base_rate: log loss +0.0070 [+0.0051, +0.0089]",
    ),
    (
        "better than the champion, and the interval says so",
        scored(auc=0.55, log_loss=0.688, doubt=0.002),
        scored(auc=0.54, log_loss=0.690),
        (True, "random_forest", "edge"),
        "better than the champion: log loss -0.0020 [-0.0039, -0.0001]",
    ),
    (
        "better than the champion, but that may be luck",
        scored(auc=0.55, log_loss=0.688, doubt=0.004),
        scored(auc=0.54, log_loss=0.690),
        (False, "random_forest", "edge"),
        "not shown to be better than the champion: log loss -0.0020 [-0.0058, +0.0018]",
    ),
    (
        "the same as the champion, to the last row",
        scored(auc=0.55, log_loss=0.688),
        scored(auc=0.55, log_loss=0.688),
        (False, "random_forest", "edge"),
        "says the same as the champion on every unseen session",
    ),
    (
        "not a number, nobody serves",
        scored(auc=float("nan"), log_loss=0.60),
        None,
        (True, "base_rate", "no_evidence"),
        "random_forest refused: auc of random_forest is not a number",
    ),
    (
        "not a number while a champion serves",
        scored(auc=0.6, log_loss=0.60, mcc=float("nan")),
        scored(log_loss=0.69),
        (False, "random_forest", "no_evidence"),
        "mcc of random_forest is not a number",
    ),
    (
        "the champion cannot be judged: it stays",
        scored(auc=0.55, log_loss=0.688),
        scored(log_loss=float("nan")),
        (False, "random_forest", "edge"),
        "the champion cannot be judged on these sessions: its log loss is not a number",
    ),
]


@pytest.mark.parametrize(
    ("challenger", "champion", "expected", "reason"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_the_gate_decides(challenger: Any, champion: Any, expected: Any, reason: str) -> None:
    """J04 and D9."""
    verdict = judge("random_forest", challenger, BASELINES, champion)
    assert (verdict.promote, verdict.family, verdict.evidence) == expected
    assert verdict.reasons[0] == reason


def test_being_worse_than_one_of_the_baselines_is_enough_to_be_refused() -> None:
    baselines = {"base_rate": scored(log_loss=0.70), "last_sign": scored(log_loss=0.68)}
    verdict = judge("random_forest", scored(auc=0.55, log_loss=0.69), baselines)
    assert (verdict.promote, verdict.family) == (True, "base_rate")
    assert "worse than last_sign" in verdict.reasons[0]
    assert verdict.reasons[-1].startswith("base_rate becomes the first champion")


def test_a_baseline_that_is_not_a_number_is_no_bar_that_was_passed() -> None:
    baselines = {"base_rate": BASE, "last_sign": scored(log_loss=float("nan"))}
    verdict = judge("random_forest", scored(auc=0.55, log_loss=0.688), baselines, BASE)
    assert not verdict.promote


def test_a_verdict_reads_as_a_sentence() -> None:
    said = str(judge("random_forest", scored(auc=0.55, log_loss=0.688), BASELINES))
    assert said.startswith("random_forest promoted (edge): first champion; better than base_rate")
