"""What stands beside the shares: company snapshots, indices, currencies, who is in an index.

Belongs here: fundamentals, index_prices, fx_rates, index_membership.
Does not belong here: shares' bars and actions (market_data.py).
"""

from __future__ import annotations

from stock_assets.tables.declaration import Column, Table

_POINTS = "index points"
_PER_USD = "units per USD"

FUNDAMENTALS = Table(
    name="fundamentals",
    grain="one row per vendor, company and hour in which it was looked at, and version",
    columns=(
        Column("vendor", "string", "who said so: finnhub, alpha_vantage"),
        Column("symbol", "string", "canonical symbol"),
        Column("observed_hour", "instant", "the hour in which we looked, its beginning", "UTC"),
        Column("price_usd", "double", "last price", "USD", above=0),
        Column("open_usd", "double", "first price of the day", "USD", nullable=True, above=0),
        Column("high_usd", "double", "highest price of the day", "USD", nullable=True, above=0),
        Column("low_usd", "double", "lowest price of the day", "USD", nullable=True, above=0),
        Column("previous_close_usd", "double", "last close before", "USD", nullable=True, above=0),
        Column("volume_shares", "double", "mean of ten days", "shares", nullable=True, at_least=0),
        Column(
            "market_cap_usd", "double", "market capitalisation", "USD", nullable=True, at_least=0
        ),
        Column("pe_ratio", "double", "price over earnings of twelve months", nullable=True),
        Column(
            "dividend_yield_percent",
            "double",
            "dividends of a year over price",
            "percent",
            nullable=True,
            at_least=0,
        ),
    ),
    key=("vendor", "symbol", "observed_hour"),
)

INDEX_PRICES = Table(
    name="index_prices",
    grain="one row per vendor, index, session and version",
    columns=(
        Column("vendor", "string", "who said so: yahoo"),
        Column("symbol", "string", "the index, such as ^GSPC"),
        Column("session", "date", "the trading day in New York"),
        Column("open_points", "double", "first value", _POINTS, above=0),
        Column("high_points", "double", "highest value", _POINTS, above=0),
        Column("low_points", "double", "lowest value", _POINTS, above=0),
        Column("close_points", "double", "last value", _POINTS, above=0),
        Column("volume_shares", "double", "of its members", "shares", nullable=True, at_least=0),
    ),
    key=("vendor", "symbol", "session"),
    ordered=(
        ("high_points", "low_points"),
        ("high_points", "open_points"),
        ("high_points", "close_points"),
        ("open_points", "low_points"),
        ("close_points", "low_points"),
    ),
)

FX_RATES = Table(
    name="fx_rates",
    grain="one row per vendor, currency, day and version",
    columns=(
        Column("vendor", "string", "who said so: yahoo"),
        Column("currency", "string", "ISO 4217 code of what one US dollar is stated in"),
        Column("day", "date", "the day in London on which it was traded"),
        Column("open_per_usd", "double", "first rate", _PER_USD, above=0),
        Column("high_per_usd", "double", "highest rate", _PER_USD, above=0),
        Column("low_per_usd", "double", "lowest rate", _PER_USD, above=0),
        Column("close_per_usd", "double", "last rate", _PER_USD, above=0),
    ),
    key=("vendor", "currency", "day"),
    ordered=(
        ("high_per_usd", "low_per_usd"),
        ("high_per_usd", "open_per_usd"),
        ("high_per_usd", "close_per_usd"),
        ("open_per_usd", "low_per_usd"),
        ("close_per_usd", "low_per_usd"),
    ),
)

INDEX_MEMBERSHIP = Table(
    name="index_membership",
    grain="one row per index, symbol and stay in it, and version",
    columns=(
        Column("index_symbol", "string", "the index, such as ^GSPC"),
        Column("symbol", "string", "canonical symbol at the time"),
        Column("first_day", "date", "first day as a member"),
        Column("last_day", "date", "last day as a member; missing while it is one", nullable=True),
    ),
    key=("index_symbol", "symbol", "first_day"),
    ordered=(("last_day", "first_day"),),
)
