"""A warehouse as dbt leaves it, made by hand: small, and without dbt's start-up.

Belongs here: the tables that are published, with the columns that dbt builds. Does not belong
here: how they are computed (stock_assets_tests/dbt).
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb

from stock_assets.names import FEATURES

FIRST_DAY = date(2024, 1, 2)


def build_warehouse(path: Path, *, sessions: int, generation: int = 0, symbol: str = "A") -> None:
    """Write all published tables: one symbol, ``sessions`` days; ``generation`` marks the build."""
    days = [FIRST_DAY + timedelta(days=n) for n in range(sessions)]
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        for schema in ("lake", "marts", "features", "monitoring"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            "create table lake.lake_versions as select 'prices' as table_name, 3::bigint as version"
        )
        connection.execute("create table days (session date)")
        connection.executemany("insert into days values (?)", [[day] for day in days])
        prices = ", ".join(
            f"{generation}::double as {name}"
            for name in (
                *("open_usd", "high_usd", "low_usd", "close_usd", "volume_shares"),
                *("adj_open_usd", "adj_high_usd", "adj_low_usd", "adj_close_usd"),
                "adj_volume_shares",
            )
        )
        connection.execute(
            f"create table marts.prices_daily as select '{symbol}' as symbol, session, {prices}, "
            "'yahoo' as vendor, 'polygon' as preferred_vendor, 'no_bar' as fallback_reason "
            "from days"
        )
        features = ", ".join(f"{generation}::double as {name}" for name in FEATURES)
        connection.execute(
            f"create table features.features_daily as select '{symbol}' as symbol, session, "
            f"{features}, 'f' as input_fingerprint from days"
        )
        key = (
            f"'{symbol}' as symbol, session, session + 1 as target_session, 'm' as model_name, "
            "'1' as model_version"
        )
        connection.execute(
            f"create table monitoring.predictions as select {key}, 0.5::double as probability_up, "
            "'down' as direction, 'no_evidence' as evidence, "
            "timestamptz '2024-01-03 06:30:00+00' as decided_at, "
            "timestamptz '2024-01-03 06:31:00+00' as created_at from days"
        )
        connection.execute(
            f"create table monitoring.prediction_outcomes as select {key}, 0.1::double as "
            "actual_return, false as correct from days"
        )
        connection.execute(
            "create table monitoring.model_performance as select 'm' as model_name, "
            "'1' as model_version, 'live' as source, 'accuracy' as metric, 0.5::double as "
            "estimate, null::double as low, null::double as high, 1::bigint as rows_judged, "
            "1::bigint as sessions_judged, date '2024-01-02' as first_session, "
            "date '2024-01-02' as last_session"
        )
