"""Checks of the ledger: shape and bounds, and that nobody was forgotten in silence.

Belongs here: one check per question about what was predicted.
Does not belong here: whether predictions were right (dbt's monitoring models).
"""

from datetime import date
from typing import Final

import dagster as dg

from stock_assets.checks.expectations import as_check_result
from stock_assets.ingest.grid import Grid
from stock_assets.ingest.universes import companies_of
from stock_assets.lake import Lake
from stock_assets.market import Calendar, Clock
from stock_assets.partitions import sessions_checked
from stock_assets.settings import Settings
from stock_assets.tables import GAPS, PREDICTIONS

ASSET: Final = dg.AssetKey(["predictions"])
SHOWN: Final = 20


@dg.asset_check(asset=ASSET, name="shape_and_bounds", blocking=True)
def shape_and_bounds(
    context: dg.AssetCheckExecutionContext,
    lake: dg.ResourceParam[Lake],
    calendar: dg.ResourceParam[Calendar],
    clock: dg.ResourceParam[Clock],
) -> dg.AssetCheckResult:
    """Probabilities lie in 0..1, targets lie after their session, one row per key."""
    rows = lake.read(
        PREDICTIONS, where=_span(sessions_checked(context, calendar.last_decided(clock.now()).day))
    ).to_pandas()
    return as_check_result(PREDICTIONS, rows, severity=dg.AssetCheckSeverity.ERROR)


@dg.asset_check(asset=ASSET, name="nobody_forgotten")
def nobody_forgotten(
    context: dg.AssetCheckExecutionContext,
    lake: dg.ResourceParam[Lake],
    settings: dg.ResourceParam[Settings],
    calendar: dg.ResourceParam[Calendar],
    clock: dg.ResourceParam[Clock],
) -> dg.AssetCheckResult:
    """Every symbol has a prediction for each session, or a recorded reason why not."""
    days = sessions_checked(context, calendar.last_decided(clock.now()).day)
    return coverage_result(lake, companies_of(settings, lake, days), days)


def prediction_checks() -> list[dg.AssetChecksDefinition]:
    """All checks of the ledger."""
    return [shape_and_bounds, nobody_forgotten]


def coverage_result(
    lake: Lake, symbols: tuple[str, ...], days: tuple[date, ...]
) -> dg.AssetCheckResult:
    """Warns while a symbol has neither a prediction nor a recorded abstention."""
    grid = Grid(symbols, days)
    columns = ("symbol", "session")
    predicted = grid.mask(lake.read(PREDICTIONS, where=_span(days), columns=columns))
    where = f"{_span(days)} and feed = 'predictions' and cause = 'abstained'"
    abstained = grid.mask(lake.read(GAPS, where=where, columns=columns)) & ~predicted
    forgotten = grid.rows(~predicted & ~abstained)
    names = [f"{row['symbol']} {row['session']}" for row in forgotten.slice(0, SHOWN).to_pylist()]
    return dg.AssetCheckResult(
        passed=forgotten.num_rows == 0,
        severity=dg.AssetCheckSeverity.WARN,
        description=(
            f"{int(predicted.sum()):,} predicted, {int(abstained.sum()):,} abstained and said why, "
            f"{forgotten.num_rows:,} forgotten" + (f": {', '.join(names)}" if names else "")
        ),
        metadata={
            "predicted": int(predicted.sum()),
            "abstained": int(abstained.sum()),
            "forgotten": forgotten.num_rows,
        },
    )


def _span(days: tuple[date, ...]) -> str:
    return f"session between date '{days[0]}' and date '{days[-1]}'"
