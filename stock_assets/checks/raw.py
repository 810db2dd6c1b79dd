"""Checks of the raw price tables: shape and bounds, completeness, finality, freshness.

Belongs here: one check per question and feed, all derived from the feed's name.
Does not belong here: what the answers are made of (ingest/completeness.py, tables/).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import dagster as dg

from stock_assets.checks.bars import bar_checks
from stock_assets.checks.expectations import as_check_result
from stock_assets.ingest.completeness import Completeness, completeness_of
from stock_assets.ingest.feeds import Feed
from stock_assets.ingest.universes import companies_of
from stock_assets.lake import Lake
from stock_assets.market import FINAL_AFTER, Calendar, Clock
from stock_assets.partitions import sessions_checked
from stock_assets.settings import Settings
from stock_assets.tables import PRICES

if TYPE_CHECKING:
    import pandas as pd

MIN_COVERAGE: Final = 0.95
"""Below this share of the expected bars, what follows would be built on a biased sample."""
SHOWN: Final = 20
LOOK_BACK: Final = timedelta(days=60)


def price_checks(vendor: str) -> list[dg.AssetChecksDefinition]:
    """The checks of one vendor's prices."""
    feed = f"raw/{vendor}_prices"
    asset = dg.AssetKey(["raw", f"{vendor}_prices"])

    @dg.asset_check(asset=asset, name="shape_and_bounds", blocking=True)
    def shape_and_bounds(
        context: dg.AssetCheckExecutionContext,
        lake: dg.ResourceParam[Lake],
        calendar: dg.ResourceParam[Calendar],
        clock: dg.ResourceParam[Clock],
    ) -> dg.AssetCheckResult:
        """Columns, types, presence, positive prices, OHLC order and one bar per key hold."""
        rows = stored_bars(
            lake, vendor, sessions_checked(context, calendar.last_decided(clock.now()).day)
        )
        return as_check_result(PRICES, rows, severity=dg.AssetCheckSeverity.ERROR)

    @dg.asset_check(asset=asset, name="complete")
    def complete(
        context: dg.AssetCheckExecutionContext,
        lake: dg.ResourceParam[Lake],
        settings: dg.ResourceParam[Settings],
        calendar: dg.ResourceParam[Calendar],
        clock: dg.ResourceParam[Clock],
    ) -> dg.AssetCheckResult:
        """Every symbol has a bar on every session, or a cause why it cannot have one."""
        days = sessions_checked(context, calendar.last_decided(clock.now()).day)
        return completeness_result(lake, feed, vendor, companies_of(settings, lake, days), days)

    @dg.asset_check(asset=asset, name="final", blocking=True)
    def final(
        context: dg.AssetCheckExecutionContext,
        lake: dg.ResourceParam[Lake],
        calendar: dg.ResourceParam[Calendar],
        clock: dg.ResourceParam[Clock],
    ) -> dg.AssetCheckResult:
        """No bar was stored before its session had closed, when it could still change."""
        return finality_result(
            stored_bars(
                lake, vendor, sessions_checked(context, calendar.last_decided(clock.now()).day)
            ),
            calendar,
        )

    @dg.asset_check(asset=asset, name="fresh")
    def fresh(
        lake: dg.ResourceParam[Lake],
        calendar: dg.ResourceParam[Calendar],
        clock: dg.ResourceParam[Clock],
    ) -> dg.AssetCheckResult:
        """The newest stored session is the last one that has closed and been decided."""
        expected = calendar.last_decided(clock.now()).day
        return freshness_result(newest_session(lake, vendor, expected), expected)

    return [shape_and_bounds, complete, final, fresh, *bar_checks(vendor)]


def enough_bars(feeds: Sequence[Feed]) -> dg.AssetChecksDefinition:
    """The one check of completeness that blocks: what all vendors have together.

    It belongs to the first of ``feeds``, those that jobs collect, and waits for the others of the
    same run.
    """
    asset, *others = (dg.AssetKey(feed.key.split("/")) for feed in feeds)

    @dg.asset_check(asset=asset, name="enough", blocking=True, additional_deps=others)
    def enough(
        context: dg.AssetCheckExecutionContext,
        lake: dg.ResourceParam[Lake],
        settings: dg.ResourceParam[Settings],
        calendar: dg.ResourceParam[Calendar],
        clock: dg.ResourceParam[Clock],
    ) -> dg.AssetCheckResult:
        """All vendors together have at least 95 % of the bars that can exist."""
        days = sessions_checked(context, calendar.last_decided(clock.now()).day)
        found = completeness_of(
            lake,
            asset.to_user_string(),
            asset.path[-1].removesuffix("_prices"),
            companies_of(settings, lake, days),
            days,
        )
        return enough_result(found)

    return enough


def stored_bars(lake: Lake, vendor: str, days: tuple[date, ...]) -> "pd.DataFrame":
    """The newest version of each bar of ``vendor`` on ``days``, all columns."""
    span = f"session between date '{days[0]}' and date '{days[-1]}'"
    rows: pd.DataFrame = lake.read(PRICES, where=f"vendor = '{vendor}' and {span}").to_pandas()
    return rows


def newest_session(lake: Lake, vendor: str, until: date) -> date | None:
    """The newest session that ``vendor`` has bars of, among the last weeks before ``until``."""
    import pyarrow.compute as pc

    where = f"vendor = '{vendor}' and session > date '{until - LOOK_BACK}'"
    found: date | None = pc.max(
        lake.read(PRICES, where=where, columns=("session",))["session"]
    ).as_py()
    return found


def completeness_result(
    lake: Lake, feed: str, vendor: str, symbols: tuple[str, ...], days: tuple[date, ...]
) -> dg.AssetCheckResult:
    """Warns while a bar is missing; an error below 95 % of the bars that can exist."""
    found = completeness_of(lake, feed, vendor, symbols, days)
    enough = found.coverage >= MIN_COVERAGE
    missing = ", ".join(f"{symbol} {day}" for symbol, day in found.missing_keys[:SHOWN])
    causes = ", ".join(f"{count:,} {cause}" for cause, count in sorted(found.causes.items()))
    return dg.AssetCheckResult(
        passed=found.missing == 0,
        severity=dg.AssetCheckSeverity.WARN if enough else dg.AssetCheckSeverity.ERROR,
        description=(
            f"{found.stored:,} of {found.expected:,} bars stored, {found.excused:,} cannot exist"
            + (f", {found.missing:,} missing ({causes}): {missing}" if missing else "")
        ),
        metadata={
            "coverage": found.coverage,
            "expected": found.expected,
            "stored": found.stored,
            "excused": found.excused,
            "missing": found.missing,
            "causes": causes or "none",
        },
    )


def enough_result(found: Completeness) -> dg.AssetCheckResult:
    """Blocks below 95 %: where one vendor fails another stands in, session by session."""
    missing = ", ".join(f"{symbol} {day}" for symbol, day in found.missing_keys[:SHOWN])
    passed = found.coverage_anywhere >= MIN_COVERAGE
    return dg.AssetCheckResult(
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR,
        description=(
            f"all vendors together have {found.stored_anywhere:,} of {found.expected:,} bars "
            f"({found.coverage_anywhere:.1%} of those that can exist)"
            + (f"; this one lacks {missing}" if missing and not passed else "")
        ),
        metadata={"coverage by all vendors": found.coverage_anywhere},
    )


def finality_result(rows: "pd.DataFrame", calendar: Calendar) -> dg.AssetCheckResult:
    """Fails when a bar's load is older than its session's close and the vendor's lag."""
    import pandas as pd

    final_by_day = {
        day: pd.Timestamp(calendar.session(day).close_at + FINAL_AFTER)
        for day in rows["session"].unique()
        if calendar.is_session(day)
    }
    # Without a single session pandas would not know that these are instants.
    final_at = pd.to_datetime(rows["session"].map(final_by_day), utc=True)
    early = rows[~(rows["ingested_at"] >= final_at)]
    keys = [f"{row.symbol} {row.session}" for row in early.head(SHOWN).itertuples()]
    return dg.AssetCheckResult(
        passed=early.empty,
        severity=dg.AssetCheckSeverity.ERROR,
        description=(
            f"{len(early):,} of {len(rows):,} bars were stored before they were final"
            + (f": {', '.join(keys)}" if keys else "")
        ),
        metadata={"rows": len(rows), "early": len(early)},
    )


def freshness_result(newest: date | None, expected: date) -> dg.AssetCheckResult:
    """Warns when the newest session is older than the one that should be there."""
    return dg.AssetCheckResult(
        passed=newest is not None and newest >= expected,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"newest session {newest or 'none'}, expected {expected}",
        metadata={"newest": str(newest), "expected": str(expected)},
    )
