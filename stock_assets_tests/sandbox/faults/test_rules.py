from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from stock_assets.errors import InputError
from stock_assets.sandbox import faults
from stock_assets.sandbox.faults.chaos import AnyAction
from stock_assets.sandbox.faults.rules import read_rules

VENDORS = ("polygon", "yahoo")
ACTION = {"kind": "reset"}


@pytest.mark.parametrize(
    ("rules", "what"),
    [
        ({}, "the list: Input should be a valid list"),
        ([[]], "0: Input should be"),
        ([{}], "0.action: Field required"),
        ([{"action": {}}], "0.action: Unable to extract tag"),
        ([{"action": {"kind": "explode"}}], "0.action: Input tag 'explode'"),
        ([{"action": {"kind": "dns_fail"}}], "0.action: Input tag 'dns_fail'"),
        ([{"action": ACTION, "colour": "red"}], "0.colour: Extra inputs are not permitted"),
        ([{"action": ACTION, "id": "a b"}], "0.id: String should match pattern"),
        ([{"action": ACTION, "times": 0}], "0.times: Input should be greater than or equal to 1"),
        ([{"action": ACTION, "probability": 2}], "0.probability: Input should be less than"),
        ([{"action": ACTION, "seed": "x"}], "0.seed: Input should be a valid integer"),
        ([{"action": ACTION, "match": {"path": "("}}], "0.match.path: not a regular expression"),
        ([{"action": ACTION, "match": {"method": "get"}}], "0.match.method: Input should be 'GET'"),
        ([{"action": ACTION, "match": {"nth": []}}], "0.match.nth: List should have at least 1"),
        ([{"action": ACTION, "match": {"nth": 0}}], "0.match.nth.0: Input should be greater"),
        ([{"action": ACTION, "match": {"vendor": "bloomberg"}}],
         "fault-1: there is no vendor 'bloomberg'; there are polygon, yahoo"),
        ([{"action": ACTION, "id": "a"}, {"action": ACTION, "id": "a"}], "id 'a' stands 2 times"),
        ([{"action": ACTION}, {"action": ACTION, "id": "fault-1"}], "id 'fault-1' stands 2 times"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_told_where_and_why(rules: Any, what: str) -> None:
    with pytest.raises(InputError) as refused:
        read_rules(rules, VENDORS)
    assert what in str(refused.value)


def test_all_mistakes_are_told_at_once_up_to_a_point() -> None:
    with pytest.raises(InputError) as refused:
        read_rules([{"action": {"kind": "slow_drip"}, "times": -1}] * 30, VENDORS)
    assert "0.times" in refused.value.reason
    assert "0.action.slow_drip.bytes_per_s" in refused.value.reason
    assert refused.value.reason.endswith("and 40 more")


def test_rules_without_an_id_are_numbered() -> None:
    rules = read_rules([{"action": ACTION}, {"id": "F-H01", "action": ACTION}], VENDORS)
    assert [rule.id for rule in rules] == ["fault-1", "F-H01"]


def test_a_rule_with_everything_is_understood() -> None:
    rule = {
        "id": "F-H01",
        "match": {
            "vendor": "polygon", "method": "GET", "path": "^/v2/aggs/ticker/AAPL/",
            "query": {"cursor": "*"}, "nth": [1, 2], "after": 0,
        },
        "action": {
            "kind": "status", "status": 429, "headers": {"Retry-After": "2"},
            "body_preset": "polygon.429",
        },
        "times": 2, "seed": 7, "probability": 1.0,
    }  # fmt: skip
    assert read_rules([rule], VENDORS)[0].most == 2


def test_the_package_explains_every_kind() -> None:
    kinds = TypeAdapter(AnyAction).json_schema()["discriminator"]["mapping"]
    explained = (faults.__doc__ or "").splitlines()
    assert {line.split()[0] for line in explained if line.split()} >= set(kinds)
    assert len(kinds) == 18
