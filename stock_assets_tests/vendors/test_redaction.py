"""Secrets in each form that they take."""

from __future__ import annotations

import json
import logging
from base64 import b64encode, urlsafe_b64encode
from html import escape
from urllib.parse import quote, quote_plus

import pytest

from stock_assets.vendors.redaction import Redactor

KEYS = ("Pk_7/ab+cd ef=gh~12", "plainkey0123456789", "x" * 40)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_hidden_plain_url_encoded_and_in_base64_at_any_alignment(key: str) -> None:
    redactor = Redactor([key, None, ""])
    texts = [key, quote(key), quote(key, safe=""), quote_plus(key)]
    for before in ("", "u", "us", "use"):
        joined = f"{before}{key}:tail".encode()
        texts += [b64encode(joined).decode(), urlsafe_b64encode(joined).decode()]
    for text in texts:
        shown = redactor.text(f"GET /v1?a=b {text} end")
        assert "REDACTED" in shown
        assert shown.startswith("GET /v1?a=b")
        assert key not in shown
        assert quote(key, safe="") not in shown


@pytest.mark.parametrize("key", ["Pk/7=ab&cd<12>", "plainkey0123456789"])
def test_a_key_is_hidden_however_json_and_html_escape_it(key: str) -> None:
    in_json = json.dumps({"said": f"your key {key}"})
    told = [
        in_json,
        in_json.replace("/", r"\/"),
        in_json.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e"),
        f"<p>{escape(key)}</p>",
    ]
    redactor = Redactor([key])
    for text in told:
        for shown in (redactor.text(text), redactor.body(text.encode()).decode()):
            assert "REDACTED" in shown
            assert "7" not in shown.replace("u0026", "").replace("u003", "")


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_a_body_in_utf16_keeps_its_order_and_loses_the_key(order: str) -> None:
    body = Redactor(["plainkey0123456789"]).body("your key plainkey0123456789.".encode(order))
    assert body.decode(order) == "your key REDACTED."


def test_parameters_that_carry_credentials_are_hidden_whatever_they_hold() -> None:
    shown = Redactor().text("/q?apikey=a1&symbol=X&crumb=c%2F1&token=t Authorization: Bearer abc.d")
    assert shown == (
        "/q?apikey=REDACTED&symbol=X&crumb=REDACTED&token=REDACTED Authorization: Bearer REDACTED"
    )


def test_innocent_text_and_bodies_stay_as_they_are() -> None:
    redactor = Redactor(["plainkey0123456789", "ab"])
    assert redactor.text("AAPL 2024-01-02 close 1.5") == "AAPL 2024-01-02 close 1.5"
    body = b'{"results":[1,2,3]}'
    assert redactor.body(body) is body
    assert redactor.body(b'{"key":"plainkey0123456789"}') == b'{"key":"REDACTED"}'


def test_a_vendors_words_are_one_harmless_line() -> None:
    words = Redactor().words("no\n2024-01-01 INFO fake\x1b[31m line\u202e " + "x" * 500)
    assert len(words) == 200
    assert words.isprintable()


def test_the_secret_is_not_in_its_own_description() -> None:
    assert "plainkey" not in repr(Redactor(["plainkey0123456789"]))


def test_what_is_learnt_later_is_hidden_in_words_and_not_where_it_is_handed_out() -> None:
    redactor = Redactor(["plainkey0123456789"])
    assert "tWin.cRumb1" in redactor.text("crumb is tWin.cRumb1")
    redactor.learn("tWin.cRumb1")
    assert redactor.text("crumb is tWin.cRumb1") == "crumb is REDACTED"
    assert redactor.body(b"plainkey0123456789 tWin.cRumb1") == b"REDACTED tWin.cRumb1"


def test_a_logger_is_guarded_once_however_many_clients_are_opened(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logger = logging.getLogger("a client of a vendor")
    first, second = Redactor(["plainkey0123456789"]), Redactor(["otherkey0123456789"])
    for redactor in (first, second, Redactor(["gone0123456789"])):
        redactor.guard(logger)
    assert len(logger.filters) == 1
    logger.error("%s and %s", "plainkey0123456789", "otherkey0123456789")
    assert caplog.messages == ["REDACTED and REDACTED"]
