"""Checks of judged models: a figure that is too good is a leak until shown otherwise.

Belongs here: plausibility of an evaluation.
Does not belong here: whether a model may serve (learning/promote.py).
"""

from typing import TYPE_CHECKING, Final

import dagster as dg

from stock_assets.checks.expectations import as_check_result
from stock_assets.lake import Lake
from stock_assets.tables import EVALUATIONS

if TYPE_CHECKING:
    import pyarrow as pa

ASSET: Final = dg.AssetKey(["models", "evaluation"])
IMPLAUSIBLE_AUC: Final = 0.65
"""Daily direction of large companies has never been predicted this well; features have leaked."""


@dg.asset_check(asset=ASSET, name="shape_and_bounds", blocking=True)
def shape_and_bounds(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Each metric of each judged model is there once, with its interval."""
    rows = lake.read(EVALUATIONS).to_pandas()
    return as_check_result(EVALUATIONS, rows, severity=dg.AssetCheckSeverity.ERROR)


@dg.asset_check(asset=ASSET, name="plausible", blocking=True)
def plausible(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """No AUC on unseen sessions is so high that only a leak explains it; blocks promotion."""
    return plausibility_result(lake.read(EVALUATIONS, where="metric = 'auc'"))


def model_checks() -> list[dg.AssetChecksDefinition]:
    """All checks of judged models."""
    return [shape_and_bounds, plausible]


def plausibility_result(aucs: "pa.Table") -> dg.AssetCheckResult:
    """Fails when the newest training's AUC has its whole interval above 0.65."""
    rows = sorted(aucs.to_pylist(), key=lambda row: row["ingested_at"])
    newest = [row for row in rows if row["run_id"] == rows[-1]["run_id"]] if rows else []
    suspects = [
        f"{row['model_name']} {row['estimate']:.3f} (from {row['low']:.3f})"
        for row in newest
        if row["low"] is not None and row["low"] > IMPLAUSIBLE_AUC
    ]
    return dg.AssetCheckResult(
        passed=not suspects,
        severity=dg.AssetCheckSeverity.ERROR,
        description=(
            f"AUC too good to be true: {', '.join(suspects)}; does a feature see the future?"
            if suspects
            else f"the AUC of {len(newest)} judged models is plausible"
        ),
        metadata={"limit": IMPLAUSIBLE_AUC, "judged": len(newest)},
    )
