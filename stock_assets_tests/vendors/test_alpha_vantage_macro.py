"""Alpha Vantage's economy: the latest revision only, so it is known from the asking on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from stock_assets.errors import (
    AuthError,
    ContractError,
    InputError,
    NotFound,
    RateLimited,
    VendorError,
)
from stock_assets.tables import MACRO
from stock_assets.vendors.alpha_vantage_body import ALPHA_VANTAGE
from stock_assets.vendors.alpha_vantage_macro import AlphaVantageMacro
from stock_assets_tests.vendors.conftest import CANARY, Kept, Workshop
from stock_assets_tests.vendors.stub import Reply, Stub, json_reply, serving

# 21:30 in New York on the 19th.
ASKED_AT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)


def body(*data: object, interval: str = "monthly", **more: object) -> dict[str, Any]:
    return {
        "name": "Unemployment Rate",
        "interval": interval,
        "unit": "percent",
        "data": list(data),
        **more,
    }


def value(day: object, text: object) -> dict[str, object]:
    return {"date": day, "value": text}


def client(workshop: Workshop, server: Stub) -> AlphaVantageMacro:
    transport = workshop.transport(server.url, ALPHA_VANTAGE)
    return AlphaVantageMacro(transport, CANARY, now=lambda: ASKED_AT)


def test_d18_a_value_without_vintages_is_known_from_the_instant_of_asking(
    workshop: Workshop,
) -> None:
    said = body(value("2026-10-01", "4.3"), value("2026-09-01", "."), value("2026-08-01", "0.0"))
    with serving(json_reply(said)) as server:
        answer = client(workshop, server).observations("UNEMPLOYMENT")
    assert answer.rows.schema == MACRO.row_schema
    assert answer.rows.to_pylist()[2] == {
        "vendor": "alpha_vantage",
        "series": "UNEMPLOYMENT",
        "country": "USA",
        "period_start": date(2026, 10, 1),
        "vintage_on": date(2026, 11, 19),
        "frequency": "M",
        "value": 4.3,
        "unit": "percent",
        "known_at": ASKED_AT,
    }
    assert answer.rows["value"].to_pylist() == [0.0, None, 4.3]
    assert answer.answers[0].request.endswith(
        "/query?function=UNEMPLOYMENT&datatype=json&apikey=REDACTED"
    )


@pytest.mark.parametrize(
    ("asked", "query", "series", "interval", "frequency"),
    [
        ({"function": "TREASURY_YIELD"}, "maturity=10year&interval=daily",
         "TREASURY_YIELD:10year:daily", "daily", "D"),
        ({"function": "TREASURY_YIELD", "maturity": "2year", "interval": "weekly"},
         "maturity=2year&interval=weekly", "TREASURY_YIELD:2year:weekly", "weekly", "W"),
        ({"function": "REAL_GDP"}, "interval=quarterly", "REAL_GDP:quarterly", "quarterly", "Q"),
        ({"function": "INFLATION"}, "function=INFLATION", "INFLATION", "annual", "A"),
        ({"function": "CPI"}, "interval=monthly", "CPI:monthly", "monthly", "M"),
    ],
)  # fmt: skip
def test_a_series_is_named_after_all_that_was_asked(
    workshop: Workshop,
    asked: dict[str, str],
    query: str,
    series: str,
    interval: str,
    frequency: str,
) -> None:
    with serving(json_reply(body(value("2025-01-01", "1.5"), interval=interval))) as server:
        answer = client(workshop, server).observations(**asked)
    assert query in server.asked[0]
    assert answer.rows["series"].to_pylist() == [series]
    assert answer.rows["frequency"].to_pylist() == [frequency]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (json_reply({"Information": f"We have detected your API key as {CANARY}"}), RateLimited),
        (json_reply({"Note": "whatever they will say next year"}), RateLimited),
        (json_reply({"Error Message": "Invalid API call."}), NotFound),
        (json_reply({"Error Message": "the parameter apikey is invalid or missing."}), AuthError),
        (json_reply({}), NotFound),
        (json_reply({"name": "x", "interval": "monthly", "series": []}), ContractError),
        (json_reply(body(value("2026-10-01", "4.3"), interval="fortnightly")), ContractError),
        (json_reply(body("2026-10-01")), ContractError),
        (json_reply(body({"date": "2026-10-01"})), ContractError),
        (json_reply(body(data="4.3")), ContractError),
    ],
)
def test_b04_a_refusal_is_recognised_by_the_missing_data_and_stores_nothing(
    workshop: Workshop, kept: Kept, fault: Reply, error: type[VendorError]
) -> None:
    with serving(fault) as server, pytest.raises(error) as caught:
        client(workshop, server).observations("UNEMPLOYMENT")
    assert type(caught.value) is error
    assert len(server.asked) == 1
    assert CANARY not in str(caught.value)
    assert not any(CANARY.encode() in one for one in kept.bodies.values())


def test_a_spent_day_holds_for_everybody_until_midnight_in_new_york(workshop: Workshop) -> None:
    with serving(json_reply({"Information": "25 requests per day"})) as server:
        for _ in range(2):
            with pytest.raises(RateLimited) as caught:
                client(workshop, server).observations("UNEMPLOYMENT")
            assert caught.value.retry_after_s == 2.5 * 3600
    assert len(server.asked) == 1


def test_an_interval_that_was_not_asked_for_is_refused(workshop: Workshop) -> None:
    annual = json_reply(body(value("2025-01-01", "1"), interval="annual"))
    refused = pytest.raises(ContractError, match="interval is 'annual'")
    with serving(annual) as server, refused:
        client(workshop, server).observations("REAL_GDP", interval="quarterly")


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        (value("2026-09-01", "None"), "value_readable"),
        (value("2026-09-01", 4.3), "value_readable"),
        (value("2026-09-31", "4.3"), "period_readable"),
        (value(None, "4.3"), "period_readable"),
        (value("2026-12-01", "4.3"), "period_has_begun"),
    ],
)
def test_a_row_that_cannot_be_is_put_aside(
    workshop: Workshop, bad: dict[str, object], rule: str
) -> None:
    with serving(json_reply(body(value("2026-10-01", "4.3"), bad))) as server:
        answer = client(workshop, server).observations("UNEMPLOYMENT")
    assert answer.rows["period_start"].to_pylist() == [date(2026, 10, 1)]
    assert answer.rejected is not None
    assert answer.rejected["rule"].to_pylist() == [rule]


def test_a_function_without_data_is_no_row(workshop: Workshop) -> None:
    with serving(json_reply(body())) as server:
        assert client(workshop, server).observations("UNEMPLOYMENT").rows.num_rows == 0


@pytest.mark.parametrize(
    "asked",
    [
        {"function": "TIME_SERIES_DAILY"},
        {"function": "CPI&symbol=IBM"},
        {"function": "CPI", "interval": "semiannual"},
        {"function": "UNEMPLOYMENT", "interval": "monthly"},
        {"function": "CPI", "maturity": "10year"},
        {"function": "TREASURY_YIELD", "maturity": "4year"},
    ],
)
def test_s01_what_is_not_offered_is_never_asked_for(
    workshop: Workshop, asked: dict[str, str]
) -> None:
    with serving(json_reply(body())) as server, pytest.raises(InputError):
        client(workshop, server).observations(**asked)
    assert server.asked == []


def test_without_a_key_nobody_is_asked(workshop: Workshop) -> None:
    with pytest.raises(AuthError, match="ALPHA_VANTAGE_API_KEY"):
        AlphaVantageMacro(workshop.transport(None, ALPHA_VANTAGE), None)
