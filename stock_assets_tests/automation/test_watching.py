"""Sensors: an announcement is collected once, a correction marks the days that it touches."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg

from stock_assets.automation.announcements import Watch, announcements, due, not_arrived
from stock_assets.automation.corrections import MAX_MARKS, MAX_NEWS_DAYS, corrections
from stock_assets.automation.jobs import REBUILD, SENTIMENT_JOB
from stock_assets.ingest.restatements import Restatement

AT = datetime(2025, 3, 19, 18, tzinfo=UTC)


def told(*instants: datetime) -> list[dict[str, Any]]:
    return [
        {"published_at": at, "url": f"https://www.federalreserve.gov/{at:%d}", "title": f"No. {n}"}
        for n, at in enumerate(instants, start=1)
    ]


FIRST = Watch(newest=AT, seen={"https://www.federalreserve.gov/19": AT})


def test_the_first_look_remembers_where_the_feed_stands_and_runs_nothing() -> None:
    requests, watch, reason = announcements(Watch(), told(AT - timedelta(days=1), AT), AT)
    assert requests == []
    assert watch.newest == AT
    assert "watching from" in reason
    assert announcements(watch, told(AT - timedelta(days=1), AT), AT)[0] == []


def test_a_new_announcement_is_collected_with_its_month_and_its_title() -> None:
    later = AT + timedelta(days=1)
    requests, watch, reason = announcements(FIRST, told(AT, later), later)
    assert [(one.partition_key, one.tags["announcement"]) for one in requests] == [
        ("2025-03", "No. 2")
    ]
    assert (watch.newest, reason) == (later, "")


def test_nothing_new_runs_nothing_and_forgets_nothing() -> None:
    requests, watch, reason = announcements(FIRST, told(AT), AT)
    assert (requests, watch) == ([], FIRST)
    assert reason.startswith("nothing since")
    assert announcements(FIRST, [], AT)[1] == FIRST


def test_announcements_of_two_months_are_two_runs() -> None:
    requests, _, _ = announcements(FIRST, told(AT + timedelta(1), AT + timedelta(20)), AT)
    assert [one.partition_key for one in requests] == ["2025-04"]
    requests, _, _ = announcements(FIRST, told(AT + timedelta(11), AT + timedelta(15)), AT)
    assert [one.partition_key for one in requests] == ["2025-03", "2025-04"]
    assert len({one.run_key for one in requests}) == 2


def named(name: str, at: datetime) -> dict[str, Any]:
    return {"published_at": at, "url": f"https://www.federalreserve.gov/{name}", "title": name}


def test_a_second_announcement_of_the_same_instant_is_collected_when_it_appears() -> None:
    statement, note = named("statement", AT), named("implementation note", AT)
    before = [named("before", AT - timedelta(days=2))]
    _, start, _ = announcements(Watch(), before, AT)
    first, watch, _ = announcements(start, [*before, statement], AT)
    second, watch, _ = announcements(Watch.of(watch.cursor), [*before, statement, note], AT)
    assert [one.tags["announcement"] for one in second] == ["implementation note"]
    assert first[0].run_key != second[0].run_key
    assert announcements(Watch.of(watch.cursor), [*before, statement, note], AT)[0] == []


def test_an_announcement_that_is_dated_back_is_new_and_a_week_later_it_is_history() -> None:
    late = named("minutes", AT - timedelta(days=3))
    assert len(announcements(FIRST, [*told(AT), late], AT)[0]) == 1
    old = named("minutes", AT - timedelta(days=8))
    assert announcements(FIRST, [*told(AT), old], AT)[0] == []


def test_what_is_remembered_is_bounded() -> None:
    watch = FIRST
    for day in range(1, 60):
        now = AT + timedelta(days=day)
        _, watch, _ = announcements(watch, [named(f"day {day}", now)], now)
    assert watch.seen
    assert len(watch.seen) == 8


def test_a_cursor_of_before_goes_on_where_it_was() -> None:
    cursor = json.dumps({"newest": AT.isoformat(), "etag": "e", "last_modified": None})
    watch = Watch.of(cursor)
    assert (watch.newest, watch.etag) == (AT, "e")
    later = AT + timedelta(days=1)
    assert announcements(watch, told(AT), AT)[0] == []
    assert len(announcements(watch, told(AT, later), later)[0]) == 1


def test_what_does_not_arrive_is_asked_for_each_hour_of_a_day_and_then_given_up() -> None:
    later = AT + timedelta(minutes=10)
    _, watch, _ = announcements(FIRST, [*told(AT), named("late", later)], later)
    asked = []
    for step in range(2 * 24 * 12):
        now = later + timedelta(minutes=5 * step)
        if due(watch, now):
            again, watch = not_arrived(Watch.of(watch.cursor), set(), now)
            asked += [(now - later, one.partition_key, one.run_key) for one in again]
    assert [after // timedelta(hours=1) for after, _, _ in asked] == list(range(1, 24))
    assert {month for _, month, _ in asked} == {"2025-03"}
    assert len({key for _, _, key in asked}) == 23
    assert watch.awaited == ()


def test_what_has_arrived_is_not_asked_for_again() -> None:
    _, watch, _ = announcements(FIRST, [*told(AT), named("late", AT)], AT)
    now = AT + timedelta(hours=1)
    again, watch = not_arrived(watch, {"https://www.federalreserve.gov/late"}, now)
    assert (again, watch.awaited) == ([], ())


def test_what_is_late_in_a_month_that_is_over_is_asked_for_with_the_present_month_too() -> None:
    end = datetime(2025, 3, 31, 23, 50, tzinfo=UTC)
    _, watch, _ = announcements(FIRST, [*told(AT), named("late", end)], end)
    again, _ = not_arrived(watch, set(), end + timedelta(hours=1))
    assert [one.partition_key for one in again] == ["2025-03", "2025-04"]


def correction(
    feed: str, *days: date, load: str = "01A", table: str = "prices", at: datetime = AT
) -> Restatement:
    return Restatement(table, feed, load, at, len(days), days, ("AAPL", "MSFT"))


def marks(said: dg.SensorResult) -> list[tuple[str, str | None]]:
    return [
        (event.asset_key.to_user_string(), event.partition)
        for event in said.asset_events
        if isinstance(event, dg.AssetObservation)
    ]


def several(start: date, count: int) -> tuple[date, ...]:
    return tuple(start + timedelta(days=step) for step in range(count))


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


def test_a_revised_value_of_the_economy_marks_the_month_of_its_period() -> None:
    days = (date(1989, 12, 1), date(2025, 1, 1), date(2025, 1, 6), date(2025, 2, 1))
    said = corrections(None, [correction("raw/fred_macro", *days, table="macro")])
    assert marks(said) == [("raw/fred_macro", "2025-01"), ("raw/fred_macro", "2025-02")]
    assert [one.job_name for one in said.run_requests or []] == [REBUILD]


def test_an_edited_headline_marks_its_day_and_is_judged_again() -> None:
    days = (date(2025, 3, 3), date(2025, 3, 5))
    said = corrections(None, [correction("raw/finnhub_news", *days, table="news")])
    assert marks(said) == [("raw/finnhub_news", "2025-03-03"), ("raw/finnhub_news", "2025-03-05")]
    assert [(one.job_name, one.partition_key) for one in said.run_requests or []] == [
        (SENTIMENT_JOB, "2025-03-03"),
        (SENTIMENT_JOB, "2025-03-05"),
    ]


def test_a_headline_of_a_day_that_has_no_partition_asks_for_no_run() -> None:
    days = (date(2009, 12, 31), AT.date() + timedelta(days=1))
    said = corrections(None, [correction("raw/finnhub_news", *days, table="news")])
    assert (marks(said), said.run_requests) == ([], [])
    assert said.cursor == AT.isoformat()


def test_what_is_too_much_for_one_look_is_marked_at_the_following_ones() -> None:
    later = AT + timedelta(hours=1)
    found = [
        correction("raw/yahoo_prices", *several(date(2020, 1, 1), 1_500)),
        correction("raw/yahoo_prices", *several(date(2010, 1, 1), 700), load="01B", at=later),
    ]
    cursor, seen, looks, keys = None, [], 0, set()
    while cursor != later.isoformat():
        said = corrections(cursor, found)
        cursor, looks = said.cursor, looks + 1
        assert len(said.asset_events) <= MAX_MARKS
        seen += marks(said)
        keys |= {one.run_key for one in said.run_requests or []}
    assert looks == 3
    assert len(seen) == len(set(seen)) == 2_200
    assert len(keys) == 1, "what follows is built once"


def test_many_edited_days_are_judged_over_several_looks() -> None:
    days = several(date(2025, 1, 1), 25)
    found = [correction("raw/finnhub_news", *days, table="news")]
    cursor, judged = None, []
    while cursor != AT.isoformat():
        said = corrections(cursor, found)
        cursor = said.cursor
        requests = said.run_requests or []
        assert len(requests) <= MAX_NEWS_DAYS
        judged += [one.partition_key for one in requests]
    assert judged == [day.isoformat() for day in days]
