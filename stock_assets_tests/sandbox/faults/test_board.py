from __future__ import annotations

from typing import Any

import httpx
import pytest

from stock_assets.errors import InputError
from stock_assets.sandbox.server import RunningTwin
from stock_assets_tests.sandbox.faults.conftest import BARS, CHART, SPLITS

DOWN = {"kind": "status", "status": 503}
CRUMB = "/yahoo/query1.finance.yahoo.com/v1/test/getcrumb"


def _statuses(http: httpx.Client, *paths: str) -> list[int]:
    return [http.get(path).status_code for path in paths]


@pytest.mark.parametrize(
    ("match", "struck"),
    [
        ({}, [BARS, SPLITS, f"{CHART}/AAPL", CRUMB]),
        ({"vendor": "polygon"}, [BARS, SPLITS]),
        ({"vendor": "yahoo", "path": "getcrumb$"}, [CRUMB]),
        ({"path": "^/v2/aggs/ticker/AAPL/"}, [BARS]),
        ({"method": "POST"}, []),
        ({"vendor": "polygon", "method": "GET", "path": "splits"}, [SPLITS]),
    ],
)
def test_a_rule_strikes_what_it_matches_and_nothing_else(
    twin: RunningTwin, http: httpx.Client, match: dict[str, Any], struck: list[str]
) -> None:
    twin.faults.set([{"match": match, "action": DOWN}])
    paths = [BARS, SPLITS, f"{CHART}/AAPL", CRUMB]
    assert _statuses(http, *paths) == [503 if path in struck else 200 for path in paths]


@pytest.mark.parametrize(
    ("query", "struck"),
    [
        ({"limit": "1"}, [True, False, False]),
        ({"limit": "*"}, [True, True, False]),
        ({"limit": ["1", "2"]}, [True, True, False]),
        ({"limit": None}, [False, False, True]),
        ({"limit": "*", "order": "asc"}, [False, True, False]),
        ({"order": "*", "sort": None}, [False, True, False]),
    ],
)
def test_parameters_are_matched_by_value_presence_and_absence(
    twin: RunningTwin, http: httpx.Client, query: dict[str, Any], struck: list[bool]
) -> None:
    twin.faults.set([{"match": {"query": query}, "action": DOWN}])
    paths = [f"{SPLITS}?limit=1", f"{SPLITS}?limit=2&order=asc", SPLITS]
    assert [status == 503 for status in _statuses(http, *paths)] == struck


@pytest.mark.parametrize(
    ("rule", "struck"),
    [
        ({"match": {"nth": 2}}, "010000"),
        ({"match": {"nth": [1, 4]}}, "100100"),
        ({"match": {"after": 2}}, "001111"),
        ({"match": {"after": 2, "nth": [1, 3]}}, "001010"),
        ({"times": 2}, "110000"),
        ({"times": 1, "match": {"after": 3}}, "000100"),
        ({"probability": 0.0}, "000000"),
    ],
)
def test_requests_are_chosen_by_their_number(
    twin: RunningTwin, http: httpx.Client, rule: dict[str, Any], struck: str
) -> None:
    match = {"vendor": "polygon", **rule.get("match", {})}
    twin.faults.set([{"id": "r", **rule, "match": match, "action": DOWN}])
    statuses = []
    for _ in range(6):
        http.get(CRUMB)
        statuses.append(http.get(BARS).status_code)
    assert "".join("1" if status == 503 else "0" for status in statuses) == struck
    (state,) = twin.faults.state()
    assert (state["matched"], state["hits"]) == (6, struck.count("1"))


def test_luck_belongs_to_the_request_whatever_is_asked_in_between(
    twin: RunningTwin, http: httpx.Client
) -> None:
    paths = [f"{SPLITS}?limit={n}" for n in range(1, 41)]

    def struck(order: list[str], seed: int) -> set[str]:
        twin.faults.set([{"action": DOWN, "probability": 0.3, "seed": seed}])
        return {path for path in order if http.get(path).status_code == 503}

    once = struck(paths, 7)
    assert once == struck(paths[::-1], 7) == struck([BARS, *paths], 7) - {BARS}
    assert once != struck(paths, 8)
    assert 4 <= len(once) <= 22


def test_the_same_request_can_be_lucky_another_time(twin: RunningTwin, http: httpx.Client) -> None:
    def statuses() -> list[int]:
        twin.faults.set([{"action": DOWN, "probability": 0.5, "seed": 3}])
        return _statuses(http, *[BARS] * 12)

    assert statuses() == statuses()
    assert set(statuses()) == {200, 503}


def test_a_new_list_takes_the_place_of_the_old_and_counts_anew(
    twin: RunningTwin, http: httpx.Client
) -> None:
    twin.faults.set([{"id": "x", "action": DOWN}, {"action": {"kind": "delay", "ms": 0}}])
    http.get(BARS)
    assert twin.faults.hits() == {"x": 1, "fault-2": 1}
    twin.faults.set([{"id": "x", "action": DOWN, "times": 1}])
    assert twin.faults.hits() == {"x": 0}
    assert _statuses(http, BARS, BARS) == [503, 200]
    twin.faults.clear()
    assert twin.faults.hits() == {}


def test_a_wrong_list_changes_nothing(twin: RunningTwin, http: httpx.Client) -> None:
    twin.faults.set([{"id": "x", "action": DOWN}])
    http.get(BARS)
    with pytest.raises(InputError):
        twin.faults.set([{"action": DOWN}, {"action": {"kind": "explode"}}])
    assert twin.faults.hits() == {"x": 1}
