"""What the vendors' tests share: a transport that never really waits, and the twin."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import Limits as TwinLimits
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth.generated import generate
from stock_assets.vendors.addresses import Vendor
from stock_assets.vendors.budget import Budget
from stock_assets.vendors.redaction import Redactor
from stock_assets.vendors.transport import Limits, Transport

NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)
CANARY = "canary+key/0123456789=="
ACME = Vendor("acme", frozenset({"api.acme.test", "www.acme.test"}), "", "set ACME_KEY")


@dataclass
class Waiting:
    """Time that passes only when somebody waits."""

    at: float = 1_700_000_000.0
    waits: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.waits.append(round(seconds, 3))
        self.at += seconds


@dataclass
class Kept:
    """A payload store in memory."""

    bodies: dict[str, bytes] = field(default_factory=dict)

    def put(self, body: bytes) -> str:
        key = hashlib.sha256(body).hexdigest()
        self.bodies[key] = body
        return key


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def kept() -> Kept:
    return Kept()


@dataclass
class Workshop:
    """Builds transports of any vendor to any loopback server."""

    locks: Path
    waiting: Waiting
    kept: Kept

    def transport(
        self,
        url: str | None,
        vendor: Vendor = ACME,
        *,
        per_minute: float = 100_000,
        limits: Limits | None = None,
        key: str | None = CANARY,
    ) -> Transport:
        budget = Budget(
            self.locks,
            vendor.name,
            key,
            per_minute,
            clock=self.waiting.now,
            sleep=self.waiting.sleep,
        )
        return Transport(
            vendor,
            capture=self.kept.put,
            budget=budget,
            redactor=Redactor([key]),
            sandbox_url=url,
            limits=limits or Limits(deadline_s=3.0),
            clock=lambda: NOW,
            sleep=self.waiting.sleep,
            chance=lambda: 0.5,
        )


@pytest.fixture
def workshop(tmp_path: Path, waiting: Waiting, kept: Kept) -> Workshop:
    return Workshop(tmp_path / "locks", waiting, kept)


@pytest.fixture(scope="package")
def twin() -> Iterator[RunningTwin]:
    """Seven companies with splits, a reverse split, halts, a rename and a delisting."""
    truth = generate(["AAPL", "NVDA", "BRK.B", "META", "GE", "HALTX", "SVBX"])
    with running_twin(truth, TwinClock(NOW), limits=TwinLimits(speed_up=1e6)) as running:
        yield running
