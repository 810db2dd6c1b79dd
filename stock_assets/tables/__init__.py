"""What rows look like: one declaration per table that Python writes.

Belongs here: columns, types, units, grain, key, bounds. Storage, checks, test fixtures, dbt
sources and documentation are derived from these declarations.
Does not belong here: reading or writing (lake/), relations between rows (dbt tests).
"""

from stock_assets.tables.calendar import SESSIONS
from stock_assets.tables.declaration import SYSTEM_COLUMNS, Column, Rule, Table
from stock_assets.tables.ledger import EVALUATIONS, PREDICTIONS
from stock_assets.tables.loads import GAPS, LOADS, QUARANTINE
from stock_assets.tables.market_data import CORPORATE_ACTIONS, LISTINGS, PRICES

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        SESSIONS,
        PRICES,
        CORPORATE_ACTIONS,
        LISTINGS,
        LOADS,
        GAPS,
        QUARANTINE,
        PREDICTIONS,
        EVALUATIONS,
    )
}

__all__ = [
    "CORPORATE_ACTIONS",
    "EVALUATIONS",
    "GAPS",
    "LISTINGS",
    "LOADS",
    "PREDICTIONS",
    "PRICES",
    "QUARANTINE",
    "SESSIONS",
    "SYSTEM_COLUMNS",
    "TABLES",
    "Column",
    "Rule",
    "Table",
]
