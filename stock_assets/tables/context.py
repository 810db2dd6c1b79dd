"""What stands beside the shares: company snapshots, indices, currencies, who is in an index.

Belongs here: fundamentals, index_prices, fx_rates, index_membership.
Does not belong here: shares' bars and actions (market_data.py).
"""

from __future__ import annotations

from stock_assets.tables.bounds import (
    COMPANY_USD,
    DIVIDENDS_PERCENT,
    PE_RATIO,
    PER_USD,
    POINTS,
    SHARE_USD,
    SHARES,
)
from stock_assets.tables.declaration import Column, Table

_POINTS = "index points"
_PER_USD = "units per USD"


def _price(name: str, meaning: str) -> Column:
    return Column(name, "double", meaning, "USD", nullable=True, above=0, at_most=SHARE_USD)


def _shares(meaning: str) -> Column:
    return Column(
        "volume_shares", "double", meaning, "shares", nullable=True, at_least=0, at_most=SHARES
    )


FUNDAMENTALS = Table(
    name="fundamentals",
    grain="one row per vendor, company and hour in which it was looked at, and version",
    columns=(
        Column("vendor", "string", "who said so: finnhub, alpha_vantage"),
        Column("symbol", "string", "canonical symbol"),
        Column("observed_hour", "instant", "the hour in which we looked, its beginning", "UTC"),
        Column("price_usd", "double", "last price", "USD", above=0, at_most=SHARE_USD),
        _price("open_usd", "first price of the day"),
        _price("high_usd", "highest price of the day"),
        _price("low_usd", "lowest price of the day"),
        _price("previous_close_usd", "last close before"),
        _shares("mean of ten days"),
        Column(
            "market_cap_usd",
            "double",
            "market capitalisation",
            "USD",
            nullable=True,
            at_least=0,
            at_most=COMPANY_USD,
        ),
        Column(
            "pe_ratio",
            "double",
            "price over earnings of twelve months",
            nullable=True,
            at_least=-PE_RATIO,
            at_most=PE_RATIO,
        ),
        Column(
            "dividend_yield_percent",
            "double",
            "dividends of a year over price",
            "percent",
            nullable=True,
            at_least=0,
            at_most=DIVIDENDS_PERCENT,
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
        Column("open_points", "double", "first value", _POINTS, above=0, at_most=POINTS),
        Column("high_points", "double", "highest value", _POINTS, above=0, at_most=POINTS),
        Column("low_points", "double", "lowest value", _POINTS, above=0, at_most=POINTS),
        Column("close_points", "double", "last value", _POINTS, above=0, at_most=POINTS),
        _shares("of its members"),
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
        Column("open_per_usd", "double", "first rate", _PER_USD, above=0, at_most=PER_USD),
        Column("high_per_usd", "double", "highest rate", _PER_USD, above=0, at_most=PER_USD),
        Column("low_per_usd", "double", "lowest rate", _PER_USD, above=0, at_most=PER_USD),
        Column("close_per_usd", "double", "last rate", _PER_USD, above=0, at_most=PER_USD),
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
