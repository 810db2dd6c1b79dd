from __future__ import annotations

from typing import Any

import httpx
import pytest

from stock_assets.errors import InputError
from stock_assets.sandbox.faults.chaos import BY_NAME, VISIBLE
from stock_assets.sandbox.server import RunningTwin
from stock_assets_tests.sandbox.faults.conftest import BARS, SPLITS

PATHS = [f"{SPLITS}?limit={n}" for n in range(1, 31)]


def _kinds(twin: RunningTwin, http: httpx.Client, action: dict[str, Any]) -> list[str]:
    """The kind that each path drew."""
    twin.twin.log.clear()
    twin.faults.set([{"id": "c", "action": action}])
    for path in PATHS:
        try:
            http.get(path)
        except httpx.HTTPError:
            continue
    return [str(entry["faults"]) for entry in twin.requests()]


def test_a_seed_draws_the_same_faults_again(twin: RunningTwin, http: httpx.Client) -> None:
    kinds = ["status", "truncate_json", {"kind": "delay", "ms": 1}]
    action = {"kind": "chaos", "seed": 5, "kinds": kinds}
    once = _kinds(twin, http, action)
    assert once == _kinds(twin, http, action)
    assert once != _kinds(twin, http, {**action, "seed": 6})
    assert set(once) == {f"('c/{kind}',)" for kind in ("status", "truncate_json", "delay")}


def test_by_default_only_what_can_be_seen_in_the_answer_is_drawn(
    twin: RunningTwin, http: httpx.Client
) -> None:
    drawn = _kinds(twin, http, {"kind": "chaos", "seed": 2})
    assert len(drawn) == len(PATHS)
    state = twin.faults.state()[0]
    assert set(state["kinds"]) <= set(VISIBLE)
    assert len(state["kinds"]) > 5
    assert sum(state["kinds"].values()) == state["hits"] == len(PATHS)


@pytest.mark.parametrize("kind", sorted(BY_NAME))
def test_each_kind_does_something_by_its_name_alone(
    twin: RunningTwin, http: httpx.Client, kind: str
) -> None:
    own = http.get(BARS, headers={"Accept-Encoding": "identity"})
    twin.faults.set([{"action": {"kind": "chaos", "seed": 1, "kinds": [kind]}}])
    try:
        answer = http.get(BARS, headers={"Accept-Encoding": "identity"}, timeout=0.5)
    except httpx.HTTPError:
        return
    assert kind in ("delay", "slow_drip") or (answer.status_code, answer.content) != (
        own.status_code,
        own.content,
    )


@pytest.mark.parametrize(
    ("action", "what"),
    [
        ({"kind": "chaos"}, "0.action.chaos.seed: Field required"),
        ({"kind": "chaos", "seed": 1, "kinds": []}, "at least 1 item"),
        ({"kind": "chaos", "seed": 1, "kinds": ["restated"]}, "'restated' cannot be drawn"),
        ({"kind": "chaos", "seed": 1, "kinds": ["chaos"]}, "'chaos' cannot be drawn"),
        ({"kind": "chaos", "seed": 1, "kinds": [{"kind": "flap", "period": 1}]}, "'flap'"),
        ({"kind": "chaos", "seed": 1, "kinds": [{"kind": "delay"}]}, "ms: Field required"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    twin: RunningTwin, action: dict[str, Any], what: str
) -> None:
    with pytest.raises(InputError) as refused:
        twin.faults.set([{"action": action}])
    assert what in refused.value.reason
