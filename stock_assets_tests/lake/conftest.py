"""Fixtures of the lake's tests: real Delta tables in a directory of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from stock_assets.lake import Lake
from stock_assets_tests.lake.bars import SteppingClock, open_lake


@pytest.fixture
def clock() -> SteppingClock:
    """The lake's wall clock; tests may set it."""
    return SteppingClock()


@pytest.fixture
def lake(tmp_path: Path, clock: SteppingClock) -> Lake:
    """An empty lake of the twin."""
    return open_lake(tmp_path / "lake", clock=clock)
