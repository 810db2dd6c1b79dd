"""The guards of the test suite themselves."""

from __future__ import annotations

import os
import socket

import pytest


def test_a_test_cannot_reach_another_machine_by_name(outside_attempts: list[str]) -> None:
    with pytest.raises(OSError, match="do not leave this machine"):
        socket.create_connection(("query1.finance.yahoo.com", 443), timeout=1)
    assert outside_attempts == ["query1.finance.yahoo.com"]
    outside_attempts.clear()


def test_a_test_cannot_reach_another_machine_by_address(outside_attempts: list[str]) -> None:
    with socket.socket() as outside, pytest.raises(OSError, match="do not leave this machine"):
        outside.connect(("192.0.2.1", 80))
    assert outside_attempts
    outside_attempts.clear()


def test_a_test_may_serve_and_ask_on_loopback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def test_a_test_does_not_see_the_developers_settings() -> None:
    assert not [name for name in os.environ if name.startswith("STOCK_ASSETS_")]
