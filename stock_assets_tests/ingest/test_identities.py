"""A company keeps its identity when its symbol changes, and a symbol may change its company."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from stock_assets.errors import NotFound
from stock_assets.ingest.identities import Name, identity_of, names_of, symbol_of
from stock_assets.tables import LISTINGS

RENAMED = date(2022, 6, 9)


def listing(symbol: str, figi: str | None, **other: object) -> dict[str, object]:
    return {
        "vendor": "polygon",
        "symbol": symbol,
        "name": None,
        "exchange": "XNAS",
        "kind": "CS",
        "is_active": True,
        "figi": figi,
        "listed_on": date(2012, 5, 18),
        "delisted_on": None,
        "formerly": None,
        "renamed_on": None,
        "known_at": datetime(2024, 1, 1, tzinfo=UTC),
    } | other


def names() -> tuple[Name, ...]:
    rows = [
        listing("META", "BBG-A", formerly="FB", renamed_on=RENAMED),
        # Another company takes the former symbol.
        listing("FB", "BBG-B", listed_on=date(2024, 1, 3)),
        listing("GONE", "BBG-C", delisted_on=date(2020, 1, 31), is_active=False),
        listing("NOID", None),
    ]
    return names_of(pa.Table.from_pylist(rows, schema=LISTINGS.row_schema))


@pytest.mark.parametrize(
    ("symbol", "day", "identity"),
    [
        ("FB", RENAMED - timedelta(days=1), "BBG-A"),
        ("META", RENAMED, "BBG-A"),
        ("META", date(2030, 1, 2), "BBG-A"),
        ("FB", date(2024, 1, 3), "BBG-B"),
        ("GONE", date(2020, 1, 31), "BBG-C"),
    ],
)
def test_a_symbol_stands_for_whoever_had_it_on_the_day(
    symbol: str, day: date, identity: str
) -> None:
    assert identity_of(names(), symbol, day) == identity
    assert symbol_of(names(), identity, day) == symbol


@pytest.mark.parametrize(
    ("symbol", "day"),
    [
        ("META", RENAMED - timedelta(days=1)),
        ("FB", RENAMED),
        ("GONE", date(2020, 2, 1)),
        ("NOID", date(2020, 2, 3)),
        ("ZZZZ", date(2020, 2, 3)),
    ],
)
def test_a_symbol_that_stood_for_nobody_is_an_error(symbol: str, day: date) -> None:
    with pytest.raises(NotFound, match=f"{symbol} on {day}"):
        identity_of(names(), symbol, day)


def test_a_company_has_no_symbol_before_its_listing_and_after_its_end() -> None:
    with pytest.raises(NotFound, match="had no symbol"):
        symbol_of(names(), "BBG-C", date(2020, 2, 1))
    with pytest.raises(NotFound, match="had no symbol"):
        symbol_of(names(), "BBG-A", date(2010, 1, 4))
