"""No answer, half an answer, a broken one: said once, never stored, healed by an ordinary run."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
import zstandard

from stock_assets.checks.feeds import open_failures
from stock_assets.errors import FeedIncomplete, TransportError, VendorError, VendorOutage
from stock_assets.lake import PayloadStore
from stock_assets.tables import GAPS, INDEX_MEMBERSHIP, PRICES
from stock_assets.vendors import breaker
from stock_assets.vendors.addresses import Addresses
from stock_assets.vendors.wire import CurlWire, Outgoing
from stock_assets_tests.faults import invariants
from stock_assets_tests.faults.cases import (
    ALPHA_VANTAGE,
    DAYS,
    EARLIER,
    ECONOMY,
    FED,
    FINNHUB,
    FRED,
    MEMBERSHIP,
    NEWSAPI,
    POLYGON,
    TREASURY,
    WORLD_BANK,
    YAHOO,
    Case,
    assert_mended,
    run,
)
from stock_assets_tests.faults.conftest import World
from stock_assets_tests.faults.http2 import BODY, HOST, PART, http2_server
from stock_assets_tests.faults.strangers import Issuer, closed_port, relay

ONE_PER_CLIENT: Final = (YAHOO, POLYGON, FRED, ECONOMY, WORLD_BANK, FINNHUB)
DEADLINE_S: Final = 0.4
NO_SUCH_HOST: Final = f"http://{'n' * 64}.invalid/"
"""No resolver is asked for a name with such a long part, so nothing leaves this machine."""

by_name = pytest.mark.parametrize("case", ONE_PER_CLIENT, ids=str)


@pytest.mark.parametrize("case", [YAHOO, POLYGON, FINNHUB, FRED, FED, MEMBERSHIP], ids=str)
class TestA01NobodyListens:
    def test_a_run_says_it_once_per_vendor_and_ends_quickly(self, world: World, case: Case) -> None:
        world.fetch(case.key, EARLIER, case.subjects)
        stored = invariants.snapshot(world.lake(), [PRICES, INDEX_MEMBERSHIP])
        began = time.monotonic()
        report, error = run(world, case, sandbox_url=closed_port(), request_attempts=3)
        assert report is None
        assert time.monotonic() - began + sum(world.waits) < 10
        assert len(world.waits) <= 3
        told = invariants.assert_told(error, VendorError, "offline?")
        assert type(told) is (VendorOutage if len(case.subjects) > 2 else FeedIncomplete)
        assert (
            invariants.snapshot(world.lake(), [PRICES, INDEX_MEMBERSHIP]).items()
            >= {
                name: value for name, value in stored.items() if name != invariants.OPEN_GAPS
            }.items()
        )
        owed = len(case.subjects) * len(DAYS)
        assert open_failures(world.lake(), case.key, world.now) == (owed, 0)
        assert_mended(world, case, earlier=EARLIER)


@pytest.mark.parametrize("case", [YAHOO, POLYGON, FINNHUB], ids=str)
class TestA02TheNameIsNotResolved:
    def test_the_error_is_ours_and_not_one_of_the_clients_own(
        self, world: World, case: Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Addresses, "reachable", lambda _self, _url: NO_SUCH_HOST)
            # Once the network is back nobody waits here until it is believed.
            patch.setattr(breaker, "_BREAKERS", {})
            _, error = run(world, case)
        invariants.assert_told(error, VendorOutage, "offline?", "check the network")
        assert world.requests() == []
        assert_mended(world, case)


@by_name
class TestA03TheServerNeverAnswers:
    def test_the_deadline_is_ours_and_the_other_subjects_are_fetched(
        self, world: World, case: Case
    ) -> None:
        world.set_faults(case.rule({"kind": "hang"}))
        began = time.monotonic()
        report, _ = run(world, case, request_deadline_s=DEADLINE_S)
        assert time.monotonic() - began < DEADLINE_S + 5
        assert report is not None
        assert list(report.failed) == [case.struck]
        assert "TransportError" in report.failed[case.struck]
        assert "STOCK_ASSETS_REQUEST_DEADLINE_S" in report.failed[case.struck]
        assert report.rows_appended > 0
        assert_mended(world, case)


@pytest.mark.parametrize("case", [YAHOO, FRED], ids=str)
class TestA04TheAnswerDrips:
    def test_the_deadline_holds_for_the_whole_answer(self, world: World, case: Case) -> None:
        world.set_faults(case.rule({"kind": "slow_drip", "bytes_per_s": 10}))
        began = time.monotonic()
        report, _ = run(world, case, request_deadline_s=DEADLINE_S)
        assert time.monotonic() - began < DEADLINE_S + 5
        assert report is not None
        assert "no whole answer within" in report.failed[case.struck]
        assert_mended(world, case)


MID_BODY: Final = {"kind": "reset", "after_bytes": 150}


def kept_bodies(world: World) -> list[bytes]:
    """Every body that was handed on to be kept and read."""
    kept = [*Path(world.settings().payload_root).rglob("*.zst")]
    assert kept
    return [zstandard.decompress(path.read_bytes()) for path in kept]


class TestA05TheConnectionIsReset:
    @pytest.mark.parametrize(
        ("case", "action"),
        [
            pytest.param(POLYGON, {"kind": "reset"}, id="polygon-before-headers"),
            pytest.param(POLYGON, {"kind": "reset", "after_bytes": 0}, id="polygon-after-headers"),
            pytest.param(POLYGON, MID_BODY, id="polygon-mid-body"),
            pytest.param(YAHOO, MID_BODY, id="yahoo-mid-body"),
            pytest.param(NEWSAPI, MID_BODY, id="newsapi-mid-body"),
        ],
    )
    def test_one_reset_is_tried_again_and_leaves_no_trace(
        self, world: World, case: Case, action: dict[str, Any]
    ) -> None:
        world.set_faults(case.rule(action, times=1))
        report, _ = run(world, case, request_attempts=2)
        assert world.hits() == 1
        # Where a kept connection dies before the answer begins, libcurl itself takes another one.
        assert len(world.waits) <= 1
        assert report is not None
        assert not report.failed
        invariants.assert_healed(world.lake(), world.calm_after(case.key, DAYS, case.subjects))
        assert_mended(world, case)

    @pytest.mark.parametrize("case", [POLYGON, YAHOO, FINNHUB, FRED], ids=str)
    @pytest.mark.parametrize(
        "action",
        [
            pytest.param({"kind": "reset", "after_bytes": 0}, id="after-headers"),
            pytest.param(MID_BODY, id="mid-body"),
        ],
    )
    def test_the_next_try_comes_over_another_connection_and_half_a_body_is_nowhere(
        self, world: World, case: Case, action: dict[str, Any]
    ) -> None:
        world.set_faults(case.rule(action, times=1))
        with relay(world.twin.url) as between:
            report, _ = run(world, case, request_attempts=2, sandbox_url=between.url)
        assert report is not None
        assert not report.failed
        asked = [entry["path"] for entry in world.requests()]
        assert len(between.asked) == len(asked)
        (struck,) = (i for i, entry in enumerate(world.requests()) if entry["faults"])
        assert asked[struck + 1] == asked[struck]
        connections = [number for number, _ in between.asked]
        assert connections[struck] not in connections[struck + 1 :]
        # Only then does it mean something: sound connections are used again.
        assert set(connections[struck + 1 :]) == {connections[struck] + 1}
        assert all(orjson.loads(body) is not None for body in kept_bodies(world))
        invariants.assert_healed(world.lake(), world.calm_after(case.key, DAYS, case.subjects))

    @pytest.mark.parametrize("impersonate", [False, True], ids=["plain", "as-a-browser"])
    @pytest.mark.parametrize("is_silent", [False, True], ids=["reset", "silent"])
    def test_http2_would_go_on_with_the_broken_connection_and_we_do_not(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        is_silent: bool,
        impersonate: bool,
    ) -> None:
        issuer = Issuer.found(tmp_path)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(issuer.file))
        wire = CurlWire(trust_env=True, max_bytes=1_000)
        deadline_s = 1.0 if is_silent else 5.0
        with http2_server(issuer.certify(HOST), 2, is_silent=is_silent) as server:
            ask = Outgoing("GET", server.url, {}, impersonate=impersonate)
            before = [wire(ask, deadline_s).body for _ in range(2)]
            with pytest.raises(TransportError) as broken:
                wire(ask, deadline_s)
            after = [wire(ask, deadline_s).body for _ in range(2)]
        assert broken.value.context["bytes_received"] == len(PART)
        assert {*before, *after} == {BODY}
        assert server.asked == [0, 0, 0, 1, 1]

    def test_no_more_tries_than_are_allowed(self, world: World) -> None:
        world.set_faults(POLYGON.rule(MID_BODY))
        report, _ = run(world, POLYGON, request_attempts=3)
        assert world.hits() == 3
        assert report is not None
        assert "TransportError" in report.failed["AAPL"]
        assert "attempts=3" in report.failed["AAPL"]
        assert_mended(world, POLYGON)


@pytest.mark.parametrize("case", [POLYGON, TREASURY, MEMBERSHIP], ids=str)
@pytest.mark.parametrize(
    "action",
    [
        pytest.param({"kind": "close", "after_bytes": 100}, id="early"),
        pytest.param({"kind": "wrong_length", "by": 40}, id="prefix-is-sound"),
    ],
)
class TestA06TheAnswerEndsBeforeItsLength:
    def test_what_came_is_not_read_even_where_it_could_be(
        self, world: World, case: Case, action: dict[str, Any]
    ) -> None:
        world.set_faults(case.rule(action))
        report, error = run(world, case)
        told = str(error) if report is None else report.failed[case.struck]
        assert "TransportError" in told
        assert "broke before the whole answer had come" in told
        assert_mended(world, case)


class TestA07TheBodyIsDamaged:
    @pytest.mark.parametrize("case", [YAHOO, POLYGON, ALPHA_VANTAGE, FINNHUB], ids=str)
    @pytest.mark.parametrize(
        "action",
        [
            pytest.param({"kind": "gzip_corrupt"}, id="gzip"),
            pytest.param({"kind": "wrong_length", "by": -16}, id="length"),
        ],
    )
    def test_it_is_asked_for_once_more_and_what_came_is_kept(
        self, world: World, case: Case, action: dict[str, Any]
    ) -> None:
        world.set_faults(case.rule(action))
        report, _ = run(world, case, request_attempts=5)
        assert world.hits() == 2
        assert report is not None
        told = report.failed[case.struck]
        assert "PayloadError" in told
        kept = re.search("payload=([0-9a-f]{64})", told)
        assert kept
        body = PayloadStore(world.settings().payload_root).get(kept[1])
        assert body.lstrip()[:1] in b"{["
        assert_mended(world, case)

    def test_a_second_sound_answer_leaves_no_trace(self, world: World) -> None:
        world.set_faults(FINNHUB.rule({"kind": "gzip_corrupt"}, times=1))
        report, _ = run(world, FINNHUB, request_attempts=2)
        assert world.hits() == 1
        assert report is not None
        assert not report.failed
        invariants.assert_healed(world.lake(), world.calm_after(FINNHUB.key, DAYS))

    def test_a_list_that_breaks_off_in_its_last_line_is_not_read(self, world: World) -> None:
        world.fetch(MEMBERSHIP.key, EARLIER)
        world.set_faults(MEMBERSHIP.rule({"kind": "wrong_length", "by": -16}))
        _, error = run(world, MEMBERSHIP)
        invariants.assert_told(error, FeedIncomplete, "PayloadError", "the last line breaks off")
        assert world.lake().history(GAPS).num_rows == len(DAYS)
        assert_mended(world, MEMBERSHIP, earlier=EARLIER)
