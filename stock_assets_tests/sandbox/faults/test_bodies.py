from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from polygon import RESTClient

from stock_assets.errors import InputError
from stock_assets.market import NEW_YORK
from stock_assets.sandbox.limits import UNLIMITED_KEY
from stock_assets.sandbox.server import RunningTwin
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE
from stock_assets_tests.sandbox.faults.conftest import BARS, CHART, SPLITS

CLOSES = "$.chart.result[0].indicators.quote[0].close"


def _chart(http: httpx.Client) -> Any:
    return http.get(f"{CHART}/AAPL?range=5d").json()["chart"]["result"][0]


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(NEW_YORK).date().isoformat()


@pytest.mark.parametrize(
    ("at", "kept"),
    [
        (10, lambda size: 10),
        (-1, lambda size: size - 1),
        (0, lambda size: 0),
        (10**9, lambda size: size - 1),
        (-(10**9), lambda size: 0),
        (0.25, lambda size: size // 4),
    ],
)
def test_c01_json_is_cut_and_its_length_is_right(
    twin: RunningTwin, http: httpx.Client, at: float, kept: Callable[[int], int]
) -> None:
    whole = http.get(f"{CHART}/AAPL?range=5d").content
    twin.faults.set([{"action": {"kind": "truncate_json", "at": at}}])
    answer = http.get(f"{CHART}/AAPL?range=5d", headers={"Accept-Encoding": "identity"})
    assert answer.content == whole[: kept(len(whole))]
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content)


def test_c01_the_polygon_client_takes_a_cut_answer_for_no_data(twin: RunningTwin) -> None:
    client = RESTClient(UNLIMITED_KEY, base=twin.polygon_url)
    assert len(client.get_aggs("AAPL", 1, "day", "2026-11-02", "2026-11-20")) == 15
    twin.faults.set([{"match": {"vendor": "polygon"}, "action": {"kind": "truncate_json"}}])
    assert client.get_aggs("AAPL", 1, "day", "2026-11-02", "2026-11-20") == []


def test_c03_page_two_alone_can_be_broken(twin: RunningTwin, http: httpx.Client) -> None:
    rule = {"match": {"query": {"cursor": "*"}}, "action": {"kind": "truncate_json"}}
    twin.faults.set([rule])
    first = http.get(f"{SPLITS}?limit=1").json()
    second = http.get("/polygon" + first["next_url"].removeprefix("https://api.polygon.io"))
    assert second.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        second.json()


def test_c02_results_vanish_while_their_count_stays(twin: RunningTwin, http: httpx.Client) -> None:
    twin.faults.set([{"action": {"kind": "mutate", "jsonpath": "$.results", "op": "drop"}}])
    answer = http.get(BARS).json()
    assert "results" not in answer
    assert answer["resultsCount"] == 15


def test_c04_pages_lead_to_themselves(twin: RunningTwin, http: httpx.Client) -> None:
    address = f"https://elsewhere.example{SPLITS.removeprefix('/polygon')}?cursor=x"
    action = {"kind": "mutate", "jsonpath": "$.next_url", "op": "set", "value": address}
    twin.faults.set([{"action": action}])
    assert http.get(BARS).json()["next_url"] == address


def test_c09_one_close_is_missing(twin: RunningTwin, http: httpx.Client) -> None:
    twin.faults.set([{"action": {"kind": "mutate", "jsonpath": f"{CLOSES}[2]", "op": "drop"}}])
    chart = _chart(http)
    assert len(chart["indicators"]["quote"][0]["close"]) == 4
    assert len(chart["timestamp"]) == 5


def test_c10_a_key_stands_twice(twin: RunningTwin, http: httpx.Client) -> None:
    action = {"kind": "mutate", "jsonpath": "$.results[0].c", "op": "duplicate", "value": 1.5}
    twin.faults.set([{"action": action}])
    pairs: list[list[tuple[str, object]]] = []
    json.loads(http.get(BARS).content, object_pairs_hook=pairs.append)
    assert [value for key, value in pairs[0] if key == "c"][1] == 1.5


def test_c14_numbers_that_json_has_no_word_for(twin: RunningTwin, http: httpx.Client) -> None:
    key = {"X-Sandbox-Token": twin.token}
    rules = (
        '[{"action": {"kind": "mutate", "jsonpath": "$.results[0].c", "op": "set", "value": %s}}]'
    )
    for number in ("Infinity", "-0.0", "1e308", str(2**200)):
        set_to = http.post("/__sandbox__/faults", content=rules % number, headers=key)
        assert set_to.status_code == 200
        body = http.get(BARS).text
        assert f'"c":{number.replace("1e308", "1e+308")},' in body
        assert number.replace("1e308", "1e+308") in set_to.text


def test_d01_the_last_row_is_null(twin: RunningTwin, http: httpx.Client) -> None:
    every = "$.chart.result[0].indicators.quote[0].*[-1]"
    twin.faults.set([{"action": {"kind": "mutate", "jsonpath": every, "op": "null"}}])
    quote = _chart(http)["indicators"]["quote"][0]
    assert {values[-1] for values in quote.values()} == {None}
    assert None not in {values[-2] for values in quote.values()}


def test_several_changes_are_made_in_the_order_of_the_rules(
    twin: RunningTwin, http: httpx.Client
) -> None:
    last = {"kind": "mutate", "jsonpath": "$.results[-1].c"}
    own = http.get(BARS).json()["results"][-1]["c"]
    twin.faults.set(
        [
            {"action": {**last, "op": "shift", "value": 1}},
            {"action": {**last, "op": "scale", "value": 100}},
        ]
    )
    assert http.get(BARS).json()["results"][-1]["c"] == pytest.approx((own + 1) * 100)


def test_what_is_no_json_is_left_alone_and_said_to_be(
    twin: RunningTwin, http: httpx.Client
) -> None:
    action = {"kind": "mutate", "jsonpath": "$.a", "op": "drop"}
    twin.faults.set([{"id": "m", "action": action}])
    own = http.get("/yahoo/query2.finance.yahoo.com/v1/test/getcrumb")
    http.get(BARS)
    assert own.text == "tWin.cRumb1"
    assert [entry["faults"] for entry in twin.requests()] == [("m/mutate:unchanged",)] * 2
    assert twin.faults.state()[0]["unchanged"] == 2


def test_d14_history_is_restated_from_a_day_on(twin: RunningTwin, http: httpx.Client) -> None:
    own_rows, own_chart = http.get(BARS).json()["results"], _chart(http)
    for field in ("c", "close"):
        twin.faults.set(
            [
                {
                    "action": {
                        "kind": "restated", "field": field, "factor": 0.5,
                        "from_date": "2026-11-18",
                    }
                }
            ]
        )  # fmt: skip
        if field == "c":
            rows = http.get(BARS).json()["results"]
        else:
            chart = _chart(http)
    for own, row in zip(own_rows, rows, strict=True):
        is_restated = _day(own["t"] / 1000) >= "2026-11-18"
        assert row["c"] == own["c"] * (0.5 if is_restated else 1)
        assert {**row, "c": 0} == {**own, "c": 0}
    closes = own_chart["indicators"]["quote"][0]["close"]
    factors = [0.5 if _day(t) >= "2026-11-18" else 1 for t in own_chart["timestamp"]]
    assert chart["indicators"]["quote"][0]["close"] == [
        c * f for c, f in zip(closes, factors, strict=True)
    ]
    assert factors == [1, 1, 0.5, 0.5, 0.5]


def test_d03_a_row_comes_for_a_day_that_has_not_come(twin: RunningTwin, http: httpx.Client) -> None:
    own = http.get(BARS).json()["results"]
    twin.faults.set([{"action": {"kind": "future", "days": 3}}])
    rows, chart = http.get(BARS).json()["results"], _chart(http)
    assert rows[:-1] == own
    assert _day(rows[-1]["t"] / 1000) == _day(chart["timestamp"][-1]) == "2026-11-23"
    assert {**rows[-1], "t": 0} == {**own[-1], "t": 0}
    assert len(chart["timestamp"]) == len(chart["indicators"]["adjclose"][0]["adjclose"]) == 6


def test_d29_a_frozen_vendor_repeats_yesterday_as_today(
    twin: RunningTwin, http: httpx.Client
) -> None:
    def newest(action: dict[str, object]) -> str:
        twin.faults.set([{"action": action}])
        return _day(_chart(http)["timestamp"][-1])

    assert newest({"kind": "delay", "ms": 0}) == "2026-11-20"
    assert newest({"kind": "stale", "days": 1}) == "2026-11-19"
    assert newest({"kind": "stale", "as_of": "2026-10-30"}) == "2026-10-30"
    assert newest({"kind": "stale", "as_of": "2025-03-12T21:00:00-04:00"}) == "2025-03-12"


def test_i7_not_even_a_stale_vendor_looks_ahead(twin: RunningTwin, http: httpx.Client) -> None:
    own = _chart(http)
    twin.faults.set([{"id": "s", "action": {"kind": "stale", "as_of": "2027-03-01T00:00:00Z"}}])
    assert _chart(http) == own
    assert twin.clock.now() == AFTER_THE_CLOSE
    assert twin.requests()[-1]["faults"] == ("s/stale:unchanged",)


def test_however_stale_a_vendor_answers(twin: RunningTwin, http: httpx.Client) -> None:
    twin.faults.set([{"action": {"kind": "stale", "days": 40_000}}])
    assert http.get(f"{CHART}/AAPL?range=5d").status_code in (200, 404)
    assert http.get(BARS).json()["resultsCount"] == 0


@pytest.mark.parametrize(
    ("action", "what"),
    [
        ({"kind": "truncate_json", "at": 1.5}, "a share between 0 and 1"),
        ({"kind": "mutate", "jsonpath": "results", "op": "drop"}, "not understood"),
        ({"kind": "mutate", "jsonpath": "$.a", "op": "explode"}, "'drop'"),
        ({"kind": "mutate", "jsonpath": "$.a", "op": "scale"}, "'scale' needs a number"),
        ({"kind": "restated", "field": "c"}, "Field required"),
        ({"kind": "restated", "field": "c", "factor": 2, "from_date": "soon"}, "isoformat"),
        ({"kind": "future", "days": 0}, "greater than 0"),
        ({"kind": "stale"}, "give 'as_of' or 'days'"),
        ({"kind": "stale", "as_of": "2025-03-12T21:00:00"}, "without a zone"),
        ({"kind": "stale", "as_of": "1789-07-14"}, "the twin's market is open from"),
        ({"kind": "stale", "as_of": "2025-03-12", "days": 2}, "give 'as_of' or 'days'"),
    ],
)
def test_what_cannot_be_changed_is_refused(
    twin: RunningTwin, action: dict[str, Any], what: str
) -> None:
    with pytest.raises(InputError) as refused:
        twin.faults.set([{"action": action}])
    assert what in refused.value.reason
