"""The transport against servers that misbehave, with time that passes only when we wait."""

from __future__ import annotations

import logging
import time
import traceback
from base64 import b64encode
from urllib.parse import quote

import pytest

from stock_assets.errors import (
    AuthError,
    ContractError,
    EntitlementError,
    NotFound,
    PayloadError,
    RateLimited,
    SecurityError,
    TransportError,
    VendorError,
    VendorOutage,
)
from stock_assets.vendors.transport import Limits, Request
from stock_assets.vendors.wire import Unreachable
from stock_assets_tests.vendors import stub
from stock_assets_tests.vendors.conftest import CANARY, NOW, Kept, Waiting, Workshop
from stock_assets_tests.vendors.stub import json_reply, reply, serving

ASK = Request("https://api.acme.test/v1/bars?symbol=AAPL")
OK = json_reply({"status": "OK"})


def test_an_answer_says_what_was_asked_and_where_its_bytes_are_kept(
    workshop: Workshop, kept: Kept
) -> None:
    with serving(OK) as server:
        answer = workshop.transport(server.url).send(ASK)
    assert (answer.request, answer.status, answer.attempts) == (
        "GET https://api.acme.test/v1/bars?symbol=AAPL",
        200,
        1,
    )
    assert kept.bodies[answer.payload] == answer.body == b'{"status":"OK"}'
    assert answer.received_at == NOW
    assert server.asked == ["GET /v1/bars?symbol=AAPL"]


@pytest.mark.parametrize("fault", [stub.hang, stub.drip])
def test_a_deadline_holds_against_a_server_that_hangs_or_drips(
    workshop: Workshop, fault: stub.Reply
) -> None:
    limits = Limits(deadline_s=0.4, attempts=3)
    with serving(fault) as server:
        began = time.monotonic()
        with pytest.raises(TransportError, match="no whole answer within"):
            workshop.transport(server.url, limits=limits).send(ASK)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (stub.close_at_once, TransportError),
        (stub.cut_off(b'{"results":[1,2,3]}', 12), TransportError),
        (stub.bad_gzip, PayloadError),
        (reply(b'{"results":[{"c":1.5},{"c":'), PayloadError),
        (reply(b'{"status":"OK"}', Content_Length="9"), PayloadError),
        (reply(b"<html>Will be right back</html>", Content_Type="text/html"), VendorOutage),
        (reply(b"\n <!DOCTYPE html><html lang='zh'>"), VendorOutage),
        (reply(b"upstream connect error", 502), VendorOutage),
        (json_reply({"error": "try later"}, 503), VendorOutage),
    ],
    ids=["reset", "cut", "gzip", "half json", "short length", "html", "doctype", "502", "503"],
)
def test_a_passing_fault_is_tried_again_and_never_parsed(
    workshop: Workshop, fault: stub.Reply, error: type[VendorError]
) -> None:
    with serving(fault, OK) as server:
        answer = workshop.transport(server.url).send(ASK)
    assert (answer.attempts, answer.body) == (2, b'{"status":"OK"}')
    with serving(fault) as server, pytest.raises(error) as caught:
        workshop.transport(server.url).send(ASK)
    tries = 2 if error is PayloadError else 3
    assert caught.value.context["attempts"] == len(server.asked) == tries
    assert "api.acme.test" in caught.value.value


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"error": "bad date"}, ContractError),
        (401, {"error": "Unknown API Key"}, AuthError),
        (403, {"message": "You are not entitled"}, EntitlementError),
        (404, {"message": "Ticker not found"}, NotFound),
        (418, {}, ContractError),
        (426, {"code": "maximumResultsReached"}, ContractError),
    ],
)
def test_a_refusal_that_cannot_pass_is_told_at_once_in_the_vendors_words(
    workshop: Workshop, status: int, body: dict[str, str], error: type[VendorError]
) -> None:
    with serving(json_reply(body, status)) as server, pytest.raises(error) as caught:
        workshop.transport(server.url).send(ASK)
    assert len(server.asked) == 1
    assert caught.value.context["status"] == status
    said = body.get("error") or body.get("message") or ""
    assert said in caught.value.reason
    assert caught.value.next_action


def test_pauses_between_tries_grow_and_have_jitter(workshop: Workshop, waiting: Waiting) -> None:
    limits = Limits(deadline_s=30, attempts=4, backoff_s=1)
    with serving(stub.close_at_once) as server, pytest.raises(TransportError):
        workshop.transport(server.url, limits=limits).send(ASK)
    assert waiting.waits == [1.0, 2.0, 4.0]


def test_retry_after_is_waited_for_and_everybody_with_the_key_waits_too(
    workshop: Workshop, waiting: Waiting
) -> None:
    with serving(reply(b"slow down", 429, Retry_After="7"), OK) as server:
        answer = workshop.transport(server.url).send(ASK)
    assert answer.attempts == 2
    assert sum(waiting.waits) == pytest.approx(7.05)


def test_a_refusal_without_retry_after_waits_for_the_budgets_own_pace(
    workshop: Workshop, waiting: Waiting
) -> None:
    with serving(reply(b"Too Many Requests", 429), OK) as server:
        workshop.transport(server.url, per_minute=5).send(ASK)
    assert sum(waiting.waits) >= 12


def test_who_gives_up_says_when_to_come_back(workshop: Workshop) -> None:
    limits = Limits(attempts=1)
    with serving(reply(b"", 429)) as server, pytest.raises(RateLimited) as caught:
        workshop.transport(server.url, per_minute=5, limits=limits).send(ASK)
    assert caught.value.retry_after_s == 12


def test_a_long_retry_after_is_not_slept_through(workshop: Workshop, waiting: Waiting) -> None:
    with serving(reply(b"", 429, Retry_After="86400")) as server:
        transport = workshop.transport(server.url)
        with pytest.raises(RateLimited) as caught:
            transport.send(ASK)
        assert caught.value.retry_after_s == 86_400
        with pytest.raises(RateLimited, match="budget"):
            transport.send(ASK)
    assert waiting.waits == []
    assert len(server.asked) == 1


def test_a_body_beyond_the_cap_is_cut_off_while_it_streams(workshop: Workshop) -> None:
    limits = Limits(max_bytes=100_000, deadline_s=5)
    for fault in (stub.huge, stub.bomb(300_000), reply(b"", Content_Length="900000000")):
        with serving(fault) as server, pytest.raises(ContractError, match="cap of 100,000 bytes"):
            workshop.transport(server.url, limits=limits).send(ASK)


def test_redirects_are_followed_three_times_within_the_vendors_hosts(workshop: Workshop) -> None:
    def to(place: str) -> stub.Reply:
        return reply(b"", 302, Location=place)

    hops = [to("/v2/bars"), to("https://www.acme.test/v3/bars"), to("v4")]
    with serving(*hops, OK) as server:
        answer = workshop.transport(server.url).send(
            Request(ASK.url, headers={"Authorization": f"Bearer {CANARY}", "X-Any": "1"})
        )
    assert answer.url == "https://www.acme.test/v3/v4"
    assert server.asked[1:] == ["GET /v2/bars", "GET /v3/bars", "GET /v3/v4"]
    carried = [("authorization" in sent, "x-any" in sent) for sent in server.headers]
    assert carried == [(True, True), (True, True), (False, True), (False, True)]
    with serving(to("/again")) as server, pytest.raises(ContractError, match="3 redirects"):
        workshop.transport(server.url).send(ASK)
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.test/",
        "http://api.acme.test/",
        "https://169.254.169.254/latest",
        "https://api.acme.test:8443/",
        "https://user@api.acme.test/",
        "file:///etc/passwd",
        "/v1/%2e%2e/secret",
    ],
)
def test_a_redirect_elsewhere_is_refused(workshop: Workshop, place: str) -> None:
    with serving(reply(b"", 302, Location=place)) as server, pytest.raises(SecurityError):
        workshop.transport(server.url).send(ASK)
    assert len(server.asked) == 1


def test_an_unreachable_vendor_fails_soon_and_then_at_once(workshop: Workshop) -> None:
    with serving(OK) as server:
        closed = server.url
    transport = workshop.transport(closed)
    tries = 0
    for _ in range(5):
        with pytest.raises(Unreachable) as caught:
            transport.send(ASK)
        tries += int(str(caught.value.context["attempts"]))
    assert tries == 4


def test_proxy_variables_are_ignored_on_the_way_to_the_twin(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(OK) as proxy, serving(OK) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        workshop.transport(server.url).send(ASK)
    assert (len(proxy.asked), len(server.asked)) == (0, 1)


def test_no_secret_is_in_any_message_request_log_or_kept_body(
    workshop: Workshop, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = f"key {CANARY} or {quote(CANARY, safe='')} or {b64encode(CANARY.encode()).decode()}"
    ask = Request(
        f"{ASK.url}&apiKey={quote(CANARY, safe='')}", headers={"Authorization": f"Bearer {CANARY}"}
    )
    said: list[str] = []
    for fault in (
        json_reply({"error": echo}, 401),
        json_reply({"error": echo}, 429, Retry_After="9999999"),
        reply(echo.encode(), 500),
        reply(f"<html>{echo}".encode()),
        stub.close_at_once,
        reply(b"", 302, Location=f"https://evil.test/?token={quote(CANARY)}"),
    ):
        with serving(fault) as server:
            transport = workshop.transport(server.url, key=CANARY)
            transport.redactor.guard(logging.getLogger("client"))
            logging.getLogger("client").warning("sent %s", echo)
            with pytest.raises((VendorError, SecurityError)) as caught:
                transport.send(ask)
        said += ["".join(traceback.format_exception(caught.value)), repr(caught.value)]
        workshop.locks = workshop.locks.with_name(f"locks{len(said)}")
    with serving(json_reply({"echo": echo})) as server:
        said += [repr(workshop.transport(server.url).send(ask))]
    files = [path.read_bytes() for path in workshop.locks.parent.rglob("*.sqlite")]
    names = [str(path) for path in workshop.locks.parent.rglob("*")]
    text = "\n".join([*said, *names, caplog.text]).encode() + b"".join(files)
    text += b"".join(kept.bodies.values())
    for form in (
        CANARY,
        quote(CANARY),
        quote(CANARY, safe=""),
        b64encode(CANARY.encode()).decode(),
    ):
        assert form.encode() not in text
    assert b"REDACTED" in text
