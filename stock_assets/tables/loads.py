"""What we know about our own loading: answered requests, what they covered, gaps, rows put aside.

Belongs here: loads, coverage, gaps, quarantine, removals. Does not belong here: the data that was
loaded.
"""

from __future__ import annotations

from stock_assets.tables.declaration import Column, Table

LOADS = Table(
    name="loads",
    grain="one row per load: one answered request set, one commit",
    columns=(
        Column("load", "string", "the load's id, also stamped on its rows"),
        Column("target", "string", "table that was written"),
        Column("feed", "string", "asset that asked, such as raw/yahoo_prices"),
        Column("vendor", "string", "who answered"),
        Column("requests", "strings", "requests as sent, redacted"),
        Column("payloads", "strings", "SHA-256 of each answer kept in the payload store"),
        Column("first_session", "date", "first session asked for", nullable=True),
        Column("last_session", "date", "last session asked for", nullable=True),
        Column("rows_received", "integer", "rows in the answers", "rows"),
        Column("rows_appended", "integer", "new or restated rows stored", "rows"),
        Column("rows_unchanged", "integer", "rows that we had already", "rows"),
        Column("rows_restated", "integer", "appended rows that replace an older value", "rows"),
        Column("rows_quarantined", "integer", "rows put aside", "rows"),
    ),
    key=("load",),
)

COVERAGE = Table(
    name="coverage",
    grain="one row per feed, subject and day that was asked for when it was over, and answered (of "
    "corporate actions: the first day asked for, and the day of each question)",
    columns=(
        Column("feed", "string", "asset that asked, such as raw/finnhub_news"),
        Column("vendor", "string", "who answered"),
        Column("subject", "string", "what was asked for: a symbol, a series, a list"),
        Column("day", "date", "the day that the answer was about, however little was in it"),
    ),
    key=("feed", "subject", "day"),
)

GAPS = Table(
    name="gaps",
    grain="one row per feed, symbol and session that was expected and did not come, and version",
    columns=(
        Column("feed", "string", "asset that asked, such as raw/yahoo_prices"),
        Column("vendor", "string", "who was asked"),
        Column("symbol", "string", "canonical symbol, or what else was asked for"),
        Column("session", "date", "the day that is missing"),
        Column(
            "cause",
            "string",
            "no_bar, not_found, failed, cut … (ingest/gaps.py, ingest/subject_gaps.py), filled "
            "when it came later, reopened when it is to be asked for again",
        ),
        Column("detail", "string", "the error in words", nullable=True),
    ),
    key=("feed", "symbol", "session"),
)

QUARANTINE = Table(
    name="quarantine",
    grain="one row per rejected row and rule",
    columns=(
        Column("quarantine_id", "string", "hash of target, row and rule: the same row once"),
        Column("target", "string", "table that the row was meant for"),
        Column("rule", "string", "id of the rule that it breaks"),
        Column("reason", "string", "the rule in words"),
        Column(
            "judged_by",
            "string",
            "the table's rules, or the vendor's code; only the former can be replayed",
            one_of=("rules", "vendor"),
        ),
        Column("row", "string", "the row as JSON, all columns"),
        Column("symbol", "string", "canonical symbol, where the row has one", nullable=True),
        Column("session", "date", "session, where the row has one", nullable=True),
    ),
    key=("quarantine_id",),
)

REMOVALS = Table(
    name="removals",
    grain="one row per thing that retention removed, recorded before it goes, and version",
    columns=(
        Column(
            "what",
            "string",
            "a kept answer, superseded rows of a day, a data file",
            one_of=("answer", "rows", "file"),
        ),
        Column("name", "string", "SHA-256 of the answer; table/day of rows; table/file"),
        Column(
            "kind",
            "string",
            "the kind whose span it outlived",
            one_of=("financial", "movements", "news", "macro", "policy", "records"),
        ),
        Column("size_bytes", "integer", "size as stored", "bytes", nullable=True, at_least=0),
        Column("rows", "integer", "rows that went", "rows", nullable=True, at_least=0),
        Column(
            "last_used_at",
            "instant",
            "when a load last named it, or when it was stored",
            "UTC",
        ),
        Column("reason", "string", "why it could go, in words"),
    ),
    key=("what", "name"),
)
