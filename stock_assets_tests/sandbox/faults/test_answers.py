from __future__ import annotations

from typing import Any

import httpx
import pytest
from polygon import RESTClient
from urllib3.exceptions import MaxRetryError

from stock_assets.errors import InputError
from stock_assets.sandbox.limits import UNLIMITED_KEY
from stock_assets.sandbox.server import RunningTwin
from stock_assets_tests.sandbox.faults.conftest import BARS, CHART, SPLITS


def test_b01_a_refusal_has_its_status_headers_and_the_vendors_words(
    twin: RunningTwin, http: httpx.Client
) -> None:
    action = {
        "kind": "status", "status": 429, "headers": {"Retry-After": "2"},
        "body_preset": "polygon.429",
    }  # fmt: skip
    twin.faults.set([{"match": {"vendor": "polygon"}, "action": action, "times": 2}])
    refused = [http.get(BARS) for _ in range(2)]
    assert [answer.status_code for answer in refused] == [429, 429]
    assert refused[0].headers["retry-after"] == "2"
    assert refused[0].json()["error"].startswith("You've exceeded the maximum requests per minute")
    assert http.get(BARS).status_code == 200


def test_a_bare_status_says_its_phrase(twin: RunningTwin, http: httpx.Client) -> None:
    for status, text in ((503, "503 Service Unavailable"), (404, "404 Not Found"), (599, "599")):
        twin.faults.set([{"action": {"kind": "status", "status": status}}])
        answer = http.get(BARS)
        assert (answer.status_code, answer.text) == (status, text)
    twin.faults.set([{"action": {"kind": "status", "status": 304}}])
    assert http.get(BARS).status_code == 304


def test_a_vendor_that_is_stood_in_for_is_not_asked(twin: RunningTwin, http: httpx.Client) -> None:
    twin.faults.set([{"action": {"kind": "status", "status": 200}}])
    wrong_key = {"Authorization": "Bearer nobody"}
    assert http.get(BARS, headers=wrong_key).status_code == 200


def test_h06_a_status_can_carry_a_date_of_its_own(twin: RunningTwin, http: httpx.Client) -> None:
    header = {"Date": "Sat, 21 Nov 2026 09:30:00 GMT"}
    twin.faults.set([{"action": {"kind": "status", "status": 200, "headers": header}}])
    assert http.get(BARS).headers["date"] == header["Date"]


def test_b09_a_vendor_that_flaps_is_down_and_up_in_turn(
    twin: RunningTwin, http: httpx.Client
) -> None:
    twin.faults.set([{"id": "f", "action": {"kind": "flap", "period": 2}}])
    assert [http.get(BARS).status_code for _ in range(8)] == [503, 503, 200, 200] * 2
    assert twin.faults.hits() == {"f": 4}


def test_a09_a_redirect_without_a_target_goes_round_and_round(
    twin: RunningTwin, http: httpx.Client
) -> None:
    twin.faults.set([{"action": {"kind": "redirect"}}])
    path = f"{CHART}/AAPL?range=5d&x=a+b%26"
    answer = http.get(path)
    assert answer.status_code == 302
    assert httpx.URL(answer.headers["location"]) == httpx.URL(path)
    with pytest.raises(httpx.TooManyRedirects):
        http.get(path, follow_redirects=True)


def test_a09_a_redirect_can_end_after_some_hops_or_leave_the_house(
    twin: RunningTwin, http: httpx.Client
) -> None:
    twin.faults.set([{"action": {"kind": "redirect", "times": 3, "status": 307}}])
    answer = http.get(BARS, follow_redirects=True)
    assert [hop.status_code for hop in answer.history] == [307] * 3
    assert answer.json()["resultsCount"] == 15
    twin.faults.set([{"action": {"kind": "redirect", "to": "https://elsewhere.example/login"}}])
    assert http.get(BARS).headers["location"] == "https://elsewhere.example/login"


def test_b13_a_page_comes_with_200_where_data_was_asked_for(
    twin: RunningTwin, http: httpx.Client
) -> None:
    page = "<html>Will be right back</html>"
    twin.faults.set([{"action": {"kind": "replace_body", "text": page}}])
    answer = http.get(BARS)
    assert (answer.status_code, answer.text) == (200, page)
    assert answer.headers["content-type"].startswith("text/html")


def test_b14_the_vendors_own_body_can_come_under_another_type(
    twin: RunningTwin, http: httpx.Client
) -> None:
    own = http.get(SPLITS).json()
    twin.faults.set(
        [{"action": {"kind": "replace_body", "content_type": "text/plain", "status": 203}}]
    )
    answer = http.get(SPLITS)
    assert answer.status_code == 203
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.json()["results"] == own["results"]


def test_c08_a_text_can_be_in_another_encoding_than_it_says(
    twin: RunningTwin, http: httpx.Client
) -> None:
    action = {
        "kind": "replace_body", "text": '{"name": "Nestlé"}', "encoding": "latin-1",
        "content_type": "application/json;charset=utf-8",
    }  # fmt: skip
    twin.faults.set([{"action": action}])
    with pytest.raises(UnicodeDecodeError):
        http.get(BARS).json()
    twin.faults.set([{"action": {"kind": "replace_body", "body": [1, None, {"a": 2**80}]}}])
    assert http.get(BARS).json() == [1, None, {"a": 2**80}]


def test_the_polygon_client_tries_four_times_at_once(twin: RunningTwin) -> None:
    twin.faults.set([{"match": {"vendor": "polygon"}, "action": {"kind": "status", "status": 503}}])
    client = RESTClient(UNLIMITED_KEY, base=twin.polygon_url)
    with pytest.raises(MaxRetryError):
        client.get_aggs("AAPL", 1, "day", "2026-11-02", "2026-11-20")
    assert [entry["status"] for entry in twin.requests("polygon")] == [503] * 4


@pytest.mark.parametrize(
    ("action", "what"),
    [
        ({"kind": "status"}, "give 'status' or 'body_preset'"),
        ({"kind": "status", "status": 199}, "greater than or equal to 200"),
        ({"kind": "status", "status": "503"}, "valid integer"),
        ({"kind": "status", "body_preset": "polygon.418"}, "no such preset; there are av.demo"),
        ({"kind": "status", "status": 200, "headers": {"A": "b\r\nC: d"}}, "pattern"),
        ({"kind": "status", "status": 200, "headers": {"A:": "b"}}, "pattern"),
        ({"kind": "status", "status": 200, "headers": {"Content-Length": "3"}}, "wrong_length"),
        ({"kind": "flap", "period": 0}, "greater than or equal to 1"),
        ({"kind": "redirect", "to": "/a\nb"}, "pattern"),
        ({"kind": "redirect", "status": 304}, "301, 302"),
        ({"kind": "replace_body"}, "give 'text'"),
        ({"kind": "replace_body", "text": "a", "body": 1}, "not both"),
        ({"kind": "replace_body", "text": "é", "encoding": "ascii"}, "cannot be written so"),
        ({"kind": "replace_body", "text": "a", "encoding": "latin-99"}, "unknown encoding"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    twin: RunningTwin, action: dict[str, Any], what: str
) -> None:
    with pytest.raises(InputError) as refused:
        twin.faults.set([{"action": action}])
    assert what in refused.value.reason
