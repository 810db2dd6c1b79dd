"""What the vendors say about prices, corporate actions and listings.

Belongs here: prices, corporate_actions, listings. Prices are always as traded on the day:
adjusted prices are derived in SQL and never stored as raw.
Does not belong here: derived tables (dbt_project/models).
"""

from __future__ import annotations

from stock_assets.tables.bounds import SHARE_USD, SHARES, SPLIT
from stock_assets.tables.declaration import Column, Rule, Table

PRICES = Table(
    name="prices",
    grain="one row per vendor, symbol, session and version of the bar",
    columns=(
        Column("vendor", "string", "who said so: yahoo, polygon, alpha_vantage"),
        Column("symbol", "string", "canonical symbol, such as BRK.B"),
        Column("session", "date", "the trading day in New York"),
        Column("open_usd", "double", "first price", "USD as traded", above=0, at_most=SHARE_USD),
        Column("high_usd", "double", "highest price", "USD as traded", above=0, at_most=SHARE_USD),
        Column("low_usd", "double", "lowest price", "USD as traded", above=0, at_most=SHARE_USD),
        Column("close_usd", "double", "last price", "USD as traded", above=0, at_most=SHARE_USD),
        Column(
            "volume_shares",
            "double",
            "shares traded",
            "shares of that day",
            at_least=0,
            at_most=SHARES,
        ),
        Column("price_basis", "string", "how prices are stated", one_of=("as_traded",)),
    ),
    key=("vendor", "symbol", "session"),
    ordered=(
        ("high_usd", "low_usd"),
        ("high_usd", "open_usd"),
        ("high_usd", "close_usd"),
        ("open_usd", "low_usd"),
        ("close_usd", "low_usd"),
    ),
)

CORPORATE_ACTIONS = Table(
    name="corporate_actions",
    grain="one row per vendor, symbol, kind, ex-date and version",
    columns=(
        Column("vendor", "string", "who said so: yahoo, polygon, alpha_vantage"),
        Column("symbol", "string", "canonical symbol"),
        Column("kind", "string", "what happened", one_of=("split", "dividend")),
        Column("ex_date", "date", "first session on which the share trades without it"),
        Column(
            "split_ratio",
            "double",
            "new shares per old share; missing for dividends",
            nullable=True,
            at_least=1 / SPLIT,
            at_most=SPLIT,
        ),
        Column(
            "dividend_usd",
            "double",
            "cash per share as of the ex-date; missing for splits",
            "USD per share of that day",
            nullable=True,
            at_least=0,
            at_most=SHARE_USD,
        ),
    ),
    key=("vendor", "symbol", "kind", "ex_date"),
    rules=(
        Rule(
            "amount_matches_kind",
            "(kind = 'split') = (split_ratio is not null) "
            "and (kind = 'dividend') = (dividend_usd is not null)",
            "a split has a ratio, a dividend has an amount, and never the other's",
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
