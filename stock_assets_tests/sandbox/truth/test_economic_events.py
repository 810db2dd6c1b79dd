from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from stock_assets.sandbox.truth.economic_events import EconomicEvent, economic_events
from stock_assets.sandbox.truth.economy import economy
from stock_assets.sandbox.truth.fomc import meetings

NOW = datetime(2025, 3, 14, 21, tzinfo=UTC)
FIRST, LAST = date(2025, 1, 1), date(2025, 6, 30)


def events(now: datetime = NOW, seed: int = 11) -> dict[tuple[str, datetime], EconomicEvent]:
    return {(e.name, e.due_at): e for e in economic_events(seed, FIRST, LAST, now)}


def test_events_are_in_order_and_inside_of_the_days_asked_for() -> None:
    listed = economic_events(11, FIRST, LAST, NOW)
    assert [e.due_at for e in listed] == sorted(e.due_at for e in listed)
    assert all(FIRST <= e.due_at.date() <= LAST for e in listed)
    assert {e.name for e in listed} == {
        "CPI YoY", "CPI MoM", "Non Farm Payrolls", "Unemployment Rate", "Retail Sales MoM",
        "GDP Growth Rate QoQ Adv", "Fed Interest Rate Decision",
    }  # fmt: skip


def test_what_is_not_due_has_no_actual_value() -> None:
    for event in events().values():
        assert (event.actual is None) == (event.due_at > NOW)


def test_a_forecast_appears_ten_days_ahead_and_then_stays() -> None:
    for key, event in events().items():
        if event.due_at > NOW + timedelta(days=35):
            assert event.estimate is None
        if event.due_at <= NOW + timedelta(days=10):
            assert event.estimate is not None
            later = events(now=datetime(2025, 7, 30, tzinfo=UTC))[key]
            assert later.estimate == event.estimate


def test_an_actual_value_is_overwritten_by_its_revision() -> None:
    late = events(now=datetime(2026, 11, 1, tzinfo=UTC))
    changed = [
        key
        for key, event in events().items()
        if key[0] == "Non Farm Payrolls" and event.actual not in (None, late[key].actual)
    ]
    assert changed


def test_unemployment_is_what_the_economy_published() -> None:
    known = economy(11).series("UNRATE").known(NOW).newest()
    listed = [e for (name, _), e in events().items() if name == "Unemployment Rate" and e.actual]
    assert listed[-1].actual == pytest.approx(float(known.values[-1]))
    assert listed[-1].previous == pytest.approx(float(known.values[-2]))


def test_decisions_are_those_of_the_fed() -> None:
    decided = [e for (name, _), e in events().items() if name.startswith("Fed")]
    held = [m for m in meetings(11, FIRST, LAST) if m.is_scheduled or m.decision_at <= NOW]
    assert [e.due_at for e in decided] == [m.decision_at for m in held]
    assert [e.actual for e in decided] == [m.upper if m.decision_at <= NOW else None for m in held]


def test_equal_seeds_give_equal_events_and_others_give_others() -> None:
    assert events() == events()
    assert events() != events(seed=12)
