"""Calendars, auctions and announcements: what moves, what is filled in later, what ends."""

from __future__ import annotations

import codecs
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import orjson
import pytest

from stock_assets.errors import FeedIncomplete
from stock_assets.lake import PayloadStore
from stock_assets.suppliers import open_fed
from stock_assets.tables import FOMC_MEETINGS, LOADS, TREASURY_AUCTIONS
from stock_assets_tests.faults import invariants
from stock_assets_tests.faults.changes import change
from stock_assets_tests.faults.conftest import NOW, World
from stock_assets_tests.faults.found import put_aside

CALENDAR: Final = "raw/fomc_calendar"
POLICY: Final = "raw/treasury_policy"
FILE: Final = {"vendor": "fed", "path": "calendar.json$"}
MONTH: Final = tuple(date(2025, 7, 1) + timedelta(days=step) for step in range(29))
BEFORE_THE_RESULTS: Final = datetime(2025, 7, 28, 15, tzinfo=UTC)
HELD_ON: Final = date(2025, 7, 28)


def meetings(world: World) -> list[dict[str, Any]]:
    """What is stored of the committee's events."""
    return list(world.lake().read(FOMC_MEETINGS, ordered=True).to_pylist())


def place_of(event: dict[str, Any], world: World) -> int:
    """Where a stored event stands in the calendar that it came in."""
    (sha,) = world.lake().read(LOADS, where="target = 'fomc_meetings'")["payloads"][0].as_py()
    body = PayloadStore(world.settings().payload_root).get(sha)
    said = orjson.loads(body.removeprefix(codecs.BOM_UTF8))["events"]
    month, day = f"{event['held_on']:%Y-%m}", str(event["held_on"].day)
    (place,) = [
        place
        for place, one in enumerate(said)
        if one["month"] == month
        and one["days"].endswith(day)
        and " ".join(one["title"].split()) == event["title"]
    ]
    return place


def auctions(world: World, day: date) -> list[dict[str, Any]]:
    """What is stored of one day's auctions."""
    where = f"auction_on = date '{day}'"
    return list(world.lake().read(TREASURY_AUCTIONS, where=where, ordered=True).to_pylist())


def test_d25_no_event_means_that_nothing_is_due_only_where_the_calendar_reaches(
    world: World,
) -> None:
    whole = open_fed(world.settings()).calendar().coverage
    assert whole.first is not None
    assert whole.last is not None
    assert whole.covers(whole.last)
    assert not whole.covers(whole.last + timedelta(days=1))
    assert not whole.covers(whole.first - timedelta(days=1))

    world.fetch(CALENDAR, MONTH)
    before = meetings(world)
    world.set_faults(*({"match": FILE, "action": change("$.events[-1]", "drop")} for _ in range(3)))
    cut = open_fed(world.settings()).calendar().coverage
    assert cut.last is not None
    assert cut.last < whole.last
    assert not cut.covers(whole.last)
    world.fetch(CALENDAR, (*MONTH, NOW.date()))
    assert meetings(world) == before

    world.set_faults(*({"match": FILE, "action": change("$.events[-1]", "drop")} for _ in range(9)))
    with pytest.raises(FeedIncomplete, match="a stale copy"):
        world.fetch(CALENDAR, (NOW.date(),))
    assert meetings(world) == before


def test_d25_a_month_with_an_event_that_cannot_be_read_is_unknown(world: World) -> None:
    last = open_fed(world.settings()).calendar().coverage.last
    assert last is not None
    world.set_faults({"match": FILE, "action": change("$.events[0].days", "set", "31-1")})
    found = open_fed(world.settings()).calendar()
    first = datetime.strptime("2023-08", "%Y-%m").replace(tzinfo=UTC).date()
    assert first in found.coverage.unclear
    assert not found.coverage.covers(first.replace(day=20))
    world.fetch(CALENDAR, MONTH)
    assert put_aside(world) == {"row_readable": 1}


def test_d25_a_meeting_that_is_moved_is_known_from_now_on_and_unscheduled_ones_too(
    world: World,
) -> None:
    world.fetch(CALENDAR, MONTH[:-1])
    before = meetings(world)
    between = datetime.now(UTC)
    later = NOW + timedelta(days=1)
    world.at(later)
    unscheduled = {"title": "FOMC Meeting", "description": "Unscheduled", "type": "FOMC",
                   "month": "2025-09", "days": "3", "time": "10:00 a.m."}  # fmt: skip
    world.set_faults({"match": FILE, "action": change("$.events[0]", "insert", unscheduled)})
    world.fetch(CALENDAR, (later.date(),))
    assert world.hits() == 1
    (new,) = [row for row in meetings(world) if row not in before]
    assert (new["kind"], new["held_on"]) == ("statement", date(2025, 9, 3))
    assert new["known_at"] == later
    lake = world.lake()
    assert lake.read(FOMC_MEETINGS, as_of=between, ordered=True).to_pylist() == before


def test_d25_a_meeting_that_vanishes_is_withdrawn_from_then_on_and_returns_with_the_calendar(
    world: World,
) -> None:
    """Moved to another day: the old day is no date any more, for whoever asks from now on."""
    world.fetch(CALENDAR, MONTH[:-1])
    before = meetings(world)
    between = datetime.now(UTC)
    to_come = [row for row in before if row["held_on"] > NOW.date()]
    moved = to_come[0]
    world.at(later := NOW + timedelta(days=1))
    world.set_faults(
        {"match": FILE, "action": change(f"$.events[{place_of(moved, world)}]", "drop")}
    )
    world.fetch(CALENDAR, (later.date(),))
    after = {(row["kind"], row["held_on"]): row["withdrawn_at"] for row in meetings(world)}
    assert {key for key, at in after.items() if at} == {(moved["kind"], moved["held_on"])}
    assert after[moved["kind"], moved["held_on"]] == later
    then = world.lake().read(FOMC_MEETINGS, as_of=between, ordered=True).to_pylist()
    assert then == before

    world.heal()
    world.at(later + timedelta(days=1))
    world.fetch(CALENDAR, ((later + timedelta(days=1)).date(),))
    assert not any(row["withdrawn_at"] for row in meetings(world))
    assert len(meetings(world)) == len(before)


def test_d26_results_of_an_auction_are_a_version_known_from_when_they_were_there(
    world: World,
) -> None:
    world.at(BEFORE_THE_RESULTS)
    world.fetch(POLICY, [HELD_ON], ("auctions",))
    announced = auctions(world, HELD_ON)
    assert announced
    assert {row["bid_to_cover"] for row in announced} == {None}
    between = datetime.now(UTC)
    world.at(NOW)
    report = world.fetch(POLICY, [HELD_ON], ("auctions",))
    assert report.rows_restated == len(announced)
    held = auctions(world, HELD_ON)
    assert all(row["bid_to_cover"] and row["accepted_usd"] for row in held)
    assert {row["known_at"] for row in held} == {NOW}
    invariants.assert_one_row_per_key(world.lake(), restated=[TREASURY_AUCTIONS])
    then = world.lake().read(TREASURY_AUCTIONS, as_of=between, ordered=True).to_pylist()
    assert then == announced


@pytest.mark.parametrize("field", ["bid_to_cover_ratio", "high_discnt_rate"])
def test_d26_a_result_that_is_corrected_later_is_one_more_version(world: World, field: str) -> None:
    world.at(datetime(2025, 7, 28, 20, tzinfo=UTC))
    world.fetch(POLICY, [HELD_ON], ("auctions",))
    before = auctions(world, HELD_ON)
    between = datetime.now(UTC)
    world.at(NOW)
    world.set_faults(
        {
            "match": {"vendor": "treasury"},
            "action": {"kind": "restated", "field": field, "factor": 1.5},
        }
    )
    report = world.fetch(POLICY, [HELD_ON], ("auctions",))
    assert report.rows_restated == len(before)
    assert {row["known_at"] for row in auctions(world, HELD_ON)} == {NOW}
    then = world.lake().read(TREASURY_AUCTIONS, as_of=between, ordered=True).to_pylist()
    assert then == before


def test_d28_the_day_of_an_auction_is_not_the_record_date(world: World) -> None:
    world.fetch(POLICY, MONTH, ("auctions",))
    (asked,) = world.requests("treasury")
    assert asked["query"]["filter"].startswith(f"auction_date:gte:{MONTH[0]},auction_date:lte:")
    (sha,) = world.lake().read(LOADS, where="target = 'treasury_auctions'")["payloads"][0].as_py()
    said = orjson.loads(PayloadStore(world.settings().payload_root).get(sha))["data"]
    apart = {row["cusip"]: row for row in said if row["record_date"] != row["auction_date"]}
    assert len(apart) > 5
    stored = {row["cusip"]: row for row in world.lake().read(TREASURY_AUCTIONS).to_pylist()}
    for cusip, row in apart.items():
        assert str(stored[cusip]["auction_on"]) == row["auction_date"]
        assert str(stored[cusip]["issue_on"]) == row["issue_date"] == row["record_date"]
