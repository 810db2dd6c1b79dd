"""FRED through the transport: requests, windows, pages, refusals, the calendar of releases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from stock_assets.errors import (
    AuthError,
    BadRange,
    ContractError,
    InputError,
    NotFound,
    PayloadError,
    RateLimited,
    VendorError,
    VendorOutage,
)
from stock_assets.tables import MACRO, MACRO_RELEASES
from stock_assets.vendors.fred import FRED, Fred
from stock_assets_tests.vendors.conftest import CANARY, NOW, Kept, Workshop
from stock_assets_tests.vendors.fred_books import (
    FOREVER,
    Book,
    Spell,
    observations,
    series_facts,
    serving_book,
    vintage_dates,
)
from stock_assets_tests.vendors.stub import Reply, Stub, json_reply, reply, serving

JAN, FEB = date(2024, 1, 1), date(2024, 2, 1)
BOOK = [
    Spell(JAN, date(2024, 2, 2), date(2024, 3, 7), "3.7"),
    Spell(JAN, date(2024, 3, 8), FOREVER, "3.8"),
    Spell(FEB, date(2024, 3, 8), FOREVER, "."),
]
TODAY = NOW.date()


def fred(
    workshop: Workshop, server: Stub, now: datetime = NOW, at_most: int = 2000, page: int = 100_000
) -> Fred:
    return Fred(
        workshop.transport(server.url, FRED),
        CANARY,
        now=lambda: now,
        vintages_per_request=at_most,
        rows_per_page=page,
    )


def said(rows: object) -> list[tuple[object, ...]]:
    return [(row["period_start"], row["vintage_on"], row["value"]) for row in rows.to_pylist()]  # type: ignore[attr-defined]


def test_a_series_comes_with_all_its_vintages_in_three_requests(
    workshop: Workshop, kept: Kept
) -> None:
    with serving_book(Book("UNRATE", BOOK)) as server:
        answer = fred(workshop, server).observations("UNRATE")
    assert answer.rows.schema == MACRO.row_schema
    assert said(answer.rows) == [
        (JAN, date(2024, 2, 2), 3.7),
        (JAN, date(2024, 3, 8), 3.8),
        (FEB, date(2024, 3, 8), None),
    ]
    assert set(answer.rows["frequency"].to_pylist()) == {"M"}
    assert set(answer.rows["unit"].to_pylist()) == {"Percent"}
    asked = [request.split("?")[0] for request in server.asked]
    assert asked == [
        "GET /fred/fred/series/vintagedates",
        "GET /fred/fred/series",
        "GET /fred/fred/series/observations",
    ]
    assert [one.payload in kept.bodies for one in answer.answers] == [True] * 3
    assert all(one.request.endswith("api_key=REDACTED") for one in answer.answers)


def test_d21_more_vintages_than_fred_answers_for_are_asked_in_windows(workshop: Workshop) -> None:
    days = [date(2015, 1, 1) + timedelta(days=n) for n in range(2_500)]
    spells = [
        Spell(day, day + timedelta(days=1), FOREVER, f"{n % 7}.5") for n, day in enumerate(days)
    ]
    with serving_book(Book("DGS10", spells, "D")) as server:
        answer = fred(workshop, server).observations("DGS10")
    assert len(server.asked) == 4
    assert said(answer.rows) == [(s.period, s.first, float(s.value)) for s in spells]


def test_pages_and_windows_change_nothing(workshop: Workshop) -> None:
    with serving_book(Book("UNRATE", BOOK)) as server:
        whole = fred(workshop, server).observations("UNRATE").rows
        client = fred(workshop, server, at_most=1, page=1)
        assert client.observations("UNRATE").rows.equals(whole)


def test_only_later_vintages_are_asked_for(workshop: Workshop) -> None:
    with serving_book(Book("UNRATE", BOOK)) as server:
        client = fred(workshop, server)
        assert said(client.observations("UNRATE", after=date(2024, 2, 2)).rows) == [
            (JAN, date(2024, 3, 8), 3.8),
            (FEB, date(2024, 3, 8), None),
        ]
        assert len(server.asked) == 3
        nothing = client.observations("UNRATE", after=date(2024, 3, 8))
        assert (nothing.rows.schema, nothing.rows.num_rows) == (MACRO.row_schema, 0)
        assert len(server.asked) == 4
        assert client.observations("UNRATE", after=TODAY).answers == ()
        assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("now", "last"),
    [
        # Noon in Auckland on the 21st: the evening of the 20th in St. Louis.
        (datetime(2026, 11, 20, 23, tzinfo=UTC), "2026-11-20"),
        (datetime(2026, 11, 21, 5, 59, tzinfo=UTC), "2026-11-20"),
        (datetime(2026, 11, 21, 6, tzinfo=UTC), "2026-11-21"),
        (datetime(2026, 7, 1, 4, 59, tzinfo=UTC), "2026-06-30"),
    ],
)
def test_h09_no_day_is_asked_for_that_has_not_begun_in_st_louis(
    workshop: Workshop, now: datetime, last: str
) -> None:
    with serving_book(Book("UNRATE", BOOK)) as server:
        fred(workshop, server, now).observations("UNRATE")
    ends = [part for one in server.asked for part in one.split("&") if "realtime_end" in part]
    assert ends == [f"realtime_end={last}"] * 2


def error(message: str, status: int = 400) -> Reply:
    return json_reply({"error_code": status, "error_message": message}, status)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (error("Bad Request.  The value for variable api_key is not registered."), AuthError),
        (error("Bad Request.  Variable api_key has not been set."), AuthError),
        (error(f"Bad Request.  api_key {CANARY} is not a 32 character string."), AuthError),
        (error("Bad Request.  The series does not exist."), NotFound),
        (error("Not Found.", 404), NotFound),
        (error("Bad Request.  There are 2004 vintage dates."), ContractError),
        (error("Too Many Requests.  Exceeded Rate Limit", 429), RateLimited),
        (error("Internal Server Error", 500), VendorOutage),
        (json_reply({"code": 400, "message": "api_key is not registered"}, 400), AuthError),
        (reply(b"<html>Service Unavailable</html>", 503), VendorOutage),
        (reply(b"<html>Down for maintenance</html>"), VendorOutage),
        (reply(b'{"vintage_dates":["2024-'), PayloadError),
        (json_reply({"vintages": []}), ContractError),
        (json_reply({"count": 3, "vintage_dates": ["2024-02-02"]}), ContractError),
        (json_reply({"count": 1, "vintage_dates": ["soon"]}), ContractError),
        (json_reply([]), ContractError),
    ],
)
def test_a_refusal_is_told_by_its_type_and_without_the_key(
    workshop: Workshop, fault: Reply, kind: type[VendorError]
) -> None:
    with serving(fault) as server, pytest.raises(kind) as caught:
        fred(workshop, server).observations("UNRATE")
    assert type(caught.value) is kind
    assert CANARY not in str(caught.value)
    assert "stlouisfed.org/fred/series/vintagedates" in caught.value.value
    assert caught.value.context["vendor"] == "fred"


def test_a_refused_key_is_not_tried_again_and_counts_as_an_error(workshop: Workshop) -> None:
    with serving(error("The value for variable api_key is not registered.")) as server:
        transport = workshop.transport(server.url, FRED)
        with pytest.raises(AuthError, match="FRED_API_KEY"):
            Fred(transport, CANARY, now=lambda: NOW).observations("UNRATE")
    assert (transport.meter.requests, transport.meter.errors) == (1, 1)


def good(**fields: object) -> dict[str, object]:
    row = {
        "date": "2024-01-01",
        "realtime_start": "2024-02-02",
        "realtime_end": TODAY.isoformat(),
        "value": "3.7",
    }
    return observations([row], date(2024, 2, 2), TODAY) | fields


@pytest.mark.parametrize(
    ("facts", "observed", "reason"),
    [
        (series_facts("PAYEMS"), good(), "about 'PAYEMS'"),
        (series_facts("UNRATE", "BW"), good(), "frequency_short is 'BW'"),
        ({"seriess": []}, good(), "one series"),
        (series_facts("UNRATE"), good(count=2), "count is 2, but 1 rows"),
        (series_facts("UNRATE"), good(units="pch"), "units is 'pch'"),
        (series_facts("UNRATE"), good(output_type=2), "output_type is 2"),
        (series_facts("UNRATE"), good(realtime_end="2024-03-01"), "realtime_end is '2024-03-01'"),
        (series_facts("UNRATE"), good(observations=[{"date": "2024-01-01"}]), "lacks a field"),
        (series_facts("UNRATE"), good(observations=["3.7"]), "lacks a field"),
        (series_facts("UNRATE"), good(observations=None), "not a list"),
    ],
)
def test_c06_an_answer_about_something_else_is_refused(
    workshop: Workshop, facts: object, observed: object, reason: str
) -> None:
    replies = [json_reply(one) for one in (vintage_dates([date(2024, 2, 2)]), facts, observed)]
    with serving(*replies) as server, pytest.raises(ContractError, match=reason):
        fred(workshop, server).observations("UNRATE")


def test_c03_a_second_page_that_breaks_off_takes_the_first_with_it(workshop: Workshop) -> None:
    rows = [{**good()["observations"][0], "date": f"2024-0{n}-01"} for n in (1, 2, 3)]  # type: ignore[index]
    pages = [
        json_reply(observations(rows, date(2024, 2, 2), TODAY, offset=n, limit=1)) for n in (0, 1)
    ]
    cut = json_reply(observations(rows, date(2024, 2, 2), TODAY, offset=2, limit=0))
    start = (json_reply(vintage_dates([date(2024, 2, 2)])), json_reply(series_facts("UNRATE")))
    with serving(*start, *pages, cut) as server, pytest.raises(ContractError, match="0 rows came"):
        fred(workshop, server, page=1).observations("UNRATE")


@pytest.mark.parametrize("series", ["", "unrate", "UNRATE&x=1", "../x", "A" * 51, "UNRATE\n", "É"])
def test_s01_what_is_no_series_is_never_asked_for(workshop: Workshop, series: str) -> None:
    with serving(reply()) as server, pytest.raises(InputError):
        fred(workshop, server).observations(series)
    assert server.asked == []


def test_without_a_key_nobody_is_asked(workshop: Workshop) -> None:
    with pytest.raises(AuthError, match="FRED_API_KEY"):
        Fred(workshop.transport(None, FRED), None)


@pytest.fixture
def calendar() -> Iterator[Stub]:
    dates = [
        {"release_id": 10, "release_name": "Consumer Price Index", "date": "2026-11-10"},
        {"release_id": 10, "release_name": "Consumer Price Index", "date": "2026-12-10"},
        {"release_id": 50, "release_name": "Employment Situation", "date": "2026-11-20"},
        {"release_id": 50, "release_name": "Employment Situation", "date": "2026-11-20"},
        {"release_id": 999, "date": "2026-11-12"},
        {"release_id": "10", "release_name": "Consumer Price Index", "date": "2026-11-13"},
        {"release_id": 10, "date": "soon"},
    ]
    with serving(json_reply({"count": 7, "release_dates": dates})) as server:
        yield server


def test_past_releases_are_known_from_their_hour_and_coming_ones_from_now(
    workshop: Workshop, calendar: Stub
) -> None:
    answer = fred(workshop, calendar).release_dates(date(2026, 11, 1), date(2026, 12, 31))
    assert answer.rows.schema == MACRO_RELEASES.row_schema
    rows = [tuple(row.values())[1:] for row in answer.rows.to_pylist()]
    assert rows == [
        (
            "10",
            date(2026, 11, 10),
            "Consumer Price Index",
            datetime(2026, 11, 10, 13, 30, tzinfo=UTC),
        ),
        ("10", date(2026, 12, 10), "Consumer Price Index", NOW),
        (
            "50",
            date(2026, 11, 20),
            "Employment Situation",
            datetime(2026, 11, 20, 13, 30, tzinfo=UTC),
        ),
        ("999", date(2026, 11, 12), None, datetime(2026, 11, 13, 5, tzinfo=UTC)),
    ]
    assert answer.rejected is not None
    assert answer.rejected["rule"].to_pylist() == ["release_readable"] * 2
    assert orjson.loads(answer.rejected["said"][0].as_py())["release_id"] == "10"
    assert "realtime_end=9999-12-31" in calendar.asked[0]
    assert "include_release_dates_with_no_data=true" in calendar.asked[0]


def test_releases_can_be_chosen_and_the_past_is_asked_for_as_it_was(
    workshop: Workshop, calendar: Stub
) -> None:
    client = fred(workshop, calendar)
    answer = client.release_dates(date(2026, 11, 10), date(2026, 11, 15), releases=[10])
    assert answer.rows["released_on"].to_pylist() == [date(2026, 11, 10)]
    assert "realtime_end=2026-11-15" in calendar.asked[0]
    assert "include_release_dates_with_no_data=false" in calendar.asked[0]
    with pytest.raises(BadRange):
        client.release_dates(date(2026, 11, 15), date(2026, 11, 10))
