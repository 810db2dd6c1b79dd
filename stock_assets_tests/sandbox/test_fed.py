"""The Federal Reserve's site as the twin serves it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import httpx
import orjson
import pytest

from stock_assets.sandbox.clock import TwinClock
from stock_assets.sandbox.server import RunningTwin
from stock_assets.sandbox.truth.fomc import meetings

FEEDS = ("/fed/feeds/press_monetary.xml", "/fed/feeds/press_all.xml")
BOM = b"\xef\xbb\xbf"


def read(http: httpx.Client, path: str) -> httpx.Response:
    found = http.get(f"/fed{path}")
    assert found.status_code == 200
    return found


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_is_rss_with_cdata_behind_a_byte_order_mark(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.content.startswith(BOM + b"<?xml")
    assert answer.headers["content-type"].startswith("text/xml")
    items = ET.fromstring(answer.content).findall("channel/item")
    assert len(items) == 20
    for name in ("link", "guid", "description", "pubDate"):
        assert answer.content.count(f"<{name}><![CDATA[".encode()) >= 20
    published = [parsedate_to_datetime(item.findtext("pubDate", "")) for item in items]
    assert published == sorted(published, reverse=True)
    assert max(published) <= datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
    assert all(item.findtext("link", "").startswith("https://www.fed") for item in items)


def test_the_monetary_feed_holds_its_category_alone(http: httpx.Client) -> None:
    items = ET.fromstring(http.get(FEEDS[0]).content).findall("channel/item")
    assert {item.findtext("category") for item in items} == {"Monetary Policy"}
    every = ET.fromstring(http.get(FEEDS[1]).content).findall("channel/item")
    assert len({item.findtext("category") for item in every}) > 1


@pytest.mark.parametrize("path", [*FEEDS, "/fed/json/ne-press.json", "/fed/json/calendar.json"])
def test_a_file_that_is_known_is_answered_with_304(http: httpx.Client, path: str) -> None:
    first = http.get(path)
    tag, changed = first.headers["etag"], first.headers["last-modified"]
    assert http.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert http.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert http.get(path, headers={"If-Modified-Since": changed}).status_code == 304
    long_ago = "Mon, 05 Jan 2015 00:00:00 GMT"
    assert http.get(path, headers={"If-Modified-Since": long_ago}).status_code == 200
    assert http.get(path, headers={"If-Modified-Since": "yesterday"}).content == first.content


def test_a_statement_appears_at_its_instant(
    http: httpx.Client, twin: RunningTwin, clock: TwinClock
) -> None:
    decision = meetings(twin.twin.truth.seed, date(2026, 3, 1), clock.now().date())[0]
    for late, count in ((timedelta(seconds=-1), 0), (timedelta(), 1)):
        clock.fix(decision.decision_at + late)
        stamp = decision.decision_at.strftime("%a, %d %b %Y %H:%M:%S GMT").encode()
        assert read(http, "/feeds/press_monetary.xml").content.count(stamp) == count
        page = f"/fed/newsevents/pressreleases/monetary{decision.decided_on:%Y%m%d}a.htm"
        assert http.get(page).status_code == (200 if count else 404)


def test_the_list_is_in_washingtons_time_and_ends_with_its_date(http: httpx.Client) -> None:
    content = read(http, "/json/ne-press.json").content
    assert content.startswith(BOM + b"[")
    *rows, last = orjson.loads(content.removeprefix(BOM))
    assert set(last) == {"updateDate"}
    assert all(set(row) == {"d", "t", "pt", "l"} for row in rows)
    decisions = [row["d"] for row in rows if row["t"] == "Federal Reserve issues FOMC statement"]
    assert all(d.endswith(("2:00:00 PM", "10:00:00 AM")) for d in decisions)
    assert decisions[0].startswith("10/28/2026")


def test_the_calendar_has_its_mark_its_span_and_a_malformed_row(http: httpx.Client) -> None:
    content = read(http, "/json/calendar.json").content
    assert content.startswith(BOM + b'{"events":[')
    events = orjson.loads(content.removeprefix(BOM))["events"]
    committee = [event for event in events if event["type"] == "FOMC"]
    assert {"month": "2026-12", "days": "9", "time": "2:00 p.m."}.items() <= next(
        e for e in committee if e["month"] == "2026-12" and e["title"] == "FOMC Meeting"
    ).items()
    months = sorted(event["month"] for event in committee)
    assert months[0] >= "2024-11"
    assert "2027-07" <= months[-1] <= "2027-08"
    assert [event["days"] for event in events if event["type"] != "FOMC"] == [""]


def test_an_unscheduled_meeting_is_in_no_calendar_before_it_is_held(
    http: httpx.Client, twin: RunningTwin, clock: TwinClock
) -> None:
    surprise = next(
        meeting
        for meeting in meetings(twin.twin.truth.seed, date(1995, 1, 1), date(2027, 1, 1))
        if not meeting.is_scheduled
    )
    told = []
    for late in (timedelta(seconds=-1), timedelta(seconds=1)):
        clock.fix(surprise.decision_at + late)
        told.append(b"Unscheduled meeting" in read(http, "/json/calendar.json").content)
    assert told == [False, True]


def test_a_page_says_when_and_what(http: httpx.Client) -> None:
    page = read(http, "/newsevents/pressreleases/monetary20261028a.htm").text
    assert '<p class="article__time">October 28, 2026</p>' in page
    assert '<p class="releaseTime">For release at 2:00 p.m. EDT\n</div>' in page
    assert "target range for the federal funds rate" in page


def test_other_paths_are_a_page_that_is_not_there(http: httpx.Client) -> None:
    answer = http.get("/fed/feeds/speeches.pdf")
    assert (answer.status_code, answer.text[:15]) == (404, "<!DOCTYPE html>")
