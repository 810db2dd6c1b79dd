"""A10: behind a proxy the command line speaks to its own servers all the same, and to no other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stock_assets_tests.faults.strangers import logging_proxy

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
PARENT = """
import subprocess, sys
from stock_assets.cli import main

child, port = sys.argv[1:]
sys.argv = ["stock-assets", "--version"]
main()
subprocess.run([sys.executable, child, port], check=True)
"""
CHILD = """
import contextlib, sys, urllib.request
import grpc, requests

port = sys.argv[1]
with contextlib.suppress(OSError):
    urllib.request.urlopen(f"http://localhost:{port}/urllib", timeout=5)
with contextlib.suppress(OSError):
    requests.get(f"http://127.0.0.1:{port}/requests", timeout=5)
with contextlib.suppress(grpc.RpcError), grpc.insecure_channel(f"localhost:{port}") as channel:
    channel.unary_unary("/dagster")(b"", timeout=5)
"""
"""Asks a port of this machine as Dagster's servers and the vendors' libraries do."""


@pytest.mark.parametrize("exceptions", ["", "internal.example", "*"])
def test_children_of_the_command_line_ask_this_machine_directly(
    tmp_path: Path, exceptions: str
) -> None:
    parent, child = tmp_path / "parent.py", tmp_path / "child.py"
    parent.write_text(PARENT)
    child.write_text(CHILD)
    ours = {name: value for name, value in os.environ.items() if "_proxy" not in name.lower()}
    with logging_proxy() as proxy, logging_proxy() as server:
        for name in PROXY_VARIABLES:
            ours |= {name: proxy.url, name.lower(): proxy.url}
        if exceptions:
            ours["NO_PROXY"] = exceptions
        port = server.url.rpartition(":")[2]
        subprocess.run([sys.executable, parent, child, port], check=True, env=ours, timeout=120)
    assert proxy.heard == []
    assert [line.split(" HTTP")[0] for line in server.heard[:2]] == ["GET /urllib", "GET /requests"]
    assert "PRI * HTTP/2.0" in server.heard
