"""What governments and central banks decide and announce.

Belongs here: the Federal Reserve's announcements and meetings, the Treasury's debt, rates and
auctions, calendars of economic events. Does not belong here: measured series (macro.py).
"""

from __future__ import annotations

from stock_assets.tables.bounds import ANYTHING, BID_TO_COVER, RATE_PERCENT, STATE_USD
from stock_assets.tables.declaration import Column, Table


def _amount(name: str, meaning: str) -> Column:
    return Column(name, "double", meaning, "USD", nullable=True, at_least=0, at_most=STATE_USD)


def _figure(name: str, meaning: str) -> Column:
    return Column(name, "double", meaning, nullable=True, at_least=-ANYTHING, at_most=ANYTHING)


FED_RELEASES = Table(
    name="fed_releases",
    grain="one row per announcement of the Federal Reserve and version of it",
    columns=(
        Column("url", "string", "address of the announcement: its identity"),
        Column("title", "string", "title"),
        Column("category", "string", "such as Monetary Policy", nullable=True),
        Column("published_at", "instant", "when it was published", "UTC"),
    ),
    key=("url",),
)

FOMC_STATEMENTS = Table(
    name="fomc_statements",
    grain="one row per statement of the FOMC and version of it",
    columns=(
        Column("url", "string", "address of the announcement: its identity"),
        Column("decided_on", "date", "day in Washington on which it was released"),
        Column("title", "string", "title"),
        Column("text", "string", "its words, in one line"),
        Column(
            "target_low_percent",
            "double",
            "lower bound of the federal funds rate that the words name; until 2008 the target",
            "percent per year",
            nullable=True,
            at_least=-RATE_PERCENT,
            at_most=RATE_PERCENT,
        ),
        Column(
            "target_high_percent",
            "double",
            "upper bound of it; missing like the lower one where the words name none",
            "percent per year",
            nullable=True,
            at_least=-RATE_PERCENT,
            at_most=RATE_PERCENT,
        ),
    ),
    key=("url",),
    ordered=(("target_high_percent", "target_low_percent"),),
)

FOMC_MEETINGS = Table(
    name="fomc_meetings",
    grain="one row per event of the FOMC's calendar and version of it",
    columns=(
        Column(
            "kind",
            "string",
            "what happens",
            one_of=("statement", "press_conference", "minutes"),
        ),
        Column("held_on", "date", "day in Washington; of a meeting of two days the last"),
        Column(
            "starts_at", "instant", "when, where the calendar gives a time", "UTC", nullable=True
        ),
        Column("title", "string", "as the calendar names it"),
        Column("description", "string", "as the calendar describes it", nullable=True),
        Column(
            "withdrawn_at",
            "instant",
            "when it had vanished from a calendar that speaks about its day: moved or called off",
            "UTC",
            nullable=True,
        ),
    ),
    key=("kind", "held_on"),
)

TREASURY_DEBT = Table(
    name="treasury_debt",
    grain="one row per day and version",
    columns=(
        Column("record_on", "date", "the day that the figures are about"),
        _amount("public_usd", "debt held by the public"),
        _amount("intragov_usd", "held by the government"),
        Column("total_usd", "double", "all of it", "USD", at_least=0, at_most=STATE_USD),
    ),
    key=("record_on",),
)

TREASURY_RATES = Table(
    name="treasury_rates",
    grain="one row per month, security and version",
    columns=(
        Column("record_on", "date", "last day of the month"),
        Column("security_type", "string", "such as Marketable"),
        Column("security", "string", "such as Treasury Bills"),
        Column(
            "rate_percent",
            "double",
            "average interest rate",
            "percent per year",
            at_least=-RATE_PERCENT,
            at_most=RATE_PERCENT,
        ),
    ),
    key=("record_on", "security_type", "security"),
)

TREASURY_AUCTIONS = Table(
    name="treasury_auctions",
    grain="one row per auction and version: announced first, later with its results",
    columns=(
        Column("cusip", "string", "the security; the same again when it is reopened"),
        Column("auction_on", "date", "day of the auction"),
        Column("security_type", "string", "Bill, Note, Bond …"),
        Column("security_term", "string", "such as 13-Week", nullable=True),
        Column("announced_on", "date", "day of the announcement", nullable=True),
        Column("issue_on", "date", "day of issue", nullable=True),
        Column("maturity_on", "date", "day of repayment", nullable=True),
        Column("is_reopening", "boolean", "more of a security that exists already", nullable=True),
        Column("is_inflation_indexed", "boolean", "TIPS", nullable=True),
        Column("is_floating_rate", "boolean", "FRN", nullable=True),
        _amount("offering_usd", "offered"),
        _amount("tendered_usd", "asked for"),
        _amount("accepted_usd", "sold"),
        Column(
            "bid_to_cover",
            "double",
            "asked for over sold",
            nullable=True,
            at_least=0,
            at_most=BID_TO_COVER,
        ),
        Column(
            "high_rate_percent",
            "double",
            "highest accepted: yield of notes and bonds, discount rate of bills, margin of FRNs",
            "percent per year",
            nullable=True,
            at_least=-RATE_PERCENT,
            at_most=RATE_PERCENT,
        ),
    ),
    key=("cusip", "auction_on"),
)

ECONOMIC_EVENTS = Table(
    name="economic_events",
    grain="one row per vendor, country, event, instant and version",
    columns=(
        Column("vendor", "string", "who said so: finnhub"),
        Column("country", "string", "ISO 3166 alpha-2 code"),
        Column("event", "string", "such as CPI YoY"),
        Column("due_at", "instant", "when it is or was published", "UTC"),
        Column("impact", "string", "as the vendor rates it", nullable=True),
        _figure("estimate", "what is expected"),
        _figure("previous", "the value before"),
        _figure("actual", "what came; missing before"),
        Column("unit", "string", "as the vendor names it", nullable=True),
    ),
    key=("vendor", "country", "event", "due_at"),
)
