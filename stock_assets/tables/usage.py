"""What our own collecting costs and finds: the use of vendors' budgets, vendors that disagree.

Belongs here: api_usage, disagreements. Does not belong here: loads, gaps, quarantine (loads.py).
"""

from __future__ import annotations

from stock_assets.tables.declaration import Column, Table

API_USAGE = Table(
    name="api_usage",
    grain="one row per feed's run",
    columns=(
        Column("feed", "string", "asset that asked, such as raw/finnhub_news"),
        Column("vendor", "string", "who was asked"),
        Column("started_at", "instant", "beginning of the run", "UTC"),
        Column("seconds", "double", "length of the run", "s", at_least=0),
        Column("requests", "integer", "requests sent, repeated ones included", at_least=0),
        Column("errors", "integer", "requests that brought no answer to keep", at_least=0),
        Column("bytes_received", "integer", "size of the answers", "bytes", at_least=0),
        Column("rows_received", "integer", "rows in the answers", "rows", at_least=0),
        Column("rows_appended", "integer", "new or restated rows stored", "rows", at_least=0),
        Column("rows_quarantined", "integer", "rows put aside", "rows", at_least=0),
        Column("slowest_s", "double", "slowest answer", "s", nullable=True, at_least=0),
        Column("mean_s", "double", "mean time to an answer", "s", nullable=True, at_least=0),
        Column("left_today", "integer", "requests left of the day's budget", nullable=True),
        Column(
            "gave_up",
            "string",
            "why the run ended before all that it owed was asked, such as RateLimited and the "
            "reason; missing where it did not",
            nullable=True,
        ),
    ),
    key=("feed", "started_at"),
    version=2,
)

DISAGREEMENTS = Table(
    name="disagreements",
    grain="one row per symbol, session, pair of vendors and column on which they differ",
    columns=(
        Column("symbol", "string", "canonical symbol"),
        Column("session", "date", "the trading day"),
        Column("vendor", "string", "one vendor, the first by name"),
        Column("other_vendor", "string", "the other"),
        Column("quantity", "string", "what they differ on, such as close_usd"),
        Column("value", "double", "what the one says", nullable=True),
        Column("other_value", "double", "what the other says", nullable=True),
        Column("tolerance", "double", "relative difference that is tolerated", at_least=0),
    ),
    key=("symbol", "session", "vendor", "other_vendor", "quantity"),
)
