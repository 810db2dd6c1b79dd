"""Twenty years of real splits (D08): the closes deny those that did not happen, and no other."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import duckdb
import pytest

from stock_assets.market import Calendar, Session
from stock_assets.tables import CORPORATE_ACTIONS, PRICES, SESSIONS
from stock_assets_tests.dbt.running import SmallWarehouse
from stock_assets_tests.dbt.small_lake import SmallLake
from stock_assets_tests.dbt.small_market import action, bar, rows_of

pytestmark = [pytest.mark.slow, pytest.mark.realdata]

FILE: Final = Path("prices/sp500_daily_alphavantage_1999_2021.parquet")
AROUND: Final = """
    with bars as (
        select
            symbol, date, close_e4 / 1e4 as close, dividend_amount as dividend,
            split_coefficient as ratio,
            lead(split_coefficient, 1, 1.0) over (partition by symbol order by date) as next_ratio
        from read_parquet(?)
    )
    select symbol, date, close, dividend, ratio from bars where ratio <> 1 or next_ratio <> 1
"""
"""Each session with a split, and the one before."""
NEVER_HAPPENED: Final = {("ANTM", date(2002, 3, 18)), ("GNRC", date(2010, 2, 12))}


def test_d08_of_all_real_splits_the_closes_deny_the_two_that_never_happened(
    shared_data: Path, tmp_path: Path
) -> None:
    calendar = Calendar(date(1999, 1, 1), date(2021, 12, 31))
    session: dict[date, Session] = {day.day: day for day in calendar.sessions}
    found = duckdb.execute(AROUND, [str(shared_data / FILE)]).fetchall()
    lake = SmallLake(tmp_path / "lake")
    lake.append(SESSIONS, rows_of(calendar.sessions))
    lake.append(PRICES, [bar("yahoo", symbol, session[day], c) for symbol, day, c, _, _ in found])
    lake.append(
        CORPORATE_ACTIONS,
        [
            action("yahoo", symbol, kind, day, amount)
            for symbol, day, _, dividend, ratio in found
            for kind, amount, none in (("split", ratio, 1.0), ("dividend", dividend, 0.0))
            if amount != none
        ],
    )
    warehouse = SmallWarehouse(tmp_path)
    warehouse.dbt("run", "--select", "+int_splits__contradicted", lake=lake)
    denied = warehouse.rows("select symbol, ex_date from intermediate.int_splits__contradicted")
    assert {(row["symbol"], row["ex_date"]) for row in denied.to_pylist()} == NEVER_HAPPENED
    told = warehouse.rows(
        "select count(*) as n from intermediate.int_corporate_actions__known where kind = 'split'"
    )
    assert told["n"].to_pylist()[0] > 450
