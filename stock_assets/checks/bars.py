"""Checks of what bars say: can they follow from each other, do they move, do vendors agree.

Belongs here: the sentences and what blocks. Does not belong here: the arithmetic (ingest/), shape,
completeness and freshness of the same tables (raw.py).
"""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import dagster as dg

from stock_assets.ingest.consecutive import QUANTITIES
from stock_assets.ingest.disagreements import record_disagreements
from stock_assets.ingest.frozen import standstills
from stock_assets.ingest.outliers import jumps
from stock_assets.lake import Lake
from stock_assets.market import Calendar, Clock
from stock_assets.partitions import sessions_checked
from stock_assets.tables import CORPORATE_ACTIONS, PRICES

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN: Final = 20
_BEFORE: Final = timedelta(days=14)
"""How far back the bar before the first one can lie."""


def bar_checks(vendor: str) -> list[dg.AssetChecksDefinition]:
    """The three checks of what one vendor's bars say."""
    feed = f"raw/{vendor}_prices"
    asset = dg.AssetKey(["raw", f"{vendor}_prices"])

    @dg.asset_check(asset=asset, name="plausible", blocking=True)
    def plausible(
        context: dg.AssetCheckExecutionContext,
        lake: dg.ResourceParam[Lake],
        calendar: dg.ResourceParam[Calendar],
        clock: dg.ResourceParam[Clock],
    ) -> dg.AssetCheckResult:
        """No close jumps from the one before without a split, least of all by another unit."""
        return plausible_result(
            lake, vendor, sessions_checked(context, calendar.last_decided(clock.now()).day)
        )

    @dg.asset_check(asset=asset, name="moving", blocking=True)
    def moving(
        context: dg.AssetCheckExecutionContext,
        lake: dg.ResourceParam[Lake],
        calendar: dg.ResourceParam[Calendar],
        clock: dg.ResourceParam[Clock],
    ) -> dg.AssetCheckResult:
        """No session repeats the bars of the one before."""
        return moving_result(
            lake, vendor, sessions_checked(context, calendar.last_decided(clock.now()).day)
        )

    @dg.asset_check(asset=asset, name="vendors_agree")
    def vendors_agree(
        context: dg.AssetCheckExecutionContext,
        lake: dg.ResourceParam[Lake],
        calendar: dg.ResourceParam[Calendar],
        clock: dg.ResourceParam[Clock],
    ) -> dg.AssetCheckResult:
        """The vendors' bars differ by no more than is ordinary; what differs is kept."""
        days = sessions_checked(context, calendar.last_decided(clock.now()).day)
        return agreement_result(record_disagreements(lake, feed, vendor, days, clock.now()))

    return [plausible, moving, vendors_agree]


def plausible_result(lake: Lake, vendor: str, days: tuple[date, ...]) -> dg.AssetCheckResult:
    """Warns of jumps that no split explains; blocks where one is a factor of 100 or 1,000."""
    bars = _with_the_ones_before(lake, vendor, days, ("close_usd",))
    splits = lake.read(
        CORPORATE_ACTIONS,
        where=f"kind = 'split' and ex_date between date '{days[0] - _BEFORE}' "
        f"and date '{days[-1]}'",
        columns=("symbol", "ex_date", "split_ratio"),
    )
    wanted = set(days)
    found = [row for row in jumps(bars, splits).to_pylist() if row["session"] in wanted]
    units = sum(row["is_unit"] for row in found)
    keys = ", ".join(
        f"{row['symbol']} {row['session']} {row['previous_close_usd']:g} to {row['close_usd']:g}"
        for row in found[:SHOWN]
    )
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.ERROR if units else dg.AssetCheckSeverity.WARN,
        description=f"{len(found):,} jumps without a split, {units:,} of them by a factor of about "
        f"a hundred or a thousand{f': {keys}' if keys else ''}",
        metadata={"jumps": len(found), "other units": units},
    )


def moving_result(lake: Lake, vendor: str, days: tuple[date, ...]) -> dg.AssetCheckResult:
    """Blocks where most symbols repeat the session before; warns where single ones do."""
    bars = _with_the_ones_before(lake, vendor, days, QUANTITIES)
    wanted = set(days)
    found = [one for one in standstills(bars) if one.session in wanted]
    frozen = sum(one.is_frozen for one in found)
    told = ", ".join(f"{one.repeated} of {one.compared} on {one.session}" for one in found[:SHOWN])
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.ERROR if frozen else dg.AssetCheckSeverity.WARN,
        description=f"{frozen:,} sessions stand still"
        + (f"; bars that repeat the one before: {told}" if told else ""),
        metadata={"frozen sessions": frozen, "repeated bars": sum(one.repeated for one in found)},
    )


def agreement_result(found: "pa.Table") -> dg.AssetCheckResult:
    """Warns of rows of DISAGREEMENTS; whose bar counts is decided elsewhere, and is no matter."""
    told = ", ".join(
        f"{row['symbol']} {row['session']} {row['quantity']}: {row['vendor']} {row['value']:g}, "
        f"{row['other_vendor']} {row['other_value']:g}"
        for row in found.slice(0, SHOWN).to_pylist()
    )
    return dg.AssetCheckResult(
        passed=found.num_rows == 0,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{found.num_rows:,} figures on which vendors differ"
        + (f": {told}" if told else ""),
        metadata={"disagreements": found.num_rows},
    )


def _with_the_ones_before(
    lake: Lake, vendor: str, days: tuple[date, ...], figures: tuple[str, ...]
) -> "pa.Table":
    span = f"session between date '{days[0] - _BEFORE}' and date '{days[-1]}'"
    return lake.read(
        PRICES, where=f"vendor = '{vendor}' and {span}", columns=("symbol", "session", *figures)
    )
