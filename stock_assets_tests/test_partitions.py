"""One partition per session, exactly."""

from __future__ import annotations

from datetime import UTC, date, datetime

from stock_assets.market import calendar
from stock_assets.partitions import session_partitions, weekday_closures


def last_key(now: datetime) -> str:
    return list(session_partitions().get_partition_keys(current_time=now))[-1]


def test_the_kept_list_of_closures_agrees_with_the_exchange_calendar() -> None:
    sessions = set(calendar(date(2035, 12, 31)).days)
    weekdays = (
        date.fromordinal(n)
        for n in range(date(1990, 1, 1).toordinal(), date(2035, 12, 31).toordinal() + 1)
        if date.fromordinal(n).weekday() < 5
    )
    assert weekday_closures() == tuple(day for day in weekdays if day not in sessions)


def test_each_session_of_the_past_is_one_partition_and_nothing_else_is() -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    keys = session_partitions().get_partition_keys(current_time=now)
    days = [s.day.isoformat() for s in calendar().between(date(1990, 1, 2), date(2026, 11, 19))]
    assert keys == days


def test_a_friday_appears_on_saturday_and_does_not_wait_for_monday() -> None:
    saturday = datetime(2026, 11, 14, 5, 1, tzinfo=UTC)
    assert last_key(saturday) == "2026-11-13"


def test_a_session_has_no_partition_before_its_day_is_over_in_new_york() -> None:
    late_evening = datetime(2026, 11, 14, 4, 59, tzinfo=UTC)
    assert last_key(late_evening) == "2026-11-12"


def test_the_window_of_a_partition_is_its_day_also_when_the_clocks_change() -> None:
    for key in ("2024-03-08", "2024-03-11", "2024-11-01", "2024-11-04", "2024-11-29"):
        window = session_partitions().time_window_for_partition_key(key)
        assert window.start.date().isoformat() == key
        assert (window.end.date() - window.start.date()).days == 1
