"""The Federal Reserve's feeds, list and calendar, against the twin and against odd answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from stock_assets.errors import ContractError, PayloadError, VendorError, VendorOutage
from stock_assets.market import Clock
from stock_assets.sandbox.server import RunningTwin
from stock_assets.sandbox.truth.fomc import meetings
from stock_assets.tables import FED_RELEASES, FOMC_MEETINGS
from stock_assets.vendors.fed import FED, Fed
from stock_assets.vendors.fed_calendar import calendar_rows
from stock_assets.vendors.fed_press import feed_rows, list_rows, wall_instant
from stock_assets_tests.vendors.conftest import NOW, Workshop
from stock_assets_tests.vendors.stub import reply, serving

BOM = b"\xef\xbb\xbf"
GOLDEN = b"""\xef\xbb\xbf<?xml version="1.0" encoding="utf-8" ?>
<rss version="2.0"><channel>
 <title>FRB: Press Release - Monetary Policy</title>
 <link><![CDATA[https://www.federalreserve.gov/feeds/feeds.htm]]></link>
 <item><title>Federal Reserve issues FOMC statement</title>
  <link><![CDATA[https://www.federalreserve.gov/newsevents/pressreleases/monetary20260729a.htm]]></link>
  <guid><![CDATA[https://www.federalreserve.gov/newsevents/pressreleases/monetary20260729a.htm]]></guid>
  <description><![CDATA[Federal Reserve issues FOMC statement]]></description>
  <category>Monetary Policy</category>
  <pubDate><![CDATA[Wed, 29 Jul 2026 18:00:00 GMT]]></pubDate></item>
</channel></rss>"""
LISTED = {
    "d": "7/29/2026 2:00:00 PM",
    "t": "Federal Reserve issues FOMC statement",
    "pt": "Monetary Policy",
    "l": "/newsevents/pressreleases/monetary20260729a.htm",
}
MEETING = {
    "title": "FOMC Meeting",
    "description": "Two-day meeting, October 27 - 28 Press Conference",
    "type": "FOMC",
    "month": "2026-10",
    "days": "28",
    "time": "2:00 p.m.",
}


@pytest.fixture
def fed(workshop: Workshop, twin: RunningTwin) -> Fed:
    return Fed(workshop.transport(twin.url, FED), now=lambda: NOW)


def listed(*rows: object) -> bytes:
    return BOM + orjson.dumps([*rows, {"updateDate": "7/29/2026"}])


def calendar(*events: object) -> bytes:
    return BOM + orjson.dumps({"events": events})


def test_feed_and_list_tell_the_same_of_one_announcement() -> None:
    from_feed, from_list = feed_rows("GET", GOLDEN, NOW), list_rows("GET", listed(LISTED), NOW)
    assert from_feed.rows.equals(from_list.rows)
    assert from_feed.rows.to_pylist() == [
        {
            "url": "https://www.federalreserve.gov/newsevents/pressreleases/monetary20260729a.htm",
            "title": "Federal Reserve issues FOMC statement",
            "category": "Monetary Policy",
            "published_at": datetime(2026, 7, 29, 18, tzinfo=UTC),
            "known_at": datetime(2026, 7, 29, 18, tzinfo=UTC),
        }
    ]


def test_decisions_are_known_at_their_instant_in_summer_and_in_winter(
    fed: Fed, twin: RunningTwin
) -> None:
    found = fed.releases()
    assert found.rows.schema == FED_RELEASES.row_schema
    assert found.rejected is None
    said = {r["known_at"] for r in found.rows.to_pylist() if "FOMC statement" in r["title"]}
    held = meetings(twin.twin.truth.seed, NOW.date() - timedelta(days=365 * 20), NOW.date())
    assert said == {meeting.decision_at for meeting in held}
    assert {at.hour for at in said} >= {18, 19}


def test_the_feed_is_the_newest_part_of_the_list(fed: Fed) -> None:
    newest = fed.feed("press_all").collected.rows.to_pylist()
    assert len(newest) == 20
    every = fed.releases().rows.to_pylist()
    assert all(row in every for row in newest)
    assert max(r["published_at"] for r in newest) == max(r["published_at"] for r in every)


def test_a_feed_that_has_not_changed_is_not_sent_again(
    fed: Fed, twin: RunningTwin, workshop: Workshop
) -> None:
    first = fed.feed()
    again = fed.feed(since=first.mark)
    assert (first.has_changed, again.has_changed) == (True, False)
    assert again.collected.rows.num_rows == 0
    assert again.mark == first.mark
    assert again.collected.answers[0].status == 304
    decision = next(
        m for m in meetings(twin.twin.truth.seed, NOW.date(), date(2027, 2, 1)) if m.is_scheduled
    )
    later = decision.decision_at + timedelta(seconds=1)
    twin.clock.fix(later)
    try:
        watching = Fed(workshop.transport(twin.url, FED), now=lambda: later)
        news = watching.feed(since=first.mark)
    finally:
        twin.clock.fix(NOW)
    assert news.has_changed
    published = news.collected.rows["published_at"].to_pylist()
    assert max(published) == decision.decision_at


def test_nothing_is_announced_before_its_instant(workshop: Workshop, twin: RunningTwin) -> None:
    decision = meetings(twin.twin.truth.seed, date(2026, 3, 1), date(2026, 4, 1))[0].decision_at
    for at, is_there in ((decision - timedelta(seconds=1), False), (decision, True)):
        twin.clock.fix(at)
        try:
            rows = Fed(workshop.transport(twin.url, FED), now=Clock(at).now).feed()
        finally:
            twin.clock.fix(NOW)
        assert (decision in rows.collected.rows["published_at"].to_pylist()) is is_there


STALE = {"match": {"vendor": "fed"}, "action": {"kind": "stale", "days": 200}}


def test_an_old_copy_of_the_list_is_refused_and_what_is_as_new_is_not(
    fed: Fed, twin: RunningTwin
) -> None:
    """B15."""
    newest = max(fed.releases().rows["published_at"].to_pylist())
    assert fed.releases(not_older_than=newest).rows.num_rows > 0
    twin.faults.set([STALE])
    try:
        with pytest.raises(ContractError, match="a stale copy: of announcements its") as refused:
            fed.releases(not_older_than=newest)
        assert f"{newest:%Y-%m-%d %H:%M:%SZ} has been stored" in refused.value.reason
        assert refused.value.next_action == "run again later; what is stored is newer"
        assert fed.releases().rows.num_rows > 0
    finally:
        twin.faults.clear()


def test_a_list_that_lost_everything_is_an_old_one(workshop: Workshop) -> None:
    with serving(reply(listed())) as stub:
        fed = Fed(workshop.transport(stub.url, FED), now=lambda: NOW)
        assert fed.releases().rows.num_rows == 0
        with pytest.raises(ContractError, match="of announcements it has none, and 2026-11-20"):
            fed.releases(not_older_than=NOW)


def test_a_calendar_that_ends_a_month_too_early_is_an_old_copy(fed: Fed, twin: RunningTwin) -> None:
    """B15: of the last event alone it may be true that it is held earlier."""
    last = fed.calendar().coverage.last
    assert last is not None
    assert fed.calendar(not_older_than=last).coverage.last == last
    assert fed.calendar(not_older_than=last + timedelta(days=28)).coverage.last == last
    with pytest.raises(ContractError, match="a stale copy: of the committee's days"):
        fed.calendar(not_older_than=last + timedelta(days=29))
    twin.faults.set([STALE])
    try:
        with pytest.raises(ContractError, match=f"and {last} has been stored"):
            fed.calendar(not_older_than=last)
    finally:
        twin.faults.clear()


def test_the_calendar_is_the_schedule_with_its_span(fed: Fed, twin: RunningTwin) -> None:
    found = fed.calendar()
    rows, coverage = found.collected.rows, found.coverage
    assert rows.schema == FOMC_MEETINGS.row_schema
    assert found.collected.rejected is None
    statements = {r["held_on"]: r for r in rows.to_pylist() if r["kind"] == "statement"}
    assert coverage.first is not None
    assert coverage.last is not None
    truth = {
        meeting.decided_on: meeting.decision_at
        for meeting in meetings(twin.twin.truth.seed, coverage.first, coverage.last)
        if meeting.is_scheduled or meeting.decision_at <= NOW
    }
    assert {day: row["starts_at"] for day, row in statements.items()} == truth
    assert all(row["known_at"] == min(NOW, row["starts_at"]) for row in statements.values())
    assert coverage.covers(NOW.date())
    assert not coverage.covers(coverage.last + timedelta(days=1))
    assert NOW.date() + timedelta(days=180) < coverage.last < NOW.date() + timedelta(days=310)


@pytest.mark.parametrize("days", ["28", "27-28", "27 - 28", "27 \N{EN DASH} 28", "28*"])
def test_a_meeting_is_held_on_its_last_day_in_washington(days: str) -> None:
    settled, _ = calendar_rows("GET", calendar({**MEETING, "days": days}), NOW)
    row = settled.rows.to_pylist()[0]
    assert (row["kind"], row["held_on"]) == ("statement", date(2026, 10, 28))
    assert row["starts_at"] == datetime(2026, 10, 28, 18, tzinfo=UTC)


def test_winter_time_holds_in_december_and_a_missing_time_is_no_time() -> None:
    events = (
        {**MEETING, "month": "2026-12", "days": "9"},
        {**MEETING, "title": "FOMC Minutes", "month": "2026-11", "days": "18", "time": ""},
    )
    settled, _ = calendar_rows("GET", calendar(*events), NOW)
    minutes, statement = sorted(settled.rows.to_pylist(), key=lambda row: str(row["kind"]))
    assert statement["starts_at"] == datetime(2026, 12, 9, 19, tzinfo=UTC)
    assert statement["known_at"] == NOW
    assert minutes["starts_at"] is None
    assert minutes["known_at"] == datetime(2026, 11, 19, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"days": ""},
        {"days": "31"},
        {"days": "30-1"},
        {"days": "28, 29"},
        {"month": "October 2026"},
        {"month": "2026-13"},
        {"time": "noon"},
        {"time": "14:00 p.m."},
        {"title": "Dinner"},
        {"days": 28},
    ],
    ids=str,
)
def test_a_malformed_event_is_put_aside_and_its_month_is_unclear(change: dict[str, Any]) -> None:
    broken = {**MEETING, "month": "2026-09", "days": "16", **change}
    fine = ({**MEETING, "month": "2026-07", "days": "29"}, MEETING)
    settled, coverage = calendar_rows("GET", calendar(*fine, broken), NOW)
    assert settled.rows.num_rows == 2
    assert settled.rejected is not None
    assert settled.rejected["target"].to_pylist() == ["fomc_meetings"]
    assert settled.rejected["rule"].to_pylist() == ["row_readable"]
    assert not coverage.covers(date(2026, 9, 10))
    if "month" not in change:
        assert coverage.covers(date(2026, 10, 1))


def test_beyond_its_end_the_calendar_says_nothing() -> None:
    """D25: that no meeting is due is concluded inside the published span only."""
    _, coverage = calendar_rows("GET", calendar(MEETING), NOW)
    assert not coverage.covers(date(2026, 10, 29))
    _, nothing = calendar_rows("GET", calendar(), NOW)
    assert not nothing.covers(date(2026, 10, 28))


def test_other_peoples_events_are_not_looked_at() -> None:
    speech = {**MEETING, "type": "Speeches", "days": "", "month": ""}
    settled, coverage = calendar_rows("GET", calendar(MEETING, speech), NOW)
    assert settled.rejected is None
    assert coverage.covers(date(2026, 10, 28))


def test_doubles_fall_together_and_contradictions_are_put_aside() -> None:
    moved = {**LISTED, "d": "7/29/2026 2:30:00 PM"}
    same = list_rows("GET", listed(LISTED, LISTED), NOW)
    assert (same.rows.num_rows, same.doubled, same.rejected) == (1, 1, None)
    differ = list_rows("GET", listed(LISTED, moved), NOW)
    assert differ.rows.num_rows == 0
    assert differ.rejected is not None
    assert differ.rejected["rule"].to_pylist() == ["one_row_per_key"] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"d": "July 29"},
        {"d": "13/45/2026 2:00:00 PM"},
        {"d": "7/29/2026 14:00:00 PM"},
        {"d": None},
        {"t": ""},
        {"l": "https://evil.example/monetary.htm"},
        {"l": "javascript:alert(1)"},
        {"l": ""},
        {"d": "7/29/2027 2:00:00 PM"},
    ],
    ids=str,
)
def test_a_malformed_announcement_is_put_aside_with_the_vendors_words(
    change: dict[str, Any],
) -> None:
    found = list_rows("GET", listed(LISTED, {**LISTED, **change}), NOW)
    assert found.rows.num_rows == 1
    assert found.rejected is not None
    assert orjson.loads(found.rejected["said"][0].as_py()) == {**LISTED, **change}


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1/28/2026 2:00:00 PM", datetime(2026, 1, 28, 19, tzinfo=UTC)),
        ("12/16/2015 12:30:00 PM", datetime(2015, 12, 16, 17, 30, tzinfo=UTC)),
        ("3/15/2020 5:00 PM", datetime(2020, 3, 15, 21, tzinfo=UTC)),
        # Nobody publishes at midnight: the time is not known, so the end of the day counts.
        ("1/5/2010 12:00:00 AM", datetime(2010, 1, 6, 5, tzinfo=UTC)),
        ("1/5/2010", datetime(2010, 1, 6, 5, tzinfo=UTC)),
        # The clock shows this hour twice.
        ("11/1/2026 1:30:00 AM", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
    ],
)
def test_wall_time_in_washington_is_an_instant(text: str, instant: datetime) -> None:
    assert wall_instant(text) == instant


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(BOM + b'{"events":[', PayloadError, id="C01-truncated"),
        pytest.param(b"<!DOCTYPE html><html>busy", VendorOutage, id="web-page"),
        pytest.param(BOM + b'{"meetings":[]}', ContractError, id="C06-renamed"),
        pytest.param(BOM + b"[]", ContractError, id="C07-list"),
    ],
)
def test_a_calendar_that_is_none_is_a_typed_error(
    workshop: Workshop, body: bytes, kind: type[VendorError]
) -> None:
    # Error pages came with odd content types before; none is believed.
    with serving(reply(body, Content_Type="application/pdf")) as stub:
        fed = Fed(workshop.transport(f"{stub.url}", FED), now=lambda: NOW)
        with pytest.raises(kind):
            fed.calendar()


def test_a_feed_with_a_document_type_is_refused_over_http(workshop: Workshop) -> None:
    """C13."""
    body = GOLDEN.replace(b"<rss", b'<!DOCTYPE rss [<!ENTITY a "b">]><rss', 1)
    with serving(reply(body, Content_Type="text/xml")) as stub:
        fed = Fed(workshop.transport(stub.url, FED), now=lambda: NOW)
        with pytest.raises(ContractError, match="document type"):
            fed.feed()
