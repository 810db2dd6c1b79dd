"""Subjects that a vendor does not know: the feed goes on, and they are not asked for for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from stock_assets.errors import (
    EntitlementError,
    FeedIncomplete,
    NotFound,
    TransportError,
    VendorError,
)
from stock_assets.ingest.gaps import CONFIRMED_AFTER
from stock_assets.ingest.outages import OUTAGE_AFTER
from stock_assets.ingest.reopening import Wanted, gaps_like, reopen
from stock_assets.ingest.report import FeedReport
from stock_assets.ingest.subjects import Collected, Question, SubjectFeed
from stock_assets.lake import Lake, LoadSource
from stock_assets.tables import GAPS, NEWS

START = datetime(2025, 3, 10, 7, tzinfo=UTC)
FEED = "raw/finnhub_news"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
KNOWN, GONE = ("AAPL", "MSFT"), "SVBX"
ALL = (*KNOWN, GONE)


def unknown(subject: str) -> NotFound:
    return NotFound(subject, reason="the vendor does not know it", next_action="check the symbol")


def off_plan(subject: str) -> EntitlementError:
    return EntitlementError(subject, reason="not included", next_action="choose another plan")


def broken(subject: str) -> TransportError:
    return TransportError(subject, reason="connection reset", next_action="run again")


@dataclass
class Newsroom:
    """A vendor that has no news and refuses some subjects; its clock is ours."""

    lake: Lake
    now: datetime = START
    refusals: dict[str, VendorError] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)

    def ask(self, subject: str, first: date, last: date) -> Collected:
        self.asked.append(Question(subject, first, last))
        if subject in self.refusals:
            raise self.refusals[subject]
        return Collected({NEWS: NEWS.row_schema.empty_table()})

    def fetch(self, days: Iterable[date], subjects: tuple[str, ...] = ALL) -> FeedReport:
        feed = SubjectFeed(FEED, "finnhub", self.ask, self.lake, lambda: self.now)
        return feed.fetch(subjects, days)

    def asked_now(self, days: Iterable[date], subjects: tuple[str, ...] = ALL) -> list[str]:
        """Who is asked for in one more run; it may fail."""
        self.asked.clear()
        with suppress(FeedIncomplete, EntitlementError):
            self.fetch(days, subjects)
        return [question.subject for question in self.asked]

    def live(self, day: date) -> None:
        """A day of the hourly rhythm, some hours of it: in the morning the two days before too."""
        for hour in (0, 1, 6, 12, 23):
            self.now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
            for days_ago in (2, 1, 0) if hour == 6 else (0,):
                self.fetch([day - days_ago * DAY])


@pytest.fixture
def vendor(tmp_path: Path) -> Newsroom:
    lake = Lake(str(tmp_path / "lake"), environment="sandbox", now=lambda: room.now)
    room = Newsroom(lake)
    return room


def last_days(count: int, before: datetime = START) -> tuple[date, ...]:
    return tuple(before.date() - step * DAY for step in range(count, 0, -1))


def test_an_unknown_subject_that_alone_is_left_does_not_fail_a_feed_that_is_whole(
    vendor: Newsroom,
) -> None:
    vendor.refusals[GONE] = unknown(GONE)
    week = last_days(7)
    for _ in range(2):
        report = vendor.fetch(week)
        assert report.failed.keys() == {GONE}
        assert report.gaps == {"not_found": 7}
    assert [question.subject for question in vendor.asked] == [*ALL, GONE]


def test_several_unknown_subjects_that_are_left_do_not_fail_it_either(vendor: Newsroom) -> None:
    vendor.refusals = {one: unknown(one) for one in (GONE, "TWTR")}
    week = last_days(7)
    for _ in range(2):
        assert vendor.fetch(week, (*ALL, "TWTR")).gaps == {"not_found": 14}


def test_a_feed_whose_subjects_are_all_unknown_fails_each_time(vendor: Newsroom) -> None:
    vendor.refusals = {one: unknown(one) for one in ALL}
    week = last_days(7)
    for _ in range(4):
        with pytest.raises(FeedIncomplete, match="all 3 questions failed, the first one: NotFound"):
            vendor.fetch(week)
        vendor.now += CONFIRMED_AFTER
    assert len(vendor.asked) == 4 * len(ALL), "a vendor that knows nobody is never believed"


def test_a_vendor_that_suddenly_knows_nobody_fails_although_older_days_were_answered(
    vendor: Newsroom,
) -> None:
    vendor.fetch(last_days(7)[:5])
    vendor.refusals = {one: unknown(one) for one in ALL}
    with pytest.raises(FeedIncomplete, match="all 3 questions failed"):
        vendor.fetch(last_days(7))


@pytest.mark.parametrize("others", [(broken("MSFT"),), (broken("MSFT"), unknown(GONE))])
def test_whatever_else_is_wrong_with_those_that_are_left_fails_the_feed(
    vendor: Newsroom, others: tuple[VendorError, ...]
) -> None:
    vendor.refusals = {error.value: error for error in others}
    week = last_days(7)
    vendor.fetch(week)
    with pytest.raises(FeedIncomplete):
        vendor.fetch(week)


def test_an_unknown_subject_is_asked_for_at_each_run_until_that_is_confirmed(
    vendor: Newsroom,
) -> None:
    vendor.refusals[GONE] = unknown(GONE)
    week = last_days(7)
    vendor.fetch(week)
    for waited in (HOUR, DAY, CONFIRMED_AFTER - timedelta(seconds=1)):
        vendor.now = START + waited
        assert vendor.asked_now(week) == [GONE]
    vendor.now = START + CONFIRMED_AFTER
    assert vendor.asked_now(week) == [GONE], "one word alone proves nothing, however old"
    assert vendor.asked_now(week) == []
    assert vendor.fetch(week).gaps == {}
    history = vendor.lake.history(GAPS, where=f"session = date '{week[0]}'").to_pylist()
    assert [row["cause"] for row in history] == ["not_found", "not_found"]
    assert history[-1]["detail"] == f"unknown since 2025-03-10: NotFound: {unknown(GONE)}"


def test_a_confirmed_unknown_subject_is_asked_for_once_per_day_and_not_every_hour(
    vendor: Newsroom,
) -> None:
    vendor.refusals[GONE] = unknown(GONE)
    vendor.fetch([START.date()])
    days = [START.date() + CONFIRMED_AFTER + step * DAY for step in (0, 1, 2)]
    for day in days:
        vendor.live(day)
    asked = Counter((question.subject, question.first) for question in vendor.asked)
    assert asked[GONE, days[0]] > 1, "on the first of these days it is not confirmed yet"
    assert [asked[GONE, day] for day in days[1:]] == [1, 1]
    assert asked[KNOWN[0], days[1]] == 6, "the others still at each run"


def test_a_subject_that_the_vendor_knows_again_is_collected_and_must_be_confirmed_anew(
    vendor: Newsroom,
) -> None:
    vendor.refusals[GONE] = unknown(GONE)
    for step in (0, 8, 9):
        vendor.now = START + step * DAY
        vendor.fetch([vendor.now.date() - DAY])
    vendor.refusals.clear()
    vendor.now = START + 10 * DAY
    relisted = vendor.now.date() - DAY
    vendor.fetch([relisted])
    vendor.refusals[GONE] = unknown(GONE)
    vendor.now += HOUR
    today = vendor.now.date()
    assert vendor.asked_now([today]) == list(ALL)
    assert vendor.asked_now([today]) == list(ALL), "it was known yesterday"
    gaps = vendor.lake.read(GAPS, where=f"symbol = '{GONE}'").to_pylist()
    assert relisted not in {gap["session"] for gap in gaps}


def test_a_gap_that_somebody_reopens_is_asked_for_again(vendor: Newsroom) -> None:
    vendor.refusals[GONE] = unknown(GONE)
    days = last_days(2)
    for waited in (timedelta(0), CONFIRMED_AFTER):
        vendor.now = START + waited
        vendor.fetch(days)
    assert vendor.asked_now(days) == []
    row = vendor.lake.read(GAPS, where=f"session = date '{days[0]}'").to_pylist()[0]
    wanted = {name: row[name] for name in GAPS.row_schema.names} | {"cause": "reopened"}
    rows = pa.Table.from_pylist([wanted], schema=GAPS.row_schema)
    vendor.lake.append(GAPS, rows, LoadSource("reopen", "gaps"))
    assert vendor.asked_now(days) == [GONE]
    assert vendor.asked == [Question(GONE, days[0], days[0])]
    assert vendor.asked_now(days) == [], "it still is unknown, and that was confirmed long ago"


def test_each_feed_judges_for_itself(vendor: Newsroom) -> None:
    vendor.refusals[GONE] = unknown(GONE)
    days = last_days(2)
    for waited in (timedelta(0), CONFIRMED_AFTER):
        vendor.now = START + waited
        vendor.fetch(days)
    other = SubjectFeed("raw/polygon_news", "polygon", vendor.ask, vendor.lake, lambda: vendor.now)
    assert [question.subject for question in other.questions(ALL, days)] == list(ALL)


def test_b07_what_the_plan_does_not_include_is_not_asked_for_again_until_somebody_reopens_it(
    vendor: Newsroom,
) -> None:
    vendor.refusals["MSFT"] = off_plan("MSFT")
    week = last_days(7)
    assert vendor.fetch(week).gaps == {"not_on_plan": 7}
    for waited in (HOUR, DAY, 60 * DAY):
        vendor.now = START + waited
        assert vendor.asked_now(week) == []
    vendor.refusals.clear()
    gaps = gaps_like(vendor.lake, Wanted(causes=("not_on_plan",), last=week[1]))
    reopen(vendor.lake, gaps, vendor.now)
    assert vendor.asked_now(week) == ["MSFT"]
    assert vendor.asked == [Question("MSFT", week[0], week[1])]
    assert vendor.asked_now(week) == []


def test_b07_each_new_day_shows_once_whether_the_plan_has_changed(vendor: Newsroom) -> None:
    vendor.refusals = {one: off_plan(one) for one in ALL}
    for step in range(3):
        vendor.now = START + step * DAY
        today = vendor.now.date()
        assert vendor.asked_now([today - DAY, today]) == list(ALL)
        assert vendor.asked[0].first == today - DAY * (step == 0)
        vendor.now += HOUR
        assert vendor.asked_now([today - DAY, today]) == []
    vendor.refusals.clear()
    vendor.now = START + 3 * DAY
    report = vendor.fetch([vendor.now.date()])
    assert (report.failed, report.gaps) == ({}, {})


def test_b07_of_subjects_that_were_not_even_asked_for_nothing_is_settled(vendor: Newsroom) -> None:
    """The first few are off the plan, which says nothing about the others."""
    refused = tuple(f"X{number}" for number in range(OUTAGE_AFTER))
    vendor.refusals = {one: off_plan(one) for one in refused}
    week = last_days(7)
    assert vendor.asked_now(week, (*refused, *KNOWN)) == list(refused)
    gaps = vendor.lake.read(GAPS, where=f"symbol = '{KNOWN[0]}'").to_pylist()
    assert {gap["cause"] for gap in gaps} == {"not_on_plan"}
    assert all(gap["detail"].startswith("not asked, as others were refused") for gap in gaps)
    assert vendor.asked_now(week, (*refused, *KNOWN)) == list(KNOWN)
    assert vendor.asked_now(week, (*refused, *KNOWN)) == []
    assert vendor.lake.count(GAPS, where=f"symbol = '{KNOWN[0]}' and cause <> 'filled'") == 0
