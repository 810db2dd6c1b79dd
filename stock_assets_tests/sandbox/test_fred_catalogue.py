from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from stock_assets.sandbox.fred_query import FRED_UNLIMITED_KEY
from stock_assets.sandbox.server import RunningTwin
from stock_assets.sandbox.truth import Truth
from stock_assets.sandbox.truth.economy import economy
from stock_assets_tests.sandbox.conftest import AFTER_THE_CLOSE

NOW = {"realtime_start": "2026-11-21", "realtime_end": "2026-11-21"}


def _get(http: httpx.Client, path: str, **query: str) -> dict[str, Any]:
    asked = {"api_key": FRED_UNLIMITED_KEY, "file_type": "json"} | query
    answer = http.get(f"/fred/fred/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_series_is_described_as_at_fred(http: httpx.Client) -> None:
    (row,) = _get(http, "series", series_id="unrate")["seriess"]
    notes = row.pop("notes")
    assert isinstance(notes, str)
    assert row == {
        "id": "UNRATE",
        **NOW,
        "title": "Unemployment Rate",
        "observation_start": "1990-01-01",
        "observation_end": "2026-10-01",
        "frequency": "Monthly",
        "frequency_short": "M",
        "units": "Percent",
        "units_short": "%",
        "seasonal_adjustment": "Seasonally Adjusted",
        "seasonal_adjustment_short": "SA",
        "last_updated": "2026-11-06 07:31:02-06",
        "popularity": 94,
    }


def test_a_description_is_that_of_the_day_asked_for(http: httpx.Client) -> None:
    (row,) = _get(
        http, "series", series_id="UNRATE", realtime_start="2020-06-01", realtime_end="2020-06-04"
    )["seriess"]
    assert row["observation_end"] == "2020-04-01"
    assert row["last_updated"] == "2020-05-01 07:31:02-05"


def test_vintage_dates_are_the_days_on_which_something_new_was_said(
    http: httpx.Client, truth: Truth
) -> None:
    days = economy(truth.seed).series("GDP").known(AFTER_THE_CLOSE).vintage_days.astype(str)
    body = _get(http, "series/vintagedates", series_id="GDP")
    assert body == {
        "realtime_start": "1776-07-04",
        "realtime_end": "9999-12-31",
        "order_by": "vintage_date",
        "sort_order": "asc",
        "count": len(days),
        "offset": 0,
        "limit": 10_000,
        "vintage_dates": days.tolist(),
    }
    page = _get(http, "series/vintagedates", series_id="GDP", sort_order="desc", limit="2",
                offset="1", realtime_start="2020-01-01")  # fmt: skip
    assert page["vintage_dates"] == days[::-1][1:3].tolist()
    assert page["count"] == int((days >= "2020-01-01").sum())


def test_vintage_dates_in_xml_are_elements_with_a_text(http: httpx.Client) -> None:
    answer = http.get(
        "/fred/fred/series/vintagedates",
        params={"series_id": "GDP", "api_key": FRED_UNLIMITED_KEY, "limit": "2"},
    )
    root = ET.fromstring(answer.content)
    assert root.tag == "vintage_dates"
    assert [(child.tag, child.text) for child in root] == [
        ("vintage_date", "1990-04-26"), ("vintage_date", "1990-05-24"),
    ]  # fmt: skip


def test_a_series_belongs_to_a_release(http: httpx.Client) -> None:
    gdp = {
        "id": 53, **NOW, "name": "Gross Domestic Product", "press_release": True,
        "link": "https://www.bea.gov/data/gdp/gross-domestic-product",
    }  # fmt: skip
    assert _get(http, "series/release", series_id="GDPC1") == {**NOW, "releases": [gdp]}
    assert _get(http, "release", release_id="53") == {**NOW, "releases": [gdp]}
    assert gdp in _get(http, "releases")["releases"]


def test_release_dates_are_those_past_and_planned_ones_if_asked_for(http: httpx.Client) -> None:
    past = _get(http, "release/dates", release_id="10", sort_order="desc", limit="2")
    assert past["release_dates"] == [
        {"release_id": 10, "date": "2026-11-12"}, {"release_id": 10, "date": "2026-10-13"},
    ]  # fmt: skip
    weeks = {"realtime_start": "2026-11-01", "realtime_end": "2026-12-31"}
    planned = _get(
        http, "release/dates", release_id="10", include_release_dates_with_no_data="true", **weeks
    )
    assert [row["date"] for row in planned["release_dates"]] == ["2026-11-12", "2026-12-11"]


def test_a_cancelled_release_was_planned_and_brought_nothing(http: httpx.Client) -> None:
    window = {"release_id": "50", "realtime_start": "2025-10-01", "realtime_end": "2025-12-31"}
    held = _get(http, "release/dates", **window)["release_dates"]
    planned = _get(http, "release/dates", include_release_dates_with_no_data="true", **window)
    assert [row["date"] for row in held] == ["2025-10-03", "2025-12-05"]
    assert [row["date"] for row in planned["release_dates"]] == [
        "2025-10-03", "2025-11-07", "2025-12-05",
    ]  # fmt: skip


def test_all_releases_come_newest_first_with_their_names(http: httpx.Client) -> None:
    body = _get(http, "releases/dates")
    rows = body.pop("release_dates")
    count = body.pop("count")
    assert body == {
        "realtime_start": "2026-01-01", "realtime_end": "9999-12-31", "order_by": "release_date",
        "sort_order": "desc", "offset": 0, "limit": 1000,
    }  # fmt: skip
    assert count == len(rows)
    assert [row["date"] for row in rows] == sorted((row["date"] for row in rows), reverse=True)
    assert rows[0] == {
        "release_id": 101, "release_name": "FOMC Press Release", "date": "2026-11-20",
    }  # fmt: skip
    days = {"realtime_start": "2026-11-22", "realtime_end": "2026-11-24", "sort_order": "asc"}
    future = _get(http, "releases/dates", include_release_dates_with_no_data="true", **days)
    assert {row["date"] for row in future["release_dates"]} == {
        "2026-11-22", "2026-11-23", "2026-11-24",
    }  # fmt: skip


@pytest.mark.parametrize(("minute", "is_there"), [(29, False), (30, True)])
def test_a_release_is_listed_from_its_hour_on(
    http: httpx.Client, twin: RunningTwin, minute: int, is_there: bool
) -> None:
    twin.clock.fix(datetime(2026, 11, 6, 13, minute, tzinfo=UTC))
    rows = _get(http, "release/dates", release_id="50", realtime_start="2026-11-01")
    assert [row["date"] for row in rows["release_dates"]] == ["2026-11-06"] * is_there
    days = _get(http, "series/vintagedates", series_id="UNRATE", realtime_start="2026-11-01")
    assert days["vintage_dates"] == ["2026-11-06"] * is_there
