from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from stock_assets.sandbox.server import RunningTwin

CLOCK, REQUESTS = "/__sandbox__/clock", "/__sandbox__/requests"


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
    ("method", "path"), [("GET", CLOCK), ("POST", CLOCK), ("GET", REQUESTS), ("DELETE", REQUESTS)]
)
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


def test_unknown_controls_are_not_found(http: httpx.Client, key: dict[str, str]) -> None:
    assert http.get("/__sandbox__/probabilities", headers=key).status_code == 404
