"""Knocking at a vendor's door: who is there, who is not, in words, without a key."""

from __future__ import annotations

import pytest

from stock_assets.errors import SecurityError, VendorError
from stock_assets.vendors.addresses import Vendor
from stock_assets.vendors.polygon import POLYGON
from stock_assets.vendors.probe import knock
from stock_assets.vendors.treasury import TREASURY
from stock_assets.vendors.wire import Incoming, Outgoing, Unreachable

JSON = (("Content-Type", "application/json"),)


class Door:
    """Answers every request with the same, and remembers it."""

    def __init__(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        self.answer = Incoming(status, (*JSON, *headers.items()), body)
        self.asked: list[Outgoing] = []

    def __call__(self, outgoing: Outgoing, deadline_s: float) -> Incoming:
        assert deadline_s <= 10
        self.asked.append(outgoing)
        return self.answer


@pytest.mark.parametrize("status", [200, 400, 401, 404, 429])
def test_who_wants_a_key_is_there_when_he_refuses_a_stranger(status: int) -> None:
    door = Door(status, b'{"error": "no key"}')
    knock(POLYGON, None, door)
    (asked,) = door.asked
    assert asked.url == "https://api.polygon.io/v3/reference/tickers"
    assert dict(asked.headers) == {}


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (403, "does not serve us (status 403)"),
        (404, "does not serve us (status 404)"),
        (429, "says that we ask too often (status 429)"),
        (500, "is unwell (status 500)"),
        (503, "is unwell (status 503)"),
    ],
)
def test_an_open_vendor_that_refuses_everybody_is_not_there(status: int, told: str) -> None:
    with pytest.raises(VendorError) as why:
        knock(TREASURY, None, Door(status, b'{"error": "no"}'))
    assert why.value.reason == f"api.fiscaldata.treasury.gov {told}"


@pytest.mark.parametrize("vendor", [POLYGON, TREASURY])
def test_somebody_else_who_answers_in_the_vendors_place_is_found_out(vendor: Vendor) -> None:
    page = b"<!DOCTYPE html><html>Please sign in to the hotel's network</html>"
    with pytest.raises(VendorError, match="a web page came where JSON was agreed"):
        knock(vendor, None, Door(200, page))


def test_a_vendor_that_is_unwell_is_not_there_though_it_wants_a_key() -> None:
    with pytest.raises(VendorError, match=r"api\.polygon\.io is unwell \(status 502\)"):
        knock(POLYGON, None, Door(502))


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    door = Door(301, b"", Location="https://elsewhere.example/")
    knock(TREASURY, None, door)
    assert len(door.asked) == 1


def test_the_twin_is_asked_in_the_vendors_place() -> None:
    door = Door(401)
    knock(POLYGON, "http://127.0.0.1:8765", door)
    assert door.asked[0].url == "http://127.0.0.1:8765/polygon/v3/reference/tickers"


def test_nobody_at_a_closed_port_is_said_so_with_the_cure() -> None:
    with pytest.raises(Unreachable) as why:
        knock(POLYGON, "http://127.0.0.1:9")
    assert why.value.reason == "nobody answers at http://127.0.0.1:9"
    assert "stock-assets sandbox" in why.value.next_action


def test_a_twin_elsewhere_is_refused() -> None:
    with pytest.raises(SecurityError, match="loopback only"):
        knock(POLYGON, "http://10.0.0.7:80", Door(200))
