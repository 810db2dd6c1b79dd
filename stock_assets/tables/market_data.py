"""What the vendors say about prices, corporate actions and listings.

Belongs here: prices, corporate_actions, listings. Prices are always as traded on the day:
adjusted prices are derived in SQL and never stored as raw.
Does not belong here: derived tables (dbt_project/models).
"""

from __future__ import annotations

from stock_assets.tables.declaration import Column, Rule, Table

PRICES = Table(
    name="prices",
    grain="one row per vendor, symbol, session and version of the bar",
    columns=(
        Column("vendor", "string", "who said so: yahoo, polygon"),
        Column("symbol", "string", "canonical symbol, such as BRK.B"),
        Column("session", "date", "the trading day in New York"),
        Column("open_usd", "double", "first price", "USD as traded"),
        Column("high_usd", "double", "highest price", "USD as traded"),
        Column("low_usd", "double", "lowest price", "USD as traded"),
        Column("close_usd", "double", "last price", "USD as traded"),
        Column("volume_shares", "double", "shares traded", "shares of that day"),
        Column("price_basis", "string", "how prices are stated; always as_traded here"),
    ),
    key=("vendor", "symbol", "session"),
    rules=(
        Rule(
            "price_finite",
            "isfinite(open_usd) and isfinite(high_usd) and isfinite(low_usd) and isfinite(close_usd)",
            "a price is a finite number",
        ),
        Rule(
            "price_positive",
            "open_usd > 0 and high_usd > 0 and low_usd > 0 and close_usd > 0",
            "a price at or below zero is a supplier's error, never a market event",
        ),
        Rule("high_not_below_low", "high_usd >= low_usd", "the high is not below the low"),
        Rule(
            "open_close_inside_range",
            "open_usd between low_usd and high_usd and close_usd between low_usd and high_usd",
            "open and close lie between low and high",
        ),
        Rule(
            "volume_not_negative",
            "isfinite(volume_shares) and volume_shares >= 0",
            "nobody trades fewer than no shares",
        ),
        Rule("basis_as_traded", "price_basis = 'as_traded'", "raw prices are as traded"),
    ),
)

CORPORATE_ACTIONS = Table(
    name="corporate_actions",
    grain="one row per vendor, symbol, kind, ex-date and version",
    columns=(
        Column("vendor", "string", "who said so: yahoo, polygon"),
        Column("symbol", "string", "canonical symbol"),
        Column("kind", "string", "split or dividend"),
        Column("ex_date", "date", "first session on which the share trades without it"),
        Column(
            "split_ratio", "double", "new shares per old share; missing for dividends", nullable=True
        ),
        Column(
            "dividend_usd", "double", "cash per share as of the ex-date; missing for splits",
            "USD per share of that day", nullable=True,
        ),
    ),
    key=("vendor", "symbol", "kind", "ex_date"),
    rules=(
        Rule("kind_known", "kind in ('split', 'dividend')", "splits and dividends only"),
        Rule(
            "split_ratio_positive",
            "(kind <> 'split') or (split_ratio > 0 and isfinite(split_ratio))",
            "a split has a positive ratio",
        ),
        Rule(
            "dividend_not_negative",
            "(kind <> 'dividend') or (dividend_usd >= 0 and isfinite(dividend_usd))",
            "a dividend is not negative",
        ),
    ),
)

LISTINGS = Table(
    name="listings",
    grain="one row per vendor, symbol and version of its listing",
    columns=(
        Column("vendor", "string", "who said so"),
        Column("symbol", "string", "canonical symbol"),
        Column("name", "string", "company", nullable=True),
        Column("exchange", "string", "ISO 10383 code of the primary exchange", nullable=True),
        Column("kind", "string", "the vendor's type, such as CS for common stock", nullable=True),
        Column("is_active", "boolean", "still listed"),
        Column("figi", "string", "composite FIGI, permanent over renames", nullable=True),
        Column("listed_on", "date", "first day listed, where told", nullable=True),
        Column("delisted_on", "date", "day of delisting", nullable=True),
        Column("formerly", "string", "symbol before the last rename", nullable=True),
        Column("renamed_on", "date", "first day under this symbol, if renamed", nullable=True),
    ),
    key=("vendor", "symbol"),
)
