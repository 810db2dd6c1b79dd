"""What each input is worth on rows the model has not seen: AUC lost when the input is shuffled.

Belongs here: permutation importance. Does not belong here: pictures (plots.py).

Not the forest's own (impurity) importances: those are measured on training rows and favour inputs
with many distinct values, which are the noisiest ones here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from stock_assets.learning.dataset import Dataset
from stock_assets.learning.models import Recipe


@dataclass(frozen=True, slots=True)
class Importance:
    """Mean and standard deviation, over shuffles, of the AUC lost without the feature."""

    feature: str
    auc_lost: float
    deviation: float


def permutation_importance(
    recipe: Recipe,
    fitted: Any,
    dataset: Dataset,
    unseen: NDArray[np.intp],
    *,
    seed: int,
    shuffles: int = 3,
) -> tuple[Importance, ...]:
    """One entry per input of the recipe, most important first; empty when only one outcome occurs.

    ``fitted`` must not have been trained on ``unseen``. A column is shuffled over all unseen rows.
    """
    labels = dataset.labels[unseen]
    if len(np.unique(labels)) < 2:
        return ()
    inputs = dataset.matrix(recipe.inputs)[unseen]
    whole = roc_auc_score(labels, fitted.predict_proba(inputs)[:, 1])
    random = np.random.default_rng(seed)
    found = []
    for position, feature in enumerate(recipe.inputs):
        lost = np.empty(shuffles)
        for turn in range(shuffles):
            shuffled = inputs.copy()
            shuffled[:, position] = random.permutation(shuffled[:, position])
            lost[turn] = whole - roc_auc_score(labels, fitted.predict_proba(shuffled)[:, 1])
        found.append(Importance(feature, float(lost.mean()), float(lost.std())))
    return tuple(sorted(found, key=lambda item: -item.auc_lost))
