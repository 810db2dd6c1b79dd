"""A home of its own beside a twin in this process, whose answers can be tampered with.

Belongs here: the market of the tests that need vendors, its settings, its door, its counting.
Does not belong here: what is expected of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

from stock_assets.ingest.feeds import BY_KEY
from stock_assets.ingest.prices import PriceFeed
from stock_assets.lake import Lake
from stock_assets.market import calendar, decision_time
from stock_assets.resources import open_lake, open_prices
from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.fred_query import FRED_UNLIMITED_KEY
from stock_assets.sandbox.limits import UNLIMITED_KEY
from stock_assets.sandbox.limits import Limits as TwinLimits
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.generated import generate
from stock_assets.sandbox.twin import Respond
from stock_assets.sandbox.wire import Answer, Ask, json_answer
from stock_assets.settings import Settings, read_settings

SYMBOLS: Final = ("AAPL", "HALTX", "INTC", "MSFT", "NKE", "SVBX")
"""INTC has a reverse split (2024-05-29), NKE a split (2024-08-26), HALTX is halted on 2025-03-11
to -13, SVBX is delisted after 2025-06-27."""
LAST: Final = date(2025, 7, 31)
NOW: Final = decision_time(LAST)

PACED: Final = ("polygon", "yahoo", "alpha_vantage", "finnhub", "fred", "open")
ALL_KEYS: Final[dict[str, Any]] = {
    **{f"{v}_api_key": UNLIMITED_KEY for v in ("polygon", "alpha_vantage", "finnhub", "newsapi")},
    "fred_api_key": FRED_UNLIMITED_KEY,
}
"""What every vendor of the twin accepts, as settings."""

Fault = Callable[[Answer], Answer]


@cache
def market() -> Truth:
    """The tests' market, generated once."""
    return generate(SYMBOLS, seed=3, last=date(2025, 8, 29))


@dataclass
class Door:
    """What stands between the pipeline and the twin: ``faults`` by part of a request's path."""

    faults: dict[str, Fault] = field(default_factory=dict)

    async def __call__(self, ask: Ask, respond: Respond) -> Answer:
        """Answer, and do to the answer what is wrong with it."""
        answer = respond(ask)
        for part, fault in self.faults.items():
            if part in ask.path.split("/"):
                answer = fault(answer)
        return answer


def refused(status: int) -> Fault:
    """Nothing but this status."""
    return lambda _: json_answer({"error": "not now"}, status)


def cut_short(answer: Answer) -> Answer:
    """JSON that ends in the middle."""
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def changed(change: Callable[[Any], None]) -> Fault:
    """An answer whose JSON has been changed in place."""

    def fault(answer: Answer) -> Answer:
        content = orjson.loads(answer.body)
        change(content)
        return replace(answer, body=orjson.dumps(content))

    return fault


def yahoo_bar(day: date, **values: float) -> Fault:
    """A chart in which some fields of one session's bar have other values."""

    def change(content: Any) -> None:
        result = content["chart"]["result"][0]
        at = result["timestamp"].index(int(calendar().session(day).open_at.timestamp()))
        for name, value in values.items():
            result["indicators"]["quote"][0][name][at] = value

    return changed(change)


@dataclass
class World:
    """A twin, its door, and a home directory."""

    twin: RunningTwin
    door: Door
    home: Path

    def settings(self, now: datetime = NOW, **other: Any) -> Settings:
        """The settings of this home, as they are at ``now``; the twin's clock is set to it."""
        self.twin.clock.fix(now)
        given: dict[str, Any] = {
            "home": self.home,
            "environment": "sandbox",
            "sandbox_url": self.twin.url,
            "now": now,
            "symbols": SYMBOLS,
            "polygon_api_key": UNLIMITED_KEY,
            **{f"{vendor}_requests_per_minute": 1e6 for vendor in PACED},
            "alpha_vantage_requests_per_day": 1_000_000,
            "newsapi_requests_per_day": 1_000_000,
            "request_attempts": 1,
        }
        return read_settings(**(given | other))

    def lake(self, now: datetime = NOW) -> Lake:
        """The lake of this home."""
        return open_lake(self.settings(now))

    def feed(self, vendor: str, now: datetime = NOW, **other: Any) -> PriceFeed:
        """One vendor's feed, newly opened as each run does."""
        settings = self.settings(now, **other)
        return open_prices(BY_KEY[f"raw/{vendor}_prices"], settings, open_lake(settings))

    def asked(self, vendor: str) -> list[str]:
        """The paths of the requests for data since the last :meth:`forget`, in order."""
        paths = [str(entry["path"]) for entry in self.twin.requests(vendor)]
        return [path for path in paths if path.startswith(("/v8/finance/chart/", "/v2/", "/v3/"))]

    def forget(self) -> None:
        """Begin to count anew."""
        self.twin.twin.log.clear()


@contextmanager
def world(home: Path) -> Iterator[World]:
    """A home beside a twin of the tests' market."""
    door = Door()
    limits = TwinLimits(speed_up=1e6)
    with running_twin(market(), TwinClock(NOW), limits=limits, door=door) as twin:
        yield World(twin, door, home)


def sessions(first: date, last: date) -> tuple[date, ...]:
    """The sessions from ``first`` to ``last``."""
    return tuple(session.day for session in calendar().between(first, last))


def newest(count: int) -> tuple[date, ...]:
    """The last sessions that are decided at ``NOW``."""
    return sessions(calendar().before(LAST, count - 1).day, LAST)
