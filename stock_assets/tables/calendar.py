"""The exchange's calendar as data, so that SQL can align things to sessions.

Belongs here: the sessions table. Does not belong here: computing it (market.py).
"""

from __future__ import annotations

from stock_assets.tables.declaration import Column, Rule, Table

SESSIONS = Table(
    name="sessions",
    grain="one row per trading day of XNYS",
    columns=(
        Column("session", "date", "the trading day in New York"),
        Column("session_number", "integer", "sessions since 1990-01-02 = 0, without gaps"),
        Column("open_at", "instant", "opening bell", "UTC"),
        Column("close_at", "instant", "closing bell", "UTC"),
        Column("decision_at", "instant", "when the prediction for this session is made", "UTC"),
        Column("is_half_day", "boolean", "the exchange closes early"),
    ),
    key=("session",),
    rules=(
        Rule("close_after_open", "close_at > open_at", "a session closes after it opened"),
        Rule("decision_after_close", "decision_at > close_at", "a decision waits for the close"),
    ),
)
