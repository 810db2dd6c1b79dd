"""Somebody else in a vendor's place: a foreign certificate, a redirect, a proxy in between."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from stock_assets.errors import (
    AuthError,
    ConfigError,
    RateLimited,
    SecurityError,
    StockAssetsError,
    VendorError,
)
from stock_assets.lake import Lake
from stock_assets.resources import open_lake
from stock_assets.settings import read_settings
from stock_assets.suppliers import check_environment, reach
from stock_assets.tables import GAPS, PRICES
from stock_assets.vendors.polygon import POLYGON as POLYGON_DOOR
from stock_assets.vendors.probe import knock
from stock_assets.vendors.proxies import with_loopback_direct
from stock_assets_tests.faults import invariants
from stock_assets_tests.faults.cases import (
    ALPHA_VANTAGE,
    DAYS,
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
from stock_assets_tests.faults.strangers import Issuer, Stranger, impostor, logging_proxy

PROXY_VARIABLES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
POLYGON_HOST: Final = "api.polygon.io"
AAPL_BARS: Final = (
    "/v2/aggs/ticker/AAPL/range/1/day/2025-07-21/2025-07-29?adjusted=false&sort=asc&limit=50000"
)
AAPL_NEWS: Final = "/api/v1/company-news?symbol=AAPL&from=2025-07-21&to=2025-07-29"


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Issuer:
    """An authority that this process trusts, and no other one."""
    issuer = Issuer.found(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(issuer.file))
    return issuer


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stranger]:
    """A proxy that all variables point to."""
    with logging_proxy() as stranger:
        _point_to(stranger, monkeypatch)
        yield stranger


def _point_to(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "no_grpc_proxy"):
        # Set first, so that whatever a test sets is taken back.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name in PROXY_VARIABLES:
        monkeypatch.setenv(name, stranger.url)
        monkeypatch.setenv(name.lower(), stranger.url)


class TestA08TheCertificateIsNotTheVendors:
    """The vendors themselves are asked here, through a proxy that opens every tunnel."""

    @pytest.mark.parametrize("case", [POLYGON, FINNHUB, YAHOO], ids=str)
    @pytest.mark.parametrize("wrong", ["expired", "another-name", "unknown-issuer"])
    def test_nothing_is_sent_and_nothing_less_safe_is_tried(
        self,
        world: World,
        issuer: Issuer,
        monkeypatch: pytest.MonkeyPatch,
        case: Case,
        wrong: str,
    ) -> None:
        certificate = issuer.certify(
            "api.example.com" if wrong == "another-name" else HOSTS[case.key],
            valid_for=-timedelta(days=1) if wrong == "expired" else timedelta(days=1),
        )
        if wrong == "unknown-issuer":
            monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        lake, error, stranger = self._fetch_live(world, case, certificate, monkeypatch)
        told = invariants.assert_told(error, SecurityError, "certificate", "nothing was sent")
        assert told.context["vendor"] == case.vendor
        assert stranger.heard
        assert {line.split()[0] for line in stranger.heard} == {"CONNECT"}
        assert stranger.inside == []
        invariants.assert_no_silent_gap(lake, case.key, case.subjects, DAYS)

    def test_the_vendors_own_certificate_opens_the_door(
        self, world: World, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        certificate = issuer.certify(POLYGON_HOST)
        _, error, stranger = self._fetch_live(world, POLYGON, certificate, monkeypatch)
        assert not isinstance(error, SecurityError)
        assert stranger.inside[0] == f"GET {AAPL_BARS} HTTP/1.1"

    @staticmethod
    def _fetch_live(
        world: World, case: Case, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> tuple[Lake, StockAssetsError | None, Stranger]:
        live: dict[str, Any] = {
            "environment": "live",
            "sandbox_url": None,
            "home": world.home.with_name("live"),
            "request_attempts": 3,
        }
        error = None
        with impostor(certificate) as stranger:
            _point_to(stranger, monkeypatch)
            try:
                world.fetch(case.key, DAYS, case.subjects, **live)
            except StockAssetsError as raised:
                error = raised
        return open_lake(world.settings(**live)), error, stranger


HOSTS: Final = {
    POLYGON.key: POLYGON_HOST,
    FINNHUB.key: "finnhub.io",
    YAHOO.key: "query2.finance.yahoo.com",
}


class TestA09TheVendorSendsUsElsewhere:
    @pytest.mark.parametrize("case", [YAHOO, POLYGON, FINNHUB, MEMBERSHIP], ids=str)
    def test_round_and_round_is_followed_three_times(self, world: World, case: Case) -> None:
        world.set_faults(case.rule({"kind": "redirect"}))
        report, error = run(world, case, request_attempts=3)
        told = str(error) if report is None else report.failed[case.struck]
        assert "ContractError" in told
        assert "more than 3 redirects" in told
        assert world.hits() == 4
        assert_mended(world, case)

    @pytest.mark.parametrize(
        ("case", "to"),
        [
            (FINNHUB, "https://data.example.com/api/v1/company-news"),
            (POLYGON, "http://api.polygon.io/v2/aggs"),
            (POLYGON, "https://api.polygon.io.example.com/"),
            (POLYGON, "http://169.254.169.254/latest/meta-data/"),
            (POLYGON, "https://user:word@api.polygon.io/"),
        ],
        ids=["stranger", "no-tls", "look-alike", "inside", "user"],
    )
    def test_nobody_but_the_vendor_is_asked_and_the_feed_stops(
        self, world: World, case: Case, to: str
    ) -> None:
        world.set_faults(case.rule_for_all({"kind": "redirect", "to": to}))
        _, error = run(world, case, request_attempts=3)
        invariants.assert_told(error, SecurityError, "not an address of")
        assert len(world.requests()) == 1
        causes = world.lake().read(GAPS, columns=("cause",))["cause"].to_pylist()
        assert causes == ["failed"] * len(case.subjects) * len(DAYS)
        assert_mended(world, case)

    def test_an_address_of_the_vendors_is_followed(self, world: World) -> None:
        to = f"https://{POLYGON_HOST}{AAPL_BARS}"
        world.set_faults(POLYGON.rule({"kind": "redirect", "to": to, "times": 3}))
        report, _ = run(world, POLYGON)
        assert world.hits() == 3
        assert report is not None
        assert not report.failed
        invariants.assert_healed(world.lake(), world.calm_after(POLYGON.key, DAYS))

    @pytest.mark.parametrize(
        ("case", "to", "header", "refusal"),
        [
            (POLYGON, f"https://api.massive.com{AAPL_BARS}", "authorization", AuthError),
            (FINNHUB, f"https://api.finnhub.io{AAPL_NEWS}", "x-finnhub-token", RateLimited),
        ],
        ids=["polygon", "finnhub"],
    )
    def test_the_key_stays_with_the_host_that_it_was_meant_for(
        self,
        world: World,
        case: Case,
        to: str,
        header: str,
        refusal: type[VendorError],
    ) -> None:
        world.set_faults(case.rule({"kind": "redirect", "to": to}, times=1))
        _, error = run(world, case)
        asked, sent_on = world.requests(case.vendor)
        assert header in asked["headers"]
        assert header not in sent_on["headers"]
        # What each of them says to strangers.
        invariants.assert_told(error, refusal)
        assert_mended(world, case)

    def test_a_login_page_is_an_outage_and_not_an_answer(self, world: World) -> None:
        world.set_faults(
            POLYGON.rule({"kind": "redirect", "to": "/login"}),
            {
                "match": {"path": "^/login$"},
                "action": {"kind": "status", "body_preset": "html.login"},
            },
        )
        report, _ = run(world, POLYGON)
        assert report is not None
        assert "VendorOutage" in report.failed["AAPL"]
        assert "a web page came where JSON was agreed" in report.failed["AAPL"]
        assert_mended(world, POLYGON)

    def test_finnhubs_way_to_say_that_it_is_too_much_is_no_unknown_symbol(
        self, world: World
    ) -> None:
        world.set_faults(FINNHUB.rule({"kind": "status", "body_preset": "finnhub.302"}))
        report, _ = run(world, FINNHUB)
        assert report is not None
        assert "VendorOutage" in report.failed["AAPL"]
        assert report.gaps == {"failed": len(DAYS)}
        assert_mended(world, FINNHUB)


class TestA10AProxyStandsInTheEnvironment:
    @pytest.mark.parametrize(
        "case",
        [
            YAHOO,
            POLYGON,
            ALPHA_VANTAGE,
            FINNHUB,
            NEWSAPI,
            FRED,
            WORLD_BANK,
            FED,
            TREASURY,
            MEMBERSHIP,
        ],
        ids=str,
    )
    def test_no_client_sends_the_twins_traffic_through_it(
        self, world: World, monkeypatch: pytest.MonkeyPatch, case: Case
    ) -> None:
        feed = world.feed(case.key)
        with logging_proxy() as proxy:
            # Set only now: no feed is opened where this stands already.
            _point_to(proxy, monkeypatch)
            report = feed.fetch(DAYS, case.subjects)
        assert not report.failed
        assert world.requests(case.vendor)
        assert proxy.heard == []

    def test_the_first_look_at_a_vendor_does_not_either(
        self, world: World, proxy: Stranger
    ) -> None:
        knock(POLYGON_DOOR, world.twin.url)
        assert world.requests("polygon")
        assert proxy.heard == []

    def test_where_this_machine_is_excepted_all_is_as_ever(
        self, world: World, proxy: Stranger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in with_loopback_direct(os.environ).items():
            monkeypatch.setenv(name, value)
        reach(world.settings(), "polygon")
        run(world, POLYGON)
        assert world.lake().count(PRICES) == len(POLYGON.subjects) * len(DAYS)
        assert proxy.heard == []
        assert_mended(world, POLYGON)

    def test_nothing_begins_where_it_would_catch_the_twin(
        self, world: World, proxy: Stranger
    ) -> None:
        for begin in (
            lambda: world.fetch(POLYGON.key, DAYS),
            lambda: world.fetch(FED.key, DAYS),
            lambda: reach(world.settings(), "polygon"),
        ):
            with pytest.raises(ConfigError, match=r"add 127\.0\.0\.1,localhost to NO_PROXY"):
                begin()
        assert world.requests() == []
        assert proxy.heard == []
        check_environment(read_settings(home=world.home, environment="live"))
