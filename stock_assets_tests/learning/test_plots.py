"""The three pictures can be drawn of any training."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from stock_assets.learning.plots import draw_all, importance, reliability, walk_forward
from stock_assets.learning.result import TrainingResult
from stock_assets_tests.learning.conftest import replaced


def shown(figure: Figure) -> Any:
    """The points of the reliability picture: probability given, share that rose."""
    container = cast("ErrorbarContainer", figure.axes[0].containers[0])
    return container.lines[0].get_xydata()


def test_three_pictures_are_written(trained: TrainingResult, tmp_path: Path) -> None:
    draw_all(trained, tmp_path / "plots")
    files = sorted(file.name for file in (tmp_path / "plots").iterdir())
    assert files == ["importance.png", "reliability.png", "walk_forward.png"]
    for file in (tmp_path / "plots").iterdir():
        assert file.read_bytes().startswith(b"\x89PNG")
        assert file.stat().st_size > 20_000


def test_the_reliability_picture_shows_the_shares_of_the_unseen_rows(
    trained: TrainingResult,
) -> None:
    points = shown(reliability(trained))
    assert len(points) == 10
    rose = np.asarray(trained.unseen["is_up"]).mean()
    assert points[:, 1].mean() == pytest.approx(rose, abs=0.01)


def test_a_model_that_always_says_the_same_can_be_drawn(trained: TrainingResult) -> None:
    same = pa.array(np.full(trained.unseen.num_rows, 0.52))
    constant = replace(trained, unseen=replaced(trained.unseen, "p_random_forest", same))
    assert len(shown(reliability(constant))) == 1
    reliability(constant).canvas.draw()


def test_a_training_without_importances_or_with_one_fold_can_be_drawn(
    trained: TrainingResult,
) -> None:
    importance(replace(trained, importance=())).canvas.draw()
    walk_forward(replace(trained, folds=trained.folds[:1])).canvas.draw()
