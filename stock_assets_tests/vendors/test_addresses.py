"""Whom we may ask."""

from __future__ import annotations

import pytest

from stock_assets.errors import SecurityError
from stock_assets.vendors.addresses import Addresses, Vendor

SEVERAL = Vendor("acme", frozenset({"a.acme.test", "b.acme.test"}), "/acme/{host}", "")


def test_every_address_is_mapped_to_the_twin_with_its_host_and_query() -> None:
    addresses = Addresses(SEVERAL, "http://127.0.0.1:8765/")
    assert addresses.reachable("https://b.acme.test/v8/chart/%5EGSPC?range=5d&x=%2C") == (
        "http://127.0.0.1:8765/acme/b.acme.test/v8/chart/%5EGSPC?range=5d&x=%2C"
    )
    assert addresses.reachable("https://a.acme.test") == "http://127.0.0.1:8765/acme/a.acme.test/"


def test_a_live_address_is_left_as_it_is() -> None:
    url = "https://a.acme.test/v1?x=1"
    assert Addresses(SEVERAL, None).reachable(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://a.acme.test/",
        "https://acme.test/",
        "https://a.acme.test.evil.test/",
        "https://a.acme.test:444/",
        "https://a.acme.test:x/",
        "https://me:secret@a.acme.test/",
        "https://a.acme.test/v2/../v3",
        "https://a.acme.test/v2/%2e%2e/v3",
        "https://a.acme.test/v2/%252e%252e/v3",
        "https://a.acme.test/v2\\..\\v3",
        "https://a.acme.test/v2\n",
        "//a.acme.test/",
        "file:///etc/passwd",
        "",
    ],
)
@pytest.mark.parametrize("twin", [None, "http://localhost:1"])
def test_any_other_address_is_refused_live_and_against_the_twin(url: str, twin: str | None) -> None:
    with pytest.raises(SecurityError):
        Addresses(SEVERAL, twin).reachable(url)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1:80", "https://127.0.0.1:1", "http://example.test", "http://u@[::1]:1"]
)
def test_the_twin_lives_on_loopback_only(url: str) -> None:
    with pytest.raises(SecurityError, match="loopback"):
        Addresses(SEVERAL, url)
