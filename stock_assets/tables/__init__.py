"""What rows look like: one declaration per table that Python writes.

Belongs here: columns, types, units, grain, key, bounds. Storage, checks, test fixtures, dbt
sources and documentation are derived from these declarations.
Does not belong here: reading or writing (lake/), relations between rows (dbt tests).
"""

from stock_assets.tables.calendar import SESSIONS
from stock_assets.tables.context import FUNDAMENTALS, FX_RATES, INDEX_MEMBERSHIP, INDEX_PRICES
from stock_assets.tables.declaration import SYSTEM_COLUMNS, Column, Rule, Table
from stock_assets.tables.ledger import EVALUATIONS, PREDICTIONS
from stock_assets.tables.loads import COVERAGE, GAPS, LOADS, QUARANTINE, REMOVALS
from stock_assets.tables.macro import MACRO, MACRO_RELEASES
from stock_assets.tables.market_data import CORPORATE_ACTIONS, LISTINGS, PRICES
from stock_assets.tables.news import NEWS, NEWS_SENTIMENT
from stock_assets.tables.policy import (
    ECONOMIC_EVENTS,
    FED_RELEASES,
    FOMC_MEETINGS,
    FOMC_STATEMENTS,
    TREASURY_AUCTIONS,
    TREASURY_DEBT,
    TREASURY_RATES,
)
from stock_assets.tables.usage import API_USAGE, DISAGREEMENTS

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        SESSIONS,
        PRICES,
        CORPORATE_ACTIONS,
        LISTINGS,
        INDEX_PRICES,
        FX_RATES,
        INDEX_MEMBERSHIP,
        FUNDAMENTALS,
        NEWS,
        NEWS_SENTIMENT,
        MACRO,
        MACRO_RELEASES,
        FED_RELEASES,
        FOMC_MEETINGS,
        FOMC_STATEMENTS,
        TREASURY_DEBT,
        TREASURY_RATES,
        TREASURY_AUCTIONS,
        ECONOMIC_EVENTS,
        LOADS,
        COVERAGE,
        GAPS,
        QUARANTINE,
        REMOVALS,
        API_USAGE,
        DISAGREEMENTS,
        PREDICTIONS,
        EVALUATIONS,
    )
}

__all__ = [
    "API_USAGE",
    "CORPORATE_ACTIONS",
    "COVERAGE",
    "DISAGREEMENTS",
    "ECONOMIC_EVENTS",
    "EVALUATIONS",
    "FED_RELEASES",
    "FOMC_MEETINGS",
    "FOMC_STATEMENTS",
    "FUNDAMENTALS",
    "FX_RATES",
    "GAPS",
    "INDEX_MEMBERSHIP",
    "INDEX_PRICES",
    "LISTINGS",
    "LOADS",
    "MACRO",
    "MACRO_RELEASES",
    "NEWS",
    "NEWS_SENTIMENT",
    "PREDICTIONS",
    "PRICES",
    "QUARANTINE",
    "REMOVALS",
    "SESSIONS",
    "SYSTEM_COLUMNS",
    "TABLES",
    "TREASURY_AUCTIONS",
    "TREASURY_DEBT",
    "TREASURY_RATES",
    "Column",
    "Rule",
    "Table",
]
