"""How far back a plan reaches is found in few requests, and nothing that it has is left out."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stock_assets.errors import EntitlementError
from stock_assets.ingest.reach import PlanReach

FIRST = date(2020, 1, 1)
FRESH_FROM = date(2030, 1, 1)


class Plan:
    """Refuses a span of which it lacks the beginning, as a whole."""

    def __init__(self, oldest: date) -> None:
        self.oldest = oldest
        self.asked: list[tuple[date, date]] = []

    def ask(self, first: date, last: date) -> list[date]:
        self.asked.append((first, last))
        if first < self.oldest:
            raise EntitlementError(f"{first}", reason="too old", next_action="upgrade the plan")
        return span(first, last)


def span(first: date, last: date) -> list[date]:
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


@given(st.integers(1, 800), st.integers(0, 800))
def test_every_day_that_the_plan_has_comes_once(count: int, has_from: int) -> None:
    days = span(FIRST, FIRST + timedelta(days=count - 1))
    plan, reach = Plan(FIRST + timedelta(days=has_from)), PlanReach()
    came = [day for part in reach.ask(days, plan.ask, FRESH_FROM) for day in part]
    assert sorted(came) == days[has_from:]
    assert len(plan.asked) <= 2 + ceil(log2(count))
    beyond = days[: has_from or 0]
    assert reach.beyond == (beyond[-1] if beyond else None)
    assert (reach.refusal is None) is (not beyond)


def test_what_one_search_found_spares_the_others_theirs() -> None:
    days = span(FIRST, FIRST + timedelta(days=300))
    plan, reach = Plan(FIRST + timedelta(days=100)), PlanReach()
    list(reach.ask(days, plan.ask, FRESH_FROM))
    plan.asked.clear()
    assert [day for part in reach.ask(days, plan.ask, FRESH_FROM) for day in part] == days[100:]
    assert plan.asked == [(days[100], days[-1])]
    assert list(reach.ask(days[:50], plan.ask, FRESH_FROM)) == []
    assert len(plan.asked) == 1


def test_a_refusal_of_the_newest_days_says_nothing_about_older_ones() -> None:
    days = span(FIRST, FIRST + timedelta(days=9))
    plan, reach = Plan(FRESH_FROM), PlanReach()
    with pytest.raises(EntitlementError):
        list(reach.ask(days, plan.ask, fresh_from=days[-3]))
    assert len(plan.asked) == 2
    assert reach.beyond is None
