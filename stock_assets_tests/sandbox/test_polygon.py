from __future__ import annotations

import httpx
import pytest

from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.limits import FREE_KEY, UNLIMITED_KEY, Limits
from stock_assets.sandbox.server import RunningTwin, running_twin
from stock_assets.sandbox.truth import Truth
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE

DETAILS = "/polygon/v3/reference/tickers/AAPL"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nope"}, {"Authorization": "x"}])
def test_an_unknown_key_is_refused(twin: RunningTwin, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{twin.url}{DETAILS}", headers=headers, trust_env=False)
    assert answer.status_code == 401
    body = answer.json()
    assert len(body.pop("request_id")) == 32
    assert body == {"status": "ERROR", "error": "Unknown API Key"}


def test_the_key_may_come_in_the_query(twin: RunningTwin) -> None:
    url = f"{twin.url}{DETAILS}?apiKey={UNLIMITED_KEY}"
    assert httpx.get(url, trust_env=False).status_code == 200


def test_the_free_plan_ends_after_five_requests_a_minute_and_the_other_does_not(
    truth: Truth,
) -> None:
    limits = Limits(timer=lambda: 0.0)
    with running_twin(truth, TwinClock(AFTER_THE_CLOSE), limits=limits) as twin:

        def ask(key: str) -> httpx.Response:
            headers = {"Authorization": f"Bearer {key}"}
            return httpx.get(f"{twin.url}{DETAILS}", headers=headers, trust_env=False)

        statuses = [ask(FREE_KEY).status_code for _ in range(6)]
        refused = ask(FREE_KEY).json()
        others = {ask(UNLIMITED_KEY).status_code for _ in range(10)}
    assert statuses == [200] * 5 + [429]
    assert refused["status"] == "ERROR"
    assert "exceeded the maximum requests per minute" in refused["error"]
    assert others == {200}


def test_unknown_paths_are_not_found(http: httpx.Client) -> None:
    answer = http.get("/polygon/v9/nothing")
    assert answer.status_code == 404
    assert answer.json()["status"] == "NOT_FOUND"


def test_request_ids_differ(http: httpx.Client) -> None:
    ids = {http.get(DETAILS).json()["request_id"] for _ in range(3)}
    assert len(ids) == 3
