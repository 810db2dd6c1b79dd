"""Recorded answers sent once more by a real server and read by our clients.

Belongs here: what comes of a replay, which questions of ours an answer replies to, and the bench
on which it is sent.
Does not belong here: the questions of each vendor (replay_*.py; outcomes.py chooses among them),
the recorded answers (recordings.py).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa

from stock_assets.errors import BadSymbol
from stock_assets.lake.screen import screen
from stock_assets.market import NEW_YORK, check_symbol
from stock_assets.tables import CORPORATE_ACTIONS, NEWS, PRICES, Table
from stock_assets.vendors.addresses import Vendor
from stock_assets.vendors.articles import Articles
from stock_assets.vendors.bars import Bars
from stock_assets.vendors.transport import Answer, Limits, Request, Transport
from stock_assets_tests.vendors.conftest import Workshop
from stock_assets_tests.vendors.recordings import Recording
from stock_assets_tests.vendors.stub import Reply, reply, serving

_TYPES = {".csv": "text/csv", ".xml": "text/xml", ".html": "text/html"}
_IN_PATH = re.compile(r"/(?:ticker|tickers|chart|options|open-close|quotes|trades|nbbo)/([^/?]+)")
_NAMED = ("symbol", "symbols", "ticker", "tickers", "q", "query")


@dataclass(frozen=True)
class Outcome:
    """Rows that keep the rules of their tables, by table.

    ``rejected``: rows put aside, by the parser or by the rules. ``lost``: rows in the body that
    were asked for and are nowhere: neither among the rows nor counted as something else.
    """

    rows: Mapping[str, pa.Table]
    rejected: int
    lost: int


def outcome(
    connection: duckdb.DuckDBPyConnection,
    held: int,
    *parts: tuple[Table, pa.Table],
    rejected: pa.Table | None = None,
    left_out: int = 0,
) -> Outcome:
    """``held``: rows in the body. ``left_out``: doubles, bars that are not final, and the like."""
    aside = rejected.num_rows if rejected is not None else 0
    found: dict[str, pa.Table] = {}
    lost = held - aside - left_out
    for table, rows in parts:
        assert rows.schema.equals(table.row_schema), table.name
        screened = screen(connection, table, rows)
        found[table.name] = screened.rows
        aside += screened.broken_rows
        lost -= rows.num_rows
    return Outcome(found, aside, lost)


@dataclass(frozen=True)
class Bench:
    """A recorded answer, and a server that sends ``body`` (all of it, or a part)."""

    workshop: Workshop
    folder: Path
    connection: duckdb.DuckDBPyConnection
    recording: Recording
    body: bytes

    @property
    def reply(self) -> Reply:
        """The answer as it came."""
        kind = next((v for k, v in _TYPES.items() if k in self.recording.file), "application/json")
        return reply(self.body, self.recording.status, Content_Type=kind)

    @contextlib.contextmanager
    def transport(self, vendor: Vendor, *replies: Reply) -> Iterator[Transport]:
        """A vendor's door to a server that sends the recorded answer, or what is given."""
        limits = Limits(deadline_s=5.0, attempts=1)
        with serving(*(replies or (self.reply,))) as server:
            yield self.workshop.transport(server.url, vendor, limits=limits)

    def fetched(self, vendor: Vendor, *, json: bool = True) -> Answer:
        """The recorded answer as the vendor's transport hands it to a parser."""
        parts = urlsplit(self.recording.url)
        if parts.hostname not in vendor.hosts:
            parts = parts._replace(netloc=min(vendor.hosts))
        with self.transport(vendor) as transport:
            return transport.send(Request(parts.geturl().replace(" ", "%20"), json=json))


Ask = Callable[[Bench], Outcome]


@dataclass(frozen=True)
class Kind:
    """Answers of ours: host and path (of Alpha Vantage: the function) and how they are asked."""

    host: str
    path: str
    ask: Ask

    def holds(self, recording: Recording) -> bool:
        path = recording.path
        if recording.host == "www.alphavantage.co":
            path = recording.query.get("function", "")
        return recording.host in self.host.split() and re.fullmatch(self.path, path) is not None


def symbol_of(recording: Recording, default: str = "AAPL") -> str:
    """The first symbol that the address names, as the vendor spells it."""
    query = recording.query
    found = _IN_PATH.search(recording.path)
    named = found[1] if found else next((query[name] for name in _NAMED if query.get(name)), "")
    return named.split(",")[0] or default


def is_symbol(text: object) -> bool:
    """Whether it is one of our symbols."""
    with contextlib.suppress(BadSymbol):
        return check_symbol(text) == text
    return False


def new_york_day(seconds: float) -> date:
    """The day in New York of an instant."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(NEW_YORK).date()


def day_in(text: object, default: date) -> date:
    """The day at the beginning of a text, or of a time in milliseconds."""
    if isinstance(text, str) and text.isdigit() and len(text) > 8:
        return new_york_day(int(text) / 1000)
    with contextlib.suppress(ValueError, TypeError):
        return date.fromisoformat(str(text)[:10])
    return default


def days_in(rows: list[dict[str, Any]], name: str, default: date) -> tuple[date, date]:
    """The first and the last day that rows name in a field."""
    days = [day_in(row.get(name), default) for row in rows] or [default]
    return min(days), max(days)


def of_bars(bench: Bench, found: Bars, held: int) -> Outcome:
    """What a client of prices brings."""
    return outcome(
        bench.connection,
        held,
        (PRICES, found.prices),
        (CORPORATE_ACTIONS, found.actions),
        rejected=found.rejected,
        left_out=len(found.missing) + found.unfinished + found.doubled,
    )


def share_of(said: Recording) -> str:
    """The symbol that the address names, if it is one of ours."""
    named = symbol_of(said)
    return named if is_symbol(named) else "AAPL"


def of_articles(bench: Bench, found: Articles, held: int) -> Outcome:
    """What a client of news brings."""
    return outcome(
        bench.connection,
        held,
        (NEWS, found.rows),
        rejected=found.rejected,
        left_out=found.doubled + found.withdrawn + found.irrelevant,
    )
