"""A stored model is data, and is treated as hostile until it has been checked."""

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.preprocessing import FunctionTransformer

from stock_assets.errors import SecurityError, StorageCorrupt
from stock_assets.learning.dataset import Dataset
from stock_assets.learning.result import TrainingResult
from stock_assets.learning.storage import MODEL_FILE, _is_sound, load_model, sha256_of
from stock_assets.learning.tracking import save_model


@pytest.fixture(scope="module")
def stored(trained: TrainingResult, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("stored") / "model"
    return folder, save_model(trained.models["random_forest"], folder)


@pytest.fixture
def copy(stored: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    folder = tmp_path / "model"
    shutil.copytree(stored[0], folder)
    return folder, stored[1]


class Marker:
    """Unpickled, it leaves a file behind."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.place,)


def rewrite(folder: Path, **changes: object) -> None:
    """Change what the model's own description says of it."""
    from mlflow.models import Model

    model = Model.load(str(folder))
    model.flavors["sklearn"].update(changes)
    model.save(str(folder / "MLmodel"))


def test_what_comes_back_says_the_same_to_the_last_bit(
    stored: tuple[Path, str], trained: TrainingResult, edge_data: Dataset
) -> None:
    back = load_model(stored[0], sha256=stored[1])
    inputs = edge_data.matrix(trained.recipes["random_forest"].inputs)
    before = trained.models["random_forest"].predict_proba(inputs)
    assert np.array_equal(back.predict_proba(inputs), before)
    assert sha256_of(stored[0] / MODEL_FILE) == stored[1]


def test_the_naive_model_comes_back_too(trained: TrainingResult, tmp_path: Path) -> None:
    digest = save_model(trained.models["base_rate"], tmp_path / "model")
    back = load_model(tmp_path / "model", sha256=digest)
    assert back.share_up_ == trained.models["base_rate"].share_up_


def test_a_pickle_in_place_of_the_model_is_never_opened(
    copy: tuple[Path, str], tmp_path: Path
) -> None:
    """S11: neither under its own name nor under ours."""
    folder, _ = copy
    marker = tmp_path / "marker"
    (folder / MODEL_FILE).write_bytes(pickle.dumps(Marker(marker)))
    for name, serialization in (
        ("model.pkl", "pickle"),
        (MODEL_FILE, "pickle"),
        (MODEL_FILE, "cloudpickle"),
    ):
        rewrite(folder, pickled_model=name, serialization_format=serialization)
        (folder / name).write_bytes(pickle.dumps(Marker(marker)))
        with pytest.raises(SecurityError, match="can run code"):
            load_model(folder, sha256=sha256_of(folder / name))
    assert not marker.exists()


def test_a_model_that_allows_itself_more_types_is_refused(copy: tuple[Path, str]) -> None:
    folder, _ = copy
    skops.io.dump(FunctionTransformer(func=shutil.rmtree), folder / MODEL_FILE)
    rewrite(folder, skops_trusted_types=["shutil.rmtree"])
    with pytest.raises(SecurityError, match=r"shutil\.rmtree"):
        load_model(folder, sha256=sha256_of(folder / MODEL_FILE))


def test_another_file_than_the_registered_one_is_refused(copy: tuple[Path, str]) -> None:
    folder, digest = copy
    content = bytearray((folder / MODEL_FILE).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / MODEL_FILE).write_bytes(content)
    with pytest.raises(StorageCorrupt, match="not the file that was registered"):
        load_model(folder, sha256=digest)


@pytest.mark.parametrize("gone", [MODEL_FILE, "MLmodel"])
def test_a_missing_file_is_named(copy: tuple[Path, str], gone: str) -> None:
    folder, digest = copy
    (folder / gone).unlink()
    with pytest.raises(StorageCorrupt, match=gone):
        load_model(folder, sha256=digest)


@pytest.mark.parametrize(
    ("array", "node", "value"),
    [
        ("children_left", 0, 10**6),
        ("children_right", 0, 0),
        ("children_left", 0, -5),
        ("feature", 0, 10),
        ("feature", 0, -1),
    ],
)
def test_a_tree_whose_nodes_point_outside_is_not_sound(
    trained: TrainingResult, array: str, node: int, value: int
) -> None:
    forest = trained.models["random_forest"].named_steps["forest"].estimator_
    good = forest.estimators_[0].tree_

    class Tampered:
        node_count = good.node_count
        children_left = good.children_left.copy()
        children_right = good.children_right.copy()
        feature = good.feature.copy()

    assert _is_sound(Tampered, 10)
    getattr(Tampered, array)[node] = value
    assert not _is_sound(Tampered, 10)


def test_a_model_with_a_damaged_tree_is_refused_before_it_answers(
    trained: TrainingResult, tmp_path: Path
) -> None:
    import copy as copying

    damaged = copying.deepcopy(trained.models["random_forest"])
    forest = damaged.named_steps["forest"].estimator_
    state = forest.estimators_[3].tree_.__getstate__()
    state["nodes"]["left_child"][0] = 2**40
    forest.estimators_[3].tree_.__setstate__(state)
    digest = save_model(damaged, tmp_path / "model")
    with pytest.raises(StorageCorrupt, match="point outside the tree"):
        load_model(tmp_path / "model", sha256=digest)
