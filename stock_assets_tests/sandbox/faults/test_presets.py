from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import httpx
import orjson
import pytest

from stock_assets.sandbox.faults.presets import PRESETS
from stock_assets.sandbox.server import RunningTwin
from stock_assets.sandbox.wire import Ask
from stock_assets_tests.sandbox.faults.conftest import BARS

NOW = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
VENDORS = {"polygon", "yahoo", "av", "finnhub", "newsapi", "fred", "worldbank", "treasury", "fed"}


def _ask(**query: str) -> Ask:
    return Ask("any", "GET", "/", query, {}, NOW, 7)


def test_every_vendor_has_words_of_its_own() -> None:
    assert {name.split(".")[0] for name in PRESETS} == VENDORS | {"html"}


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_comes_over_the_wire_as_what_it_says_it_is(
    name: str, twin: RunningTwin, http: httpx.Client
) -> None:
    twin.faults.set([{"action": {"kind": "status", "body_preset": name}}])
    answer = http.get(BARS)
    number = next((part for part in name.split(".") if part.isdigit()), "200")
    assert answer.status_code == int(number)
    if "json" in answer.headers["content-type"]:
        orjson.loads(answer.content)
    elif "xml" in answer.headers["content-type"]:
        ET.fromstring(answer.content)
    else:
        assert "html" in answer.headers["content-type"]


def test_a_status_beside_a_preset_wins(twin: RunningTwin, http: httpx.Client) -> None:
    twin.faults.set([{"action": {"kind": "status", "status": 503, "body_preset": "yahoo.html"}}])
    answer = http.get(BARS)
    assert answer.status_code == 503
    assert "Will be right back" in answer.text


def test_s03_alpha_vantage_repeats_the_key_it_was_given() -> None:
    body = PRESETS["av.information"](_ask(apikey="canary")).body
    assert b"your API key as canary and" in body
    assert list(orjson.loads(body)) == ["Information"]


def test_fred_answers_in_xml_unless_json_was_asked_for() -> None:
    xml = ET.fromstring(PRESETS["fred.400"](_ask()).body)
    told = orjson.loads(PRESETS["fred.400"](_ask(file_type="json")).body)
    assert xml.attrib == {"code": "400", "message": told["error_message"]}
    assert told["error_code"] == 400
    assert "api_key is not registered" in told["error_message"]


def test_finnhub_says_when_to_come_back() -> None:
    headers = PRESETS["finnhub.429"](_ask()).headers
    assert int(headers["x-ratelimit-reset"]) == int(NOW.timestamp()) + 60
