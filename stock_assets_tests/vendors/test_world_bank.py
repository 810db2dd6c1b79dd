"""The World Bank through the transport: pages, refusals of status 200, periods, stale copies."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from stock_assets.errors import (
    BadRange,
    ContractError,
    InputError,
    NotFound,
    PayloadError,
    VendorError,
    VendorOutage,
)
from stock_assets.tables import MACRO
from stock_assets.vendors.world_bank import WORLD_BANK, WorldBank
from stock_assets.vendors.world_bank_rows import period_of
from stock_assets_tests.vendors.conftest import Workshop
from stock_assets_tests.vendors.stub import Reply, Stub, json_reply, reply, serving

GDP = "NY.GDP.MKTP.CD"


def row(
    when: object, value: object, code: str = "USA", two: str = "US", **more: Any
) -> dict[str, Any]:
    return {
        "indicator": {"id": GDP, "value": "GDP (current US$)"},
        "country": {"id": two, "value": "United States"},
        "countryiso3code": code,
        "date": when,
        "value": value,
        "unit": "",
        "obs_status": "",
        "decimal": 0,
        **more,
    }


def page(rows: object, **head: object) -> Reply:
    total = len(rows) if isinstance(rows, list) else 0
    envelope = {
        "page": 1,
        "pages": 1,
        "per_page": "1000",
        "total": total,
        "sourceid": "2",
        "lastupdated": "2026-07-13",
    }
    return json_reply([envelope | head, rows])


def asked(workshop: Workshop, server: Stub, **more: Any) -> Any:
    client = WorldBank(workshop.transport(server.url, WORLD_BANK))
    return client.observations(GDP, ["USA", "MX"], 2020, 2026, **more)


def test_an_indicator_comes_with_the_day_of_its_update_as_the_vintage(workshop: Workshop) -> None:
    rows = [row("2025", 30e12), row("2024", 29184890000000), row("2025", None, "MEX", "MX")]
    with serving(page(rows)) as server:
        answer = asked(workshop, server)
    assert answer.rows.schema == MACRO.row_schema
    assert answer.rows.to_pylist()[0] == {
        "vendor": "world_bank",
        "series": GDP,
        "country": "MEX",
        "period_start": date(2025, 1, 1),
        "vintage_on": date(2026, 7, 13),
        "frequency": "A",
        "value": None,
        "unit": None,
        "known_at": datetime(2026, 7, 14, 4, tzinfo=UTC),
    }
    assert answer.rows["value"].to_pylist() == [None, 29184890000000.0, 30e12]
    assert (answer.rejected, answer.doubled, len(answer.answers)) == (None, 0, 1)
    (path,) = server.asked
    assert path.split("?") == [
        f"GET /worldbank/v2/country/USA;MX/indicator/{GDP}",
        "format=json&date=2020:2026&per_page=20000&page=1",
    ]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2024", (date(2024, 1, 1), "A")),
        ("2024Q4", (date(2024, 10, 1), "Q")),
        ("2024M02", (date(2024, 2, 1), "M")),
        ("2024M13", None),
        ("2024Q5", None),
        ("2024-01-01", None),
        ("0000", None),
        ("last known value", None),
        (2024, None),
        (None, None),
    ],
)
def test_a_period_is_a_year_a_quarter_or_a_month(text: object, period: object) -> None:
    assert period_of(text) == period


def test_quarters_are_asked_for_as_quarters(workshop: Workshop) -> None:
    with serving(page([row("2024Q4", 1.5)])) as server:
        answer = asked(workshop, server, frequency="Q")
    assert answer.rows["period_start"].to_pylist() == [date(2024, 10, 1)]
    assert answer.rows["frequency"].to_pylist() == ["Q"]
    assert "date=2020Q1:2026Q4" in server.asked[0]


@pytest.mark.parametrize("second", [None, []])
def test_an_indicator_without_any_value_is_no_row_and_no_error(
    workshop: Workshop, second: object
) -> None:
    empty = page(second, page=0, pages=0, per_page=0, total=0, lastupdated=None)
    with serving(empty) as server:
        answer = asked(workshop, server)
    assert (answer.rows.num_rows, len(answer.answers)) == (0, 1)


def message(number: str, text: str = "The provided parameter value is not valid") -> Reply:
    return json_reply([{"message": [{"id": number, "key": "Invalid value", "value": text}]}])


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (message("120"), NotFound),
        (message("175", "The indicator was not found"), NotFound),
        (message("105", "Service currently unavailable"), VendorOutage),
        (message("111"), ContractError),
        (reply(b"<html>502</html>", 502), VendorOutage),
        (reply(b'<?xml version="1.0"?><wb:data/>'), VendorOutage),
        (reply(b'[{"page":1'), PayloadError),
        (json_reply({"page": 1}), ContractError),
        (json_reply([{"page": 1, "pages": 1, "total": 0}]), ContractError),
        (page("rows"), ContractError),
        (page([row("2024", 1.0)], total=2), ContractError),
        (page([row("2024", 1.0)], total="many"), ContractError),
        (page([row("2024", 1.0)], page=2), ContractError),
        (page([row("2024", 1.0)], lastupdated=None), ContractError),
        (page([row("2024", 1.0)], lastupdated="13/07/2026"), ContractError),
        (page([row("2024", 1.0) | {"indicator": {"id": "SP.POP.TOTL"}}]), ContractError),
        (page([{"date": "2024", "value": 1.0}]), ContractError),
        (page(["2024"]), ContractError),
    ],
)
def test_a_refusal_is_typed_although_its_status_is_200(
    workshop: Workshop, fault: Reply, error: type[VendorError]
) -> None:
    with serving(fault) as server:
        transport = workshop.transport(server.url, WORLD_BANK)
        with pytest.raises(error) as caught:
            WorldBank(transport).observations(GDP, ["USA"], 2020, 2026)
    assert type(caught.value) is error
    assert caught.value.context["vendor"] == "world_bank"
    assert transport.meter.requests == len(server.asked)


def test_b15_an_older_update_than_one_seen_is_a_stale_copy(workshop: Workshop) -> None:
    with serving(page([row("2024", 1.0)])) as server:
        assert asked(workshop, server, not_older_than=date(2026, 7, 13)).rows.num_rows == 1
        with pytest.raises(ContractError, match="a stale copy: updated on 2026-07-13"):
            asked(workshop, server, not_older_than=date(2026, 7, 14))


def test_pages_are_put_together(workshop: Workshop) -> None:
    pages = [page([row(f"202{n}", float(n))], page=n, pages="3", total="3") for n in (1, 2, 3)]
    with serving(*pages) as server:
        answer = asked(workshop, server)
    assert answer.rows["value"].to_pylist() == [1.0, 2.0, 3.0]
    assert [one.rsplit("=", 1)[1] for one in server.asked] == ["1", "2", "3"]
    assert len(answer.answers) == 3


def test_c05_data_that_change_between_pages_are_read_once_more(workshop: Workshop) -> None:
    first = page([row("2024", 1.0)], page=1, pages=2, total=2)
    moved = page([row("2023", 2.0)], page=2, pages=2, total=2, lastupdated="2026-07-14")
    again = page([row("2024", 1.5)], page=1, pages=2, total=2, lastupdated="2026-07-14")
    with serving(first, moved, again, moved) as server:
        answer = asked(workshop, server)
    assert answer.rows["value"].to_pylist() == [2.0, 1.5]
    assert set(answer.rows["vintage_on"].to_pylist()) == {date(2026, 7, 14)}
    twice = pytest.raises(ContractError, match="changed between two pages, twice")
    with serving(first, moved, first, moved) as server, twice:
        asked(workshop, server)


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        (row("2023", "1.5"), "value_readable"),
        (row("2023", True), "value_readable"),
        (row("last", 1.5), "period_readable"),
        (row("2019", 1.5), "asked_for"),
        (row("2023Q1", 1.5), "asked_for"),
        (row("2023", 1.5, "CAN", "CA"), "asked_for"),
    ],
)
def test_a_row_that_is_malformed_or_was_not_asked_for_is_put_aside(
    workshop: Workshop, bad: dict[str, Any], rule: str
) -> None:
    with serving(page([row("2024", 1.0), bad])) as server:
        answer = asked(workshop, server)
    assert answer.rows["period_start"].to_pylist() == [date(2024, 1, 1)]
    (aside,) = answer.rejected.to_pylist()
    assert (aside["target"], aside["rule"]) == ("macro", rule)
    assert GDP in aside["said"]


def test_c10_doubles_are_collapsed_and_contradictions_put_aside(workshop: Workshop) -> None:
    rows = [row("2024", 1.0), row("2024", 1.0), row("2023", 1.0), row("2023", 2.0)]
    with serving(page(rows)) as server:
        answer = asked(workshop, server)
    assert answer.rows["period_start"].to_pylist() == [date(2024, 1, 1)]
    assert answer.doubled == 1
    assert answer.rejected["rule"].to_pylist() == ["one_value_per_vintage"] * 2


def test_regions_are_kept_under_the_vendors_own_code(workshop: Workshop) -> None:
    rows = [row("2024", 1.0, "", "XX"), row("2024", 2.0, "EMU", "XC")]
    with serving(page(rows)) as server:
        client = WorldBank(workshop.transport(server.url, WORLD_BANK))
        answer = client.observations(GDP, ["all"], 2024, 2024)
    assert answer.rows["country"].to_pylist() == ["EMU", "XX"]


@pytest.mark.parametrize(
    ("indicator", "countries", "frequency"),
    [
        ("ny.gdp", ["USA"], "A"),
        ("NY.GDP/../x", ["USA"], "A"),
        ("", ["USA"], "A"),
        (GDP, ["USA;CAN"], "A"),
        (GDP, ["U"], "A"),
        (GDP, ["usa\n"], "A"),
        (GDP, [], "A"),
        (GDP, ["USA"], "D"),
    ],
)
def test_s01_what_is_no_code_is_never_asked_for(
    workshop: Workshop, indicator: str, countries: list[str], frequency: str
) -> None:
    with serving(page([])) as server:
        client = WorldBank(workshop.transport(server.url, WORLD_BANK))
        with pytest.raises(InputError):
            client.observations(indicator, countries, 2020, 2024, frequency=frequency)
        with pytest.raises(BadRange):
            client.observations(GDP, ["USA"], 2024, 2020)
    assert server.asked == []
