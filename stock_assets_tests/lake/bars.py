"""Rows and lakes for the tests of this room: small, seeded, the same on every run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from stock_assets.lake import Lake, LoadSource
from stock_assets.tables import PRICES

NOW = datetime(2024, 6, 3, 6, 30, tzinfo=UTC)
SOURCE = LoadSource(
    feed="raw/yahoo_prices",
    vendor="yahoo",
    requests=("GET https://example.test/AAPL?key=***",),
    payloads=("ab" * 32,),
    first_session=date(2024, 1, 2),
    last_session=date(2024, 1, 5),
)
DAYS = (date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4), date(2024, 1, 5))


def bar(
    symbol: str = "AAPL", day: date = DAYS[0], close: float = 100.0, **other: Any
) -> dict[str, Any]:
    """One sound bar as a plain row; ``other`` replaces columns."""
    known = datetime(day.year, day.month, day.day, 21, tzinfo=UTC)
    sound = {
        "vendor": "yahoo",
        "symbol": symbol,
        "session": day,
        "open_usd": close,
        "high_usd": close,
        "low_usd": close,
        "close_usd": close,
        "volume_shares": 1000.0,
        "price_basis": "as_traded",
        "known_at": known,
    }
    return {**sound, **other}


def rows(*bars: dict[str, Any]) -> pa.Table:
    """Plain rows as a table of PRICES' row schema."""
    return pa.Table.from_pylist(list(bars), schema=PRICES.row_schema)


def grid(symbols: Sequence[str] = ("AAPL", "MSFT"), days: Sequence[date] = DAYS) -> pa.Table:
    """One bar per symbol and day, each with its own price."""
    return rows(
        *(
            bar(symbol, day, 100.0 + 10 * i + day.day / 4)
            for i, symbol in enumerate(symbols)
            for day in days
        )
    )


def closes(table: pa.Table) -> dict[tuple[str, date], float]:
    """Symbol and session to closing price."""
    keys = zip(table["symbol"].to_pylist(), table["session"].to_pylist(), strict=True)
    return dict(zip(keys, table["close_usd"].to_pylist(), strict=True))


def open_lake(root: Path | str, **other: Any) -> Lake:
    """A lake of the twin at ``root`` whose market stands at NOW."""
    return Lake(str(root), **{"environment": "sandbox", "now": lambda: NOW, **other})


class SteppingClock:
    """A wall clock that moves one second per look."""

    def __init__(self, start: datetime = NOW) -> None:
        self.present = start

    def __call__(self) -> datetime:
        self.present += timedelta(seconds=1)
        return self.present
