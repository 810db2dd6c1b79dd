"""Feeds asked for by subject and days: nothing twice, nothing lost, every silence with a cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from stock_assets.errors import (
    FeedIncomplete,
    NotFound,
    RateLimited,
    TransportError,
    VendorError,
    VendorOutage,
)
from stock_assets.ingest.outages import OUTAGE_AFTER
from stock_assets.ingest.reopening import Wanted, gaps_like, reopen
from stock_assets.ingest.subject_loads import last_day_over
from stock_assets.ingest.subjects import (
    ANSWERS_PER_LOAD,
    Collected,
    Question,
    SubjectFeed,
)
from stock_assets.lake import Lake
from stock_assets.tables import COVERAGE, GAPS, LOADS, NEWS, QUARANTINE

NOW = datetime(2025, 3, 10, 15, tzinfo=UTC)
FEED = "raw/finnhub_news"
WEEK = tuple(date(2025, 3, 3) + timedelta(days=step) for step in range(7))
THREE = ("AAPL", "MSFT", "NKE")


@dataclass(frozen=True)
class Told:
    request: str
    payload: str = "ab" * 32
    body: bytes = b"[]"


@dataclass
class Newsroom:
    """A vendor with one article per company and day, and the refusals that a test wants."""

    refusals: dict[str, VendorError] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)

    def ask(self, subject: str, first: date, last: date) -> Collected:
        self.asked.append(Question(subject, first, last))
        if subject in self.refusals:
            raise self.refusals[subject]
        days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
        rows = [] if subject in self.silent else [article(subject, day) for day in days]
        table = pa.Table.from_pylist(rows, schema=NEWS.row_schema)
        return Collected({NEWS: table}, (Told(f"GET news {subject}"),))


def article(subject: str, day: date, headline: str = "Something happened") -> dict[str, object]:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return {
        "vendor": "finnhub",
        "article_id": f"{subject} {day}",
        "symbol": subject,
        "published_at": at,
        "headline": headline,
        "summary": None,
        "source": "Reuters",
        "url": None,
        "story_id": f"{subject} {day}",
        "known_at": at,
    }


@pytest.fixture
def vendor() -> Newsroom:
    return Newsroom()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), environment="sandbox", now=lambda: NOW)


@pytest.fixture
def feed(lake: Lake, vendor: Newsroom) -> SubjectFeed:
    return SubjectFeed(FEED, "finnhub", vendor.ask, lake, lambda: NOW)


def broken(subject: str) -> TransportError:
    return TransportError(subject, reason="connection reset", next_action="run again")


def test_one_question_per_subject_brings_the_whole_range(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    report = feed.fetch(THREE, WEEK)
    assert vendor.asked == [Question(one, WEEK[0], WEEK[-1]) for one in THREE]
    assert (report.requests, report.rows_appended, report.expected) == (3, 21, 21)
    assert lake.count(NEWS) == lake.count(COVERAGE) == 21
    assert lake.count(LOADS, where="target = 'news'") == 1


def test_what_was_answered_is_not_asked_for_again_even_when_nothing_was_in_it(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    vendor.silent = {"NKE"}
    feed.fetch(THREE, WEEK)
    vendor.asked.clear()
    report = feed.fetch(THREE, WEEK)
    assert vendor.asked == []
    assert (report.requests, report.already_stored, report.loads) == (0, 21, [])
    assert lake.count(NEWS) == 14
    assert lake.count(GAPS) == 0


def test_only_new_days_and_new_subjects_are_asked_for(feed: SubjectFeed, vendor: Newsroom) -> None:
    feed.fetch(THREE[:2], WEEK[:4])
    vendor.asked.clear()
    feed.fetch(THREE, WEEK)
    assert vendor.asked == [
        Question("AAPL", WEEK[4], WEEK[-1]),
        Question("MSFT", WEEK[4], WEEK[-1]),
        Question("NKE", WEEK[0], WEEK[-1]),
    ]


def test_a_day_that_is_not_over_is_asked_for_at_each_run_and_stored_once(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    today = NOW.date()
    for _ in range(3):
        feed.fetch(["AAPL"], [today])
    assert len(vendor.asked) == 3
    assert lake.history(NEWS).num_rows == 1
    assert lake.count(COVERAGE) == 0


@pytest.mark.parametrize(
    ("now", "over"),
    [
        (datetime(2025, 3, 10, 5, 59, tzinfo=UTC), date(2025, 3, 8)),
        (datetime(2025, 3, 10, 6, tzinfo=UTC), date(2025, 3, 9)),
        (datetime(2025, 3, 10, 23, 59, tzinfo=UTC), date(2025, 3, 9)),
    ],
)
def test_a_day_is_over_some_hours_after_its_end(now: datetime, over: date) -> None:
    assert last_day_over(now) == over


def test_days_to_come_are_left_out(feed: SubjectFeed, vendor: Newsroom) -> None:
    days = [NOW.date() + timedelta(days=step) for step in (-1, 0, 1, 2)]
    feed.fetch(["AAPL"], days)
    assert vendor.asked == [Question("AAPL", days[0], days[1])]
    assert feed.fetch(["AAPL"], days[2:]).expected == 0


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (broken("MSFT"), "failed"),
        (NotFound("MSFT", reason="unknown", next_action="check it"), "not_found"),
    ],
)
def test_one_failing_subject_stops_nobody_and_heals_by_one_more_run(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake, error: VendorError, cause: str
) -> None:
    vendor.refusals["MSFT"] = error
    report = feed.fetch(THREE, WEEK)
    assert report.gaps == {cause: 7}
    assert report.failed.keys() == {"MSFT"}
    assert lake.count(NEWS) == 14
    gaps = lake.read(GAPS).to_pylist()
    assert {(gap["symbol"], gap["cause"]) for gap in gaps} == {("MSFT", cause)}
    assert all("MSFT" in gap["detail"] for gap in gaps)

    vendor.refusals.clear()
    vendor.asked.clear()
    feed.fetch(THREE, WEEK)
    assert vendor.asked == [Question("MSFT", WEEK[0], WEEK[-1])]
    assert set(lake.read(GAPS)["cause"].to_pylist()) == {"filled"}


def test_a_vendor_that_is_down_is_left_in_peace_and_what_came_is_kept(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    subjects = ("AAPL", *(f"X{number}" for number in range(10)))
    vendor.refusals = {one: broken(one) for one in subjects[1:]}
    with pytest.raises(VendorOutage, match=f"{OUTAGE_AFTER} requests in a row"):
        feed.fetch(subjects, WEEK)
    assert len(vendor.asked) == 1 + OUTAGE_AFTER
    assert lake.count(NEWS) == 7
    assert lake.count(GAPS) == 10 * 7, "those that were not asked for have a gap too"


@pytest.mark.parametrize("stop_at", [0, 1, ANSWERS_PER_LOAD, ANSWERS_PER_LOAD + 3])
def test_a_stopped_backfill_goes_on_without_repeating_a_question(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake, stop_at: int
) -> None:
    subjects = tuple(f"X{number:03}" for number in range(ANSWERS_PER_LOAD + 10))
    spent = RateLimited("finnhub", reason="the day's budget is spent", next_action="tomorrow")
    vendor.refusals[subjects[stop_at]] = spent
    with pytest.raises(RateLimited):
        feed.fetch(subjects, WEEK)
    assert feed.questions(subjects, WEEK) == tuple(
        Question(one, WEEK[0], WEEK[-1]) for one in subjects[stop_at:]
    )
    answered = [question.subject for question in vendor.asked[:-1]]
    vendor.refusals.clear()
    feed.fetch(subjects, WEEK)
    answered += [question.subject for question in vendor.asked[len(answered) + 1 :]]
    assert answered == list(subjects)
    assert lake.count(NEWS) == 7 * len(subjects)


def test_a_vendor_that_is_a_day_late_is_asked_for_yesterday_again(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    feed.settled_after = timedelta(hours=30)
    days = [NOW.date() - timedelta(days=back) for back in (1, 2)]
    feed.fetch(["AAPL"], days)
    assert lake.read(COVERAGE)["day"].to_pylist() == [days[1]]
    feed.fetch(["AAPL"], days)
    assert vendor.asked[-1] == Question("AAPL", days[0], days[0])


def test_what_comes_slowly_is_stored_while_the_rest_is_waited_for(
    feed: SubjectFeed, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stock_assets.ingest.subjects.SECONDS_PER_LOAD", 0.0)
    stored: list[int] = []
    feed.progress = lambda done, total, what: stored.append(lake.count(NEWS))
    feed.fetch(THREE, WEEK)
    assert stored == [0, 7, 14]
    assert lake.count(LOADS, where="target = 'news'") == 3


def test_when_every_subject_fails_the_run_fails_and_names_the_first(
    feed: SubjectFeed, vendor: Newsroom
) -> None:
    vendor.refusals = {
        one: NotFound(one, reason="unknown", next_action="check it") for one in THREE
    }
    with pytest.raises(FeedIncomplete, match="all 3 questions failed, the first one: NotFound"):
        feed.fetch(THREE, WEEK)


def test_rows_that_the_vendors_code_refused_are_put_aside_with_the_load(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    sound: Callable[[str, date, date], Collected] = vendor.ask

    def ask(subject: str, first: date, last: date) -> Collected:
        bad = pa.table({"rule": ["published_known"], "reason": ["no date"], "symbol": [subject]})
        told = sound(subject, first, last)
        return Collected(told.rows, told.answers, bad)

    feed.ask = ask
    report = feed.fetch(["AAPL"], WEEK)
    assert (report.rows_appended, report.rows_quarantined) == (7, 1)
    assert lake.read(QUARANTINE)["rule"].to_pylist() == ["published_known"]


def with_a_bad_row(vendor: Newsroom, spoilt: str) -> Callable[[str, date, date], Collected]:
    """A vendor's answers, of which one subject's hold a row that cannot be read."""

    def ask(subject: str, first: date, last: date) -> Collected:
        told = vendor.ask(subject, first, last)
        bad = pa.table({"rule": ["published_known"], "reason": ["no date"], "symbol": [subject]})
        return Collected(told.rows, told.answers, bad if subject == spoilt else None)

    return ask


def test_an_answer_of_which_rows_were_put_aside_is_asked_for_once_more_and_then_believed(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    feed.ask = with_a_bad_row(vendor, "MSFT")
    assert feed.fetch(THREE, WEEK).gaps == {"quarantined": len(WEEK)}
    assert {row["symbol"] for row in lake.read(GAPS).to_pylist()} == {"MSFT"}
    vendor.asked.clear()
    assert feed.fetch(THREE, WEEK).rows_quarantined == 1
    assert vendor.asked == [Question("MSFT", WEEK[0], WEEK[-1])]
    assert feed.fetch(THREE, WEEK).requests == 0
    assert set(lake.read(GAPS)["cause"].to_pylist()) == {"quarantined"}


def test_a_vendor_that_mends_its_answer_leaves_no_gap(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    sound = feed.ask
    feed.ask = with_a_bad_row(vendor, "MSFT")
    feed.fetch(THREE, WEEK)
    feed.ask = sound
    feed.fetch(THREE, WEEK)
    assert set(lake.read(GAPS)["cause"].to_pylist()) == {"filled"}
    assert feed.fetch(THREE, WEEK).requests == 0


def test_only_the_subject_whose_rows_break_a_rule_is_asked_for_again(
    feed: SubjectFeed, vendor: Newsroom
) -> None:
    def ask(subject: str, first: date, last: date) -> Collected:
        vendor.asked.append(Question(subject, first, last))
        rows = [
            article(subject, day) | ({"headline": None} if subject == "NKE" else {}) for day in WEEK
        ]
        return Collected({NEWS: pa.Table.from_pylist(rows, schema=NEWS.row_schema)})

    feed.ask = ask
    assert feed.fetch(THREE, WEEK).rows_quarantined == len(WEEK)
    vendor.asked.clear()
    feed.fetch(THREE, WEEK)
    assert [question.subject for question in vendor.asked] == ["NKE"]


def test_a_reopened_day_is_asked_for_though_it_was_answered(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    feed.ask = with_a_bad_row(vendor, "MSFT")
    for _ in range(2):
        feed.fetch(THREE, WEEK)
    reopen(lake, gaps_like(lake, Wanted(symbols=("MSFT",), last=WEEK[1])), NOW)
    vendor.asked.clear()
    feed.ask = vendor.ask
    feed.fetch(THREE, WEEK)
    assert vendor.asked == [Question("MSFT", WEEK[0], WEEK[1])]
    assert feed.fetch(THREE, WEEK).requests == 0


def test_an_edited_article_is_a_new_version_known_from_now_on(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    feed.fetch(["AAPL"], [NOW.date()])

    def edited(subject: str, first: date, last: date) -> Collected:
        rows = [article(subject, first, "Something else happened")]
        return Collected({NEWS: pa.Table.from_pylist(rows, schema=NEWS.row_schema)})

    feed.ask = edited
    feed.fetch(["AAPL"], [NOW.date()])
    versions = lake.history(NEWS).sort_by("ingested_at").to_pylist()
    assert [row["headline"] for row in versions] == [
        "Something happened",
        "Something else happened",
    ]
    assert [row["known_at"] for row in versions] == [
        datetime(2025, 3, 10, 12, tzinfo=UTC),
        NOW,
    ]


def test_a_feed_with_an_overlap_looks_again_at_the_days_before_and_keeps_corrections(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    feed.fetch(["AAPL"], WEEK[:5])
    vendor.asked.clear()
    feed.overlap = timedelta(days=3)
    report = feed.fetch(["AAPL"], WEEK[:6])
    assert vendor.asked == [Question("AAPL", WEEK[2], WEEK[5])]
    assert (report.rows_appended, report.rows_unchanged) == (1, 3)
    assert feed.fetch(["AAPL"], WEEK[:6]).requests == 0


def test_a_vendor_that_shows_news_late_is_not_asked_before_it_is_done_with_a_day(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    """Each question about today would spend a request of a small budget on nothing."""
    feed.settled_after, feed.only_settled = timedelta(hours=30), True
    today = NOW.date()
    days = [today - timedelta(days=back) for back in (0, 1, 2, 3)]
    assert feed.questions(["AAPL"], days[:2]) == ()
    assert feed.fetch(["AAPL"], days[:2]).expected == 0
    feed.fetch(["AAPL"], days)
    assert vendor.asked == [Question("AAPL", days[3], days[2])]
    assert feed.fetch(["AAPL"], days).requests == 0
    feed.now = lambda: NOW + timedelta(days=1)
    assert feed.questions(["AAPL"], days) == (Question("AAPL", days[1], days[1]),)


MARKET = "US stocks"


def market_of(feed: SubjectFeed, vendor: Newsroom, *symbols: str) -> None:
    """One listing about everybody, of whom the universe of the moment is kept."""

    def ask(subject: str, first: date, last: date) -> Collected:
        return replace(vendor.ask(subject, first, last), about=symbols)

    feed.ask, feed.about = ask, lambda _: symbols


def test_a_symbol_that_joins_the_universe_has_the_listing_asked_for_again_at_one_request(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    market_of(feed, vendor, "AAPL", "MSFT")
    assert feed.fetch([MARKET], WEEK).requests == 1
    assert feed.fetch([MARKET], WEEK).requests == 0
    market_of(feed, vendor, "AAPL", "MSFT", "NKE")
    assert feed.questions([MARKET], WEEK[2:4]) == (Question(MARKET, WEEK[2], WEEK[3]),)
    assert feed.fetch([MARKET], WEEK).requests == 1
    assert feed.fetch([MARKET], WEEK).requests == 0
    market_of(feed, vendor, "NKE")
    assert feed.fetch([MARKET], WEEK).requests == 0, "who leaves is no reason to ask again"
    covered = lake.read(COVERAGE, where="subject = 'NKE'")["day"].to_pylist()
    assert sorted(covered) == list(WEEK)


def test_only_the_days_are_asked_for_on_which_somebody_of_that_day_is_not_covered(
    feed: SubjectFeed, vendor: Newsroom
) -> None:
    market_of(feed, vendor, "AAPL")
    feed.fetch([MARKET], WEEK)
    joined = WEEK[5]
    feed.about = lambda day: ("AAPL", "NKE") if day >= joined else ("AAPL",)
    assert feed.questions([MARKET], WEEK) == (Question(MARKET, joined, WEEK[-1]),)


def lacking(vendor: Newsroom, cause: str, *days: date) -> Callable[[str, date, date], Collected]:
    """A vendor in whose answers about MSFT something is missing on some days."""

    def ask(subject: str, first: date, last: date) -> Collected:
        told = vendor.ask(subject, first, last)
        inside = [day for day in days if first <= day <= last and subject == "MSFT"]
        return replace(told, lacking=dict.fromkeys(inside, cause))

    return ask


def gaps_of(lake: Lake) -> dict[tuple[str, date], str]:
    found = lake.read(GAPS, where="cause <> 'filled'").to_pylist()
    return {(row["symbol"], row["session"]): row["cause"] for row in found}


def test_an_expected_day_that_is_not_in_an_answer_is_a_gap_until_a_later_answer_has_it(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    feed.overlap, feed.ask = timedelta(days=3), lacking(vendor, "no_bar", WEEK[2], WEEK[3])
    assert feed.fetch(THREE, WEEK[:4]).gaps == {"no_bar": 2}
    assert gaps_of(lake) == {("MSFT", WEEK[2]): "no_bar", ("MSFT", WEEK[3]): "no_bar"}
    assert feed.fetch(THREE, WEEK[:4]).requests == 0, "it was answered"
    feed.ask = lacking(vendor, "no_bar", WEEK[3])
    assert feed.fetch(THREE, WEEK[4:5]).gaps == {"no_bar": 1}
    assert gaps_of(lake) == {("MSFT", WEEK[3]): "no_bar"}
    feed.ask = vendor.ask
    feed.fetch(THREE, WEEK[5:6])
    assert gaps_of(lake) == {}


def test_a_day_whose_list_was_cut_is_asked_for_once_more_and_then_believed(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    feed.ask = lacking(vendor, "cut", WEEK[2])
    assert feed.fetch(THREE, WEEK).gaps == {"cut": 1}
    assert gaps_of(lake) == {("MSFT", WEEK[2]): "cut"}
    vendor.asked.clear()
    assert feed.fetch(THREE, WEEK).gaps == {"cut": 1}
    assert vendor.asked == [Question("MSFT", WEEK[2], WEEK[2])]
    assert feed.fetch(THREE, WEEK).requests == 0
    assert gaps_of(lake) == {("MSFT", WEEK[2]): "cut"}


def test_a_list_that_is_whole_the_second_time_leaves_no_gap(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    feed.ask = lacking(vendor, "cut", WEEK[2])
    feed.fetch(THREE, WEEK)
    feed.ask = vendor.ask
    feed.fetch(THREE, WEEK)
    assert gaps_of(lake) == {}
    assert feed.fetch(THREE, WEEK).requests == 0


def test_what_is_missing_in_an_answer_is_told_day_by_day_though_rows_were_put_aside(
    feed: SubjectFeed, vendor: Newsroom, lake: Lake
) -> None:
    told = lacking(vendor, "no_bar", WEEK[2])

    def ask(subject: str, first: date, last: date) -> Collected:
        bad = pa.table({"rule": ["bar_on_a_session"], "reason": ["shut"], "symbol": [subject]})
        return replace(told(subject, first, last), rejected=bad)

    feed.ask = ask
    assert feed.fetch(["MSFT"], WEEK).gaps == {"quarantined": len(WEEK) - 1, "no_bar": 1}
    assert gaps_of(lake)["MSFT", WEEK[2]] == "no_bar"
