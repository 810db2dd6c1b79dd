"""A lake with a past for the tests of retention: kept answers, hourly looks, old versions."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from stock_assets.lake import Lake, LoadSource, PayloadStore
from stock_assets.lake.retention import Kind, Policy
from stock_assets.lake.retention.replaced import Readers
from stock_assets.lake.retention.work import Place
from stock_assets.tables import FUNDAMENTALS, NEWS
from stock_assets_tests.lake.bars import SteppingClock, open_lake

TODAY = datetime(2024, 6, 3, 12, tzinfo=UTC)
SPANS: dict[Kind, int] = {
    "financial": 90,
    "movements": 90,
    "news": 60,
    "macro": 365,
    "policy": 730,
}
POLICY = Policy(SPANS)


class Past:
    """A home whose wall clock can be set: what is stored is stored then."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = SteppingClock(TODAY)
        self.lake: Lake = open_lake(
            home / "lake", clock=self.clock, now=lambda: self.clock.present, locks=home / "locks"
        )
        self.store = PayloadStore(str(home / "payloads"))
        self.readers: Mapping[str, Mapping[str, int | None]] = {}

    def place(self) -> Place:
        """Where retention looks."""

        def readers() -> Readers:
            return self.readers

        return Place(self.lake, self.store.root, self.home / "locks", readers)

    def keep(self, body: bytes, days_ago: float) -> str:
        """Keep an answer so long ago; returns its SHA-256."""
        sha = self.store.put(body)
        at = (TODAY - timedelta(days=days_ago)).timestamp()
        os.utime(self.file_of(sha), (at, at))
        return sha

    def file_of(self, sha: str) -> Path:
        """Where an answer lies."""
        return self.home / "payloads" / sha[:2] / sha[2:4] / f"{sha}.zst"

    def has(self, sha: str) -> bool:
        """Whether an answer is still kept."""
        return sha in self.store

    def load(  # type: ignore[no-untyped-def]
        self, table, rows: pa.Table, days_ago: float, *shas: str, feed: str = "raw/feed", **other
    ) -> str:
        """Append so long ago from these answers; returns the load's id."""
        self.clock.present = TODAY - timedelta(days=days_ago)
        source = LoadSource(feed, "vendor", payloads=shas, **other)
        load = self.lake.append(table, rows, source).load_id
        self.clock.present = TODAY
        return load

    def news(self, days_ago: float, *shas: str) -> str:
        """A load of one article."""
        return self.load(NEWS, article(TODAY - timedelta(days=days_ago)), days_ago, *shas)

    def look(
        self, at: datetime, price: float, symbol: str = "AAPL", vendor: str = "finnhub"
    ) -> str:
        """One hourly look, stored when it was made; returns the load's id."""
        self.clock.present = at
        row = {
            "vendor": vendor,
            "symbol": symbol,
            "observed_hour": at.replace(minute=0, second=0, microsecond=0),
            "price_usd": price,
            "known_at": at,
        }
        rows = pa.Table.from_pylist([row], schema=FUNDAMENTALS.row_schema)
        load = self.lake.append(FUNDAMENTALS, rows, LoadSource("raw/looks", vendor)).load_id
        self.clock.present = TODAY
        return load


def article(at: datetime) -> pa.Table:
    """One article of that instant."""
    row = {
        "vendor": "newsapi",
        "article_id": hashlib.sha256(at.isoformat().encode()).hexdigest(),
        "symbol": "AAPL",
        "published_at": at,
        "headline": "Apples",
        "story_id": "s",
        "known_at": at,
    }
    return pa.Table.from_pylist([row], schema=NEWS.row_schema)


def fingerprint(home: Path) -> dict[str, str]:
    """Every file below a directory with the hash of its bytes."""
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }
