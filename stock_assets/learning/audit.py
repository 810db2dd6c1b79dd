"""A last look before learning: no input may know the answer.

Belongs here: checks of the training set that can only be made with features and labels together.
Does not belong here: checks of either alone (dbt tests, Great Expectations).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from sklearn.metrics import roc_auc_score

from stock_assets.errors import QualityError
from stock_assets.learning.dataset import Dataset
from stock_assets.names import FEATURES

HIGHEST_AUC: Final = 0.75
"""A single daily feature tells up from down with an AUC of a few points above one half. One that
tells it with three quarters has seen the close that it is asked about."""

_CHANCE_DEVIATIONS: Final = 5.0


def refuse_foresight(dataset: Dataset) -> None:
    """Refuse a training set in which a single feature, either way up, foretells the outcome.

    This catches features shifted the wrong way and labels joined to the wrong day; it cannot catch
    a leak that is small, which is what cutting by knowledge (``Dataset.as_of``) is for. With few
    sessions the limit is raised to what chance cannot reach: five standard deviations of the AUC of
    noise, counting sessions, not rows.

    Raises:
        QualityError: naming each such feature and its AUC.
    """
    if len(np.unique(dataset.labels)) < 2:
        return
    chance = 1.0 / np.sqrt(3.0 * len(dataset.session_days))
    limit = max(HIGHEST_AUC, 0.5 + _CHANCE_DEVIATIONS * chance)
    inputs = dataset.matrix(FEATURES)
    skill = {
        feature: float(roc_auc_score(dataset.labels, inputs[:, position]))
        for position, feature in enumerate(FEATURES)
    }
    caught = {name: auc for name, auc in skill.items() if max(auc, 1.0 - auc) > limit}
    if caught:
        shown = ", ".join(f"{name} (AUC {auc:.3f})" for name, auc in caught.items())
        raise QualityError(
            shown,
            reason="alone it foretells the next session, so it holds what was known only later",
            next_action="look at the SQL of the feature: it must look backwards only",
            rule="no_foresight",
        )
