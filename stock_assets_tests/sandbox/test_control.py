from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from stock_assets.sandbox.server import RunningTwin

CLOCK, REQUESTS = "/__sandbox__/clock", "/__sandbox__/requests"
FAULTS = "/__sandbox__/faults"


@pytest.fixture
def key(twin: RunningTwin) -> dict[str, str]:
    return {"X-Sandbox-Token": twin.token}


def test_health_is_open_and_names_the_market(http: httpx.Client) -> None:
    health = http.get("/__sandbox__/health").json()
    assert health["status"] == "ok"
    assert health["market"] == "generated market=edge auc=0.56 seed=11"
    assert health["symbols"] == 9


@pytest.mark.parametrize("headers", [{}, {"X-Sandbox-Token": ""}, {"X-Sandbox-Token": "guess"}])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", CLOCK), ("POST", CLOCK), ("GET", REQUESTS), ("DELETE", REQUESTS), ("GET", FAULTS),
        ("POST", FAULTS), ("DELETE", FAULTS),
    ],
)  # fmt: skip
def test_everything_else_needs_the_token(
    http: httpx.Client, method: str, path: str, headers: dict[str, str]
) -> None:
    assert http.request(method, path, headers=headers).status_code == 401


def test_the_clock_can_be_fixed_advanced_and_released(
    http: httpx.Client, key: dict[str, str]
) -> None:
    def post(wish: dict[str, object]) -> dict[str, object]:
        answer: dict[str, object] = http.post(CLOCK, json=wish, headers=key).json()
        return answer

    assert post({"now": "2025-03-14T16:00:00-04:00"})["now"] == "2025-03-14T20:00:00+00:00"
    assert post({"advance_seconds": 3600})["now"] == "2025-03-14T21:00:00+00:00"
    assert http.get(CLOCK, headers=key).json() == {
        "now": "2025-03-14T21:00:00+00:00", "fixed": True,
    }  # fmt: skip
    released = post({"real": True})
    assert released["fixed"] is False
    assert datetime.fromisoformat(str(released["now"])) > datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "body", ["", "{", "{}", '{"now": "soon"}', '{"now": "2025-03-14T16:00:00"}', '{"real": false}',
             '{"advance_seconds": 1e300}']
)  # fmt: skip
def test_a_wish_that_is_not_understood_changes_nothing(
    http: httpx.Client, twin: RunningTwin, key: dict[str, str], body: str
) -> None:
    before = twin.clock.now()
    assert http.post(CLOCK, content=body, headers=key).status_code == 400
    assert twin.clock.now() == before


def test_requests_can_be_read_by_vendor_and_forgotten(
    http: httpx.Client, key: dict[str, str]
) -> None:
    http.get("/yahoo/fc.yahoo.com/")
    http.get("/polygon/v3/reference/splits?limit=1")
    logged = http.get(f"{REQUESTS}?vendor=polygon", headers=key).json()["requests"]
    assert [(e["method"], e["path"], e["status"]) for e in logged] == [
        ("GET", "/v3/reference/splits", 200)
    ]
    assert len(http.get(f"{REQUESTS}?after=1", headers=key).json()["requests"]) == 1
    assert http.get(f"{REQUESTS}?after=x", headers=key).status_code == 400
    http.delete(REQUESTS, headers=key)
    assert http.get(REQUESTS, headers=key).json() == {"requests": []}


def test_faults_are_set_shown_with_their_hits_and_cleared(
    http: httpx.Client, key: dict[str, str]
) -> None:
    rule = {
        "id": "F-H01",
        "match": {"vendor": "polygon", "query": {"limit": "*"}},
        "action": {"kind": "status", "body_preset": "polygon.429", "headers": {"retry-after": "2"}},
        "times": 2,
    }
    fresh = {"matched": 0, "hits": 0, "kinds": {}, "unchanged": 0}
    assert http.post(FAULTS, json=[rule], headers=key).json() == {"faults": [{**rule, **fresh}]}
    statuses = [http.get("/polygon/v3/reference/splits?limit=1").status_code for _ in range(3)]
    assert statuses == [429, 429, 200]
    (shown,) = http.get(FAULTS, headers=key).json()["faults"]
    assert shown == {**rule, "matched": 3, "hits": 2, "kinds": {"status": 2}, "unchanged": 0}
    logged = http.get(REQUESTS, headers=key).json()["requests"]
    assert [entry["faults"] for entry in logged] == [["F-H01/status"], ["F-H01/status"], []]
    assert http.delete(FAULTS, headers=key).json() == {"faults": []}
    assert http.get(FAULTS, headers=key).json() == {"faults": []}


def test_faults_never_strike_the_control(http: httpx.Client, key: dict[str, str]) -> None:
    http.post(FAULTS, json=[{"action": {"kind": "reset"}}], headers=key)
    assert http.get("/__sandbox__/health").status_code == 200
    assert http.get(FAULTS, headers=key).json()["faults"][0]["matched"] == 0


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("", "send a JSON list of rules"),
        ("[", "send a JSON list of rules"),
        ("\xff", "send a JSON list of rules"),
        ("[" * 100_000, "send a JSON list of rules"),
        ("{}", "valid list"),
        ('[{"action": {"kind": "explode"}}]', "'explode'"),
        ('[{"action": {"kind": "delay"}}]', "0.action.delay.ms: Field required"),
    ],
)
def test_wrong_faults_are_told_and_change_nothing(
    http: httpx.Client, twin: RunningTwin, key: dict[str, str], body: str, what: str
) -> None:
    twin.faults.set([{"id": "kept", "action": {"kind": "delay", "ms": 0}}])
    refused = http.post(FAULTS, content=body.encode("latin-1"), headers=key)
    assert refused.status_code == 400
    assert what in refused.json()["error"]
    assert twin.faults.hits() == {"kept": 0}


def test_unknown_controls_are_not_found(http: httpx.Client, key: dict[str, str]) -> None:
    assert http.get("/__sandbox__/probabilities", headers=key).status_code == 404
