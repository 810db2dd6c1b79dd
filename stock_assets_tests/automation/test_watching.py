"""Sensors: an announcement is collected once, a correction marks the days that it touches."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg

from stock_assets.automation.sensors import announcements, corrections
from stock_assets.ingest.restatements import Restatement

AT = datetime(2025, 3, 19, 18, tzinfo=UTC)


def told(*instants: datetime) -> list[dict[str, Any]]:
    return [
        {"published_at": at, "url": f"https://www.federalreserve.gov/{at:%d}", "title": f"No. {n}"}
        for n, at in enumerate(instants, start=1)
    ]


def test_the_first_look_remembers_where_the_feed_stands_and_runs_nothing() -> None:
    requests, newest, reason = announcements(None, told(AT - timedelta(days=1), AT))
    assert requests == []
    assert newest == AT.isoformat()
    assert "watching from" in reason


def test_a_new_announcement_is_collected_with_its_month_and_its_title() -> None:
    later = AT + timedelta(hours=1)
    requests, newest, reason = announcements(AT.isoformat(), told(AT, later))
    assert [(one.partition_key, one.tags["announcement"]) for one in requests] == [
        ("2025-03", "No. 2")
    ]
    assert (newest, reason) == (later.isoformat(), "")


def test_nothing_new_runs_nothing_and_forgets_nothing() -> None:
    requests, newest, reason = announcements(AT.isoformat(), told(AT))
    assert (requests, newest) == ([], AT.isoformat())
    assert reason.startswith("nothing since")
    assert announcements(AT.isoformat(), [])[1] == AT.isoformat()


def test_announcements_of_two_months_are_two_runs() -> None:
    requests, _, _ = announcements(AT.isoformat(), told(AT + timedelta(1), AT + timedelta(20)))
    assert [one.partition_key for one in requests] == ["2025-03", "2025-04"]
    assert len({one.run_key for one in requests}) == 2


def correction(feed: str, *days: date, load: str = "01A") -> Restatement:
    return Restatement("prices", feed, load, AT, len(days), days, ("AAPL", "MSFT"))


def test_a_correction_marks_exactly_its_sessions_and_builds_once() -> None:
    days = (date(2025, 3, 3), date(2025, 3, 5))
    said = corrections(None, [correction("raw/yahoo_prices", *days)])
    assert [(e.asset_key.to_user_string(), e.partition) for e in said.asset_events] == [
        ("raw/yahoo_prices", "2025-03-03"),
        ("raw/yahoo_prices", "2025-03-05"),
    ]
    (request,) = said.run_requests or []
    assert request.tags["restated/days"] == "2025-03-03 to 2025-03-05 (2)"
    assert said.cursor == AT.isoformat()


def test_a_late_split_marks_its_table_which_has_no_partitions() -> None:
    said = corrections(None, [correction("raw/corporate_actions", date(2020, 8, 31))])
    (mark,) = said.asset_events
    assert isinstance(mark, dg.AssetObservation)
    assert mark.partition is None


def test_without_a_correction_nothing_runs_and_the_cursor_stays() -> None:
    said = corrections("2025-03-01T00:00:00+00:00", [])
    assert not said.run_requests
    assert said.cursor == "2025-03-01T00:00:00+00:00"


def test_the_same_corrections_ask_for_the_same_run() -> None:
    found = [correction("raw/yahoo_prices", date(2025, 3, 3), load="01B")]
    first, second = (corrections(None, found).run_requests or [] for _ in range(2))
    assert first[0].run_key == second[0].run_key
