"""What the twin's tests share: one small market, served for the whole session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import httpx
import pytest

from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import UNLIMITED_KEY, Limits
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.generated import generate

LAST = date(2026, 11, 20)
AFTER_THE_CLOSE = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
SYMBOLS = ("AAPL", "AVGO", "BA", "BRK.B", "HALTX", "INTC", "META", "PEP", "SVBX")


@pytest.fixture(scope="session")
def truth() -> Truth:
    """Nine symbols: every kind of split, a halt, a delisting, a rename, a share class."""
    return generate(SYMBOLS, seed=11, last=LAST)


@pytest.fixture
def clock() -> TwinClock:
    return TwinClock(AFTER_THE_CLOSE)


@pytest.fixture
def twin(truth: Truth, clock: TwinClock) -> Iterator[RunningTwin]:
    with running_twin(truth, clock, limits=Limits(speed_up=1e6)) as running:
        yield running


@pytest.fixture
def http(twin: RunningTwin) -> Iterator[httpx.Client]:
    """A client of the twin that carries the unlimited key and ignores any proxy."""
    headers = {"Authorization": f"Bearer {UNLIMITED_KEY}"}
    with httpx.Client(base_url=twin.url, headers=headers, trust_env=False) as client:
        yield client
