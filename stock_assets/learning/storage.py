"""Reading a stored model back without running anything that it brings: skops, checked thrice.

Belongs here: which types a stored model may hold, and the checks before it is used.
Does not belong here: which model to read (registry.py), writing it (tracking.py).

MLflow's own loader takes the list of allowed types from the file's neighbour, which whoever wrote
the model has also written; so it is not used. Here: the file must be skops by name and by its
``MLmodel``, its SHA-256 must be the one in the registry, every type must be on *our* list, and the
trees' node numbers must lie inside the trees, because scikit-learn follows them unchecked.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from stock_assets.errors import SecurityError, StorageCorrupt
from stock_assets.learning.calibrate import TimeCalibratedClassifier
from stock_assets.learning.mlflow_store import import_mlflow

MODEL_FILE: Final = "model.skops"
TRUSTED_TYPES: Final = (
    "sklearn.tree._tree.Tree",
    "stock_assets.learning.calibrate.TimeCalibratedClassifier",
    "stock_assets.learning.models.BaseRate",
    "stock_assets.learning.models.QuantileBins",
)
"""What a model may hold besides the types that skops knows to be harmless."""


def sha256_of(file: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def load_model(folder: Path, *, sha256: str) -> Any:
    """The estimator stored in an MLflow model's folder.

    Raises:
        SecurityError: when the model is not skops, or holds a type that is not on our list.
        StorageCorrupt: when the file is missing, is not the one registered, or is damaged.
    """
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    stored_as = _serialization_format(folder)
    if stored_as != "skops":
        raise SecurityError(
            str(folder),
            reason=f"the model is stored as {stored_as}, which can run code when it is read",
            next_action="run the train job; it stores models as skops",
            format=stored_as,
        )
    file = folder / MODEL_FILE
    if not file.is_file():
        raise _corrupt(folder, f"{MODEL_FILE} is missing")
    if sha256_of(file) != sha256:
        raise _corrupt(folder, f"{MODEL_FILE} is not the file that was registered")
    try:
        estimator = skops.io.load(file, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as error:
        raise SecurityError(
            str(folder),
            reason=" ".join(str(error).split())[:300],
            next_action="do not use this model; run the train job",
        ) from error
    _check_trees(estimator, folder)
    return estimator


def _serialization_format(folder: Path) -> str:
    import_mlflow()
    from mlflow.exceptions import MlflowException
    from mlflow.models import Model

    try:
        flavors = Model.load(str(folder)).flavors
    except MlflowException as error:
        raise _corrupt(folder, "MLmodel is missing or cannot be read") from error
    flavor = flavors.get("sklearn", {})
    if flavor.get("pickled_model") != MODEL_FILE:
        return str(flavor.get("pickled_model", "something other than a scikit-learn model"))
    return str(flavor.get("serialization_format", "pickle"))


def _check_trees(estimator: Any, folder: Path) -> None:
    steps = estimator.named_steps.values() if isinstance(estimator, Pipeline) else (estimator,)
    for step in steps:
        if not isinstance(step, TimeCalibratedClassifier):
            continue
        forest = step.estimator_
        if isinstance(forest, RandomForestClassifier):
            for tree in forest.estimators_:
                if not _is_sound(tree.tree_, tree.n_features_in_):
                    raise _corrupt(folder, "a tree's nodes point outside the tree")


def _is_sound(tree: Any, features: int) -> bool:
    """Children come after their parent, inside the tree; splits ask for columns that exist."""
    nodes = np.arange(tree.node_count)
    is_leaf = tree.children_left == -1
    inner = nodes[~is_leaf]
    for children in (tree.children_left, tree.children_right):
        chosen = children[inner]
        if not ((chosen > inner) & (chosen < tree.node_count)).all():
            return False
        if not (children[is_leaf] == -1).all():
            return False
    asked = tree.feature[inner]
    return bool(((asked >= 0) & (asked < features)).all())


def _corrupt(folder: Path, reason: str) -> StorageCorrupt:
    return StorageCorrupt(
        str(folder), reason=reason, next_action="restore the artifacts, or run the train job"
    )
