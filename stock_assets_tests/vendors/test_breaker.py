"""Who cannot be reached is left alone for a while, by all transports of this process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from stock_assets.errors import VendorOutage
from stock_assets.vendors.breaker import Breaker, breaker_of
from stock_assets.vendors.messages import Limits, Request
from stock_assets.vendors.wire import Unreachable
from stock_assets_tests.vendors.conftest import ACME, Workshop
from stock_assets_tests.vendors.stub import json_reply, serving

ASK = Request("https://api.acme.test/v1")
ONCE = Limits(deadline_s=3.0, attempts=1, breaker_tries=2, breaker_s=30.0)
NOBODY = Unreachable("ask", reason="nobody answered", next_action="check the network")


def closed() -> str:
    with serving(json_reply({})) as server:
        return server.url


def test_what_one_transport_could_not_reach_the_next_one_does_not_ask(workshop: Workshop) -> None:
    nobody = closed()
    for sent in (1, 1, 0, 0):
        transport = workshop.transport(nobody, limits=ONCE)
        with pytest.raises(Unreachable, match=None if sent else "just now"):
            transport.send(ASK)
        assert transport.meter.requests == sent


def test_other_vendors_addresses_and_homes_are_asked_all_the_same(
    workshop: Workshop, tmp_path: Path
) -> None:
    nobody = closed()
    for _ in range(2):
        with pytest.raises(Unreachable):
            workshop.transport(nobody, limits=ONCE).send(ASK)
    others = (
        workshop.transport(nobody, replace(ACME, name="other"), limits=ONCE),
        workshop.transport(closed(), limits=ONCE),
        replace(workshop, locks=tmp_path / "home").transport(nobody, limits=ONCE),
    )
    for other in others:
        with pytest.raises(Unreachable):
            other.send(ASK)
        assert other.meter.requests == 1


def test_an_answer_in_between_makes_it_forget() -> None:
    breaker, unwell = Breaker("acme"), VendorOutage("ask", reason="unwell", next_action="wait")
    for _ in range(3):
        breaker.count(NOBODY, 5.0, ONCE)
        breaker.reached()
        breaker.count(NOBODY, 5.0, ONCE)
        breaker.count(unwell, 5.0, ONCE)
    assert not breaker.is_open(5.0)
    for _ in range(2):
        breaker.count(NOBODY, 5.0, ONCE)
    assert breaker.is_open(34.9)
    assert not breaker.is_open(35.0)


def test_tries_of_many_threads_are_counted_together(tmp_path: Path) -> None:
    def fails(_: int) -> None:
        breaker_of("acme", None, tmp_path).count(NOBODY, 1.0, patient)

    patient = Limits(breaker_tries=400, breaker_s=9.0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fails, range(399)))
        assert not breaker_of("acme", None, tmp_path).is_open(1.0)
        list(pool.map(fails, range(1)))
    assert breaker_of("acme", None, tmp_path).is_open(9.9)
