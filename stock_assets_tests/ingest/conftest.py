"""What the tests of ingest share: one twin for all of them, a home for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stock_assets_tests.twin_home import World, world


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture
def here(running: World, tmp_path: Path) -> World:
    """A new home beside the twin, whose door is open and whose count begins anew."""
    running.door.faults.clear()
    running.forget()
    return replace(running, home=tmp_path / "home")
