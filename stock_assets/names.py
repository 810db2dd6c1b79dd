"""Names that several rooms share: the model's inputs in order, and what the model is called.

Belongs here: names only, so that everybody may import this file cheaply.
Does not belong here: formulas; they exist once, in dbt_project/models/features.
"""

from __future__ import annotations

from typing import Final

FEATURES: Final = (
    "weekday",
    "day_of_month",
    "return_lag1",
    "volatility_5d",
    "volatility_20d",
    "momentum_5d",
    "price_above_ma20",
    "ma5_ma20_diff",
    "volume_ratio_20",
    "volume_change_1d",
)
"""The ten inputs in the order that a stored model expects. The day's own return is not one."""

MODEL_NAME: Final = "next_session_direction"
"""The registered model: the probability that the next session's total return is positive."""
