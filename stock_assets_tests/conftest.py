"""What all tests share: no outside network, seeded randomness, the real files where they exist.

Belongs here: fixtures that more than one room uses. Does not belong here: fixtures of one room
(they live in that room's conftest.py).
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

from stock_assets.vendors.proxies import with_loopback_direct

# A proxy that is set on this machine would catch the twin's traffic; commands take care of that.
os.environ.update(with_loopback_direct(os.environ))

# The same examples on every run, no directory of past ones, and no deadline: machines differ.
hypothesis.settings.register_profile("house", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("house")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, so that no process is left alone with them at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files beside the checkout (``../shared/data``), or a skipped test."""
    if not SHARED_DATA.is_dir():
        pytest.skip(
            "the real files are not here: ../shared/data does not exist beside the checkout"
        )
    return SHARED_DATA


@pytest.fixture
def rng() -> np.random.Generator:
    """The same random numbers on every run, whatever ran before."""
    return np.random.default_rng(20240102)


class OutsideNetworkError(OSError):
    """A test reached for a host that is not this machine."""


def is_here(host: object) -> bool:
    """Whether a host or an address does not leave this machine (loopback, file sockets)."""
    if isinstance(host, bytes):
        host = host.decode()
    if host is None or not isinstance(host, str):
        return True
    if host in {"", "localhost", socket.gethostname()}:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@pytest.fixture(scope="session", autouse=True)
def outside_attempts() -> Iterator[list[str]]:
    """Refuse every socket to the outside for the whole session; the list of what was tried."""
    attempts: list[str] = []
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    getaddrinfo = socket.getaddrinfo

    def refuse(host: object) -> None:
        attempts.append(str(host))
        raise OutsideNetworkError(f"tests do not leave this machine: {host}")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not is_here(address[0]):
            refuse(address)
        return connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        if isinstance(address, tuple) and not is_here(address[0]):
            refuse(address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_here(host):
            refuse(host)
        return getaddrinfo(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield attempts


@pytest.fixture(autouse=True)
def nothing_leaves_this_machine(outside_attempts: list[str]) -> Iterator[None]:
    """Fail a test that tried, even where the code under test swallowed the refusal."""
    outside_attempts.clear()
    yield
    tried = ", ".join(outside_attempts)
    outside_attempts.clear()
    if tried:
        pytest.fail(f"this test tried to leave the machine: {tried}")


@pytest.fixture(autouse=True)
def no_settings_but_the_tests_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the developer's own settings and keys, so that results do not depend on them."""
    for name in [n for n in os.environ if n.startswith("STOCK_ASSETS_") or n.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
