from __future__ import annotations

import httpx

from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import Limits
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.twin import Respond
from stock_assets.sandbox.wire import Answer, Ask, text_answer
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE
from stock_assets_tests.sandbox.faults.conftest import BARS, SPLITS

DOWN = {"kind": "status", "status": 503}


def test_the_last_stand_in_is_heard_and_the_log_names_all(
    twin: RunningTwin, http: httpx.Client
) -> None:
    twin.faults.set(
        [
            {"id": "a", "action": {"kind": "truncate_json"}},
            {"id": "b", "action": DOWN},
            {"id": "c", "action": {"kind": "status", "body_preset": "polygon.401"}},
            {"id": "d", "action": {"kind": "mutate", "jsonpath": "$.error", "op": "drop"}},
            {"id": "e", "action": {"kind": "delay", "ms": 1}},
        ]
    )
    answer = http.get(BARS)
    assert answer.status_code == 401
    assert sorted(answer.json()) == ["request_id", "status"]
    assert twin.requests()[-1]["faults"] == (
        "a/truncate_json:unchanged", "b/status:unchanged", "c/status", "d/mutate", "e/delay",
    )  # fmt: skip


def test_faults_come_first_and_then_the_given_door(truth: Truth) -> None:
    seen: list[str] = []

    async def door(ask: Ask, respond: Respond) -> Answer:
        seen.append(f"{ask.path} {ask.now:%Y-%m-%d}")
        return text_answer("from the door") if ask.path.endswith("splits") else respond(ask)

    limits = Limits(speed_up=1e6)
    with running_twin(truth, TwinClock(AFTER_THE_CLOSE), limits=limits, door=door) as twin:
        twin.twin.faults.set(
            [
                {"match": {"path": "aggs"}, "action": DOWN},
                {"match": {"path": "splits"}, "action": {"kind": "truncate_json", "at": 4}},
                {"match": {"path": "splits"}, "action": {"kind": "stale", "days": 1}},
            ]
        )
        with httpx.Client(base_url=twin.url, trust_env=False) as client:
            assert client.get(BARS).status_code == 503
            assert client.get(SPLITS).text == "from"
    assert seen == ["/v3/reference/splits 2026-11-20"]
